"""The graph driver: runs a campaign from its last finished step to its next stop, and records what happens.

A run is advanced by one owner at a time (the run's lease); what it writes carries the lease's fencing number.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.services import Services
from agents.state import Campaign
from domain.errors import BadInput, NeedsAnswer, NothingPassed, OnbrandError, Refused
from domain.ports import Recorder
from domain.run import Failure, RunStatus, RunView, can_go_on
from memory.leases import Lease
from memory.ledger import Ledger
from memory.runs import RunRow, RunTable
from service.steps import OnEvent, StageClock, Steps
from service.view import build_view

Graph = CompiledStateGraph[Campaign, Services, Campaign, Campaign]
LOOK_FOR_CANCEL_S = 0.25
"""A cancelled run stops at the first step after this long: looking at every step would cost as much as the step."""


class Cancelled(Exception):
    """A person asked for the run to stop; it does at the next step."""


class Stopped(Exception):
    """This process is to end: the run was left between two steps, for whoever takes it up next."""


@dataclass
class Driver:
    """Drives the runs of one home. `services` and `recorder` are of the run that is being driven.

    Once `stopping` is set no step is begun, and `advance` raises Stopped.
    """

    graph: Graph
    runs: RunTable
    ledger: Ledger
    parallel: int = 2
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def advance(
        self,
        row: RunRow,
        services: Services,
        recorder: Recorder,
        lease: Lease,
        *,
        answer: dict[str, Any] | None = None,
        answer_to: str | None = None,
        approved: dict[str, Any] | None = None,
        by: str = "person",
        on_event: OnEvent = lambda kind, data: None,
    ) -> RunView:
        """Run until a person is needed or the run ends; returns (and saves) the run's document.

        `answer` goes to the one pending interrupt, by its id; with `answer_to` only to that one, since a process that
        died may have given it already. With no answer a run that waits stays waiting, and a run that was cut off goes
        on from its last finished step (Promise 11). `approved` is the answer that an approval on record stands for:
        the process that wrote it down may have died before it could say so to the graph.

        Raises Stopped when this process is to end; nothing that is finished is lost.
        """
        config: RunnableConfig = {"configurable": {"thread_id": row.run_id}, "max_concurrency": self.parallel}
        before = await asyncio.to_thread(self.runs.view, row.brand, row.run_id)
        clock = StageClock(dict(before.seconds) if before else {})
        failure: Failure | None = None
        status: RunStatus | None = None
        graph_input, waiting = await self._input(row, config, recorder, answer, answer_to, approved, by)
        try:
            if not waiting:
                await self._stream(row, graph_input, config, services, recorder, clock, on_event)
        except Cancelled:
            status = RunStatus.CANCELLED
        except OnbrandError as error:
            status, failure = status_after(error), Failure(**error.document())
        return await self._close(row, config, recorder, lease, clock, status, failure)

    async def _input(
        self,
        row: RunRow,
        config: RunnableConfig,
        recorder: Recorder,
        answer: dict[str, Any] | None,
        answer_to: str | None,
        approved: dict[str, Any] | None,
        by: str,
    ) -> tuple[Any, bool]:
        """What the graph is given, and whether it only waits."""
        snapshot = await self.graph.aget_state(config)
        if not snapshot.values:
            return {"run_id": row.run_id, "request": row.request}, False
        if answer_to is not None and answer_to not in {raised.id for raised in snapshot.interrupts}:
            answer = None
        if snapshot.interrupts and answer is None and snapshot.interrupts[0].value["kind"] == "review":
            answer = approved
        if snapshot.interrupts and answer is None:
            return None, True
        if answer is not None:
            if not snapshot.interrupts:
                raise BadInput(
                    f"run {row.run_id} is not waiting for an answer", where=row.run_id, hint="see `onbrand runs show`"
                )
            pending = snapshot.interrupts[0].id
            recorder.record("interrupt_answer", interrupt_id=pending, answer=answer, by=by)
            return Command(resume={pending: answer}), False
        return None, False

    async def _stream(
        self,
        row: RunRow,
        graph_input: Any,
        config: RunnableConfig,
        services: Services,
        recorder: Recorder,
        clock: StageClock,
        on_event: OnEvent,
    ) -> None:
        parts: AsyncIterator[Any] = self.graph.astream(
            graph_input, config, context=services, durability="sync", stream_mode=["tasks"], version="v2"
        )
        steps = Steps(recorder, clock, on_event)
        looked = time.monotonic()
        async with contextlib.aclosing(parts) as stream:  # type: ignore[type-var]
            async for part in stream:
                task = part["data"]
                # The first of a step's branches to start: none is under way yet, so nothing is torn off.
                if self.stopping.is_set() and "result" not in task and not clock.ticking():
                    raise Stopped
                if steps.take(task) and time.monotonic() - looked > LOOK_FOR_CANCEL_S:
                    looked = time.monotonic()
                    if await asyncio.to_thread(self.runs.cancel_requested, row.run_id):
                        raise Cancelled

    async def _close(
        self,
        row: RunRow,
        config: RunnableConfig,
        recorder: Recorder,
        lease: Lease,
        clock: StageClock,
        status: RunStatus | None,
        failure: Failure | None,
    ) -> RunView:
        """Write down where the run stands: the run table alone says whether it is finished (Promise 7)."""
        snapshot = await self.graph.aget_state(config)
        state = cast("Campaign", snapshot.values)
        waiting_for = snapshot.interrupts[0].value["kind"] if snapshot.interrupts else None
        if status is None:
            # At review a run is as its last stage left it: waiting for a first look, or published already.
            told = waiting_for in {"review", None}
            status = finished_status(state) if told else RunStatus.NEEDS_INPUT
            failure = state.get("failure")
        view = build_view(
            row,
            state,
            status=status,
            failure=failure,
            seconds=clock.seconds,
            spent=await asyncio.to_thread(self.ledger.spent, row.run_id),
            waiting_for=waiting_for,
        )
        await asyncio.to_thread(self.runs.save_view, row.run_id, view, lease.fence)
        pending = snapshot.interrupts[0].id if snapshot.interrupts else None
        await asyncio.to_thread(self.runs.set_status, row.run_id, status, failure, lease.fence, pending)
        recorder.record(
            "run_status",
            status=status.value,
            waiting_for=waiting_for or "",
            spent=view.costs.actual,
            predicted=view.costs.predicted,
        )
        waits = status in {RunStatus.NEEDS_INPUT, RunStatus.REVIEW, RunStatus.WORKING} or can_go_on(status, failure)
        if not waits:
            recorder.record("run_ended", status=status.value, failure=failure.model_dump() if failure else None)
        return view


def status_after(error: OnbrandError) -> RunStatus:
    """Where a run stands after an error that ended this attempt."""
    if isinstance(error, NeedsAnswer):
        return RunStatus.NEEDS_INPUT
    if isinstance(error, Refused):
        return RunStatus.REFUSED
    if isinstance(error, NothingPassed):
        return RunStatus.NOTHING_PASSED
    return RunStatus.FAILED


def finished_status(state: Campaign) -> RunStatus:
    """The status of a graph that has come to its end: as its last stage said; a finished review stays a review."""
    return state.get("status", RunStatus.FAILED)
