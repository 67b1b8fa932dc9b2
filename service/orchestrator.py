"""Onbrand as one object: everything wired for one home, and what a person can do with runs.

Brand comes from the caller (a principal, or `--brand` on one's own machine), never from a request's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from domain.assets import Asset
from domain.errors import BadInput, NotFound, RunBusy
from domain.model_calls import Observer
from domain.run import (
    ExportView,
    ReviewAction,
    ReviewDecision,
    RunRequest,
    RunStatus,
    RunView,
)
from domain.values import BrandId, RunId
from graphs.campaign import build
from mcp_servers.connect import Servers
from mcp_servers.workshop import Workshop
from memory.checkpoints import open_checkpoints
from memory.inbox import Inbox
from memory.runs import RunRow, new_run_id
from service.driver import Driver
from service.settings import Settings
from service.steps import OnEvent
from service.turns import CANCELLED_BY_A_PERSON, Recording, Turns, quiet, unheard
from service.uploads import add_photo
from service.wiring import BuiltinLanguage, Wired, wire


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

    @property
    def turns(self) -> Turns:
        """What advances runs."""
        return Turns(
            self.settings,
            self.wired,
            self.servers,
            self.driver,
            self.language,
            self.inbox,
            self.view,
            self.recording,
        )

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
        """Run until a person is needed or the run ends; see `Turns.advance`."""
        return await self.turns.advance(
            brand, run_id, answer=answer, by=by, on_event=on_event, most_crashes=most_crashes
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
            return await self.turns.end(brand, run_id, CANCELLED_BY_A_PERSON, RunStatus.CANCELLED)
        except RunBusy:
            return await self.view(brand, run_id)
