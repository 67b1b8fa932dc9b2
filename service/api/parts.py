"""What routes work with, put together once by `build` and kept in the application's state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from domain.values import Seconds
from memory.database import Database
from service.api.port import ApiStudio
from service.api.shapes import Links
from service.auth import AtOnce, SignIn
from service.settings import Serving

HEARTBEAT_S: Seconds = 15.0
LONGEST_STREAM_S: Seconds = 600.0
"""A stream ends after this long and its client comes back, signing in again: what was revoked sees no more."""


@dataclass(frozen=True)
class Parts:
    """`draining` is set once the process should end: nothing new is begun, streams end, /readyz says so."""

    studio: ApiStudio
    sign_in: SignIn
    settings: Serving
    database: Database
    draining: asyncio.Event
    links: Links
    streams: AtOnce
    heavy: AtOnce
    metrics: Callable[[], tuple[bytes, str]] | None = None
    heartbeat: Seconds = HEARTBEAT_S
    longest_stream: Seconds = LONGEST_STREAM_S


def parts(request: Request) -> Parts:
    """The parts of the application that answers this request."""
    found = request.app.state.parts
    assert isinstance(found, Parts)
    return found


Api = Annotated[Parts, Depends(parts)]
