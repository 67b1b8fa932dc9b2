"""Replay: the graph runs again, and the recording answers for every tool and every person (Promise 10).

No network, no key, no home: checkpoints, money and history are kept in memory. The built-in reader and writer are
deterministic and run for real, so that what they decide is compared too; models answer from the recording. Nothing is
ever delivered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agents.services import Services
from agents.state import Campaign
from domain.errors import OnbrandError
from domain.models import ModelRole, Payer
from domain.ports import Language, Recorder
from domain.run import Failure, RunRequest, RunStatus
from evals.answers import Answers
from evals.differences import Difference, first
from evals.offline import Kept, Purse, RecordedHistory, RecordedMemory
from evals.recording import Branch, Recording, Step, path_of, recording_of
from evals.tape import Tape, TapedSession
from evals.taped_models import TapedModels, readers_and_writers, specs_of
from graphs.campaign import build
from mcp_servers.connect import BUILD
from mcp_servers.toolbox import Sessions
from memory.checkpoints import StrictSerializer, domain_types
from service.driver import Graph, finished_status, status_after
from service.models import Notes, channel_ids
from service.steps import StageClock, Steps
from service.wiring import BuiltinLanguage
from tools.language.by_model import ModelLanguage


@dataclass(frozen=True)
class Replay:
    """How a replay went. `difference` is the first thing that came out otherwise; None: the same path and decisions.

    `notes` are differences that decide nothing, such as state that is written otherwise by a newer version.
    """

    recording: Recording
    replayed: Recording
    difference: Difference | None
    notes: tuple[str, ...]
    seconds: float

    @property
    def same(self) -> bool:
        """Whether path and decisions are those of the recording."""
        return self.difference is None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "run_id": self.recording.header.run_id,
            "same": self.same,
            "difference": self.difference.document() if self.difference else None,
            "notes": list(self.notes),
            "path": path_of(self.replayed.steps),
            "calls": len(self.replayed.calls),
            "status": self.replayed.status.status if self.replayed.status else None,
            "recorded_seconds": round(self.recording.seconds, 3),
            "seconds": round(self.seconds, 3),
        }


async def replay(recording: Recording) -> Replay:
    """Run a recording again from its tape alone."""
    began = time.perf_counter()
    tape, recorder = Tape(recording), Kept()
    head = recording.header
    body = head.model_dump(exclude={"kind", "n", "at"})
    recorder.record("header", **body)
    sessions = Sessions(**{name: TapedSession(name, tape, recorder, head.run_id) for name in BUILD})
    models, notes = TapedModels(readers_and_writers(recording), specs_of(recording), recorder), Notes()
    services = Services(
        brand=head.brand,
        sessions=sessions,
        language=language_of(recording, models, notes),
        told=notes.take,
        ledger=Purse(),
        history=RecordedHistory.of(recording),
        memory=RecordedMemory.of(recording),
        looking=looking_of(recording),
        grid=int(head.context.get("grid", 9)),
    )
    request = RunRequest.model_validate(head.request)
    await play(head.run_id, request, services, recorder, Answers.of(recording))
    replayed = recording_of(recorder.events)
    difference, remarks = compared(recording, replayed, tape, models)
    return Replay(recording, replayed, difference, remarks, time.perf_counter() - began)


def public(text: str, assets: Sequence[str]) -> bool:
    """Nothing is confidential to a tape: it asks nobody."""
    return False


def language_of(
    recording: Recording,
    models: TapedModels,
    notes: Notes,
    confidential: Callable[[str, Sequence[str]], bool] = public,
) -> Language:
    """The built-in reader and writer, knowing the product titles that the recorded run knew; models as they were.

    `confidential` says of the words and assets of an ask whether only a place cleared for that may see it.
    """
    built_in = BuiltinLanguage(lambda brand: recording.header.titles)
    if not any(models.serves(role) for role in models.specs):
        return built_in

    def payer(stage: str, text: str, assets: Sequence[str]) -> Payer:
        return Payer(brand=recording.header.brand, stage=stage, confidential=confidential(text, assets))

    return ModelLanguage(models, built_in, payer, notes.add, channel_ids)


def looking_of(recording: Recording) -> frozenset[ModelRole]:
    """The roles of judges that looked at pictures; their answers are those of the tools they stood behind."""
    return frozenset(ModelRole(role) for role in recording.header.context.get("looking", ()))


def parallel_of(recording: Recording) -> int:
    """How many branches ran side by side."""
    return int(recording.header.context.get("parallel", 2))


wired = lru_cache(maxsize=1)(build)
"""The campaign graph, put together once: reading the types of its nodes costs as much as running it from a tape."""


def in_memory() -> Graph:
    """The campaign graph over checkpoints that nobody keeps, read back as strictly as those that are kept."""
    return wired().compile(checkpointer=InMemorySaver(serde=StrictSerializer(domain_types())))


async def play(
    run_id: str,
    request: RunRequest,
    services: Services,
    recorder: Recorder,
    answers: Answers,
    *,
    parallel: int | None = None,
    graph: Graph | None = None,
) -> Campaign:
    """Run the graph with given answers until one is missing or it ends; returns its last state.

    An error of ours ends it as it ends a run, and is written down as its status; so is a miss of the tape. `parallel`
    bounds how many branches of a fan-out run side by side: for live calls, since a tape needs no bound.
    """
    graph = graph or in_memory()
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    if parallel is not None:
        config["max_concurrency"] = parallel
    steps = Steps(recorder, StageClock({}))
    given = cast(Any, {"run_id": run_id, "request": request})
    failure: OnbrandError | None = None
    while True:
        try:
            async for part in graph.astream(
                given, config, context=services, durability="exit", stream_mode=["tasks"], version="v2"
            ):
                steps.take(cast(Any, part)["data"])
        except OnbrandError as error:
            failure = error
        snapshot = await graph.aget_state(config)
        if failure is not None or not snapshot.interrupts:
            break
        pending = snapshot.interrupts[0]
        found = answers.next(pending.value["kind"])
        if found is None:
            break
        answer, by = found
        recorder.record("interrupt_answer", interrupt_id=pending.id, answer=answer, by=by)
        given = Command(resume={pending.id: answer})
    state = cast("Campaign", snapshot.values)
    waiting_for = snapshot.interrupts[0].value["kind"] if snapshot.interrupts else ""
    told = waiting_for in {"review", ""}
    status = status_after(failure) if failure else finished_status(state) if told else RunStatus.NEEDS_INPUT
    recorder.record(
        "run_status", status=status.value, waiting_for=waiting_for, spent=services.ledger.spent(run_id), predicted=0.0
    )
    ended = Failure(**failure.document()) if failure else state.get("failure")
    if ended is not None:
        recorder.record("run_ended", status=status.value, failure=ended.model_dump())
    return state


def compared(
    recording: Recording, replayed: Recording, tape: Tape, models: TapedModels
) -> tuple[Difference | None, tuple[str, ...]]:
    """The first difference in path or decisions, and notes on differences that decide nothing."""
    otherwise: list[str] = []
    miss = tape.missed or models.missed
    missed = miss is not None
    for step, again in zip(recording.steps, replayed.steps, strict=False):
        difference = step_difference(step, again, otherwise, masked=recording.masked, missed=missed)
        if difference is not None:
            return difference, ()
    notes = [f"state is written otherwise from {otherwise[0]} on, and decides the same"] if otherwise else []
    now = len(replayed.steps)
    cut_short = recording.cut_off and now >= len(recording.steps)
    if missed and cut_short:
        return None, (*notes, "the recording ends before the run did: compared as far as it goes")
    if missed:
        return miss, tuple(notes)
    if now != len(recording.steps) and not cut_short:
        return first("path", path_of(recording.steps), path_of(replayed.steps)), tuple(notes)
    left = None if recording.cut_off else left_over(tape, models)
    return left or status_difference(recording, replayed), tuple(notes)


def left_over(tape: Tape, models: TapedModels) -> Difference | None:
    """The first recorded call or ask that nobody made."""
    if calls := tape.unused():
        return Difference(f"{calls[0].stage}: {calls[0].server}.{calls[0].tool}", "", "a call", "none")
    if asks := models.unused():
        return Difference(f"model as {asks[0].role}", "", "an ask", "none")
    return None


def status_difference(recording: Recording, replayed: Recording) -> Difference | None:
    """Where the run stood in the end; a person may have ended it since."""
    if recording.status is None or replayed.status is None or recording.status.status == "cancelled":
        return None
    one = {"status": recording.status.status, "waiting_for": recording.status.waiting_for}
    other = {"status": replayed.status.status, "waiting_for": replayed.status.waiting_for}
    return first("run", one, other)


def step_difference(
    step: Step, again: Step, otherwise: list[str], *, masked: bool, missed: bool
) -> Difference | None:
    """Whether two steps are the same node with the same decisions; where only other state is written, `otherwise` is
    told.

    What a miss of the tape ended is left to the tape, which knows more.
    """
    if step.node != again.node:
        return Difference("path", "", step.node, again.node)
    done = [branch for branch in in_order(step) if branch.finished is not None and not branch.finished.error]
    others = {branch.index: branch for branch in again.branches}
    for branch, other in zip(done, [others.get(b.index) for b in done], strict=True):
        where = step.node if len(step.branches) == 1 else f"{step.node} branch {branch.index}"
        if other is None or other.finished is None or branch.finished is None:
            continue                                # it was ended by an error elsewhere
        if other.finished.error:
            return None if missed else Difference(where, "error", "", other.finished.error)
        if branch.finished.decided:                 # version 2
            found = first(where, branch.finished.decided, other.finished.decided)
            wrote = branch.finished.digest
            if found is None and wrote and wrote != other.finished.digest and not masked:
                otherwise.append(where)
        else:
            found = first(where, branch.finished.summary, other.finished.summary)
        if found is not None:
            return found
    return None


def in_order(step: Step) -> list[Branch]:
    """The branches of a fan-out by their place in it."""
    return sorted(step.branches, key=lambda branch: int(branch.index or 0))

