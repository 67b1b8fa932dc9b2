"""Amazon Bedrock by its Converse API, through boto3.

Not through LangChain's chat model: there, structured output always forces a tool, which newer models refuse, and has no
way to hold an answer to a schema (`outputConfig`). Models that Converse does not serve: `bedrock_invoke`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from domain.model_calls import Outcome
from domain.models import ImagePart
from domain.values import Seconds
from tools.models.bedrock import Clients, failing_as, metadata_of
from tools.models.exchange import LONGEST_ANSWER, Form, Raw, Request, Stop, WireFailure
from tools.models.places import Place

STOPS = {
    "end_turn": Stop.DONE,
    "stop_sequence": Stop.DONE,
    "tool_use": Stop.DONE,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.CONTEXT,
    "guardrail_intervened": Stop.GUARDRAIL,
    "content_filtered": Stop.FILTERED,
    "malformed_model_output": Stop.MALFORMED,
    "malformed_tool_use": Stop.MALFORMED,
    "refusal": Stop.REFUSED,
}


class Converse:
    """Implements `Transport` for Converse and ConverseStream."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send(self, place: Place, request: Request, seconds: Seconds) -> Raw:
        """Make one attempt. Raises WireFailure."""
        with failing_as("Converse"):
            client = self._clients.of(place)
            call = converse(place, request)
            if request.stream:
                began = time.monotonic()
                events = client.converse_stream(**call)["stream"]
                return gathered(events, request, began, seconds)
            return whole(client.converse(**call), request)

    def close(self) -> None:
        """Let go of connections."""
        self._clients.close()


def converse(place: Place, request: Request) -> dict[str, Any]:
    """The arguments of Converse for one attempt."""
    ask = request.ask
    content: list[dict[str, Any]] = [
        {"image": {"format": part.media_type.removeprefix("image/"), "source": {"bytes": part.data}}}
        if isinstance(part, ImagePart)
        else {"text": part.text}
        for part in ask.parts
    ]
    if request.more:
        content.append({"text": request.more})
    inference: dict[str, Any] = {"maxTokens": request.longest}
    if request.temperature is not None:
        inference["temperature"] = request.temperature
    call: dict[str, Any] = {
        "modelId": request.model,
        "system": [{"text": ask.system}],
        "messages": [{"role": "user", "content": content}],
        "inferenceConfig": inference,
        "requestMetadata": metadata_of(ask),
    }
    if request.cache:
        call["system"].append({"cachePoint": {"type": "default"}})
    if place.guardrail:
        name, _, version = place.guardrail.partition(":")
        call["guardrailConfig"] = {"guardrailIdentifier": name, "guardrailVersion": version}
    if request.form is Form.SCHEMA:
        held = {"schema": json.dumps(request.schema), "name": request.name}
        call["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": held}}}
    elif request.form is Form.TOOL:
        tool = {"name": request.name, "description": "The answer.", "inputSchema": {"json": request.schema}}
        call["toolConfig"] = {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": request.name}}}
    return call


def whole(answer: dict[str, Any], request: Request) -> Raw:
    """An answer that came in one piece. Raises one of MALFORMED when it is none: botocore takes half a body for an
    empty one.
    """
    content = answer.get("output", {}).get("message", {}).get("content", [])
    text = "".join(str(block["text"]) for block in content if "text" in block)
    used = next((block["toolUse"] for block in content if "toolUse" in block), None)
    value = used.get("input") if used and request.form is Form.TOOL else None
    return _raw(answer["stopReason"], text, value, answer.get("usage") or {})


def gathered(events: Iterable[dict[str, Any]], request: Request, began: Seconds, seconds: Seconds) -> Raw:
    """An answer that came in pieces; the connection is closed when time or size run out."""
    text: list[str] = []
    arguments: list[str] = []
    usage: dict[str, Any] = {}
    stop, first, size = None, None, 0
    try:
        for event in events:
            if time.monotonic() - began > seconds:
                raise WireFailure(Outcome.TIMED_OUT, "the answer did not end in time", billed=True)
            delta = event.get("contentBlockDelta", {}).get("delta", {})
            said = delta.get("text") or delta.get("toolUse", {}).get("input") or ""
            if said:
                first = time.monotonic() - began if first is None else first
                (text if "text" in delta else arguments).append(said)
                size += len(said)
            stop = event.get("messageStop", {}).get("stopReason", stop)
            usage = event.get("metadata", {}).get("usage", usage)
            if size > LONGEST_ANSWER:
                break
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
    if stop is None and size <= LONGEST_ANSWER:
        raise WireFailure(Outcome.DOWN, "the answer broke off", billed=True)
    # Arguments of a tool come as text in a stream, which may be broken: the reader takes it as it takes any text.
    return _raw(stop or "end_turn", "".join(arguments or text), None, usage, first)


def _raw(stop: Any, text: str, value: Any, usage: dict[str, Any], first: Seconds | None = None) -> Raw:
    cached, written = _count(usage, "cacheReadInputTokens") or 0, _count(usage, "cacheWriteInputTokens") or 0
    fresh = _count(usage, "inputTokens")
    return Raw(
        stop=STOPS.get(str(stop), Stop.DONE),
        text=text,
        value=value,
        tokens_in=None if fresh is None else fresh + cached + written,
        tokens_out=_count(usage, "outputTokens"),
        cached=cached,
        written=written,
        first_token_s=first,
    )


def _count(usage: dict[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return int(value) if isinstance(value, int | float) else None
