"""What every tool of the studio server works with: the service, who calls, and the server's ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context

from domain.access import Caller
from domain.errors import NotFound
from domain.values import RunId, Seconds
from mcp_servers.studio.port import Studio

Ctx = Context[Any, Any]
Request = ServerRequestContext[Any, Any]
CallerOf = Callable[[Request], Caller]
"""Who sends this very request. Raises Unauthorised when nobody was established for it."""

PREFIX = "onbrand://"
RUN_ID = re.compile(r"run-[0-9a-z]{8,40}")


@dataclass(frozen=True)
class Pace:
    """How long things may take. Assistants give up on a silent server, so something is said every `progress_s`."""

    progress_s: Seconds = 8.0
    brief_s: Seconds = 6.0
    """How long a tool that starts work stays with it, in case a question comes at once."""


@dataclass(frozen=True)
class Desk:
    """The service behind its port, and how this server serves it.

    `approve_how` tells a person how to approve a run outside MCP; `look_at` where to see its pictures, empty when there
    is no such place. `local_files`: caller and server share a machine, and paths may be given for pictures.
    `approve_here`: a person's yes may come through a form that the client shows.
    """

    studio: Studio
    caller_of: CallerOf
    approve_how: Callable[[RunId], str]
    look_at: Callable[[RunId], str]
    local_files: bool
    approve_here: bool
    pace: Pace

    def caller(self, ctx: Ctx) -> Caller:
        """Who calls."""
        return self.caller_of(ctx.request_context)


def handle(run_id: str) -> RunId:
    """The run id, if it can be one. Raises NotFound, as for a run of somebody else."""
    if not RUN_ID.fullmatch(run_id):
        raise NotFound(f"There is no run {run_id[:60]!r}.", hint="List your runs: onbrand runs list")
    return run_id
