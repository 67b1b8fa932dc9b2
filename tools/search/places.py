"""How well a scene, or a background kept in the library, answers what is said about place, light, season and mood.

The place decides: where one is named and the scene is neither it nor near it, the scene does not fit, however well the
light agrees. Everything else shifts the score. Words the lexicon does not know are met by the scene's own words or by a
close neighbour in the embedder's space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.assets import Asset
from domain.composition import Scene, SceneKind
from domain.ports import Embedder
from tools.search.lexicon import Term, lexicon, scene_words, tokens

WEIGHTS = {
    "background": 0.5, "surface": 0.2, "light": 0.2, "time_of_day": 0.2, "theme": 0.15, "season": 0.1, "weather": 0.1,
    "mood": 0.1, "style": 0.05, "camera": 0.05,
}
"""How much each part of a brief counts; parts that say nothing take no share."""

DECIDING = ("background", "surface")
ENOUGH = 0.5
"""What a deciding part must reach."""

NEIGHBOUR = 0.6
"""Cosine from which two single words count as near. The shipped vectors give lemon/citrus .77, toilet/bathroom .73;
paris/city .48, volcano/mountain .45 and moon/lake .25 stay apart."""

CLASH = 0.7
FLAT_LAY_UNASKED = 0.8
_LIT = {"sunlit": "sunny", "sunny": "sunny", "sun": "sunny", "sunshine": "sunny"}


@dataclass(frozen=True)
class Place:
    """What a scene or a background says about itself."""

    text: str
    light: str = ""
    flat: bool = False

    @classmethod
    def of(cls, thing: Scene | Asset) -> Place:
        """Read a scene, or an asset that is a background or theme."""
        if isinstance(thing, Scene):
            text = ". ".join((thing.title, thing.surface, *thing.tags))
            return cls(text, thing.light.value, thing.kind is SceneKind.FLAT_LAY)
        text = ". ".join((thing.title, thing.description, *thing.tags, *thing.colours))
        return cls(text, thing.light.value if thing.light else "")

    @cached_property
    def terms(self) -> list[Term]:
        """The terms of its text."""
        # Sentence by sentence, so that no phrase is read across two tags.
        return [term for part in self.text.split(". ") for term in scene_words().read(tokens(part))]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of its text."""
        return frozenset(word for term in self.terms for word in term.words)

    def names(self, facet: str) -> frozenset[str]:
        """Everything said within one facet, and what a place said implies."""
        said = frozenset(name for term in self.terms for name in term.names(facet))
        return said | {wider for wider, places in lexicon().implies.items() if facet == "place" and said & {*places}}

    def all_names(self) -> frozenset[str]:
        """Everything said that the lexicon knows."""
        return frozenset(sense.name for term in self.terms for sense in term.senses) | self.names("place")

    def lit(self, name: str) -> float:
        """How well its light answers a word for light, 0..1; by its words where no light is on record."""
        answers = lexicon().lights[name]
        if self.light:
            return answers.get(self.light, 0.0)
        said = self.names("light")
        return 1.0 if name in said else max(
            (answers.get(light, 0.0) for other in said for light, well in lexicon().lights[other].items() if well == 1),
            default=0.0,
        )


class Neighbours:
    """Cosines between single words, each word embedded once.

    `known` tells words of the language apart: the vector of any other word is that of its pieces, so that a brand name
    would pass for the word it was coined from.
    """

    def __init__(self, embedder: Embedder, known: Callable[[str], bool]) -> None:
        self._embedder = embedder
        self._known = known
        self._vectors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}

    def closest(self, word: str, others: Sequence[str]) -> float:
        """The largest cosine between a word and any of the others; 0 for a word that is none of the language."""
        if not others or not self._known(word):
            return 0.0
        new = [text for text in {word, *others} if text not in self._vectors]
        if new:
            self._vectors |= dict(zip(new, self._embedder.embed(new), strict=True))
        return float(max(self._vectors[word] @ self._vectors[other] for other in others))


@dataclass(frozen=True)
class Answer:
    """How a scene answers a brief: `value` 0..1 over the parts that say something, and whether a part rules it out."""

    value: float
    refused: bool
    why: str
    asked: bool = True


def judge(parts: Mapping[str, str], place: Place, neighbours: Neighbours, soft: frozenset[str] = frozenset()) -> Answer:
    """Hold one scene against the parts of a brief (keys as in `WEIGHTS`, or "avoid").

    Args:
        soft: deciding parts that were assumed rather than said, and so rule nothing out.
    """
    total, weight, reasons, refused = 0.0, 0.0, [], []
    wanted = {part: _content(text) for part, text in parts.items() if part in WEIGHTS}
    for part, terms in wanted.items():
        if not terms:
            continue
        value, why = _part(part, terms, place, neighbours)
        total, weight = total + WEIGHTS[part] * value, weight + WEIGHTS[part]
        if value > 0:
            reasons.append(why)
        if part in DECIDING and part not in soft and value < ENOUGH:
            refused.append(f"not {parts[part]}")
    flat = any(term.names("view") for terms in wanted.values() for term in terms)
    if flat and not place.flat and "view" not in {s.facet for t in place.terms for s in t.senses}:
        refused.append("not seen from above")
    avoided = _avoided(parts.get("avoid", ""), place)
    if avoided:
        refused.append(f"shows {avoided}, to be avoided")
    if weight == 0:
        return Answer(0.0, bool(refused), "; ".join(refused), asked=False)
    value = total / weight
    if place.flat and not flat:
        value *= FLAT_LAY_UNASKED
    clash = _clash(wanted, place)
    if clash:
        value *= CLASH
        reasons.append(clash)
    return Answer(value, bool(refused), "; ".join(dict.fromkeys(refused or reasons)))


def _content(text: str) -> list[Term]:
    return [term for term in scene_words().read(tokens(text)) if not term.names("filler")]


def _part(part: str, terms: Sequence[Term], place: Place, neighbours: Neighbours) -> tuple[float, str]:
    """0..1 for one part, and what met it.

    Known places decide, half by the best and half by all of them; surfaces and words the lexicon does not know stand in
    for them where none is named and count for a sixth beside them, so that "supermarket shelf" is no bathroom shelf.
    Light, season, weather and mood said along with them move the value by a fifth at most and rule nothing out.
    """
    wide = set(lexicon().wide)
    places: list[float] = []
    things: list[float] = []
    shades: list[float] = []
    met, unmet = [], []
    for term in terms:
        value = _value(term, place, neighbours)
        if value > 0:
            met.append(str(term) if value >= ENOUGH else f"almost {term}")
        else:
            unmet.append(str(term))
        facets = {sense.facet for sense in term.senses}
        if facets and (part not in {"background", "theme", "surface"} or not facets & {"place", "surface"}):
            shades.append(value)
        elif "place" in facets and not (set(term.names("place")) <= wide and len(terms) > 1):
            places.append(value)
        elif "place" in facets:
            shades.append(value)
        else:
            things.append(value)
    why = ", ".join(met) + (f"; nothing of {', '.join(unmet)}" if unmet else "")
    shade = _mean(shades, 1.0)
    if not places and not things:
        return shade, why
    core = _carried(places or things)
    if places and things:
        core *= 5 / 6 + _mean(things, 1.0) / 6
    return core * (0.8 + 0.2 * shade), why


def _carried(values: Sequence[float]) -> float:
    return 0.5 * max(values) + 0.5 * _mean(values, 0.0)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _value(term: Term, place: Place, neighbours: Neighbours) -> float:
    """How well one term is answered, 0..1: by its group, by a near place, by its light, by the very word."""
    best = 0.0
    for sense in term.senses:
        if sense.facet == "light":
            best = max(best, place.lit(sense.name))
        elif sense.facet == "view":
            best = max(best, float(place.flat or "flat lay" in place.names("view")))
        elif sense.name in place.names(sense.facet):
            best = 1.0
        elif sense.facet == "place":
            near = lexicon().near.get(sense.name, {})
            best = max(best, max((near.get(name, 0.0) for name in place.names("place")), default=0.0))
        elif sense.facet == "weather" and sense.name == "sunny":
            best = max(best, place.lit("sunny"))
    if best < 1 and set(term.words) <= place.words:
        best = 1.0
    if best == 0 and not term.senses:
        close = neighbours.closest(str(term), sorted(word for word in place.words if len(word) > 2))
        best = 0.7 if close >= NEIGHBOUR else 0.0
    return best


def _clash(wanted: Mapping[str, Sequence[Term]], place: Place) -> str:
    """A season, weather or kind of place that cannot be the scene's."""
    asked = {sense.name for terms in wanted.values() for term in terms for sense in term.senses}
    asked |= {_LIT[name] for name in asked if name in _LIT}
    have = place.all_names()
    for one, other in lexicon().clashes:
        for said, there in ((one, other), (other, one)):
            if said in asked and there in have and said not in have and there not in asked:
                return f"{there}, not {said}"
    return ""


def _avoided(text: str, place: Place) -> str:
    """What the scene shows of what must not be seen, if anything; several things are set apart by commas."""
    for thing in filter(None, (part.strip() for part in text.split(","))):
        terms = _content(thing)
        if terms and all(
            set(term.words) <= place.words or any(s.name in place.names(s.facet) for s in term.senses) for term in terms
        ):
            return thing
    return ""
