"""Any endpoint that speaks OpenAI's chat completions: OpenAI itself, a LiteLLM proxy, vLLM, Ollama."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from domain.model_calls import Outcome
from domain.models import ImagePart
from domain.values import Seconds
from tools.models.exchange import (
    LONGEST_ANSWER,
    MALFORMED,
    Form,
    Raw,
    Request,
    Stop,
    WireFailure,
    json_object,
    retry_after,
)
from tools.models.places import Place

CONNECT_S = 5.0
LARGEST_BODY = 4 * LONGEST_ANSWER
"""Bytes; JSON escapes make up to four of a character of plain Latin text, and more than that is no answer of ours."""

STOPS = {
    "stop": Stop.DONE,
    "tool_calls": Stop.DONE,
    "length": Stop.LENGTH,
    "content_filter": Stop.FILTERED,
}

DENIED = {401, 402, 403, 404}
REJECTED = {400, 413, 415, 422}


class OpenAiChat:
    """Implements `Transport` for chat completions: one connection pool a place."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx2.Client] = {}
        self._making = threading.Lock()

    def send(self, place: Place, request: Request, seconds: Seconds) -> Raw:
        """Make one attempt. Raises WireFailure, or Misconfigured when the key is not there."""
        began = time.monotonic()
        key = place.key()
        headers = {"authorization": f"Bearer {key}"} if key else {}
        limits = httpx2.Timeout(seconds, connect=CONNECT_S)
        try:
            with self._client(place).stream(
                "POST", f"{place.url.rstrip('/')}/chat/completions",
                json=completion(place, request), headers=headers, timeout=limits,
            ) as response:
                if response.status_code != 200:
                    return turned_away(response)
                if response.headers.get("content-type", "").startswith("text/event-stream"):
                    return gathered(_events(response, began, seconds), began)
                return whole(_body(response, began, seconds), request)
        except httpx2.ReadTimeout as error:
            raise WireFailure(Outcome.TIMED_OUT, "no answer in time", billed=True) from error
        except httpx2.HTTPError as error:
            raise WireFailure(Outcome.DOWN, f"{type(error).__name__}: {error}") from error
        except MALFORMED as error:
            raise WireFailure(Outcome.DOWN, "what came back is no chat completion", billed=True) from error

    def close(self) -> None:
        """Let go of connections."""
        with self._making:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _client(self, place: Place) -> httpx2.Client:
        with self._making:
            if place.name not in self._clients:
                pool = httpx2.Limits(max_connections=place.at_once, max_keepalive_connections=place.at_once)
                self._clients[place.name] = httpx2.Client(limits=pool, follow_redirects=False)
            return self._clients[place.name]


def completion(place: Place, request: Request) -> dict[str, Any]:
    """The body of a chat completion for one attempt."""
    ask = request.ask
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{_base64(part)}"}}
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in ask.parts
    ]
    if request.more:
        content.append({"type": "text", "text": request.more})
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "system", "content": ask.system}, {"role": "user", "content": content}],
        _longest_name(place.url): request.longest,
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.form is Form.SCHEMA:
        held = {"name": request.name, "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": held}
    elif request.form is Form.TOOL:
        about = {"name": request.name, "description": "The answer.", "parameters": request.schema}
        body["tools"] = [{"type": "function", "function": about}]
        body["tool_choice"] = {"type": "function", "function": {"name": request.name}}
    return body


def _longest_name(url: str) -> str:
    """OpenAI's newer models refuse the older word, which is the only one that many servers know."""
    host = urlsplit(url).hostname or ""
    return "max_completion_tokens" if host.endswith((".openai.com", ".azure.com")) else "max_tokens"


def _base64(part: ImagePart) -> str:
    return base64.b64encode(part.data).decode("ascii")


def whole(answer: dict[str, Any], request: Request) -> Raw:
    """An answer that came in one piece. Raises one of MALFORMED when it is no chat completion."""
    choice = answer["choices"][0]
    message = choice["message"]
    calls = message.get("tool_calls") or []
    said = calls[0]["function"]["arguments"] if calls and request.form is Form.TOOL else message.get("content")
    return _raw(choice.get("finish_reason"), said, message.get("refusal"), answer.get("usage"))


def gathered(events: Iterator[dict[str, Any]], began: Seconds) -> Raw:
    """An answer that came in pieces."""
    said: list[str] = []
    stop, refusal, usage, first, size = None, "", None, None, 0
    for event in events:
        usage = event.get("usage") or usage
        for choice in (event.get("choices") or [])[:1]:
            delta = choice.get("delta") or {}
            calls = delta.get("tool_calls") or []
            piece = delta.get("content") or (calls[0].get("function", {}).get("arguments") if calls else "") or ""
            refusal += str(delta.get("refusal") or "")
            stop = choice.get("finish_reason") or stop
            if piece:
                first = time.monotonic() - began if first is None else first
                said.append(str(piece))
                size += len(said[-1])
        if size > LONGEST_ANSWER:
            return _raw("stop", "".join(said), refusal, usage, first)
    if stop is None:
        raise WireFailure(Outcome.DOWN, "the answer broke off", billed=True)
    return _raw(stop, "".join(said), refusal, usage, first)


def _raw(stop: Any, said: Any, refusal: Any, usage: Any, first: Seconds | None = None) -> Raw:
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, dict) else 0
    return Raw(
        stop=Stop.REFUSED if refusal else STOPS.get(str(stop), Stop.DONE),
        text=said if isinstance(said, str) else "" if said is None else json.dumps(said),
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
        cached=cached or 0,
        first_token_s=first,
        remark=str(refusal or ""),
    )


def _count(usage: dict[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return int(value) if isinstance(value, int | float) else None


def _body(response: httpx2.Response, began: Seconds, seconds: Seconds) -> dict[str, Any]:
    """The body of a response as JSON, no more of it than an answer can be."""
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > LARGEST_BODY:
            return {"choices": [{"message": {"content": "x" * (LONGEST_ANSWER + 1)}, "finish_reason": "stop"}]}
        _in_time(began, seconds)
    return json_object(data)


def _events(response: httpx2.Response, began: Seconds, seconds: Seconds) -> Iterator[dict[str, Any]]:
    """The events of a server-sent stream."""
    for line in _lines(response, began, seconds):
        name, _, data = line.partition(":")
        if name != "data" or not data.strip():
            continue
        if data.strip() == "[DONE]":
            return
        yield json_object(data)


def _lines(response: httpx2.Response, began: Seconds, seconds: Seconds) -> Iterator[str]:
    """Lines as they come, with a look at the clock at every piece of one: a line may never end."""
    rest = b""
    for chunk in response.iter_bytes():
        _in_time(began, seconds)
        *whole_lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole_lines)
        if len(rest) > LARGEST_BODY:
            raise WireFailure(Outcome.DOWN, "the stream is not made of events", billed=True)


def _in_time(began: Seconds, seconds: Seconds) -> None:
    if time.monotonic() - began > seconds:
        raise WireFailure(Outcome.TIMED_OUT, "the answer did not end in time", billed=True)


def turned_away(response: httpx2.Response) -> Raw:
    """A status that is no success. A content filter that stopped the question is an answer; all else is WireFailure."""
    says = ""
    for chunk in response.iter_bytes():
        says += chunk.decode("utf-8", "replace")
        if len(says) > 4096:
            break
    try:
        told = json.loads(says)
        error = told.get("error", told)
        says = str(error.get("message", error)) if isinstance(error, dict) else str(error)
        if isinstance(error, dict) and error.get("code") == "content_filter":
            return Raw(stop=Stop.FILTERED, tokens_in=0, tokens_out=0)
    except (ValueError, AttributeError):
        pass                            # not JSON: the words themselves are told
    status = response.status_code
    if status == 429:
        outcome = Outcome.THROTTLED
    elif status in DENIED:
        outcome = Outcome.DENIED
    else:
        outcome = Outcome.REJECTED if status in REJECTED else Outcome.DOWN
    raise WireFailure(outcome, f"HTTP {status}: {says}", retry_after(response.headers.get("retry-after")))
