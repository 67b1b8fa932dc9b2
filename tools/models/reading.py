"""A raw answer to a checked value, or what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from domain.models import AnswerT
from tools.models.exchange import LONGEST_ANSWER, Raw, Stop

_THOUGHT = re.compile(r"^.*</think(?:ing)?>", re.DOTALL)
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m (?:really |very )?sorry|sorry\b|as an ai\b|"
    r"i (?:can(?:no|['’])t|am (?:not able|unable)|won['’]t|must decline)\b)",
    re.IGNORECASE,
)
_MOST_STARTS = 20
_MOST_ERRORS = 5


class Wrong(StrEnum):
    """What is wrong with an answer."""

    EMPTY = "empty"
    CUT_OFF = "cut off"
    HUGE = "huge"
    WRONG_TYPE = "of the wrong type"
    REFUSED = "a refusal"
    GUARDRAIL = "stopped by the guardrail"
    FILTERED = "stopped by the content filter"


FINAL = frozenset({Wrong.REFUSED, Wrong.GUARDRAIL, Wrong.FILTERED})
"""Asking the same again would get the same, and money would be spent on it."""


@dataclass
class Unusable(Exception):
    """An answer of no use. `why` is told to the model with the repair, so it holds none of the answer's own words."""

    wrong: Wrong
    why: str

    def __str__(self) -> str:
        return f"the answer was {self.wrong.value}"


_STOPS = {
    Stop.GUARDRAIL: Unusable(Wrong.GUARDRAIL, ""),
    Stop.FILTERED: Unusable(Wrong.FILTERED, ""),
    Stop.REFUSED: Unusable(Wrong.REFUSED, ""),
    Stop.MALFORMED: Unusable(Wrong.WRONG_TYPE, "it was not well-formed JSON"),
    Stop.LENGTH: Unusable(Wrong.CUT_OFF, "it was cut off before its end: answer more briefly"),
    Stop.CONTEXT: Unusable(Wrong.CUT_OFF, "there was no room left for it: answer more briefly"),
}


def read(raw: Raw, answer: type[AnswerT]) -> AnswerT:
    """The value of an answer. Raises Unusable.

    Fences, thoughts and words around the JSON are no fault. A cut-off answer always is one: what is left of it may
    look whole, with defaults standing where the rest was.
    """
    if raw.stop in _STOPS:
        known = _STOPS[raw.stop]
        raise Unusable(known.wrong, known.why)
    if raw.value is not None:
        return _typed(raw.value, answer)
    if len(raw.text) > LONGEST_ANSWER:
        raise Unusable(Wrong.HUGE, "it was far too long: answer with the JSON object alone")
    text = _THOUGHT.sub("", raw.text).strip("\ufeff \t\r\n")
    if not text:
        raise Unusable(Wrong.EMPTY, "it was empty")
    found = _objects(text)
    if not found:
        if _REFUSAL.match(text):
            raise Unusable(Wrong.REFUSED, "")
        raise Unusable(Wrong.WRONG_TYPE, "it held no JSON object")
    for value in found[1:]:
        try:
            return _typed(value, answer)
        except Unusable:
            continue
    return _typed(found[0], answer)


def _objects(text: str) -> list[dict[str, Any]]:
    """Whole JSON objects in a text, the outermost ones, in order."""
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    at = text.find("{")
    for _ in range(_MOST_STARTS):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    return found


def _typed(value: Any, answer: type[AnswerT]) -> AnswerT:
    try:
        return answer.model_validate(value)
    except ValidationError as error:
        raise Unusable(Wrong.WRONG_TYPE, _told(error)) from error
    except RecursionError as error:
        raise Unusable(Wrong.WRONG_TYPE, "it was nested too deeply") from error


def _told(error: ValidationError) -> str:
    """Where and what, never the value: it is the model's, and is going into the next prompt."""
    lines = [
        f"{'.'.join(str(step) for step in fault['loc'])[:80] or 'the answer'}: {fault['type'].replace('_', ' ')}"
        for fault in error.errors(include_input=False, include_url=False)[:_MOST_ERRORS]
    ]
    return "; ".join(lines)
