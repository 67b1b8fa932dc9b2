"""The studio over stdin and stdout: one person on their own machine, whose assistant starts and ends this process."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from domain.access import Caller, Principal, Role
from domain.errors import OnbrandError
from domain.run import RunStatus
from domain.studio import RunSummary
from domain.values import BrandId, RunId, Seconds
from mcp_servers.studio import build, state_key
from service.dispatch import Dispatcher
from service.orchestrator import Onbrand
from service.report import write_report
from service.settings import Settings
from service.studio import ServedStudio
from tools.judges.ocr import warm_up

DRAIN_S: Seconds = 2.0
"""What the steps of runs get to end in once the client has left; clients kill a server that stays much longer."""

log = logging.getLogger(__name__)


class LaidOut(ServedStudio):
    """A studio that lays the pictures of a run out in its folder as soon as a person is to look at them."""

    def __init__(self, onbrand: Onbrand, dispatcher: Dispatcher, most_working: int) -> None:
        super().__init__(onbrand, dispatcher, most_working)
        self._folders: dict[RunId, tuple[str, datetime]] = {}

    async def run(self, caller: Caller, run_id: RunId) -> RunSummary:
        """Where a run stands; its folder is up to date when it is in review or published."""
        summary = await super().run(caller, run_id)
        if summary.status in {RunStatus.REVIEW, RunStatus.PUBLISHED}:
            await self._lay_out(caller, summary)
        return summary

    def folder(self, run_id: RunId) -> str:
        """Where a run's pictures lie; empty before they do."""
        return self._folders.get(run_id, ("", None))[0]

    async def _lay_out(self, caller: Caller, summary: RunSummary) -> None:
        run_id = summary.run_id
        if run_id in self._folders and self._folders[run_id][1] == summary.updated_at:
            return
        view = await self.document(caller, run_id)
        try:
            await asyncio.to_thread(write_report, self._onbrand.workshop, view)
        except OnbrandError as error:  # the pictures are there all the same, as resources
            log.warning("the folder of %s was not written: %s", run_id, error)
        else:
            self._folders[run_id] = (view.out_dir, summary.updated_at)


async def serve(settings: Settings, brand: BrandId, who: str, *, approve_here: bool) -> None:
    """Serve until stdin ends. `who` is the person at this machine, who may do everything in `brand`.

    Raises NotFound for a brand that is not there, Misconfigured or StorageFailed when the home cannot be opened.
    """
    warm_up()
    principal = Principal(id=f"local:{who}", name=who, kind="local", grants={brand: frozenset({Role.ADMIN})})
    caller = Caller(principal=principal, brand=brand)
    async with Onbrand.open(settings) as onbrand:
        onbrand.workshop.rulebook.brand(brand)
        dispatcher = Dispatcher(onbrand, settings.serve.work_at_once)
        studio = LaidOut(onbrand, dispatcher, settings.serve.runs_at_once)
        server = build(
            studio,
            lambda request: caller,
            approve_how=lambda run_id: f"in a terminal: onbrand runs approve {run_id} --brand {brand}",
            look_at=studio.folder,
            local_files=True,
            approve_here=approve_here,
            state_keys=[await asyncio.to_thread(state_key, settings.home)],
        )
        async with dispatcher.at_work(DRAIN_S):
            await server.run_stdio_async()
