"""What a scripted model says, and everything that can be wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """One thing wrong with an answer. The first group are answers, the second are none."""

    FENCED = "fenced"                      # words and a code fence around it: to be coped with
    CUT_OFF = "cut_off"
    WRONG_TYPE = "wrong_type"
    NOT_JSON = "not_json"
    HUGE = "huge"
    EMPTY = "empty"
    REFUSED = "refused"
    GUARDRAIL = "guardrail"
    FILTERED = "filtered"

    THROTTLED = "throttled"
    DOWN = "down"
    NOT_READY = "not_ready"
    DENIED = "denied"
    REJECTED = "rejected"
    RESET = "reset"                        # the connection is closed without an answer
    GARBAGE = "garbage"                    # a success whose body is nothing of the kind
    BREAKS_OFF = "breaks_off"              # a success whose body ends in the middle
    BREAKS_IN = "breaks_in"                # a stream that ends in an error; without a stream, as BREAKS_OFF
    SILENT = "silent"                      # nothing comes
    DRIPS = "drips"                        # a byte now and then, without end


BROKEN_ANSWERS = (
    Fault.CUT_OFF, Fault.WRONG_TYPE, Fault.NOT_JSON, Fault.HUGE, Fault.EMPTY, Fault.REFUSED, Fault.GUARDRAIL,
    Fault.FILTERED,
)
"""Faults of answers that are of no use; a fence is no fault."""


@dataclass(frozen=True)
class Reply:
    """What the endpoint says to one request. `value` is the object to answer with, or text as it is."""

    value: dict[str, Any] | str = ""
    fault: Fault | None = None
    retry_after: str | None = None
    usage: tuple[int, int] | None = (1_000, 50)
    cached: int = 0
    after_s: float = 0.0

    def said(self) -> str:  # noqa: PLR0911
        """The words, spoilt as the fault wants."""
        text = self.value if isinstance(self.value, str) else json.dumps(self.value)
        match self.fault:
            case Fault.FENCED:
                return f"Here you are:\n```json\n{text}\n```\nAnything else?"
            case Fault.CUT_OFF:
                return text[: len(text) // 2]
            case Fault.WRONG_TYPE:
                return json.dumps({"surprise": [1, 2, 3]})
            case Fault.NOT_JSON:
                return "Certainly! The picture is fine."
            case Fault.HUGE:
                return "{" + " " * 1_500_000 + "}"
            case Fault.EMPTY | Fault.GUARDRAIL | Fault.FILTERED:
                return ""
            case Fault.REFUSED:
                return "I'm sorry, but I can't help with that."
        return text
