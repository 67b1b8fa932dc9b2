"""`onbrand serve`: HTTP API, MCP and the work on runs in one process and on one port, until it is told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from domain.access import Caller
from domain.errors import Misconfigured
from domain.values import BrandId, Seconds
from mcp_servers.endpoint import is_loopback
from memory.database import Database
from memory.idempotency import Idempotency
from memory.keys import Keys
from service.auth import SignIn, TokenReader
from service.dispatch import Dispatcher
from service.orchestrator import Onbrand
from service.settings import Settings
from service.studio import ServedStudio
from service.tool_server import Listening, Stopping, listener

DRAIN_S: Seconds = 5.0
"""What requests and runs under way get to end in after SIGTERM; runs cut off then are resumed at the next start."""

MOST_CONNECTIONS = 2000
STATE_KEY = "mcp_state_key"

log = logging.getLogger(__name__)
