"""A trace cut down to what shows a failure, and a trace kept as a regression case."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import BadInput, Conflict
from domain.trace import NodeFinished, NodeStarted, RunEnded, RunStatusSet, ToolCall, TraceEvent, read_trace
from evals.recording import recording_of
from evals.replay import replay

FORMS = "status=S, error=CODE, node=NAME, tool=SERVER.TOOL, CHECK=fail (or pass, abstain), edit=OUTCOME"


PLACES = frozenset({"path", "dossier", "out_dir", "trace_path"})
"""Fields that say where a file lies."""


@dataclass(frozen=True)
class Shows:
    """Something an event can show: `status=nothing_passed`, `floating=fail`, `tool=judges.rank_candidates`."""

    name: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Shows:
        """Read NAME=VALUE. Raises BadInput."""
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise BadInput(f"{text!r} says nothing to look for", where="--shows", hint=f"one of {FORMS}")
        return cls(name, value)

    def by(self, event: TraceEvent) -> bool:
        """Whether this event shows it."""
        match event:
            case RunStatusSet():
                return self.name == "status" and event.status == self.value
            case RunEnded():
                return self.name == "error" and (event.failure or {}).get("code") == self.value
            case NodeStarted():
                return self.name == "node" and event.node == self.value
            case ToolCall():
                return self._by_call(event)
            case NodeFinished():
                return self._by_node(event)
            case _:
                return False

    def _by_call(self, call: ToolCall) -> bool:
        if self.name == "tool":
            return f"{call.server}.{call.tool}" == self.value
        if self.name == "error":
            return (call.error or {}).get("code") == self.value
        findings = (call.result or {}).get("findings") or ()
        return any((found["check"], found["verdict"]) == (self.name, self.value) for found in findings)

    def _by_node(self, event: NodeFinished) -> bool:
        edits = event.decided.get("edits", {}).values()
        return self.name == "edit" and any(edit["outcome"] == self.value for edit in edits)


def prefix(events: list[TraceEvent], shows: Shows) -> list[TraceEvent]:
    """The shortest beginning of a trace that shows it: nothing after the event that does.

    Raises BadInput when no event does.
    """
    for number, event in enumerate(events):
        if shows.by(event):
            return events[: number + 1]
    raise BadInput(
        f"nothing in this trace shows {shows.name}={shows.value}", where="--shows", hint=f"one of {FORMS}"
    )


async def differing_prefix(events: list[TraceEvent], differs: Callable[[list[TraceEvent]], Awaitable[bool]]) -> int:
    """How many events the shortest beginning has whose replay comes out otherwise: once it does it stays so, so halves
    are tried. Raises BadInput when the whole trace replays to the same.
    """
    if not await differs(events):
        raise BadInput("this trace replays to the same path and decisions", hint="say what it shows: --shows A=B")
    low, high = 1, len(events)
    while low < high:
        middle = (low + high) // 2
        if await differs(events[:middle]):
            high = middle
        else:
            low = middle + 1
    return high


async def replays_otherwise(events: list[TraceEvent]) -> bool:
    """Whether a beginning of a trace replays to something else."""
    return not (await replay(recording_of(events))).same


def write(events: list[TraceEvent], path: Path) -> None:
    """Write events as a trace without the paths of files on the machine it was recorded on. Raises Conflict if there.

    Pictures are known by their digests; where they lay says nothing to anybody else.
    """
    if path.exists():
        raise Conflict(f"{path} is there already", where=str(path), hint="name another file, or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for event in events:
            document = without_paths(event.model_dump(mode="json"))
            if isinstance(event, NodeStarted | NodeFinished):
                document["digest"] = ""
            file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def without_paths(value: Any) -> Any:
    """JSON without where files lay."""
    if isinstance(value, dict):
        return {name: "" if _is_place(name, held) else without_paths(held) for name, held in value.items()}
    return [without_paths(held) for held in value] if isinstance(value, list) else value


def _is_place(name: str, held: Any) -> bool:
    return isinstance(held, str) and name in PLACES


def all_events(path: Path) -> list[TraceEvent]:
    """A trace, whole."""
    return list(read_trace(path))
