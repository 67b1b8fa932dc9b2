"""A client of Bedrock as LangChain's chat model calls it, watched: what is dropped there of an answer is noted here.

Dropped are why most families' models stopped, whether a guardrail stepped in, and what a stream that was cut off used;
and an answer of any size would be read, for any time.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

from domain.model_calls import Outcome
from domain.values import Seconds
from tools.models.exchange import LONGEST_ANSWER, Stop, WireFailure, json_object

LARGEST_BODY = 4 * LONGEST_ANSWER
"""Bytes; as for chat completions."""

PIECE = 65_536

STOPS = {
    "end_turn": Stop.DONE,
    "stop_sequence": Stop.DONE,
    "tool_use": Stop.DONE,
    "stop": Stop.DONE,
    "max_tokens": Stop.LENGTH,
    "length": Stop.LENGTH,
    "model_context_window_exceeded": Stop.CONTEXT,
    "model_length": Stop.CONTEXT,
    "refusal": Stop.REFUSED,
    "content_filter": Stop.FILTERED,
    "content_filtered": Stop.FILTERED,
}
"""In the words of all families: Anthropic's, Meta's, Mistral's and those of chat completions."""

HEADERS = {
    "tokens_in": "x-amzn-bedrock-input-token-count",
    "tokens_out": "x-amzn-bedrock-output-token-count",
    "cached": "x-amzn-bedrock-cache-read-input-token-count",
    "written": "x-amzn-bedrock-cache-write-input-token-count",
}
METRICS = {
    "tokens_in": "inputTokenCount",
    "tokens_out": "outputTokenCount",
    "cached": "cacheReadInputTokenCount",
    "written": "cacheWriteInputTokenCount",
}
"""Token counts, of an answer in one piece and of a stream; the input's are without what was read or written cached."""


class TooLong(Exception):
    """The answer is larger than any that is of use, and was not read to its end."""


class Watched:
    """One attempt's client. After it, `stop` and `counts` are what the answer said; no stop is no whole answer."""

    def __init__(self, client: Any, seconds: Seconds) -> None:
        self._client = client
        self._seconds = seconds
        self._began = time.monotonic()
        self._body: Any = None
        self._left: Iterator[dict[str, Any]] = iter(())
        self.stop: Stop | None = None
        self.counts: dict[str, int] = {}

    def invoke_model(self, **call: Any) -> dict[str, Any]:
        """As boto3's. Raises WireFailure when it takes too long, TooLong, and ValueError for what is no JSON object."""
        answer = self._client.invoke_model(**call)
        self._body = answer["body"]
        data = bytearray()
        while piece := self._body.read(PIECE):
            data += piece
            self._bounded(len(data))
        self._note(json_object(data))
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self._count({name: headers.get(header) for name, header in HEADERS.items()})
        return {**answer, "body": io.BytesIO(data)}

    def invoke_model_with_response_stream(self, **call: Any) -> dict[str, Any]:
        """As boto3's; events are noted as they are read."""
        answer = self._client.invoke_model_with_response_stream(**call)
        self._body = answer["body"]
        self._left = self._events()
        # Without a `close` to call: when LangChain has done with it, there may be more to read.
        return {**answer, "body": chain(self._left)}

    def drain(self) -> None:
        """Read what LangChain left of a stream: it goes at the model's last word, before the guardrail's."""
        for _ in self._left:
            pass

    def close(self) -> None:
        """Let go of the answer, read or not."""
        if self._body is not None:
            self._body.close()

    def _events(self) -> Iterator[dict[str, Any]]:
        size = 0
        for event in self._body:
            data = event.get("chunk", {}).get("bytes", b"")
            size += len(data)
            self._bounded(size)
            if data:
                told = json_object(data)
                self._note(told)
                metrics = told.get("amazon-bedrock-invocationMetrics", {})
                self._count({name: metrics.get(metric) for name, metric in METRICS.items()})
            yield event

    def _bounded(self, size: int) -> None:
        if size > LARGEST_BODY:
            raise TooLong
        if time.monotonic() - self._began > self._seconds:
            raise WireFailure(Outcome.TIMED_OUT, "the answer did not end in time", billed=True)

    def _note(self, told: dict[str, Any]) -> None:
        """Why the model stopped, if this says so. A guardrail has the last word."""
        word = stop_of(told)
        if word and self.stop is not Stop.GUARDRAIL:
            self.stop = STOPS.get(word, Stop.DONE)
        if told.get("amazon-bedrock-guardrailAction") == "INTERVENED":
            self.stop = Stop.GUARDRAIL

    def _count(self, said: dict[str, Any]) -> None:
        self.counts |= {name: int(value) for name, value in said.items() if value is not None}


def stop_of(told: dict[str, Any]) -> str:
    """The stop reason in the body of an answer, or in an event of a stream, of any family; "" for none."""
    held = [told, told.get("delta"), *(told.get("outputs") or ())[:1], *(told.get("choices") or ())[:1]]
    for one in held:
        if isinstance(one, dict) and (word := one.get("stop_reason") or one.get("finish_reason")):
            return str(word)
    return ""
