"""Named word lists ("@alcohol") that rules refer to, read from topics.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from pydantic import TypeAdapter, field_validator

from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.values import Model
from tools.rules.wording import COLOURED, Words, find, normal, occurrences

SHAPED = frozenset({"shaped", "formad", "format", "formade"})
"""After a word: a thing that is made like another and not sold as it. A car-shaped lunch box is no car; whether a sweet
that is shaped like a cigarette is shown is another question, so this holds for topics that name a trade only.
"""


class Topic(Model):
    """One word list. `besides` are phrases in which a word means something else; `unless` lifts the whole topic.

    `sector` is the sector a work belongs to when the topic is found in it; `patterns` are searched for in the text as
    written. `means` names the topic in a sentence.
    """

    words: tuple[str, ...]
    besides: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    sector: str = ""
    means: str = ""

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            re.compile(pattern)
        return patterns


@cache
def topics() -> dict[str, Topic]:
    """Every topic by name."""
    path = Path(__file__).with_name("topics.yaml")
    return TypeAdapter(dict[str, Topic]).validate_python(read_yaml(path.read_text(encoding="utf-8")))


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _find_topic(text: Words, topic: Topic) -> tuple[str, ...]:
    if any(occurrences(text, word) for word in topic.unless):
        return ()
    written = normal(text.written)
    numbers = [hit.group().strip() for pattern in topic.patterns for hit in _pattern(pattern).finditer(written)]
    likened = COLOURED | SHAPED if topic.sector else COLOURED
    return tuple(dict.fromkeys((*find(text, topic.words, topic.besides, likened), *numbers)))


def search(text: Words, entries: Iterable[str]) -> tuple[str, ...]:
    """The words of `entries` (plain words and "@topic") that the text affirms; each once.

    Raises Misconfigured for a topic that does not exist.
    """
    found: list[str] = []
    for entry in entries:
        if not entry.startswith("@"):
            found += find(text, (entry,))
            continue
        topic = topics().get(entry[1:])
        if topic is None:
            raise Misconfigured(
                f"a rule refers to {entry}, and there is no such word list",
                where="tools/rules/topics.yaml",
                hint=f"Known lists: {', '.join(sorted(topics()))}.",
            )
        found += _find_topic(text, topic)
    return tuple(dict.fromkeys(found))


def spoken(entry: str) -> str:
    """A rule's entry as a person reads it: "@co2" is "CO2 emissions"."""
    topic = topics().get(entry[1:]) if entry.startswith("@") else None
    return entry.lstrip("@").replace("-", " ") if topic is None else topic.means or entry[1:].replace("-", " ")


def sectors_in(text: Words) -> frozenset[str]:
    """The sectors a text is about, by its words: "a red SUV" is about cars."""
    return frozenset(topic.sector for topic in topics().values() if topic.sector and _find_topic(text, topic))
