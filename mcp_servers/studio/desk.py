"""What every tool of the studio server works with: the service, who calls, and the server's ways."""

from __future__ import annotations

import re
import time
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

    delivery_s: Seconds = 20.0
    """How long approve_image waits for what was approved to be out."""


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

    def call(self, ctx: Ctx) -> Call:
        """The call that `ctx` stands for. Raises Unauthorised when nobody was established for it."""
        return Call(self, ctx, self.caller_of(ctx.request_context))


class Call:
    """One call of a tool: who makes it, and what its client hears meanwhile.

    Progress only ever grows, as the protocol wants; the share of a run's way may fall back.
    """

    def __init__(self, desk: Desk, ctx: Ctx, caller: Caller) -> None:
        self.desk = desk
        self.ctx = ctx
        self.caller = caller
        self._told = 0.0
        self._began = time.monotonic()

    @property
    def studio(self) -> Studio:
        """The service."""
        return self.desk.studio

    @property
    def pace(self) -> Pace:
        """How long things may take."""
        return self.desk.pace

    async def tell(self, doing: str, share: float = 0.0) -> None:
        """Tell the client what is going on; `share` 0..1 of the way."""
        self._told = min(99.0, max(self._told + 0.01, share * 100))
        await self.ctx.report_progress(self._told, 100, f"{doing} ({time.monotonic() - self._began:.0f} s)")


def handle(run_id: str) -> RunId:
    """The run id, if it can be one. Raises NotFound, as for a run of somebody else."""
    if not RUN_ID.fullmatch(run_id):
        raise NotFound(f"There is no run {run_id[:60]!r}.", hint="List your runs: onbrand runs list")
    return run_id
