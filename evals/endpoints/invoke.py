"""Bedrock's side of InvokeModel: a body of its own for each family, whole and as a stream of chunks.

Anthropic's messages, Mistral's and Meta's prompts, and the chat completions that Qwen's models speak.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from evals.endpoints import converse
from evals.endpoints.faults import Fault, Reply

TAKES = {
    "anthropic": (
        {"anthropic_version", "max_tokens", "messages"},
        {"system", "temperature", "tools", "tool_choice"},
    ),
    "mistral": ({"prompt", "max_tokens"}, {"temperature"}),
    "meta": ({"prompt", "max_gen_len"}, {"temperature"}),
    "qwen": ({"messages", "max_tokens"}, {"temperature"}),
}
"""What a body must have, and what else it may."""

def family_of(body: dict[str, Any]) -> str:
    """Whose body this is, by what it holds. Raises ValueError for one that is no family's."""
    for family, (must, may) in TAKES.items():
        if must <= body.keys() <= must | may:
            return family
    raise ValueError(f"no family takes {sorted(body)}")


def error(reply: Reply) -> tuple[int, dict[str, str], bytes] | None:
    """Status, headers and body of a request that was turned away; None for one that was not."""
    return converse.error(reply)


def headers_of(reply: Reply) -> dict[str, str]:
    """Token counts of a whole answer; input tokens are those not read from the cache."""
    if reply.usage is None:
        return {}
    tokens_in, tokens_out = reply.usage
    return {
        "x-amzn-bedrock-input-token-count": str(tokens_in - reply.cached),
        "x-amzn-bedrock-output-token-count": str(tokens_out),
        "x-amzn-bedrock-cache-read-input-token-count": str(reply.cached),
    }


def whole(body: dict[str, Any], reply: Reply) -> bytes:
    """The answer in one piece."""
    said, family = _said(reply), family_of(body)
    if family == "anthropic":
        answer = _message(body, reply, said)
    elif family == "mistral":
        answer = {"outputs": [{"text": said, "stop_reason": _stop(reply, "length")}]}
    elif family == "meta":
        answer = {"generation": said, "stop_reason": _stop(reply, "length")}
    else:
        message = {"role": "assistant", "content": said}
        answer = {"choices": [{"index": 0, "message": message, "finish_reason": _stop(reply, "length")}]}
    return json.dumps(answer | _guarded(reply)).encode()


def stream(body: dict[str, Any], reply: Reply) -> list[bytes]:
    """The answer in chunks, one frame each; the last has what it took. Then the guardrail says what it did."""
    said, family = _said(reply), family_of(body)
    step = max(1, len(said) // 3)
    pieces = [said[at : at + step] for at in range(0, len(said), step)] or [""]
    if family == "anthropic":
        events = _message_events(body, reply, pieces)
    elif family == "mistral":
        events = [{"outputs": [{"text": piece, "stop_reason": None}]} for piece in pieces]
        events[-1]["outputs"][0]["stop_reason"] = _stop(reply, "length")
    else:
        events = [{"generation": piece, "stop_reason": None} for piece in pieces]
        events[-1]["stop_reason"] = _stop(reply, "length")
    if reply.usage is not None:
        events[-1]["amazon-bedrock-invocationMetrics"] = {
            "inputTokenCount": reply.usage[0] - reply.cached, "outputTokenCount": reply.usage[1],
            "cacheReadInputTokenCount": reply.cached,
        }
    if guarded := _guarded(reply):
        events.append(guarded)
    coded = (base64.b64encode(json.dumps(event).encode()).decode() for event in events)
    return [converse.frame("chunk", {"bytes": data}) for data in coded]


def breaking(frames: list[bytes]) -> list[bytes]:
    """A stream that ends in an error after its first two chunks."""
    return converse.breaking(frames)


def _said(reply: Reply) -> str:
    return "This cannot be answered." if reply.fault in {Fault.GUARDRAIL, Fault.FILTERED} else reply.said()


def _guarded(reply: Reply) -> dict[str, Any]:
    """No family has a word for a content filter: the guardrail's does it, and says so beside the model's own words."""
    stopped = reply.fault in {Fault.GUARDRAIL, Fault.FILTERED}
    return {"amazon-bedrock-guardrailAction": "INTERVENED"} if stopped else {}


def _stop(reply: Reply, length: str, done: str = "stop") -> str:
    return length if reply.fault is Fault.CUT_OFF else done


def _tool(body: dict[str, Any], reply: Reply) -> str:
    """The tool that was forced, if the model calls it."""
    answers = reply.fault in {None, Fault.FENCED, Fault.WRONG_TYPE, Fault.CUT_OFF}
    return str(body.get("tool_choice", {}).get("name", "")) if answers and isinstance(reply.value, dict) else ""


def _message(body: dict[str, Any], reply: Reply, said: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": said}] if said else []
    stop = "refusal" if reply.fault is Fault.REFUSED else _stop(reply, "max_tokens", "end_turn")
    if tool := _tool(body, reply):
        value = json.loads(Reply(reply.value, reply.fault if reply.fault is Fault.WRONG_TYPE else None).said())
        if reply.fault is Fault.CUT_OFF:
            value = {}                      # what is left of a cut-off tool call is still an object
        content = [{"type": "tool_use", "id": "t1", "name": tool, "input": value}]
        stop = _stop(reply, "max_tokens", "tool_use")
    return {"id": "m1", "type": "message", "role": "assistant", "content": content, "stop_reason": stop}


def _message_events(body: dict[str, Any], reply: Reply, pieces: list[str]) -> list[dict[str, Any]]:
    tool = body.get("tool_choice", {}).get("name")
    block = {"type": "tool_use", "id": "t1", "name": tool, "input": {}} if tool else {"type": "text", "text": ""}
    kind, word = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
    done = "refusal" if reply.fault is Fault.REFUSED else "tool_use" if tool else "end_turn"
    return [
        {"type": "message_start", "message": {"role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": kind, word: piece}} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": _stop(reply, "max_tokens", done)}},
        {"type": "message_stop"},
    ]

