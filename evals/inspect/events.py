"""A trace as events of an Inspect transcript: steps as spans, model calls, tool calls, what was asked and decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from inspect_ai.event import Event, InfoEvent, InputEvent, ModelEvent, SpanBeginEvent, SpanEndEvent, ToolEvent
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolCallError

from domain import trace
from evals.pages import Thumbnail


@dataclass
class Transcript:
    """Makes the events of one run, one after another. `began` is the time of day of the trace's first event."""

    run_id: str
    began: datetime
    thumbnail: Thumbnail
    _step: str = ""
    _node: str = ""
    _alone: bool = True
    _fanned: dict[int, dict[str, str]] = field(default_factory=dict)
    _drawn_in: dict[str, str] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)

    def of(self, events: Sequence[trace.TraceEvent]) -> Iterator[Event]:
        """The run's events in the order of its trace."""
        self._fanned = fan_outs(events)
        for event in events:
            match event:
                case trace.NodeStarted():
                    yield from self._started(event)
                case trace.NodeFinished():
                    yield from self._finished(event)
                case trace.ToolCall():
                    yield self._tool(event)
                case trace.ModelCall():
                    yield self._model(event)
                case trace.InterruptRaised():
                    yield self._info(event, f"asks: {event.payload.get('kind', event.node)}", event.payload)
                case trace.InterruptAnswered():
                    yield self._answer(event)
                case _:
                    yield from self._of_run(event)
        yield from self._ended(events[-1])

    def _started(self, event: trace.NodeStarted) -> Iterator[Event]:
        """A branch begins: of the step at hand, or of a new one. Where there is but one it has no span of its own."""
        if event.node != self._node or not self._open:
            yield from self._ended(event)
            self._node, self._step = event.node, self._id(event)
            self._alone = event.n not in self._fanned
            branches = self._fanned.get(event.n, {})
            self._drawn_in = {candidate: self._branch(index) for candidate, index in branches.items()}
            yield self._begin(event, self._step, None, event.node, "step")
        self._open[event.index] = self._branch(event.index)
        if not self._alone:
            yield self._begin(event, self._open[event.index], self._step, f"{event.node} {event.index}", "branch")

    def _finished(self, event: trace.NodeFinished) -> Iterator[Event]:
        """What a branch decided, and its end."""
        span = self._open.pop(event.index, self._step)
        told = dict(event.decided or event.summary)
        for name in ("candidates", "edits"):
            if event.decided and (part := told.pop(name, None)):
                judged = name == "candidates" and any(one.get("findings") for one in part.values())
                yield self._info(event, "findings" if judged else name, part, span)
        if told:
            yield self._info(event, "decided", told, span)
        if event.error:
            yield self._info(event, "error", event.error, span)
        if span != self._step:
            yield SpanEndEvent(id=span, **self._place(event, span))

    def _ended(self, event: trace.Event) -> Iterator[Event]:
        """The end of a step, and of branches that were cut off in it."""
        for span in self._open.values():
            if span != self._step:
                yield SpanEndEvent(id=span, **self._place(event, span))
        if self._step:
            yield SpanEndEvent(id=self._step, **self._place(event, self._step))
        self._open.clear()
        self._node = self._step = ""

    def _of_run(self, event: trace.TraceEvent) -> Iterator[Event]:
        """What concerns the whole run."""
        match event:
            case trace.Resumed():
                yield from self._ended(event)
                yield self._info(event, "resumed", {"code": event.code})
            case trace.RunStatusSet():
                told = event.model_dump(include={"status", "waiting_for", "spent", "predicted"})
                yield self._info(event, "status", told)
            case trace.RunEnded():
                yield self._info(event, "ended", {"status": event.status, "failure": event.failure})
            case _:
                pass

    def _tool(self, event: trace.ToolCall) -> ToolEvent:
        """A tool call; pictures it drew or exported stand beside its answer."""
        answer = json.dumps(event.result, indent=1, ensure_ascii=False) if event.result is not None else ""
        images = [self.thumbnail(digest) for digest in pictures_in(event)]
        contents: list[Content] = [ContentText(text=answer), *(ContentImage(image=one) for one in images if one)]
        error = event.error
        return ToolEvent(
            id=self._id(event), function=f"{event.server}.{event.tool}", arguments=event.arguments,
            result=contents if len(contents) > 1 else answer,
            error=ToolCallError("unknown", f"{error.get('code')}: {error.get('message')}") if error else None,
            failed=True if error else None, completed=self._time(event.at), working_time=event.seconds,
            metadata={"stage": event.stage, "cost": event.cost, "taped": event.taped, "error": error},
            **self._place(event, self._drawn_in.get(candidate_of(event), ""), seconds=event.seconds),
        )

    def _model(self, event: trace.ModelCall) -> ModelEvent:
        """A call of a model, with the pictures it was shown as their digests."""
        response = event.response or {}
        said = json.dumps(response.get("value"), indent=1, ensure_ascii=False) if event.response else ""
        choices = [] if event.error else [ChatCompletionChoice(message=ChatMessageAssistant(content=said))]
        return ModelEvent(
            model=event.model, role=event.role, input=messages_of(event.request), tools=[], tool_choice="none",
            config=GenerateConfig(), retries=max(0, int(response.get("attempts", 1)) - 1),
            output=ModelOutput(model=event.model, choices=choices, usage=usage_of(event), time=event.seconds),
            error=str(event.error.get("message")) if event.error else None,
            cache="read" if event.taped else None, completed=self._time(event.at), working_time=event.seconds,
            metadata={
                "stage": event.stage, "prompt": event.request.get("prompt"), "taped": event.taped,
                "place": response.get("place"), "notes": response.get("notes"),
            },
            **self._place(event, seconds=event.seconds),
        )

    def _answer(self, event: trace.InterruptAnswered) -> InputEvent:
        """What a person, or a default in their place, answered."""
        said = answered(event.answer)
        return InputEvent(
            input=said, input_ansi=said, message=f"answered by {event.by or 'whoever sat there'}", outcome="accepted",
            content=event.answer, **self._place(event),
        )

    def _info(self, event: trace.Event, source: str, data: Any, span: str = "") -> InfoEvent:
        return InfoEvent(source=source, data=data, **self._place(event, span))

    def _begin(self, event: trace.Event, span: str, parent: str | None, name: str, kind: str) -> SpanBeginEvent:
        return SpanBeginEvent(id=span, parent_id=parent, name=name, type=kind, **self._place(event, span))

    def _place(self, event: trace.Event, span: str = "", seconds: float = 0.0) -> dict[str, Any]:
        """Where and when: events of a trace are written at their end, those of Inspect have the time of their start."""
        at = max(0.0, event.at - seconds)
        return {"span_id": span or self._step or None, "timestamp": self._time(at), "working_start": at}

    def _branch(self, index: str) -> str:
        return self._step if self._alone else f"{self._step}-{index}"

    def _time(self, at: float) -> datetime:
        return self.began + timedelta(seconds=at)

    def _id(self, event: trace.Event) -> str:
        return f"{self.run_id}-{event.n}"


def fan_outs(events: Sequence[trace.TraceEvent]) -> dict[int, dict[str, str]]:
    """Steps of several branches, by the number of the event they begin with: the branch of each candidate in them."""
    found: dict[int, dict[str, str]] = {}
    first: trace.NodeStarted | None = None
    for event in events:
        match event:
            case trace.NodeStarted() if first is None or event.node != first.node or event.index in {"", "0"}:
                first = event
            case trace.NodeStarted() if first is not None:
                found.setdefault(first.n, {})
            case trace.NodeFinished() if first is not None and first.n in found and event.node == first.node:
                found[first.n] |= dict.fromkeys(event.decided.get("candidates", {}), event.index)
            case _:
                pass
    return found


def candidate_of(call: trace.ToolCall) -> str:
    """The candidate a call is about, or the first of those it draws; empty where it is about none."""
    asked, told = call.arguments, call.result or {}
    one: Any = asked.get("candidate") or next(iter(asked.get("slots") or told.get("candidates") or ()), None)
    return str(one.get("id", "")) if isinstance(one, dict) else ""


def pictures_in(call: trace.ToolCall) -> list[str]:
    """Digests of what a call drew or exported."""
    result = call.result or {}
    if call.tool == "get_job":
        made = [candidate.get("artifact") for candidate in result.get("candidates", ())]
    else:
        made = [result.get("export", result).get("artifact")] if call.tool == "render_export" else []
    return [str(artifact["digest"]) for artifact in made if artifact]


def messages_of(request: dict[str, Any]) -> list[ChatMessage]:
    """What a model was told and shown."""
    parts = [part.get("text") or f"[picture {part.get('image')}]" for part in request.get("parts", ())]
    return [
        ChatMessageSystem(content=str(request.get("system", ""))),
        ChatMessageUser(content=[ContentText(text=part) for part in parts]),
    ]


def usage_of(call: trace.ModelCall) -> ModelUsage:
    """Tokens and money; Inspect counts tokens read from a cache apart from the others that went in."""
    used = (call.response or {}).get("used") or {}
    cached, went_in, came_out = (int(used.get(name, 0)) for name in ("cached", "tokens_in", "tokens_out"))
    return ModelUsage(
        input_tokens=went_in - cached, output_tokens=came_out, total_tokens=went_in + came_out,
        input_tokens_cache_read=cached or None, total_cost=call.cost,
    )


def answered(answer: dict[str, Any]) -> str:
    """A person's answer in a line or a few."""
    return "\n".join(f"{name}: {value}" for name, value in answer.items() if value not in (None, "", [])) or "as it is"
