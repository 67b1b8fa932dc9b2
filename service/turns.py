"""One turn of a run: the lease, the trace, the answer on its way, the graph, and where the run stands afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.services import Services
from domain.errors import OperatorMustAct
from domain.ports import Recorder
from domain.run import FINISHED, Failure, ReviewAction, ReviewDecision, RunStatus, RunView, can_go_on
from domain.values import BrandId, RunId
from mcp_servers.connect import Servers, open_sessions
from memory.effects import Effect
from memory.inbox import Inbox
from memory.leases import Lease, this_worker
from memory.runs import RunRow, RunTable
from memory.traces import TraceWriter
from service.driver import Driver
from service.heading import code_version, heading, settings_digest
from service.models import Notes, language_for, recorded
from service.settings import Settings
from service.steps import OnEvent
from service.wiring import BuiltinLanguage, Wired
from tools.judges.looking import roles_that_look

CANCELLED_BY_A_PERSON = Failure(code="cancelled", message="cancelled by a person")

Recording = Callable[[Recorder, RunId], AbstractContextManager[Recorder]]
"""What listens to the trace of one turn of a run: hands every event on to the recorder it is given."""


def unheard(recorder: Recorder, run_id: RunId) -> AbstractContextManager[Recorder]:
    """Nobody but the trace itself."""
    return nullcontext(recorder)


def quiet(kind: str, data: dict[str, Any]) -> None:
    """An event listener that shows nothing."""


@dataclass(frozen=True)
class Turns:
    """Advances and ends the runs of one home. `view_of` gives a run's document as last saved."""

    settings: Settings
    wired: Wired
    servers: Servers
    driver: Driver
    language: BuiltinLanguage
    inbox: Inbox
    view_of: Callable[[BrandId, RunId], Awaitable[RunView]]
    recording: Recording = unheard

    @property
    def runs(self) -> RunTable:
        """The run table."""
        return self.wired.workshop.runs

    async def advance(
        self,
        brand: BrandId,
        run_id: RunId,
        *,
        answer: dict[str, Any] | None = None,
        by: str = "person",
        on_event: OnEvent = quiet,
        most_crashes: int | None = None,
    ) -> RunView:
        """Run until a person is needed or the run ends. Raises RunBusy when another process is at it.

        Without an `answer`, one that lies in the inbox is taken. A run that ended its process `most_crashes` times in
        a row is parked: it fails, and goes on only when somebody resumes it.
        """
        row = await asyncio.to_thread(self.runs.get, brand, run_id)
        pending = await asyncio.to_thread(self.wired.workshop.effects.pending, run_id)
        if row.status in FINISHED and not pending and not can_go_on(row.status, row.failure):
            return await self.view_of(brand, run_id)
        lease = await asyncio.to_thread(lambda: self.runs.lease(run_id, this_worker()))
        async with in_threads(lease.kept()):
            row = await asyncio.to_thread(self.runs.get, brand, run_id)
            pending = await asyncio.to_thread(self.wired.workshop.effects.pending, run_id)
            await asyncio.to_thread(self.driver.ledger.book_abandoned, run_id)
            trace = await asyncio.to_thread(TraceWriter, Path(row.trace_path), run_id, brand)
            with trace, self.recording(trace, run_id) as recorder, recorded(self.wired.models, run_id, recorder):
                await asyncio.to_thread(self._begin_trace, row, recorder, going_on=trace.started)
                if ended := await self._ends_before_work(row, lease, most_crashes):
                    return await self._end(row, lease, recorder, *ended)
                if row.status is not RunStatus.WORKING:
                    # From here on nobody can leave an answer to what this process is about to answer.
                    await asyncio.to_thread(self.runs.set_status, run_id, RunStatus.WORKING, None, lease.fence)
                letter = await asyncio.to_thread(self.inbox.read, run_id) if answer is None else None
                if letter is not None:
                    answer, by = letter.answer, letter.by
                answer_to = letter.interrupt_id if letter else None
                view = await self._drive(row, lease, recorder, pending, answer, answer_to, by, on_event)
            if letter is not None:
                await asyncio.to_thread(self.inbox.remove, run_id, letter.interrupt_id)
            if row.crashes:
                await asyncio.to_thread(self.runs.clear_crashes, run_id)
            return view

    def _begin_trace(self, row: RunRow, recorder: Recorder, *, going_on: bool) -> None:
        """The header; in a trace that has one, that the run was taken up again."""
        if going_on:
            recorder.record("resumed", code=code_version(), settings=settings_digest(self.settings))
            return
        titles = self.language.titles(row.brand)
        known = self.wired.memory.recall(row.brand, row.created_by)
        recorder.record("header", **heading(row, self.settings, self.wired.workshop, titles, known))

    async def _ends_before_work(
        self, row: RunRow, lease: Lease, most_crashes: int | None
    ) -> tuple[RunStatus, Failure] | None:
        """How a run ends that should not be worked on: it was cancelled, or keeps ending its process."""
        if row.cancel_requested and row.status is RunStatus.WORKING:
            return RunStatus.CANCELLED, CANCELLED_BY_A_PERSON
        if most_crashes is None or not lease.taken_over:
            return None
        if await asyncio.to_thread(self.runs.note_crash, row.run_id) < most_crashes:
            return None
        await asyncio.to_thread(self.runs.clear_crashes, row.run_id)
        parked = OperatorMustAct(
            f"working on this run ended its process {most_crashes} times in a row",
            where=row.run_id,
            hint="look at the server's log and its memory, then resume the run",
        )
        return RunStatus.FAILED, Failure(**parked.document())

    async def _end(
        self, row: RunRow, lease: Lease, recorder: Recorder, status: RunStatus, failure: Failure
    ) -> RunView:
        """Write down that a run is over without having worked on it."""
        await asyncio.to_thread(self.runs.set_status, row.run_id, status, failure, lease.fence)
        recorder.record("run_status", status=status.value)
        recorder.record("run_ended", status=status.value, failure=failure.model_dump())
        return await self.view_of(row.brand, row.run_id)

    async def _drive(
        self,
        row: RunRow,
        lease: Lease,
        recorder: Recorder,
        pending: list[Effect],
        answer: dict[str, Any] | None,
        answer_to: str | None,
        by: str,
        on_event: OnEvent,
    ) -> RunView:
        """Advance a run this process holds the lease of."""
        wired, notes = self.wired, Notes()
        language = language_for(row, wired.models, self.language, wired.workshop.library, notes)
        async with open_sessions(self.servers, recorder) as sessions:
            services = Services(
                brand=row.brand,
                sessions=sessions,
                language=language,
                told=notes.take,
                ledger=self.driver.ledger,
                history=self.runs,
                grid=self.settings.grid,
                looking=roles_that_look(self.wired.workshop.models),
                memory=self.wired.memory,
                by=row.created_by,
            )
            return await self.driver.advance(
                row,
                services,
                recorder,
                lease,
                answer=answer,
                answer_to=answer_to,
                approved=on_record(pending),
                by=by,
                on_event=on_event,
            )

    async def end(
        self, brand: BrandId, run_id: RunId, failure: Failure, status: RunStatus = RunStatus.FAILED
    ) -> RunView:
        """End a run that nobody works on; one that has ended stays as it is. Raises RunBusy when somebody does."""
        lease = await asyncio.to_thread(lambda: self.runs.lease(run_id, this_worker()))
        async with in_threads(lease.kept()):
            row = await asyncio.to_thread(self.runs.get, brand, run_id)
            if row.status in FINISHED:
                return await self.view_of(brand, run_id)
            trace = await asyncio.to_thread(TraceWriter, Path(row.trace_path), run_id, brand)
            with trace, self.recording(trace, run_id) as recorder:
                await asyncio.to_thread(self._begin_trace, row, recorder, going_on=trace.started)
                return await self._end(row, lease, recorder, status, failure)


@asynccontextmanager
async def in_threads(manager: AbstractContextManager[Any]) -> AsyncIterator[Any]:
    """A context manager whose entry and exit wait for disk or threads, without holding up the event loop."""
    value = await asyncio.to_thread(manager.__enter__)
    try:
        yield value
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def on_record(pending: list[Effect]) -> dict[str, Any] | None:
    """The review decision that an undelivered approval stands for."""
    return ReviewDecision(action=ReviewAction.APPROVE).model_dump(mode="json") if pending else None
