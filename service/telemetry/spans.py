"""A run's turn as OpenTelemetry spans, named after the GenAI conventions and made from the run's trace events.

    invoke_workflow campaign            one turn: from a request or an answer to the next stop
    |-- invoke_agent plan               one stay in a stage; overlapping branches are one
    |   |-- execute_tool assets.search
    |   `-- chat MODEL
    `-- invoke_agent generate

Spans carry names, numbers, error codes and the run's id; nothing a person or a model wrote, and no picture. The
conventions: https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
    use_span,
)

from domain.ports import Recorder
from domain.values import RunId
from service.telemetry.stages import Stays

WORKFLOW = "campaign"
OPERATION, AGENT, TOOL, CONVERSATION = (
    "gen_ai.operation.name", "gen_ai.agent.name", "gen_ai.tool.name", "gen_ai.conversation.id"
)
ERROR = "error.type"
OTHER = "_OTHER"
"""The conventions' word for an error whose kind is not known."""


@contextmanager
def turn(inner: Recorder, tracer: Tracer, run_id: RunId) -> Iterator[SpanRecorder]:
    """The spans of one turn of a run, until the end of the block.

    A turn has a trace of its own: it outlives the request that caused it, and is linked to that request's span.
    """
    cause = get_current_span().get_span_context()
    root = tracer.start_span(
        f"invoke_workflow {WORKFLOW}",
        context=Context(),
        kind=SpanKind.INTERNAL,
        links=[Link(cause)] if cause.is_valid else [],
        attributes={OPERATION: "invoke_workflow", "gen_ai.workflow.name": WORKFLOW, CONVERSATION: run_id},
    )
    recorder = SpanRecorder(inner, tracer, root, run_id)
    try:
        yield recorder
    except BaseException as error:
        recorder.close(getattr(error, "code", type(error).__name__))
        raise
    else:
        recorder.close()


@dataclass
class StageSpan:
    """The span of a stay in a stage, and the last error of a call made in it."""

    span: Span
    last_error: str = ""


class SpanRecorder:
    """A `Recorder` that turns what it hands on into spans under `root`; safe to share between threads."""

    def __init__(self, inner: Recorder, tracer: Tracer, root: Span, run_id: RunId) -> None:
        self.root = root
        self._inner = inner
        self._tracer = tracer
        self._run_id = run_id
        self._stays = Stays()
        self._stages: dict[str, StageSpan] = {}
        self._error = ""
        self._lock = threading.Lock()

    @property
    def ids(self) -> dict[str, str]:
        """Trace and span id of the turn, as log lines carry them."""
        context = self.root.get_span_context()
        return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}

    def around(self, stage: str) -> AbstractContextManager[object]:
        """Make the stage's span the current one, so that a tool server elsewhere goes on from it."""
        with self._lock:
            span = self._stage_of(stage)
        return use_span(
            span.span if span else self.root, end_on_exit=False, record_exception=False, set_status_on_exception=False
        )

    def record(self, kind: str, **fields: Any) -> None:
        """Record the event, then show it; one that could not be recorded is not shown."""
        self._inner.record(kind, **fields)
        with self._lock:
            match kind:
                case "node_started":
                    self._stage_began(fields["node"])
                case "node_finished":
                    self._stage_ended(fields["node"], fields.get("summary", {}), fields.get("error", ""))
                case "tool_call":
                    self._tool_call(fields)
                case "model_call":
                    self._model_call(fields)
                case "interrupt":
                    self.root.set_attribute("onbrand.run.waits_for", str(fields["payload"].get("kind", OTHER)))
                case "run_status":
                    self.root.set_attribute("onbrand.run.status", fields["status"])
                case "run_ended":
                    self._error = str((fields.get("failure") or {}).get("code", "")) or self._error

    def close(self, error: str = "") -> None:
        """End every open span; `error` says what kind of error ended the turn."""
        with self._lock:
            for stage in self._stages.values():
                stage.span.set_attribute("onbrand.cut_off", True)
                _end(stage.span, error)
            self._stages.clear()
            _end(self.root, error or self._error)

    def _stage_began(self, name: str) -> None:
        if not self._stays.began(name):
            return
        attributes = {OPERATION: "invoke_agent", AGENT: name, CONVERSATION: self._run_id}
        under = set_span_in_context(self.root)
        self._stages[name] = StageSpan(self._tracer.start_span(f"invoke_agent {name}", under, attributes=attributes))

    def _stage_ended(self, name: str, summary: dict[str, Any], error: str) -> None:
        stay = self._stays.ended(name, error)
        if not stay:
            return
        stage = self._stages.pop(name)
        stage.span.set_attribute("onbrand.stage.branches", stay.branches)
        for what, decided in summary.items():
            if isinstance(decided, int):
                stage.span.set_attribute(f"onbrand.stage.{what}", decided)
        kind = (stage.last_error or OTHER) if stay.failed else ""
        self._error = kind or self._error
        _end(stage.span, kind)

    def _tool_call(self, fields: dict[str, Any]) -> None:
        name = f"{fields['server']}.{fields['tool']}"
        attributes = {OPERATION: "execute_tool", TOOL: name, "gen_ai.tool.type": "extension"}
        self._call(f"execute_tool {name}", SpanKind.INTERNAL, attributes, fields, fields["stage"])

    def _model_call(self, fields: dict[str, Any]) -> None:
        attributes = {OPERATION: "chat", "gen_ai.request.model": fields["model"], "onbrand.model.role": fields["role"]}
        self._call(f"chat {fields['model']}", SpanKind.CLIENT, attributes, fields, str(fields.get("stage", "")))

    def _call(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], fields: dict[str, Any], stage_name: str
    ) -> None:
        """A call is recorded when it is over: its span begins that long ago."""
        stage = self._stage_of(stage_name)
        ended = time.time_ns()
        attributes |= {CONVERSATION: self._run_id, "onbrand.cost.dollars": float(fields.get("cost", 0.0))}
        span = self._tracer.start_span(
            name,
            set_span_in_context(stage.span if stage else self.root),
            kind,
            attributes,
            start_time=ended - int(fields["seconds"] * 1e9),
        )
        error = str((fields.get("error") or {}).get("code", ""))
        if stage and error:
            stage.last_error = error
        _end(span, error, ended)


    def _stage_of(self, name: str) -> StageSpan | None:
        """The stage a call belongs to. Settle calls in the name of critique, whose agent it shares."""
        stage = self._stages.get(name)
        if stage is None and len(self._stages) == 1:
            (stage,) = self._stages.values()
        return stage


def _end(span: Span, error: str, at: int | None = None) -> None:
    if error:
        span.set_attribute(ERROR, error)
        span.set_status(Status(StatusCode.ERROR))
    span.end(at)
