"""Where two JSON documents part: the first place, with both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ABSENT = "(absent)"
LONGEST = 160
"""Characters shown of either side."""


@dataclass(frozen=True)
class Difference:
    """One place where two recordings differ: what it is about, the field, and both sides."""

    where: str
    field: str
    recorded: Any
    now: Any

    def __str__(self) -> str:
        at = f" {self.field}" if self.field else ""
        return f"{self.where}{at}: recorded {shown(self.recorded)}, now {shown(self.now)}"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"where": self.where, "field": self.field, "recorded": self.recorded, "now": self.now}


def shown(value: Any) -> str:
    """A value on one line, cut where it is long."""
    text = value if value == ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def differing(one: Any, other: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf in which two JSON values differ, in the order of the first: its path and both sides."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from differing(one.get(name, ABSENT), other.get(name, ABSENT), f"{at}.{name}" if at else str(name))
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other) and not any(isinstance(part, dict | list) for part in (*one, *other)):
            yield at, one, other
            return
        for index in range(max(len(one), len(other))):
            left = one[index] if index < len(one) else ABSENT
            right = other[index] if index < len(other) else ABSENT
            yield from differing(left, right, f"{at}[{index}]")
    elif one != other or (type(one) is bool) != (type(other) is bool):
        yield at, one, other


def first(where: str, one: Any, other: Any) -> Difference | None:
    """The first of them."""
    found = next(differing(one, other), None)
    return Difference(where, *found) if found else None
