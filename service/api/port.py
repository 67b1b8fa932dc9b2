"""What the HTTP API needs of the service behind it: the studio's port, and what only programs ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from domain.access import Caller
from domain.run import RunStatus
from domain.studio import FoundAsset, NewRun, Offer, RunEvent, RunRowView, RunSummary, Usage
from domain.values import AssetId, RunId
from mcp_servers.studio.port import Studio


class ApiStudio(Studio, Protocol):
    """`service.studio.ServedStudio` implements it. Errors are those of the port."""

    async def create(self, caller: Caller, new: NewRun, run_id: RunId | None = None) -> RunSummary:
        """Write a run down and have it worked on; a `run_id` that is there already is the same request again."""

    async def runs(
        self, caller: Caller, limit: int = 20, before: RunId | None = None, status: RunStatus | None = None
    ) -> Sequence[RunRowView]:
        """The newest runs the caller may see, older than `before`. Raises NotFound for a `before` that is none."""

    async def resume(self, caller: Caller, run_id: RunId) -> RunSummary:
        """Go on with a run that stopped for the operator. Raises Conflict for one that cannot go on."""

    def events(self, caller: Caller, run_id: RunId, after: int = -1) -> AsyncIterator[RunEvent]:
        """What happened to a run after the event numbered `after`, then what happens, until the run is over."""

    async def options(self, caller: Caller, new: NewRun) -> Offer:
        """What a request would be understood as, ask and cost, without running it."""

    async def asset(self, caller: Caller, asset_id: AssetId) -> FoundAsset:
        """One asset of the library."""

    async def usage(self, caller: Caller, since: datetime) -> Usage:
        """What the brand spent since a moment. Raises Forbidden unless the caller may administer."""
