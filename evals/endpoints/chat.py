"""OpenAI's side of chat completions: answers in one piece, and as server-sent events."""

from __future__ import annotations

import json
from typing import Any

from evals.endpoints.faults import Fault, Reply

ERRORS = {
    Fault.THROTTLED: (429, "Rate limit reached for requests"),
    Fault.DOWN: (503, "The server is overloaded"),
    Fault.NOT_READY: (503, "The model is loading"),
    Fault.DENIED: (401, "Incorrect API key provided: sk-thisisnotakeybutlookslikeone"),
    Fault.REJECTED: (400, "Unsupported parameter"),
}


def error(reply: Reply) -> tuple[int, dict[str, str], bytes] | None:
    """Status, headers and body of a request that was turned away; None for one that was not."""
    if reply.fault is Fault.GUARDRAIL:      # as Azure does when it stops the question
        return 400, {}, json.dumps({"error": {"message": "stopped by policy", "code": "content_filter"}}).encode()
    if reply.fault not in ERRORS:
        return None
    status, says = ERRORS[reply.fault]
    headers = {"retry-after": reply.retry_after} if reply.retry_after is not None else {}
    return status, headers, json.dumps({"error": {"message": says, "type": "error"}}).encode()


def usage_of(reply: Reply) -> dict[str, Any] | None:
    """Token counts; some servers give none."""
    if reply.usage is None:
        return None
    tokens_in, tokens_out = reply.usage
    return {
        "prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out,
        "prompt_tokens_details": {"cached_tokens": reply.cached},
    }


def _stop(reply: Reply, tool: bool) -> str:
    if reply.fault is Fault.CUT_OFF:
        return "length"
    if reply.fault is Fault.FILTERED:
        return "content_filter"
    return "tool_calls" if tool else "stop"


def whole(body: dict[str, Any], reply: Reply) -> bytes:
    """The answer as a chat completion."""
    tool = body.get("tool_choice", {}).get("function", {}).get("name")
    said = reply.said()
    message: dict[str, Any] = {"role": "assistant", "content": said or None, "refusal": None}
    if reply.fault is Fault.REFUSED:
        message |= {"content": None, "refusal": said}
    elif tool and isinstance(reply.value, dict) and said:
        call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": said}}
        message |= {"content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": _stop(reply, bool(message.get("tool_calls")))}
    answer = {"id": "chat1", "object": "chat.completion", "model": body["model"], "choices": [choice]}
    if (usage := usage_of(reply)) is not None:
        answer["usage"] = usage
    return json.dumps(answer).encode()


def stream(body: dict[str, Any], reply: Reply) -> list[bytes]:
    """The answer as server-sent events."""
    tool = body.get("tool_choice", {}).get("function", {}).get("name")
    said = reply.said()
    deltas: list[dict[str, Any]] = []
    if reply.fault is Fault.REFUSED:
        deltas.append({"refusal": said})
    else:
        step = max(1, len(said) // 3)
        for at in range(0, len(said), step):
            piece = said[at : at + step]
            call = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
            deltas.append(call if tool else {"content": piece})
    events: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": _stop(reply, bool(tool))}]})
    if (usage := usage_of(reply)) is not None:
        events.append({"choices": [], "usage": usage})
    return [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]


def breaking(events: list[bytes]) -> list[bytes]:
    """A stream that ends in an error after its first two events, as servers do that have already said 200."""
    return [*events[:2], b'data: {"error": {"message": "Rate limit reached", "code": 429}}\n\n']


def headers_of(reply: Reply) -> dict[str, str]:
    """What a whole answer says in its headers: nothing."""
    return {}
