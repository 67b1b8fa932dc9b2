"""A Trace as typed events: one JSON object a line, a header first. Readers open every older version.

Events come from three places only: the model gateway, the MCP clients and the graph driver. Payloads carry digests,
never image bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from domain.values import Model, Money, Seconds

TRACE_VERSION = 1


class Event(Model):
    """What every event has: its number in the trace, and seconds since the run's first event."""

    n: int
    at: Seconds


class Header(Event):
    """The first line: what made this trace."""

    kind: Literal["header"] = "header"
    version: int = TRACE_VERSION
    run_id: str
    brand: str
    code: str
    request: dict[str, Any]
    context: dict[str, Any] = {}


class NodeStarted(Event):
    """The graph entered a node."""

    kind: Literal["node_started"] = "node_started"
    node: str
    index: str = ""


class NodeFinished(Event):
    """The graph left a node; `summary` says what it decided in a few words."""

    kind: Literal["node_finished"] = "node_finished"
    node: str
    index: str = ""
    seconds: Seconds
    summary: dict[str, Any] = {}
    error: str = ""


class ToolCall(Event):
    """One call of an MCP tool, with its arguments and its structured answer."""

    kind: Literal["tool_call"] = "tool_call"
    stage: str
    server: str
    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    seconds: Seconds
    cost: Money = 0.0


class ModelCall(Event):
    """One call of a language or vision model through the gateway."""

    kind: Literal["model_call"] = "model_call"
    role: str
    model: str
    request: dict[str, Any]
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    seconds: Seconds
    cost: Money = 0.0


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
    """The run table was told where the run stands; its document is saved. Comes after every turn."""

    kind: Literal["run_status"] = "run_status"
    status: str
    waiting_for: str = ""


class RunEnded(Event):
    """The last line of a finished run."""

    kind: Literal["run_ended"] = "run_ended"
    status: str
    failure: dict[str, Any] | None = None


TraceEvent = Annotated[
    Header
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


def parse_event(line: str | bytes) -> TraceEvent:
    """One line of a trace; raises pydantic.ValidationError when it is none."""
    return _READER.validate_json(line)


def read_trace(path: Path) -> Iterator[TraceEvent]:
    """The events of a trace file in order. A torn last line (the process was killed while writing) is left out."""
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield parse_event(line)
