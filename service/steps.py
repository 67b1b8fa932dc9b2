"""The graph's steps as trace events: what each branch got, what it decided, how long its stage took.

The driver feeds it what LangGraph streams; a replay does the same, so that both write the same events.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from domain.ports import Recorder
from service.decisions import decided

OnEvent = Callable[[str, dict[str, Any]], None]

OF_THE_RUN = "run_id"
"""Left out of digests of state: the same work under another run's name is the same work."""


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

    def ticking(self) -> bool:
        """Whether a branch of any stage is under way."""
        return any(self.running.values())

    def stop(self, stage: str) -> None:
        """A branch of the stage ended."""
        self.running[stage] = max(0, self.running.get(stage, 1) - 1)
        if not self.running[stage] and stage in self.since:
            spent = time.perf_counter() - self.since.pop(stage)
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + spent, 3)


@dataclass
class Steps:
    """Turns the parts of LangGraph's `tasks` stream into events of one turn."""

    recorder: Recorder
    clock: StageClock
    on_event: OnEvent = lambda kind, data: None
    _index: dict[str, str] = field(default_factory=dict)
    _stage: str = ""
    _branches: int = 0

    def take(self, task: Mapping[str, Any]) -> bool:
        """One part of the stream; returns whether a stage began (and has not ended)."""
        if "result" in task:
            self._finished(task)
            return False
        self._started(task)
        return True

    def _started(self, task: Mapping[str, Any]) -> None:
        stage = task["name"]
        # A fan-out begins all its branches before any of them ends: a count since the last other stage is its place.
        if stage != self._stage or not self._index:
            self._stage, self._branches = stage, 0
        self._index[task["id"]] = index = str(self._branches)
        self._branches += 1
        self.clock.start(stage)
        self.recorder.record("node_started", node=stage, index=index, digest=state_digest(task["input"]))
        self.on_event("stage_started", {"stage": stage})

    def _finished(self, task: Mapping[str, Any]) -> None:
        stage, result = task["name"], task["result"] or {}
        self.clock.stop(stage)
        summary = summary_of(result)
        self.recorder.record(
            "node_finished",
            node=stage,
            index=self._index.pop(task["id"], ""),
            seconds=self.clock.seconds.get(stage, 0.0),
            summary=summary,
            decided=decided(result),
            digest=state_digest(result),
            error=str(task["error"]) if task["error"] else "",
        )
        for raised in task["interrupts"]:
            self.recorder.record("interrupt", node=stage, interrupt_id=raised["id"], payload=raised["value"])
        self.on_event("stage_finished", {"stage": stage, **summary})


def state_digest(state: Any) -> str:
    """SHA-256 of state as JSON, without the run's own name."""
    told = {name: value for name, value in state.items() if name != OF_THE_RUN} if isinstance(state, dict) else state
    return hashlib.sha256(to_json(told)).hexdigest()


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
