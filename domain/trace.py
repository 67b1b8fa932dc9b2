"""A Trace as typed events: one JSON object a line, a header first. Readers open every older version.

Events come from three places only: the model gateway, the MCP clients and the graph driver. Payloads carry digests,
never image bytes.

Version 2 added what a replay needs and a comparison shows: in the header the versions of everything that decides, in
node events digests of state and what was decided, and `resumed`. A trace of version 1 has none of it: its header does
not even say its version, and it replays on its tool calls and summaries alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, TypeAdapter, ValidationError

from domain.errors import TraceUnreadable
from domain.values import Model, Money, Seconds

TRACE_VERSION = 2
FIRST_VERSION = 1


class Event(Model):
    """What every event has: its number in the trace, and seconds since the run's first event."""

    n: int
    at: Seconds


class Header(Event):
    """The first line: what made this trace.

    `code` is the program's version with a digest of its sources, `settings` a digest of the settings that decide.
    `books` holds versions by name ("brand", "checks", "market SE"), `generators`, `prompts` and `models` likewise.
    `models` are by role. `titles` are what the brand's library calls its products, as far as the request has a word of
    them, and `remembered` the brand's defaults: they help to read it. A fork names the run it came from and what was
    changed.
    """

    kind: Literal["header"] = "header"
    version: int = FIRST_VERSION
    run_id: str
    brand: str
    code: str
    request: dict[str, Any]
    context: dict[str, Any] = {}
    settings: str = ""
    books: dict[str, str] = {}
    generators: dict[str, str] = {}
    prompts: dict[str, str] = {}
    models: dict[str, str] = {}
    titles: tuple[str, ...] = ()
    remembered: tuple[dict[str, Any], ...] = ()
    forked_from: str = ""
    changes: tuple[str, ...] = ()


class Resumed(Event):
    """A process took the run up again: after an answer, or after a stop. What went before without an end is lost."""

    kind: Literal["resumed"] = "resumed"
    code: str
    settings: str = ""


class NodeStarted(Event):
    """The graph entered a node. `index` is its place among the branches of a fan-out, `digest` that of what it got."""

    kind: Literal["node_started"] = "node_started"
    node: str
    index: str = ""
    digest: str = ""


class NodeFinished(Event):
    """The graph left a node.

    `summary` says in a few words what it did; `decided` says it whole: verdicts and findings by candidate, edits,
    shortlist, options, exports. `digest` is that of the state it wrote.
    """

    kind: Literal["node_finished"] = "node_finished"
    node: str
    index: str = ""
    seconds: Seconds
    summary: dict[str, Any] = {}
    decided: dict[str, Any] = {}
    digest: str = ""
    error: str = ""


class ToolCall(Event):
    """One call of an MCP tool, with its arguments and its structured answer; `taped` when a recording answered."""

    kind: Literal["tool_call"] = "tool_call"
    stage: str
    server: str
    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    seconds: Seconds
    cost: Money = 0.0
    taped: bool = False


class ModelCall(Event):
    """One call of a language or vision model through the gateway; `taped` when a recording answered."""

    kind: Literal["model_call"] = "model_call"
    stage: str = ""
    role: str
    model: str
    request: dict[str, Any]
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    seconds: Seconds
    cost: Money = 0.0
    taped: bool = False


class InterruptRaised(Event):
    """The graph stopped to ask a person."""

    kind: Literal["interrupt"] = "interrupt"
    node: str
    interrupt_id: str
    payload: dict[str, Any]


class InterruptAnswered(Event):
    """A person, or a default in their place, answered."""

    kind: Literal["interrupt_answer"] = "interrupt_answer"
    interrupt_id: str
    answer: dict[str, Any]
    by: str


class RunStatusSet(Event):
    """The run table was told where the run stands; its document is saved. Comes after every turn.

    `spent` is what the run has cost so far, `predicted` what its option was to cost.
    """

    kind: Literal["run_status"] = "run_status"
    status: str
    waiting_for: str = ""
    spent: Money = 0.0
    predicted: Money = 0.0


class RunEnded(Event):
    """The last line of a finished run."""

    kind: Literal["run_ended"] = "run_ended"
    status: str
    failure: dict[str, Any] | None = None


TraceEvent = Annotated[
    Header
    | Resumed
    | NodeStarted
    | NodeFinished
    | ToolCall
    | ModelCall
    | InterruptRaised
    | InterruptAnswered
    | RunStatusSet
    | RunEnded,
    Field(discriminator="kind"),
]
_READER: TypeAdapter[TraceEvent] = TypeAdapter(TraceEvent)


_KINDS: dict[str, type[Event]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Header,
        Resumed,
        NodeStarted,
        NodeFinished,
        ToolCall,
        ModelCall,
        InterruptRaised,
        InterruptAnswered,
        RunStatusSet,
        RunEnded,
    )
}


def event_of(kind: str, **fields: Any) -> TraceEvent:
    """An event from fields that are known to be right: nothing is checked, which a replay has no time for."""
    return cast("TraceEvent", _KINDS[kind].model_construct(**fields))


def parse_event(line: str | bytes) -> TraceEvent:
    """One line of a trace; raises pydantic.ValidationError when it is none."""
    return _READER.validate_json(line)


def read_trace(path: Path) -> Iterator[TraceEvent]:
    """The events of a trace file in order. A torn last line (the process was killed while writing) is left out.

    Raises TraceUnreadable, with the line, for a file that is no trace and for one that a newer program wrote.
    """
    try:
        lines = path.open("rb")
    except OSError as error:
        raise TraceUnreadable(
            f"the trace cannot be opened: {error.strerror}", where=str(path), hint="`onbrand evals list` shows traces"
        ) from error
    with lines:
        for number, line in enumerate(lines, start=1):
            if line.endswith(b"\n"):
                yield _event(line, number, path)


def _event(line: bytes, number: int, path: Path) -> TraceEvent:
    """One line; the first must be a header of a version this program knows."""
    if number == 1:
        _check_version(line, path)
    try:
        event = parse_event(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TraceUnreadable(
            f"line {number} is no trace event: {place + ': ' if place else ''}{first['msg']}",
            where=f"{path}:{number}",
            hint="the file was changed by hand or cut; restore it, or record the run again",
        ) from error
    if (number == 1) != isinstance(event, Header):
        raise TraceUnreadable(
            "a trace has one header, on its first line", where=f"{path}:{number}", hint="this is no whole trace"
        )
    return event


def _check_version(line: bytes, path: Path) -> None:
    """A newer version is refused before its fields are looked at: they may mean something else."""
    try:
        head = json.loads(line)
        version = head.get("version", FIRST_VERSION) if isinstance(head, dict) else None
    except ValueError:
        version = None
    if not isinstance(version, int) or not isinstance(head, dict) or head.get("kind") != "header":
        raise TraceUnreadable("this is no trace", where=str(path), hint="give a file of a `traces` folder")
    if not FIRST_VERSION <= version <= TRACE_VERSION:
        raise TraceUnreadable(
            f"this trace is of version {version}; this program reads {FIRST_VERSION} to {TRACE_VERSION}",
            where=str(path),
            hint="open it with the version of Onbrand that wrote it, or a newer one",
        )
