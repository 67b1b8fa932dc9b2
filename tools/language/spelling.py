"""Corrects a word that is no word, when exactly one word of the lexicon is near.

Candidates come from the symmetric-delete index of W. Garbe's SymSpell (2012): two words within one deletion each share
a key. They are then held to the optimal-string-alignment distance (insertions, deletions, substitutions, swaps of
neighbours): 1 for words of four to six letters, 2 from seven on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

_SHORTEST = 4
_LONG = 7
_SUFFIXES = ("ing", "ed", "er", "est", "ly", "y", "s", "es", "able", "less", "ness", "ful", "like", "ish", "en")
_PREFIXES = ("un", "re", "non", "pre", "over", "out", "super", "multi", "mini")


class Speller:
    """Corrections towards `targets`; any word in `known` is left alone, and so is anything derived from one by rule."""

    def __init__(self, targets: Iterable[str], known: frozenset[str]) -> None:
        self._targets = tuple(word for word in targets if len(word) >= _SHORTEST and word.isalpha())
        self._known = known

    @cached_property
    def _index(self) -> dict[str, set[str]]:
        """Every target under itself and under itself less one letter; built for the first misspelt word."""
        index: dict[str, set[str]] = {}
        for word in self._targets:
            for shorter in _deletes(word):
                index.setdefault(shorter, set()).add(word)
        return index

    def is_word(self, word: str) -> bool:
        """True if `word` (a key) is known, or is a known word with an English suffix or prefix."""
        if word in self._known:
            return True
        for suffix in _SUFFIXES:
            stem = word.removesuffix(suffix)
            if (
                stem != word
                and len(stem) >= 3
                and any(s in self._known for s in (stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem))
            ):
                return True
        return any(word.startswith(p) and len(word) > len(p) + 3 and word[len(p) :] in self._known for p in _PREFIXES)

    def correct(self, word: str, allowed: frozenset[str] | None = None) -> str | None:
        """The one nearest target (as a key), or None if `word` is a word or no or several targets are near."""
        if len(word) < _SHORTEST or not word.isalpha() or self.is_word(word):
            return None
        limit = 1 if len(word) < _LONG else 2
        near = set().union(*(self._index.get(shorter, set()) for shorter in _deletes(word)))
        scored = sorted(
            (distance, candidate)
            for candidate in near
            if (allowed is None or candidate in allowed) and (distance := osa(word, candidate, limit)) <= limit
        )
        best = [c for d, c in scored if d == scored[0][0]]
        if len(best) > 1:
            best = [c for c in best if c[0] == word[0]] or best
        if len(best) > 1:
            best = [c for c in best if sorted(set(c)) == sorted(set(word))] or best
        if len(best) != 1 or (scored[0][0] == 2 and best[0][0] != word[0]):
            return None
        return best[0]


def osa(a: str, b: str, limit: int) -> int:
    """Optimal-string-alignment distance of `a` and `b`; any number above `limit` once it is certain to exceed it."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]


def _deletes(word: str) -> set[str]:
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}
