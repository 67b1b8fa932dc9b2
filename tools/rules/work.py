"""What rules look at: the places of a work where words stand, its sectors and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.brief import Brief, ProductMention
from tools.rules.topics import search, sectors_in
from tools.rules.wording import Words, normal, occurrences, read

_PARTS = ("background", "surface", "theme", "light", "time_of_day", "season", "weather", "mood", "camera", "style")


@dataclass(frozen=True)
class Work:
    """What rules look at, by place: "brief" and "caption" say what is shown, "text" what is set on the picture.

    `trained_model` is None while it is open who draws.
    """

    places: dict[str, tuple[Words, ...]]
    sectors: frozenset[str]
    channels: frozenset[str]
    today: date
    trained_model: bool | None = None

    def search(self, entries: Sequence[str], places: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The words found, by place; places without any are left out."""
        found = {
            place: tuple(dict.fromkeys(word for text in self.places.get(place, ()) for word in search(text, entries)))
            for place in places
        }
        return {place: words for place, words in found.items() if words}


def shown(brief: Brief) -> tuple[str, ...]:
    """Everything the brief wants to be seen: the request as written and its typed parts, without text to set."""
    parts = [part.value for name in _PARTS if (part := getattr(brief, name)) is not None]
    products = [described(p.value) for p in brief.products]
    return tuple(text for text in (_without_text(brief), *products, *parts, *(p.value for p in brief.props)) if text)


def described(product: ProductMention) -> str:
    """A product in words, each said once: twice, "convertible convertible sofa" would have a convertible in it."""
    said = set(read(product.text).words)
    more = [words for words in (*product.colours, *product.attributes) if not said.issuperset(read(words).words)]
    return " ".join((*more, product.text))


def _without_text(brief: Brief) -> str:
    """The request without the wording to set, which is looked at on its own."""
    request = brief.request
    for part in brief.text:
        for wording in {part.value, part.said} - {""}:
            start = request.casefold().find(wording.casefold())
            if start >= 0:
                request = f"{request[:start]} {request[start + len(wording):]}"
    return request


def work_of(
    brief: Brief, captions: Sequence[str], *, sector: str, channels: Sequence[str], today: date,
    trained_model: bool | None = None,
) -> Work:
    """What rules look at. What the brief says to avoid does not count as shown, however the request put it."""
    places = {
        "brief": tuple(read(text) for text in shown(brief)),
        "caption": tuple(read(caption) for caption in captions),
        "text": tuple(read(part.value) for part in brief.text),
    }
    avoided = tuple(normal(part.value) for part in brief.avoid)
    if avoided:
        places["brief"] = tuple(_without(words, avoided) for words in places["brief"])
    stated = {part.strip().casefold() for part in sector.replace(",", "/").split("/") if part.strip()}
    inferred = {name for texts in places.values() for words in texts for name in sectors_in(words)}
    return Work(places, frozenset(stated | inferred), frozenset(channels), today, trained_model)


def _without(words: Words, avoided: Sequence[str]) -> Words:
    """The words with every mention of an avoided thing marked as negated."""
    marks = list(words.negated)
    for phrase in avoided:
        for start, end in occurrences(words, phrase):
            marks[start:end] = [True] * (end - start)
    return Words(words.words, tuple(marks), words.written)
