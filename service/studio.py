"""What a caller can do, and what it may: the one place between the ways in (HTTP API, MCP) and the orchestrator.

Whatever is asked for is checked here against the caller's roles and brand. What is not the caller's is answered in the
words for what is not there (Promise 8).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.access import Action, Caller
from domain.errors import BadInput, Conflict, NotFound, TooManyRequests
from domain.run import FINISHED, ReviewAction, ReviewDecision, RunRequest, RunStatus, RunView, can_go_on
from domain.studio import (
    ApprovalRequest,
    NewRun,
    Offer,
    RunEvent,
    RunRowView,
    RunSummary,
    Usage,
)
from domain.values import BrandId, MarketCode, RunId, Seconds
from mcp_servers.publish.delivery import dossier_page
from memory.run_rows import RunRow, no_such_run
from memory.runs import new_run_id
from service.answers import usable_answers
from service.dispatch import Dispatcher
from service.events import Growth, follow, last_step, size_of
from service.offers import offer
from service.orchestrator import Onbrand
from service.served_library import ServedLibrary
from service.summary import final_file, summary_of, without_places

QUIET_S: Seconds = 15.0
"""How long a reader of events waits before the run table is looked at again."""


class ServedStudio(ServedLibrary):
    """Implements `mcp_servers.studio.port.Studio`, and what the HTTP API offers beyond it; here what concerns runs."""

    def __init__(self, onbrand: Onbrand, dispatcher: Dispatcher, most_working: int = 4) -> None:
        super().__init__(onbrand)
        self._dispatcher = dispatcher
        self._most_working = most_working
        self._growth = Growth()
        dispatcher.progressed = self._growth.poke

    async def create(self, caller: Caller, new: NewRun, run_id: RunId | None = None) -> RunSummary:
        """Write a run down and have it worked on; a `run_id` that is there already is the same request again.

        Raises BadInput for a request without words, NotFound for an asset that is not there, TooManyRequests.
        """
        caller.must(Action.CREATE)
        runs = self._onbrand.workshop.runs
        if run_id is not None:
            try:
                return await self.run(caller, run_id)
            except NotFound:
                pass
        request = await asyncio.to_thread(self._request, caller.brand, new)
        if await asyncio.to_thread(runs.working, caller.principal.id) >= self._most_working:
            raise TooManyRequests(
                f"{self._most_working} of your runs are being worked on",
                where="runs",
                hint="wait for one to finish, or cancel one",
                retry_after_s=10.0,
            )
        row = await asyncio.to_thread(
            lambda: self._onbrand.begin(request, run_id=run_id or new_run_id(), created_by=caller.principal.id)
        )
        self._dispatcher.submit(row.brand, row.run_id)
        return await self._summary(row)

    async def run(self, caller: Caller, run_id: RunId) -> RunSummary:
        """Where a run stands."""
        return await self._summary(await self._seen(caller, run_id))

    async def runs(
        self, caller: Caller, limit: int = 20, before: RunId | None = None, status: RunStatus | None = None
    ) -> Sequence[RunRowView]:
        """The newest runs the caller may see, older than `before`. Raises NotFound for a `before` that is none."""
        whose = None if caller.allowed(Action.READ) else caller.principal.id
        rows = await asyncio.to_thread(
            lambda: self._onbrand.workshop.runs.list(
                caller.brand, limit=limit, status=status, created_by=whose, before=before
            )
        )
        return [
            RunRowView(
                run_id=row.run_id,
                status=row.status,
                request=row.request.request,
                created_at=row.created_at,
                updated_at=row.updated_at,
                created_by=row.created_by,
            )
            for row in rows
        ]

    async def wait(self, caller: Caller, run_id: RunId, seconds: Seconds) -> RunSummary:
        """The run once its step or status changes, or after `seconds`; at once when it is not being worked on."""
        deadline = time.monotonic() + seconds
        row = await self._seen(caller, run_id)
        trace = Path(row.trace_path)
        first: RunSummary | None = None
        while True:
            size = await asyncio.to_thread(size_of, trace)
            now = await self.run(caller, run_id)
            first = first or now
            changed = (now.status, now.step) != (first.status, first.step)
            left = deadline - time.monotonic()
            if now.status is not RunStatus.WORKING or changed or left <= 0:
                return now
            await self._growth.beyond(trace, size, left)

    async def events(self, caller: Caller, run_id: RunId, after: int = -1) -> AsyncIterator[RunEvent]:
        """What happened to a run after the event numbered `after`, then what happens, until the run is over."""
        row = await self._seen(caller, run_id)
        async for event in follow(Path(row.trace_path), self._growth, after, QUIET_S):
            if event is not None:
                yield event
            elif await self._over(row):
                return

    async def answer(self, caller: Caller, run_id: RunId, answers: Mapping[str, str]) -> RunSummary:
        """Answer the open questions, or choose an option by {"option": NAME}. Kept before this returns."""
        row = await self._own(caller, run_id)
        view = await self._onbrand.view(caller.brand, run_id)
        if row.status is not RunStatus.NEEDS_INPUT or not (view.questions or view.options):
            raise _not_waiting(row)
        answer: dict[str, Any]
        if view.questions:
            answer = await asyncio.to_thread(usable_answers, self._onbrand, view, answers)
        else:
            answer = {"option": _chosen(view, answers)}
        return await self._post(row, answer, caller)

    async def refine(
        self, caller: Caller, run_id: RunId, feedback: str, candidates: Sequence[str] = ()
    ) -> RunSummary:
        """A person's words about the shortlist, or about some of it. Raises Conflict when nothing is in review."""
        row = await self._own(caller, run_id)
        if row.status is not RunStatus.REVIEW:
            raise _not_waiting(row)
        if not feedback.strip():
            raise BadInput("the feedback is empty", where="feedback", hint='say what to change: "make the can bigger"')
        view = await self._onbrand.view(caller.brand, run_id)
        self._onbrand.on_shortlist(view, tuple(candidates))
        decision = ReviewDecision(action=ReviewAction.FEEDBACK, text=feedback, candidates=tuple(candidates))
        return await self._post(row, decision.model_dump(mode="json"), caller)

    async def approvable(
        self, caller: Caller, run_id: RunId, candidates: Sequence[str] = (), markets: Sequence[MarketCode] = ()
    ) -> ApprovalRequest:
        """What a yes would publish; the first finalist's files if none is named."""
        row = await self._seen(caller, run_id)
        if row.status not in {RunStatus.REVIEW, RunStatus.PUBLISHED}:
            raise Conflict(
                f"run {run_id} is not in review ({row.status.value})", where=run_id, hint="look at the run again"
            )
        view = await self._onbrand.view(caller.brand, run_id)
        exports, target = self._onbrand.approvable(view, tuple(candidates), tuple(markets))
        return ApprovalRequest(
            run_id=run_id,
            candidates=tuple(dict.fromkeys(export.candidate for export in exports)),
            files=tuple(final_file(export) for export in exports),
            markets=target,
            destination=self._onbrand.workshop.destination.name,
        )

    async def approve(self, caller: Caller, yes: ApprovalRequest) -> RunSummary:
        """Write a person's yes to exactly these files down; delivery follows. Saying yes again changes nothing."""
        row = await self._seen(caller, yes.run_id)
        caller.must(Action.APPROVE)
        if yes != await self.approvable(caller, yes.run_id, yes.candidates, yes.markets):
            raise Conflict(
                "the files are no longer those that were shown",
                where=yes.run_id,
                hint="look at the pictures again, then say yes to what they are now",
            )
        view = await self._onbrand.view(caller.brand, yes.run_id)
        exports, markets = self._onbrand.approvable(view, yes.candidates, yes.markets)
        await self._onbrand.record_approval(view, exports, markets, caller.principal.name)
        self._dispatcher.submit(row.brand, row.run_id)
        return await self.run(caller, yes.run_id)

    async def cancel(self, caller: Caller, run_id: RunId) -> RunSummary:
        """End a run: at once when it waits, at its next step when it works. Raises Conflict when it is finished."""
        row = await self._own(caller, run_id)
        if row.status in FINISHED:
            raise Conflict(
                f"run {run_id} is finished ({row.status.value}): there is nothing to cancel",
                where=run_id,
                hint="look at the run again",
            )
        await self._onbrand.cancel(caller.brand, run_id)
        return await self.run(caller, run_id)

    async def resume(self, caller: Caller, run_id: RunId) -> RunSummary:
        """Go on with a run that stopped for the operator. Raises Conflict for one that cannot go on."""
        row = await self._own(caller, run_id)
        if row.status is RunStatus.WORKING or can_go_on(row.status, row.failure):
            self._dispatcher.submit(row.brand, row.run_id)
            return await self._summary(row)
        raise Conflict(
            f"run {run_id} does not go on by itself ({row.status.value})", where=run_id, hint="look at the run again"
        )

    async def document(self, caller: Caller, run_id: RunId) -> RunView:
        """The whole run: every candidate, finding and edit."""
        await self._seen(caller, run_id)
        return await self._onbrand.view(caller.brand, run_id)

    async def dossier(self, caller: Caller, run_id: RunId) -> str:
        """The run's dossier as a page of HTML. Raises Conflict before anything was drawn."""
        view = await self.document(caller, run_id)
        if not view.candidates:
            raise Conflict(f"run {run_id} has drawn nothing yet", where=run_id, hint="look again once it has pictures")
        return await asyncio.to_thread(dossier_page, self._onbrand.workshop, without_places(view))

    async def options(self, caller: Caller, new: NewRun) -> Offer:
        """What a request would be understood as, ask and cost, without running it."""
        caller.must(Action.CREATE)
        await asyncio.to_thread(self._onbrand.prepare, caller.brand)
        request = await asyncio.to_thread(self._request, caller.brand, new)
        return await offer(self._onbrand, request, caller.principal.id)

    async def usage(self, caller: Caller, since: datetime) -> Usage:
        """What the brand spent since a moment."""
        caller.must(Action.ADMINISTER)
        return await asyncio.to_thread(self._onbrand.driver.ledger.usage, caller.brand, since)

    def _request(self, brand: BrandId, new: NewRun) -> RunRequest:
        """What the graph is given. Raises BadInput and NotFound before anything is written down."""
        named = [asset for asset in (new.product, new.background) if asset is not None]
        if named:
            self._onbrand.prepare(brand)
        for asset in named:
            self._onbrand.workshop.library.get(brand, asset)
        return RunRequest(brand=brand, **new.model_dump())

    async def _seen(self, caller: Caller, run_id: RunId) -> RunRow:
        """A run the caller may look at: its own, or with a role that reads the brand's."""
        row = await asyncio.to_thread(self._onbrand.workshop.runs.get, caller.brand, run_id)
        if not caller.allowed(Action.READ) and row.created_by != caller.principal.id:
            raise no_such_run(run_id)
        return row

    async def _own(self, caller: Caller, run_id: RunId) -> RunRow:
        """A run the caller may carry on or end: its own, or as administrator."""
        row = await self._seen(caller, run_id)
        mine = row.created_by == caller.principal.id
        caller.must(Action.CREATE if mine else Action.ADMINISTER)
        return row

    async def _post(self, row: RunRow, answer: dict[str, Any], caller: Caller) -> RunSummary:
        """Keep a person's answer, then have the run worked on."""
        if row.waiting_for is None:     # an older version left it: have the run table say what it waits for
            await self._onbrand.advance(row.brand, row.run_id)
        await asyncio.to_thread(self._onbrand.inbox.put, row.brand, row.run_id, answer, caller.principal.name)
        self._dispatcher.submit(row.brand, row.run_id)
        return await self.run(caller, row.run_id)

    async def _over(self, row: RunRow) -> bool:
        now = await asyncio.to_thread(self._onbrand.workshop.runs.get, row.brand, row.run_id)
        undelivered = await asyncio.to_thread(self._onbrand.workshop.effects.pending, row.run_id)
        return now.status in FINISHED and not undelivered and not can_go_on(now.status, now.failure)

    async def _summary(self, row: RunRow) -> RunSummary:
        view = await self._onbrand.view(row.brand, row.run_id)
        row = await asyncio.to_thread(self._onbrand.workshop.runs.get, row.brand, row.run_id)
        step = await asyncio.to_thread(last_step, Path(row.trace_path)) if row.status is RunStatus.WORKING else None
        return summary_of(view, row, step)


def _chosen(view: RunView, answers: Mapping[str, str]) -> str:
    """The option an answer names. Raises BadInput for anything else."""
    names = [option.name for option in view.options]
    if set(answers) != {"option"} or answers["option"] not in names:
        raise BadInput(
            "the run waits for an option to be chosen",
            where=view.run_id,
            hint=f'answer {{"option": NAME}} with one of {", ".join(names)}',
        )
    return answers["option"]


def _not_waiting(row: RunRow) -> Conflict:
    return Conflict(
        f"run {row.run_id} does not wait for this ({row.status.value})",
        where=row.run_id,
        hint="look at the run again: it may be at work, answered already, or over",
    )
