"""A trace as what the run did in the end: its steps, calls and answers, without the attempts that were lost.

A run may be killed and taken up again: LangGraph then does the unfinished branches of its step once more. The trace
holds both attempts; only the later one became state.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import OperatorMustAct, ToolBroke, TraceUnreadable, subclasses
from domain.trace import (
    Header,
    InterruptAnswered,
    InterruptRaised,
    ModelCall,
    NodeFinished,
    NodeStarted,
    Resumed,
    RunEnded,
    RunStatusSet,
    ToolCall,
    TraceEvent,
    read_trace,
)
from memory.traces import MASK

_STOPS = set(subclasses(OperatorMustAct)) - set(subclasses(ToolBroke))
"""Errors that end an attempt: the run goes on from its last finished step, and makes the call again."""


@dataclass
class Branch:
    """One node of one step: what it got, and how it ended; `finished` is None where the run was cut off in it."""

    node: str
    index: str
    digest: str
    finished: NodeFinished | None = None

    @property
    def open(self) -> bool:
        """Whether it has not come to an end that counts."""
        return self.finished is None or bool(self.finished.error)


@dataclass
class Step:
    """The branches that the graph ran side by side. `early` are calls of attempts that were cut off."""

    node: str
    branches: list[Branch] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    early: list[ToolCall] = field(default_factory=list)
    asks: bool = False

    def lose_calls(self) -> None:
        """What was called so far may be called again."""
        self.early, self.calls = self.early + self.calls, []

    @property
    def finished(self) -> bool:
        """Whether every branch has ended."""
        return not any(branch.open for branch in self.branches)


@dataclass
class Recording:
    """What one trace tells. `spare` are answers of attempts that were lost; `calls` are those that count, in order."""

    header: Header
    steps: list[Step] = field(default_factory=list)
    spare: list[ToolCall] = field(default_factory=list)
    models: list[ModelCall] = field(default_factory=list)
    raised: list[InterruptRaised] = field(default_factory=list)
    answers: list[InterruptAnswered] = field(default_factory=list)
    resumed: list[Resumed] = field(default_factory=list)
    status: RunStatusSet | None = None
    ended: RunEnded | None = None
    seconds: float = 0.0
    path: Path | None = None

    @property
    def calls(self) -> list[ToolCall]:
        """The tool calls whose answers became state."""
        return [call for step in self.steps for call in step.calls]

    @property
    def cut_off(self) -> bool:
        """Whether the trace ends before the run stood still: a replay may then come further than it."""
        return self.status is None or self.status.status in {"cancelled", "failed", "working"}

    @property
    def masked(self) -> bool:
        """Whether the request held something that looked like a secret: a replay does not know it."""
        return MASK in json.dumps(self.header.request)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.path.stem if self.path else self.header.run_id


def load(path: Path) -> Recording:
    """Read a trace file. Raises TraceUnreadable for a file that is none, or holds nothing but its header."""
    recording = recording_of(read_trace(path))
    recording.path = path
    return recording


def recording_of(events: Iterable[TraceEvent]) -> Recording:
    """Put a trace's events together. Raises TraceUnreadable without a header."""
    stream = iter(events)
    head = next(stream, None)
    if not isinstance(head, Header):
        raise TraceUnreadable("the trace is empty", hint="the run was cut off before it began; resume it")
    recording = Recording(head)
    for event in stream:
        _add(recording, event)
        recording.seconds = event.at
    for step in recording.steps:
        recording.spare += _settle(step)
    return recording


def _add(recording: Recording, event: TraceEvent) -> None:
    """One more event."""
    match event:
        case NodeStarted():
            _start(recording.steps, event, again=bool(recording.resumed))
        case NodeFinished():
            _finish(recording.steps, event)
        case ToolCall() if recording.steps:
            recording.steps[-1].calls.append(event)
        case ModelCall():
            recording.models.append(event)
        case InterruptRaised():
            recording.raised.append(event)
            if recording.steps:
                recording.steps[-1].asks = True
        case InterruptAnswered():
            recording.answers.append(event)
        case _:
            _add_turn(recording, event)


def _add_turn(recording: Recording, event: TraceEvent) -> None:
    """The end of a turn, or the beginning of the next: whatever step is unfinished now may be done again."""
    match event:
        case Resumed():
            recording.resumed.append(event)
            _note_lost(recording.steps)
        case RunStatusSet():
            recording.status, recording.ended = event, None
            _note_lost(recording.steps)
        case RunEnded():
            recording.ended = event
        case _:
            pass


def _start(steps: list[Step], event: NodeStarted, *, again: bool) -> None:
    """A branch began: of the step at hand, of a new one, or once more."""
    step = steps[-1] if steps else None
    if step is None or step.node != event.node or (step.finished and not (again and _done_again(step, event))):
        steps.append(Step(event.node, [Branch(event.node, event.index or "0", event.digest)]))
        return
    if step.finished:
        step.lose_calls()
    alike = [branch for branch in step.branches if branch.digest == event.digest]
    lost = next((b for b in alike if b.open), alike[0] if alike and event.digest else None) if again else None
    if lost is not None:
        lost.finished = None
    else:
        step.branches.append(Branch(event.node, event.index or str(len(step.branches)), event.digest))


def _done_again(step: Step, event: NodeStarted) -> bool:
    """Whether a step that had ended begins once more: the process died after its last word, before it was kept.

    A step that asks a person begins again too, with the answer; that is the run's own way.
    """
    return bool(event.digest) and not step.asks and any(branch.digest == event.digest for branch in step.branches)


def _finish(steps: list[Step], event: NodeFinished) -> None:
    """A branch ended; without an index (version 1) the first open one of its node."""
    step = steps[-1] if steps else None
    if step is None or step.node != event.node:
        return
    waiting = [b for b in step.branches if b.finished is None]
    mine = next((b for b in waiting if event.index and b.index == event.index), waiting[0] if waiting else None)
    if mine is not None:
        mine.finished = event


def _note_lost(steps: list[Step]) -> None:
    """The process stopped here: what an unfinished step has called so far may be called again."""
    if steps and not steps[-1].finished:
        steps[-1].lose_calls()


def _settle(step: Step) -> list[ToolCall]:
    """Keep of a step's early calls those that were not made again; returns the others, without what ended an attempt.

    Branches that had finished are not run again, so their calls do not come back.
    """
    if not step.early:
        return []
    again = Counter(_asked(call) for call in step.calls)
    kept, spare = [], []
    for call in step.early:
        if call.error is not None and call.error.get("code") in _STOPS:
            if step.calls or step.finished:
                continue
            kept.append(call)
        elif again[_asked(call)] > 0:
            again[_asked(call)] -= 1
            spare.append(call)
        else:
            kept.append(call)
    step.calls, step.early = kept + step.calls, []
    return spare


def _asked(call: ToolCall) -> tuple[str, str, str, str]:
    return call.stage, call.server, call.tool, json.dumps(call.arguments, sort_keys=True)


def path_of(steps: Sequence[Step]) -> list[str]:
    """The nodes in order, a fan-out as "generate x5"."""
    return [step.node if len(step.branches) == 1 else f"{step.node} x{len(step.branches)}" for step in steps]
