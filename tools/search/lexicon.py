"""Words and what they stand for: the curated lexicon of `lexicon.yaml`, and texts read as its terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from domain.documents import read_yaml
from domain.values import Model, Share

FILE = Path(__file__).parent / "lexicon.yaml"

Groups = dict[str, tuple[str, ...]]
Words = tuple[str, ...]


class Sense(Model):
    """One meaning: the facet ("colour", "place") and the name of the group within it."""

    facet: str
    name: str


class Lexicon(Model):
    """`lexicon.yaml`; each field is explained there."""

    products: Groups
    wider: Groups
    containers: tuple[str, ...]
    vessels: tuple[str, ...]
    colours: Groups
    flavours: Groups
    materials: Groups
    varieties: Groups
    features: Groups
    fillers: tuple[str, ...]
    parts: tuple[str, ...]
    places: Groups
    near: dict[str, dict[str, Share]]
    implies: Groups
    wide: tuple[str, ...]
    surfaces: Groups
    lights: dict[str, dict[str, Share]]
    weather: Groups
    seasons: Groups
    clashes: tuple[tuple[str, str], ...]
    moods: Groups
    views: tuple[str, ...]

    def narrower(self, product: str) -> frozenset[str]:
        """A product word and every word it is the wider one of."""
        found: set[str] = set()
        waiting = [product]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.wider.get(name, ())
        return frozenset(found)


@dataclass(frozen=True)
class Term:
    """A word, or a phrase the lexicon knows as one, with all it can mean. An unknown word has no senses."""

    words: Words
    senses: tuple[Sense, ...] = ()

    def names(self, facet: str) -> tuple[str, ...]:
        """What it means within one facet."""
        return tuple(sense.name for sense in self.senses if sense.facet == facet)

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass
class Vocabulary:
    """Phrases to senses, and a text to terms by the longest phrase first."""

    senses: dict[Words, list[Sense]] = field(default_factory=dict)
    longest: int = 1

    def learn(self, facet: str, name: str, phrases: Iterable[str]) -> None:
        """Add a group of phrases that mean the same."""
        for phrase in phrases:
            key = tokens(phrase)
            sense = Sense(facet=facet, name=name)
            held = self.senses.setdefault(key, [])
            if sense not in held:
                held.append(sense)
            self.longest = max(self.longest, len(key))

    def read(self, words: Sequence[str]) -> list[Term]:
        """The terms of a text already split by `tokens`."""
        terms, start = [], 0
        while start < len(words):
            for length in range(min(self.longest, len(words) - start), 0, -1):
                key = tuple(words[start : start + length])
                if key in self.senses or length == 1:
                    terms.append(Term(key, tuple(self.senses.get(key, ()))))
                    start += length
                    break
        return terms

    def single_words(self, *facets: str) -> frozenset[str]:
        """Every entry of one word within these facets."""
        return frozenset(
            key[0] for key, senses in self.senses.items()
            if len(key) == 1 and any(sense.facet in facets for sense in senses)
        )


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    return Lexicon.model_validate(read_yaml(FILE.read_text(encoding="utf-8")))


@cache
def product_words() -> Vocabulary:
    """How words are meant when a product is described."""
    words, known = Vocabulary(), lexicon()
    for name, others in known.products.items():
        words.learn("product", name, (name, *others))
    for name in known.wider:
        if name not in known.products:
            words.learn("product", name, (name,))
    for name in known.colours:
        words.learn("colour", name, (name,))
    for facet, groups in (
        ("flavour", known.flavours), ("variety", known.varieties), ("feature", known.features),
    ):
        for name, others in groups.items():
            words.learn(facet, name, (name, *others))
    for name, others in known.materials.items():
        words.learn("material", name, (name, *(other for other in others if other not in known.materials)))
    for line in known.fillers:
        for filler in line.split():
            words.learn("filler", filler, (filler,))
    return words


@cache
def scene_words() -> Vocabulary:
    """How words are meant when a place is described."""
    words, known = Vocabulary(), lexicon()
    for facet, groups in (
        ("place", known.places), ("surface", known.surfaces), ("weather", known.weather),
        ("season", known.seasons), ("mood", known.moods),
    ):
        for name, others in groups.items():
            words.learn(facet, name, (name, *others))
    for name in known.lights:
        words.learn("light", name, (name,))
    for view in known.views:
        words.learn("view", "flat lay", (view,))
    for name in known.colours:
        words.learn("colour", name, (name,))
    for line in known.fillers:
        for filler in line.split():
            words.learn("filler", filler, (filler,))
    return words


_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[a-z]+")
_IRREGULAR = {"knives": "knife", "leaves": "leaf", "shelves": "shelf", "loaves": "loaf", "men": "man", "women": "woman",
              "children": "child", "dishes": "dish", "woods": "woods",
              "christmas": "christmas", "canvas": "canvas", "lens": "lens", "atlas": "atlas"}


def tokens(text: str) -> Words:
    """Lower-case words without accents, possessives and plain plurals; numbers stay as they are."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return tuple(singular(word) for word in _TOKEN.findall(re.sub(r"'s\b|’s\b", "", plain)))


def singular(word: str) -> str:
    """A word without a plain English plural ending."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
