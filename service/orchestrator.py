"""Onbrand as one object: everything wired for one home, and what a person can do with runs.

Brand comes from the caller (a principal, or `--brand` on one's own machine), never from a request's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from agents.services import Services
from domain.assets import Asset
from domain.errors import BadInput, NotFound, OperatorMustAct, RunBusy
from domain.model_calls import Observer
from domain.ports import Recorder
from domain.run import (
    FINISHED,
    ExportView,
    Failure,
    ReviewAction,
    ReviewDecision,
    RunRequest,
    RunStatus,
    RunView,
    can_go_on,
)
from domain.values import BrandId, RunId
from graphs.campaign import build
from mcp_servers.connect import Servers, open_sessions
from mcp_servers.workshop import Workshop
from memory.checkpoints import open_checkpoints
from memory.effects import Effect
from memory.inbox import Inbox
from memory.leases import Lease, this_worker
from memory.runs import RunRow, new_run_id
from memory.traces import TraceWriter
from service.driver import Driver
from service.heading import code_version, heading, settings_digest
from service.models import Notes, language_for, recorded
from service.settings import Settings
from service.steps import OnEvent
from service.uploads import add_photo
from service.wiring import BuiltinLanguage, Wired, wire
from tools.judges.looking import roles_that_look

CANCELLED_BY_A_PERSON = Failure(code="cancelled", message="cancelled by a person")


Recording = Callable[[Recorder, RunId], AbstractContextManager[Recorder]]
"""What listens to the trace of one turn of a run: hands every event on to the recorder it is given."""


def unheard(recorder: Recorder, run_id: RunId) -> AbstractContextManager[Recorder]:
    """Nobody but the trace itself."""
    return nullcontext(recorder)


def quiet(kind: str, data: dict[str, Any]) -> None:
    """An event listener that shows nothing."""


@dataclass
class Onbrand:
    """Open with `async with Onbrand.open(settings) as onbrand`."""

    settings: Settings
    wired: Wired
    servers: Servers
    driver: Driver
    language: BuiltinLanguage
    inbox: Inbox
    recording: Recording = unheard
    _prepared: set[BrandId] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, recording: Recording = unheard, observer: Observer = lambda attempt: None
    ) -> AsyncIterator[Self]:
        """Open database, library, tool servers and graph.

        `recording` listens to what runs record, `observer` is told of each attempt at a model.

        Raises Misconfigured or StorageFailed when one cannot be opened.
        """
        async with AsyncExitStack() as stack:
            wired = await asyncio.to_thread(wire, settings, observer)
            where = settings.database_url if settings.database_url and "sqlite" not in settings.database_url else None
            saver = await stack.enter_async_context(open_checkpoints(where or wired.home))
            graph = build().compile(checkpointer=saver)
            driver = Driver(graph, wired.workshop.runs, wired.ledger, settings.parallel)
            servers = await asyncio.to_thread(Servers.over, wired.workshop, settings.tools.elsewhere())
            try:
                yield cls(settings, wired, servers, driver, wired.language, Inbox(wired.database), recording)
            finally:
                await asyncio.to_thread(wired.close)

    @property
    def workshop(self) -> Workshop:
        """What the tool servers stand on."""
        return self.wired.workshop

    def prepare(self, brand: BrandId, progress: Callable[[str, float], None] = lambda text, share: None) -> None:
        """Make the demo brand's library on first use; nothing for other brands."""
        if brand not in self._prepared:
            self.wired.prepare(brand, progress)
            self._prepared.add(brand)

    def add_upload(self, brand: BrandId, path: Path, kind: str, title: str = "") -> Asset:
        """Take a photo in for one piece of work. Raises UnusableImage or NotFound, leaving nothing behind."""
        return add_photo(self.workshop, brand, path, kind=kind, title=title, for_one_run=True)

    def begin(
        self, request: RunRequest, out: Path | None = None, *, run_id: RunId | None = None, created_by: str = ""
    ) -> RunRow:
        """Write a new run down. Raises BadInput for a request without words, NotFound for an unknown brand."""
        if not request.request.strip():
            raise BadInput("the request is empty", where="request", hint='say what you need: "our can on a terrace"')
        self.workshop.rulebook.brand(request.brand)
        run_id = run_id or new_run_id()
        folder = out or self.wired.home.out / run_id
        trace = self.wired.home.trace(request.brand, run_id)
        return self.workshop.runs.create(request, run_id, str(folder), str(trace), created_by)

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
        row = await asyncio.to_thread(self.workshop.runs.get, brand, run_id)
        pending = await asyncio.to_thread(self.workshop.effects.pending, run_id)
        if row.status in FINISHED and not pending and not can_go_on(row.status, row.failure):
            return await self.view(brand, run_id)
        lease = await asyncio.to_thread(lambda: self.workshop.runs.lease(run_id, this_worker()))
        async with in_threads(lease.kept()):
            row = await asyncio.to_thread(self.workshop.runs.get, brand, run_id)
            pending = await asyncio.to_thread(self.workshop.effects.pending, run_id)
            await asyncio.to_thread(self.driver.ledger.book_abandoned, run_id)
            trace = await asyncio.to_thread(TraceWriter, Path(row.trace_path), run_id, brand)
            with trace, self.recording(trace, run_id) as recorder, recorded(self.wired.models, run_id, recorder):
                await asyncio.to_thread(self._begin_trace, row, recorder, going_on=trace.started)
                if ended := await self._ends_before_work(row, lease, most_crashes):
                    return await self._end(row, lease, recorder, *ended)
                if row.status is not RunStatus.WORKING:
                    # From here on nobody can leave an answer to what this process is about to answer.
                    await asyncio.to_thread(
                        self.workshop.runs.set_status, run_id, RunStatus.WORKING, None, lease.fence
                    )
                letter = await asyncio.to_thread(self.inbox.read, run_id) if answer is None else None
                if letter is not None:
                    answer, by = letter.answer, letter.by
                answer_to = letter.interrupt_id if letter else None
                view = await self._drive(row, lease, recorder, pending, answer, answer_to, by, on_event)
            if letter is not None:
                await asyncio.to_thread(self.inbox.remove, run_id, letter.interrupt_id)
            if row.crashes:
                await asyncio.to_thread(self.workshop.runs.clear_crashes, run_id)
            return view

    def _begin_trace(self, row: RunRow, recorder: Recorder, *, going_on: bool) -> None:
        """The header; in a trace that has one, that the run was taken up again."""
        if going_on:
            recorder.record("resumed", code=code_version(), settings=settings_digest(self.settings))
            return
        recorder.record("header", **heading(row, self.settings, self.workshop, self.language.titles(row.brand)))

    async def _ends_before_work(
        self, row: RunRow, lease: Lease, most_crashes: int | None
    ) -> tuple[RunStatus, Failure] | None:
        """How a run ends that should not be worked on: it was cancelled, or keeps ending its process."""
        if row.cancel_requested and row.status is RunStatus.WORKING:
            return RunStatus.CANCELLED, CANCELLED_BY_A_PERSON
        if most_crashes is None or not lease.taken_over:
            return None
        if await asyncio.to_thread(self.workshop.runs.note_crash, row.run_id) < most_crashes:
            return None
        await asyncio.to_thread(self.workshop.runs.clear_crashes, row.run_id)
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
        await asyncio.to_thread(self.workshop.runs.set_status, row.run_id, status, failure, lease.fence)
        recorder.record("run_status", status=status.value)
        recorder.record("run_ended", status=status.value, failure=failure.model_dump())
        return await self.view(row.brand, row.run_id)

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
        notes = Notes()
        async with open_sessions(self.servers, recorder) as sessions:
            services = Services(
                brand=row.brand,
                sessions=sessions,
                language=language_for(row, self.wired.models, self.language, self.workshop.library, notes),
                told=notes.take,
                ledger=self.driver.ledger,
                history=self.workshop.runs,
                grid=self.settings.grid,
                looking=roles_that_look(self.workshop.models),
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

    async def view(self, brand: BrandId, run_id: RunId) -> RunView:
        """The run's document as last saved; for a run that never came that far, its row."""
        row = await asyncio.to_thread(self.workshop.runs.get, brand, run_id)
        saved = await asyncio.to_thread(self.workshop.runs.view, brand, run_id)
        published = await asyncio.to_thread(self.workshop.effects.publications, brand, run_id)
        if saved is None:
            return RunView(
                run_id=run_id,
                brand=brand,
                status=row.status,
                request=row.request,
                created_at=row.created_at,
                updated_at=row.updated_at,
                failure=row.failure,
                out_dir=row.out_dir,
                trace_path=row.trace_path,
            )
        return saved.model_copy(
            update={
                "status": row.status,
                "failure": row.failure,
                "publications": tuple(published) or saved.publications,
            }
        )

    async def approve(
        self,
        brand: BrandId,
        run_id: RunId,
        candidates: tuple[str, ...],
        approver: str,
        markets: tuple[str, ...] = (),
        on_event: OnEvent = quiet,
    ) -> RunView:
        """A person's yes to the final files of these candidates: written down first, then delivered, once.

        Raises as `approvable` does.
        """
        view = await self.view(brand, run_id)
        exports, target = self.approvable(view, candidates, markets)
        await self.record_approval(view, exports, target, approver)
        named = tuple(dict.fromkeys(export.candidate for export in exports))
        decision = ReviewDecision(action=ReviewAction.APPROVE, candidates=named, approver=approver)
        return await self.answer_review(brand, run_id, decision, on_event)

    async def record_approval(
        self, view: RunView, exports: tuple[ExportView, ...], markets: tuple[str, ...], approver: str
    ) -> None:
        """Write a person's yes down, with the deliveries that follow from it; whoever advances the run makes them."""
        await asyncio.to_thread(
            self.workshop.effects.approve,
            view.run_id,
            view.brand,
            approver,
            [e.artifact.digest for e in exports],
            markets,
            sorted({e.channel for e in exports}),
            self.workshop.destination.name,
            {e.artifact.digest: e.channel for e in exports},
        )

    def approvable(
        self, view: RunView, candidates: tuple[str, ...], markets: tuple[str, ...]
    ) -> tuple[tuple[ExportView, ...], tuple[str, ...]]:
        """What a yes would publish: the final files of these candidates (the first finalist's if none), and where.

        Raises NotFound for a candidate that is not on the shortlist, BadInput when no market is named and
        RefusedByRule for a market whose rules were not checked.
        """
        wanted = candidates or view.shortlist[:1]
        exports = tuple(export for export in view.exports if export.candidate in wanted)
        missing = set(wanted) - {export.candidate for export in exports}
        if missing or not exports:
            raise NotFound(
                f"nothing to approve under {', '.join(sorted(missing)) or 'this run'}",
                where=view.run_id,
                hint=f"the shortlist is {', '.join(view.shortlist) or 'empty'}: see `onbrand runs show {view.run_id}`",
            )
        target = markets or (tuple(part.value for part in view.brief.markets) if view.brief else ())
        if not target:
            raise BadInput(
                "this request names no market, and what is published is published somewhere",
                where=view.run_id,
                hint=f"name it: onbrand runs approve {view.run_id} --market SE",
            )
        self.wired.refuse_unchecked(view, target)
        return exports, target

    def on_shortlist(self, view: RunView, candidates: tuple[str, ...]) -> None:
        """Raises NotFound for a candidate that is not on the shortlist."""
        if missing := [name for name in candidates if name not in view.shortlist]:
            raise NotFound(
                f"{', '.join(missing)} is not on the shortlist",
                where=view.run_id,
                hint=f"the shortlist is {', '.join(view.shortlist) or 'empty'}",
            )

    async def answer_review(
        self, brand: BrandId, run_id: RunId, decision: ReviewDecision, on_event: OnEvent = quiet
    ) -> RunView:
        """Feedback, approval or leave at review."""
        return await self.advance(brand, run_id, answer=decision.model_dump(mode="json"), on_event=on_event)

    async def cancel(self, brand: BrandId, run_id: RunId) -> RunView:
        """Stop a run: at once when nobody works on it, at its next step when somebody does."""
        await asyncio.to_thread(self.workshop.runs.request_cancel, brand, run_id)
        try:
            return await self.end(brand, run_id, CANCELLED_BY_A_PERSON, RunStatus.CANCELLED)
        except RunBusy:
            return await self.view(brand, run_id)

    async def end(
        self, brand: BrandId, run_id: RunId, failure: Failure, status: RunStatus = RunStatus.FAILED
    ) -> RunView:
        """End a run that nobody works on; one that has ended stays as it is. Raises RunBusy when somebody does."""
        lease = await asyncio.to_thread(lambda: self.workshop.runs.lease(run_id, this_worker()))
        async with in_threads(lease.kept()):
            row = await asyncio.to_thread(self.workshop.runs.get, brand, run_id)
            if row.status in FINISHED:
                return await self.view(brand, run_id)
            trace = await asyncio.to_thread(TraceWriter, Path(row.trace_path), run_id, brand)
            with trace, self.recording(trace, run_id) as recorder, recorded(self.wired.models, run_id, recorder):
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
