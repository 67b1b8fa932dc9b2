"""The studio of one person on their own machine: pictures lie in a folder as soon as somebody is to look at them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from domain.access import Caller
from domain.errors import OnbrandError
from domain.run import RunStatus
from domain.studio import RunSummary
from domain.values import BrandId, RunId, Seconds
from service.dispatch import Dispatcher
from service.orchestrator import Onbrand
from service.report import write_report
from service.settings import Settings
from service.studio import ServedStudio
from tools.judges.ocr import warm_up

DRAIN_S: Seconds = 2.0
"""What the steps of runs get to end in once the client has left; clients kill a server that stays much longer."""

log = logging.getLogger(__name__)


class LaidOutStudio(ServedStudio):
    """A studio that writes the folder of a run (`service.report`) whenever the run reaches a person's eyes."""

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


@asynccontextmanager
async def opened(settings: Settings, brand: BrandId) -> AsyncIterator[LaidOutStudio]:
    """The studio over a home, its runs being worked on until the end of the block.

    Raises NotFound for a brand that is not there, Misconfigured or StorageFailed when the home cannot be opened.
    """
    warm_up()
    async with Onbrand.open(settings) as onbrand:
        onbrand.workshop.rulebook.brand(brand)
        dispatcher = Dispatcher(onbrand, settings.serve.work_at_once)
        async with dispatcher.at_work(DRAIN_S):
            yield LaidOutStudio(onbrand, dispatcher, settings.serve.runs_at_once)
