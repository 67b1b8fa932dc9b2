"""Bedrock's side of Converse: answers in one piece, and as an event stream in AWS's binary framing."""

from __future__ import annotations

import json
import struct
from binascii import crc32
from typing import Any

from evals.endpoints.faults import Fault, Reply

ERRORS = {
    Fault.THROTTLED: (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    Fault.DOWN: (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    Fault.NOT_READY: (429, "ModelNotReadyException", "The model is not ready."),
    Fault.DENIED: (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
    Fault.REJECTED: (400, "ValidationException", "The provided request is not valid."),
}

STOPS = {
    Fault.CUT_OFF: "max_tokens",
    Fault.GUARDRAIL: "guardrail_intervened",
    Fault.FILTERED: "content_filtered",
}


def error(reply: Reply) -> tuple[int, dict[str, str], bytes] | None:
    """Status, headers and body of a request that was turned away; None for one that was not."""
    if reply.fault not in ERRORS:
        return None
    status, kind, says = ERRORS[reply.fault]
    headers = {"x-amzn-errortype": kind}
    if reply.retry_after is not None:
        headers["retry-after"] = reply.retry_after
    return status, headers, json.dumps({"message": says}).encode()


def usage_of(reply: Reply) -> dict[str, int]:
    """Token counts; input tokens are those not read from the cache."""
    if reply.usage is None:
        return {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    tokens_in, tokens_out = reply.usage
    return {
        "inputTokens": tokens_in - reply.cached, "outputTokens": tokens_out, "totalTokens": tokens_in + tokens_out,
        "cacheReadInputTokens": reply.cached,
    }


def whole(body: dict[str, Any], reply: Reply) -> bytes:
    """The answer as Converse gives it, through the tool that was forced if one was."""
    tool = body.get("toolConfig", {}).get("toolChoice", {}).get("tool", {}).get("name")
    stop = STOPS.get(reply.fault or Fault.FENCED, "end_turn")
    content: list[dict[str, Any]] = []
    if tool and isinstance(reply.value, dict) and reply.fault in {None, Fault.FENCED, Fault.WRONG_TYPE, Fault.CUT_OFF}:
        value = json.loads(Reply(reply.value, reply.fault if reply.fault is Fault.WRONG_TYPE else None).said())
        if reply.fault is Fault.CUT_OFF:
            value = {}                      # what is left of a cut-off tool call is still an object
        content.append({"toolUse": {"toolUseId": "t1", "name": tool, "input": value}})
        stop = stop if reply.fault is Fault.CUT_OFF else "tool_use"
    elif said := reply.said():
        content.append({"text": said})
    answer = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop, "metrics": {"latencyMs": 1}, "usage": usage_of(reply),
    }
    return json.dumps(answer).encode()


def stream(body: dict[str, Any], reply: Reply) -> list[bytes]:
    """The answer as ConverseStream gives it, one frame an event."""
    tool = body.get("toolConfig", {}).get("toolChoice", {}).get("tool", {}).get("name")
    said = reply.said()
    frames = [frame("messageStart", {"role": "assistant"})]
    if tool and said:
        start = {"toolUse": {"toolUseId": "t1", "name": tool}}
        frames.append(frame("contentBlockStart", {"start": start, "contentBlockIndex": 0}))
    for at in range(0, len(said), max(1, len(said) // 3)):
        piece = said[at : at + max(1, len(said) // 3)]
        delta = {"toolUse": {"input": piece}} if tool else {"text": piece}
        frames.append(frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": 0}))
    stop = STOPS.get(reply.fault or Fault.FENCED, "tool_use" if tool else "end_turn")
    frames.append(frame("messageStop", {"stopReason": stop}))
    frames.append(frame("metadata", {"usage": usage_of(reply), "metrics": {"latencyMs": 1}}))
    return frames


def breaking(frames: list[bytes]) -> list[bytes]:
    """A stream that ends in an error after its first two messages."""
    says = {"message": "Too many requests, please wait before trying again."}
    return [*frames[:2], frame("throttlingException", says, kind="exception")]


def headers_of(reply: Reply) -> dict[str, str]:
    """What a whole answer says in its headers: nothing."""
    return {}


def frame(event: str, payload: dict[str, Any], kind: str = "event") -> bytes:
    """One message of application/vnd.amazon.eventstream: prelude, its checksum, headers, payload, checksum. `kind` is
    "exception" for an error in the middle of a stream.
    """
    headers = b""
    for name, value in ((f":{kind}-type", event), (":content-type", "application/json"), (":message-type", kind)):
        headers += struct.pack("!B", len(name)) + name.encode()
        headers += b"\x07" + struct.pack("!H", len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack("!I", crc32(prelude)) + headers + body
    return message + struct.pack("!I", crc32(message))


STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
