"""Finding words in text: whole words in their plain inflections, blind to what is said to be absent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

NEGATORS = frozenset({
    "no", "not", "without", "never", "avoid", "avoiding", "exclude", "excluding", "omit", "nor", "don't", "dont",
    "doesn't", "isn't", "aren't", "can't", "cannot", "utan", "ingen", "inga", "inte",
})
"""Words after which a clause says what is not there."""

_TURNS = frozenset({"but", "however", "only", "just", "instead", "with", "then", "although", "except", "while", "men"})
"""Words that end the reach of a negator."""

COLOURED = frozenset({"coloured", "colored", "hued", "tinted", "toned", "färgad", "färgat", "färgade"})
"""After a word: as the thing it names looks, which is not there itself ("whisky-coloured velvet")."""

_OPENERS = frozenset({"a", "an", "the", "our", "some", "one", "two", "three", "en", "ett"})
_LINKS = frozenset({"or", "nor", "eller"})
_STOPS = frozenset(".;:!?\n")
_FREE = "-free"
_TOKEN = re.compile(rf"{_FREE}\b|[^\W_]+(?:['’][^\W_]+)*|[.;:!?,\n]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text cut into words; `negated[i]` says that word i stands in the reach of a negator."""

    words: tuple[str, ...]
    negated: tuple[bool, ...]
    written: str


def normal(text: str) -> str:
    """Compatibility forms folded, case folded, typographic apostrophes and invisible joiners made plain."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return "".join(character for character in folded if unicodedata.category(character) != "Cf")


def _negated(tokens: Sequence[str]) -> list[bool]:
    """For each token whether it is under a negator: from the negator to a stop or turn, or before "-free".

    A comma ends the reach unless a later "or" shows that the list goes on ("no people, cars or dogs"); "and" ends
    it before an article ("no people and a red car").
    """
    marks = [False] * len(tokens)
    active = False
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        if token in NEGATORS:
            active = following not in {"only", "just", "but"}
        elif token in _STOPS or token in _TURNS or (token in {"and", "och"} and following in _OPENERS):
            active = False
        elif token == "," and active:
            active = _list_goes_on(tokens[i + 1:])
        marks[i] = active or following == _FREE
    return marks


def _list_goes_on(rest: Sequence[str]) -> bool:
    for token in rest:
        if token in _LINKS or token in NEGATORS:
            return True
        if token in _STOPS or token in _TURNS:
            return False
    return False


@lru_cache(maxsize=2048)
def read(text: str) -> Words:
    """Cut a text into words. Hyphens part words, so "eco-friendly" is found by "eco friendly"."""
    tokens = _TOKEN.findall(normal(text))
    marks = _negated(tokens)
    kept = [(token, mark) for token, mark in zip(tokens, marks, strict=True) if token not in _STOPS and token != ","]
    return Words(tuple(token.lstrip("-") for token, _ in kept), tuple(mark for _, mark in kept), text)


@lru_cache(maxsize=16384)
def forms(word: str) -> frozenset[str]:
    """The word and what it may be an inflection of: cars -> car; stories -> story; driving -> drive; dog's -> dog.

    Plain suffix rules; a stem left by -ing or -ed must have four letters, or "caring" would be a car.
    """
    found = {word}
    base = word[:-2] if word.endswith("'s") else word.rstrip("'")
    found.add(base)
    if base.endswith("ies") and len(base) > 4:
        found.add(base[:-3] + "y")
    if base.endswith("es") and len(base) > 4:
        found.add(base[:-2])
    if base.endswith("s") and not base.endswith("ss") and len(base) > 3:
        found.add(base[:-1])
    for ending in ("ing", "ed"):
        stem = base[: -len(ending)]
        if base.endswith(ending) and len(stem) >= 3:
            found.add(stem + "e")
            if stem[-1] == stem[-2]:
                found.add(stem[:-1])
            if len(stem) >= 4:
                found.add(stem)
    return frozenset(found)


@lru_cache(maxsize=8192)
def _term(term: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(normal(term.replace("*", "").replace("-", " "))))


def occurrences(text: Words, term: str) -> list[tuple[int, int]]:
    """Where a word or phrase stands, as word ranges; a trailing * matches any ending of the last word."""
    parts = _term(term)
    if not parts:
        return []
    prefix = term.endswith("*")
    found = []
    for start in range(len(text.words) - len(parts) + 1):
        window = text.words[start:start + len(parts)]
        last = window[-1].startswith(parts[-1]) if prefix else parts[-1] in forms(window[-1])
        if last and window[:-1] == parts[:-1]:
            found.append((start, start + len(parts)))
    return found


def find(
    text: Words, terms: Iterable[str], besides: Iterable[str] = (), likened: frozenset[str] = COLOURED
) -> tuple[str, ...]:
    """The terms that the text affirms, in order of first appearance; of two that overlap only the longer.

    An occurrence inside a phrase of `besides` ("ginger beer"), under a negator ("no beer") or before a word of
    `likened` ("beer-coloured") does not count.
    """
    covered = [span for phrase in besides for span in occurrences(text, phrase)]
    spans = [
        (start, end, term.rstrip("*")) for term in terms for start, end in occurrences(text, term)
        if not text.negated[end - 1] and not likened.intersection(text.words[end:end + 1])
    ]
    found: dict[str, int] = {}
    for start, end, term in sorted(spans):
        longer = ((first, last) for first, last, _ in spans if last - first > end - start)
        if not any(first <= start and end <= last for first, last in (*covered, *longer)):
            found.setdefault(term, start)
    return tuple(found)
