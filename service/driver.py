"""The graph driver: runs a campaign from its last finished step to its next stop, and records what happens.

A run is advanced by one owner at a time (the run's lease); what it writes carries the lease's fencing number.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
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
from service.view import build_view

Graph = CompiledStateGraph[Campaign, Services, Campaign, Campaign]
LOOK_FOR_CANCEL_S = 0.25
"""A cancelled run stops at the first step after this long: looking at every step would cost as much as the step."""

OnEvent = Callable[[str, dict[str, Any]], None]


class Cancelled(Exception):
    """A person asked for the run to stop; it does at the next step."""


class Stopped(Exception):
    """This process is to end: the run was left between two steps, for whoever takes it up next."""


@dataclass
class StageClock:
    """Wall seconds by stage; branches of a fan-out that overlap are counted once."""

    seconds: dict[str, float]
    running: dict[str, int] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)

    def start(self, stage: str) -> None:
        """A branch of the stage began."""
        if not self.running.get(stage):
            self.since[stage] = time.perf_counter()
        self.running[stage] = self.running.get(stage, 0) + 1

    def any(self) -> bool:
        """Whether a branch of any stage is under way."""
        return any(self.running.values())

    def stop(self, stage: str) -> None:
        """A branch of the stage ended."""
        self.running[stage] = max(0, self.running.get(stage, 1) - 1)
        if not self.running[stage] and stage in self.since:
            spent = time.perf_counter() - self.since.pop(stage)
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + spent, 3)


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
        looked = time.monotonic()
        async with contextlib.aclosing(parts) as stream:  # type: ignore[type-var]
            async for part in stream:
                task = part["data"]
                stage = task["name"]
                if "result" not in task:
                    # The first of a step's branches to start: none is under way yet, so nothing is torn off.
                    if self.stopping.is_set() and not clock.any():
                        raise Stopped
                    clock.start(stage)
                    recorder.record("node_started", node=stage)
                    on_event("stage_started", {"stage": stage})
                    if time.monotonic() - looked > LOOK_FOR_CANCEL_S:
                        looked = time.monotonic()
                        if await asyncio.to_thread(self.runs.cancel_requested, row.run_id):
                            raise Cancelled
                    continue
                clock.stop(stage)
                summary = summary_of(task["result"] or {})
                error = str(task["error"]) if task["error"] else ""
                recorder.record(
                    "node_finished", node=stage, seconds=clock.seconds.get(stage, 0.0), summary=summary, error=error
                )
                for raised in task["interrupts"]:
                    recorder.record("interrupt", node=stage, interrupt_id=raised["id"], payload=raised["value"])
                on_event("stage_finished", {"stage": stage, **summary})

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
        recorder.record("run_status", status=status.value, waiting_for=waiting_for or "")
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


def summary_of(result: dict[str, Any]) -> dict[str, Any]:
    """What a stage decided, in a few words for the trace and the progress display."""
    summary: dict[str, Any] = {}
    if candidates := result.get("candidates"):
        summary["candidates"] = len(candidates)
        verdicts = [candidate.verdict.value for candidate in candidates.values()]
        summary["verdicts"] = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    for name in ("questions", "edits", "shortlist", "to_draw", "exports", "publications"):
        if name in result:
            summary[name] = len(result[name])
    for name in ("remembered", "learned"):
        if rows := result.get(name):
            summary[name] = [f"{row.field}: {row.value} ({row.source.value}, {row.id})" for row in rows]
    if earlier := result.get("earlier"):
        summary["earlier"] = {"said": earlier.said, "run_id": earlier.run_id or "", "reason": earlier.reason}
    if "round" in result:
        summary["round"] = result["round"]
    return summary
