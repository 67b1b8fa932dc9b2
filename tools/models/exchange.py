"""What goes over the wire and comes back, whichever provider: between the gateway and its transports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from domain.model_calls import Outcome
from domain.models import Ask
from domain.values import Seconds
from tools.models.places import Place

MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What taking an answer apart raises where it is not made as its protocol says."""

LONGEST_ANSWER = 262_144
"""Characters; a longer answer is of no use and is not read to its end where the transport can help it."""


class Form(StrEnum):
    """How the model is made to answer in a type."""

    SCHEMA = "schema"                # the provider holds the answer to a JSON schema
    TOOL = "tool"                    # the answer is the arguments of a tool it must call
    PLAIN = "plain"                  # the schema is in the words, the answer is text


class Stop(StrEnum):
    """Why the model stopped."""

    DONE = "done"
    LENGTH = "length"
    GUARDRAIL = "guardrail"
    FILTERED = "filtered"
    REFUSED = "refused"
    MALFORMED = "malformed"
    CONTEXT = "context"


@dataclass(frozen=True)
class Request:
    """One attempt's request. `schema` is the answer's JSON schema, `name` what it is called; `more` is said last.

    `base_model` is the id of what `model` was made from, or `model` again.
    """

    ask: Ask
    model: str
    base_model: str
    form: Form
    name: str
    schema: dict[str, Any]
    longest: int
    temperature: float | None
    cache: bool
    stream: bool
    more: str = ""


@dataclass(frozen=True)
class Raw:
    """An answer as it came: `text`, or `value` where a tool was called. Without token counts the provider gave none."""

    stop: Stop
    text: str = ""
    value: Any = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int = 0
    written: int = 0
    first_token_s: Seconds | None = None
    remark: str = ""


@dataclass
class WireFailure(Exception):
    """An attempt without an answer. `retry_after_s` is what the other side asked for, to be taken with salt."""

    outcome: Outcome
    says: str
    retry_after_s: Seconds | None = None
    billed: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return self.says


class Transport(Protocol):
    """One provider's protocol."""

    def send(self, place: Place, request: Request, seconds: Seconds) -> Raw:
        """Make one attempt, once, in about so many seconds. Raises WireFailure; never retries."""

    def close(self) -> None:
        """Let go of connections."""


def json_object(text: str | bytes | bytearray) -> dict[str, Any]:
    """A JSON object. Raises ValueError for anything else."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def retry_after(header: str | None) -> Seconds | None:
    """Seconds of a Retry-After header; None for none, for a date, and for nonsense."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
