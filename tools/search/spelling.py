"""Misspelt words put right against the words a library can know, and against nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

SHORTEST = 4
"""Shorter words have too many neighbours one letter away."""


def respell(text: str, vocabulary: Collection[str], known: Callable[[str], bool]) -> str:
    """Replace each word that is neither in the vocabulary nor of the language by the only word one slip away from it.

    A slip is a letter left out, added, changed, or swapped with its neighbour (Damerau 1964); the first letter must
    agree. With several candidates, or when the word is one of the language, it stays: "cart" never becomes "car".
    """

    def mend(match: re.Match[str]) -> str:
        word = match.group().lower()
        singular = word.removesuffix("s")
        if len(word) < SHORTEST or {word, singular} & set(vocabulary) or known(word) or known(singular):
            return match.group()
        candidates = {other for other in vocabulary if other[:1] == word[:1] and one_slip(word, other)}
        return candidates.pop() if len(candidates) == 1 else match.group()

    return re.sub(r"[A-Za-z]+", mend, text)


def one_slip(one: str, other: str) -> bool:
    """Whether one word becomes the other by exactly one insertion, deletion, change or swap of neighbours."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:] or left[1:] == right or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )
