"""Whether the way a run went is the one expected: in order, in any order, at least, or at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

Match = Literal["strict", "unordered", "superset", "subset"]


def matches(made: Sequence[str], expected: Sequence[str], match: Match) -> bool:
    """Hold steps that were made against those expected.

    >>> matches(["plan", "draw", "judge"], ["plan", "judge"], "superset")
    True
    >>> matches(["plan", "draw"], ["plan", "judge", "draw"], "subset")
    True
    """
    if match == "strict":
        return list(made) == list(expected)
    if match == "unordered":
        return Counter(made) == Counter(expected)
    if match == "subset":
        return set(made) <= set(expected)
    left = iter(made)
    return all(step in left for step in expected)      # each is looked for after the one before


def collapsed(steps: Sequence[str]) -> list[str]:
    """Nodes of a path without the number of their branches: "generate x5" is "generate"."""
    return [step.partition(" ")[0] for step in steps]
