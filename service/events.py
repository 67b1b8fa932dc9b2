"""What happens to a run, as it happens: its trace, read while it grows, whichever process writes it.

The trace is the log: a reader that was cut off goes on after the number it saw last. One loop looks at the sizes of all
traces that somebody waits for, so hundreds of idle readers cost one `stat` each a quarter of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.studio import RunEvent, Step
from domain.trace import (
    Header,
    InterruptAnswered,
    InterruptRaised,
    NodeFinished,
    NodeStarted,
    RunEnded,
    RunStatusSet,
    TraceEvent,
    parse_event,
)
from domain.values import RunId, Seconds

LOOK_EVERY_S: Seconds = 0.25
"""How often traces that somebody waits for are looked at; what this process writes is told at once."""

CHUNK_BYTES = 1 << 20
STEP_BYTES = 1 << 18
"""How much of a trace's end is read to find the stage it is in. Tool calls of one stage are tens of kB."""

_UNTOLD = (b'{"kind":"tool_call"', b'{"kind":"model_call"')
"""Lines that are no events for callers; the writer puts the kind first, so they need no parsing."""

STAGES = {
    "understand": "reading the request and looking in the library",
    "clarify": "taking the answers in",
    "plan": "planning scenes and compositions",
    "choose": "choosing an option",
    "generate": "drawing candidates",
    "drawn": "drawing candidates",
    "critique": "checking candidates",
    "settle": "ranking, reading text on finalists",
    "revise": "revising what failed",
    "adjust": "changing what was asked for",
    "shortlist": "rendering final files",
    "review": "handing over for review",
    "deploy": "publishing",
    "monitor": "looking at what is out",
}
"""Stages of the graph in the order they come, and what each does in words."""


def step_of(stage: str) -> Step:
    """A stage with what it does and a rough share of the way to review."""
    names = list(STAGES)
    share = names.index(stage) / names.index("review") if stage in STAGES else 0.0
    return Step(stage=stage, doing=STAGES.get(stage, stage), share=min(1.0, round(share, 2)))


def last_step(trace: Path) -> Step | None:
    """The stage a run is in by the end of its trace; None before the first and when the trace cannot be read."""
    try:
        with trace.open("rb") as lines:
            lines.seek(0, 2)
            lines.seek(max(0, lines.tell() - STEP_BYTES))
            tail = lines.read()
    except OSError:
        return None
    for line in reversed(tail.split(b"\n")):
        if line.startswith(b'{"kind":"node_started"'):
            with contextlib.suppress(ValueError):
                return step_of(str(json.loads(line)["node"]))
    return None


@dataclass
class Growth:
    """Wakes readers of traces when these grow."""

    every: Seconds = LOOK_EVERY_S
    _waiting: dict[Path, list[tuple[int, asyncio.Future[None]]]] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None

    async def beyond(self, trace: Path, size: int, patience: Seconds) -> bool:
        """Wait until the trace is larger than `size` bytes; False when it is not after `patience` seconds."""
        if await asyncio.to_thread(size_of, trace) > size:
            return True
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (size, told)
        self._waiting.setdefault(trace, []).append(entry)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(told, patience)
        except TimeoutError:
            return False
        finally:
            self._forget(trace, entry)
        return True

    def poke(self, run_id: RunId) -> None:
        """Wake whoever waits for this run's trace, which is named after it: this process has written to it."""
        for trace, waiting in self._waiting.items():
            if trace.stem == run_id:
                for _, told in waiting:
                    if not told.done():
                        told.set_result(None)

    def _forget(self, trace: Path, entry: tuple[int, asyncio.Future[None]]) -> None:
        left = [other for other in self._waiting.get(trace, ()) if other is not entry]
        if left:
            self._waiting[trace] = left
        else:
            self._waiting.pop(trace, None)

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(self.every)
            traces = list(self._waiting)
            sizes = await asyncio.to_thread(sizes_of, traces)
            for trace, size in zip(traces, sizes, strict=True):
                for known, told in self._waiting.get(trace, ()):
                    if size > known and not told.done():
                        told.set_result(None)


def size_of(trace: Path) -> int:
    """Bytes of a trace; 0 before there is one."""
    try:
        return trace.stat().st_size
    except OSError:
        return 0


def sizes_of(traces: Sequence[Path]) -> list[int]:
    """Bytes of each trace."""
    return [size_of(trace) for trace in traces]


async def follow(trace: Path, growth: Growth, after: int, patience: Seconds) -> AsyncIterator[RunEvent | None]:
    """The events of a run numbered above `after`, and on as they come.

    None says that there is nothing more for now: after "run.ended", and whenever `patience` seconds brought nothing.
    """
    offset, ended = 0, False
    while True:
        events, read = await asyncio.to_thread(read_from, trace, offset)
        offset += read
        for event in events:
            ended = event.event == "run.ended"
            if event.n > after:
                yield event
        if not read and (ended or not await growth.beyond(trace, offset, patience)):
            ended = False
            yield None


def read_from(trace: Path, offset: int) -> tuple[list[RunEvent], int]:
    """Events on whole lines from a byte offset, and how many bytes these lines take."""
    try:
        with trace.open("rb") as lines:
            lines.seek(offset)
            data = lines.read(CHUNK_BYTES)
            whole = data.rfind(b"\n") + 1
            if not whole and len(data) == CHUNK_BYTES:      # one line longer than a chunk
                data += lines.readline()
                whole = data.rfind(b"\n") + 1
    except OSError:
        return [], 0
    told = [line for line in data[:whole].splitlines() if not line.startswith(_UNTOLD)]
    events = (public(parse_event(line)) for line in told)
    return [event for event in events if event is not None], whole


def public(event: TraceEvent) -> RunEvent | None:
    """A trace event as callers are told it; None for what is not their business."""
    told: tuple[str, dict[str, Any]] | None = None
    match event:
        case Header():
            told = "run.started", {"request": event.request.get("request", "")}
        case NodeStarted():
            told = "stage.started", step_of(event.node).model_dump()
        case NodeFinished():
            failed = {"error": "this stage failed"} if event.error else {}
            told = "stage.finished", {"stage": event.node, "seconds": event.seconds, **event.summary, **failed}
        case InterruptRaised():
            told = "run.waiting", event.payload
        case InterruptAnswered():
            told = "run.answered", {"by": event.by}
        case RunStatusSet():
            told = "run.status", {"status": event.status, "waiting_for": event.waiting_for}
        case RunEnded():
            told = "run.ended", {"status": event.status, "failure": event.failure}
    if told is None:
        return None
    return RunEvent.model_validate({"n": event.n, "at": event.at, "event": told[0], "data": told[1]})
