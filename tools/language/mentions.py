"""Which of the candidates shown a person's words are about: "the second one", "number 2", "#2", "the last", an id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.candidate import Candidate
from tools.language.feedback_rules import Rules
from tools.language.tokens import key

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_COUNTED = r"(?:degrees?|times|percent|steps?|stops?|more|other|new|px|pixels|options|images|pictures|versions|of)\b"
"""After a digit these make it an amount, not the number of a candidate."""


def candidates_meant(text: str, candidates: Sequence[Candidate], rules: Rules) -> tuple[tuple[str, ...], str]:
    """Ids of the candidates meant, and the text without the words that name them."""
    if not candidates:
        return (), text
    chosen: list[str] = []
    rejected: list[str] = []
    rest = text
    for match in mentions(text, candidates):
        before = tuple(key(w) for w in re.findall(r"[\w'’]+", text[: match.start][-40:]))
        borrowed = re.match(r"\s*(?:['’]s|one['’]s)\b", text[match.end :])
        if borrowed or (before and before[-1] in ("from", "of")):
            continue  # "with 3's background": a source, not the subject
        after = tuple(key(w) for w in re.findall(r"[\w'’]+", text[match.end : match.end + 40]))
        disliked = rules.dislikes.match_any(before[-5:]) or rules.dislikes.match_any(after[:4])
        (rejected if disliked else chosen).extend(match.ids)
        rest = rest.replace(text[match.start : match.end], " " * (match.end - match.start), 1)
    if rejected and not chosen:
        chosen = [c.id for c in candidates if c.id not in rejected]
    return tuple(dict.fromkeys(c for c in chosen if c not in rejected)), rest


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in the text that names candidates."""

    start: int
    end: int
    ids: tuple[str, ...]


def mentions(text: str, candidates: Sequence[Candidate]) -> list[Mention]:
    """Where candidates are named: "the second one", "number 2", "#2", "2", "c0-02", "the last", "all"."""
    found: list[Mention] = []
    ids = [c.id for c in candidates]
    ordinals = "|".join(_ORDINALS)
    noun = r"(?:\s+(?:one|image|picture|version|option|candidate|shot|variant))"
    patterns = (
        (rf"\b(?:the\s+)?({ordinals}|last|\d(?:st|nd|rd|th)){noun}?(?!\w)", _ordinal),
        (r"(?:\b(?:number|no\.?|image|picture|option|candidate|version|shot|variant)\s*#?|#)(\d{1,2})\b", _cardinal),
        (rf"(?<![\w.%-])(\d)(?=['’]s\b|\s*(?:$|[,.;!?])|\s+(?!{_COUNTED})[a-z])", _cardinal),
        (r"\b(all of them|all three|both of them|both|all)\b(?!\s+\w+s?\s+of)", _several),
    )
    for name in ids:
        found += [
            Mention(m.start(), m.end(), (name,)) for m in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
        ]
    for pattern, resolve in patterns:
        for m in re.finditer(pattern, text, re.IGNORECASE):
            indexes = resolve(m.group(1).lower(), len(ids))
            named = found and resolve is _several
            if (
                indexes
                and not named
                and not any(f.start <= m.start() < f.end or m.start() <= f.start < m.end() for f in found)
            ):
                found.append(Mention(m.start(), m.end(), tuple(ids[i] for i in indexes)))
    return sorted(found, key=lambda f: f.start)


def _ordinal(word: str, count: int) -> tuple[int, ...]:
    index = count - 1 if word == "last" else _ORDINALS.index(word) if word in _ORDINALS else int(word[:-2]) - 1
    return (index,) if 0 <= index < count else ()


def _cardinal(word: str, count: int) -> tuple[int, ...]:
    return (int(word) - 1,) if 1 <= int(word) <= count else ()


def _several(word: str, count: int) -> tuple[int, ...]:
    return tuple(range(min(2, count) if word.startswith("both") else count))
