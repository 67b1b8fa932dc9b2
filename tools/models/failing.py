"""What an ask that came to no answer is told as: what happened, at which setting, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.errors import AnswerRefused, AnswerUnusable, ModelCannot, ModelUnavailable
from domain.models import ModelRole
from tools.models.exchange import Raw, WireFailure
from tools.models.reading import Unusable
from tools.models.seats import Seat

_SECRET = re.compile(r"\bBearer +[\w.~+/=-]{8,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bsk-[\w-]{12,}")
LONGEST_WORDS = 300


def safe(says: str) -> str:
    """The other side's words, short and without anything that looks like a key."""
    return _SECRET.sub("***", " ".join(says.split()))[:LONGEST_WORDS]


def told(seat: Seat, failure: WireFailure) -> str:
    """A failed attempt in a few words."""
    return f"{seat.place.name} {failure.outcome.value.replace('_', ' ')}: {safe(failure.says)}"


def rejected(role: ModelRole, seat: Seat, failure: WireFailure) -> ModelCannot:
    """The place found the request itself wrong."""
    return ModelCannot(
        f"{seat.place.name} would not take the question: {safe(failure.says)}",
        where=f"models.{role.value} ({seat.card.spec.model})",
        hint="if the model lacks what it was asked for, say so in a [[models.known]] row (abilities)",
    )


def refused(role: ModelRole, seat: Seat, fault: Unusable, raw: Raw) -> AnswerRefused:
    """The model, its guardrail or its content filter would not answer."""
    about = f" ({safe(raw.remark)})" if raw.remark else ""
    return AnswerRefused(
        f"{seat.card.spec.model} gave no answer as {role.value}: {fault}{about}",
        where=f"models.{role.value}",
        hint="the built-in path was taken where there is one; else word the request differently",
    )


def unusable(role: ModelRole, seat: Seat, faults: Sequence[Unusable]) -> AnswerUnusable:
    """Every answer was of no use, repairs included."""
    kinds = ", ".join(fault.wrong.value for fault in faults)
    return AnswerUnusable(
        f"{seat.card.spec.model} gave no usable answer as {role.value} in {len(faults)} tries ({kinds})",
        where=f"models.{role.value}",
        hint="the built-in path was taken where there is one; `onbrand doctor --models` shows what the model can do",
    )


def unavailable(role: ModelRole, seat: Seat, failures: Sequence[str]) -> ModelUnavailable:
    """No place answered in time."""
    last = failures[-1] if failures else "every call this process may make at once is under way"
    return ModelUnavailable(
        f"{seat.card.spec.model} did not answer as {role.value}: {last}",
        where=f"models.{role.value}",
        hint="`onbrand doctor --models` calls every configured model once and says what is wrong",
    )
