"""A model's reading of a request, and the Brief that code makes of it: nothing counts that the request does not say."""

from __future__ import annotations

import re

from pydantic import Field

from domain.brief import Brief, ProductMention, Relation
from domain.brief import Part as BriefPart
from domain.values import Model, Origin
from tools.language.writer import described

TEXTS = (
    "background", "surface", "theme", "light", "time_of_day", "season", "weather", "mood", "camera", "style",
)
LISTS = ("props", "avoid", "text")
LONGEST_VALUE = 120
MOST = 12
_MARKET = re.compile(r"[A-Z]{2}(-[A-Z]{2,3})?|EU27")


class Said(Model):
    """A value in English and the request's own words for it."""

    value: str
    said: str


class ReadProduct(Model):
    """One product as the request names it."""

    text: str
    noun: str
    count: int = 1
    colours: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    said: str


class ReadRequest(Model):
    """What a model answers as reader."""

    language: str = Field(pattern=r"^[a-z]{2}$")
    products: tuple[ReadProduct, ...] = ()
    background: Said | None = None
    surface: Said | None = None
    theme: Said | None = None
    light: Said | None = None
    time_of_day: Said | None = None
    season: Said | None = None
    weather: Said | None = None
    mood: Said | None = None
    camera: Said | None = None
    style: Said | None = None
    props: tuple[Said, ...] = ()
    relations: tuple[Relation, ...] = ()
    avoid: tuple[Said, ...] = ()
    text: tuple[Said, ...] = ()
    markets: tuple[Said, ...] = ()
    channels: tuple[Said, ...] = ()
    count: int | None = None


def brief_from(read: ReadRequest, built_in: Brief, channels: tuple[str, ...]) -> Brief:
    """The Brief of a model's reading over the built-in's.

    A value counts only with words that stand in the request. What the built-in found stays: in fields of a closed
    vocabulary (markets, channels, size), in its warnings (other brands, instructions), and where the model says
    nothing. Brand and request are never the model's.
    """
    request = _plain(built_in.request)
    changes: dict[str, object] = {"language": read.language}
    products = tuple(_product(product) for product in read.products[:MOST] if _stands(product.said, request))
    if products:
        changes["products"] = products
        changes["relations"] = _relations(read, products) or built_in.relations
    for name in TEXTS:
        said: Said | None = getattr(read, name)
        part = _part(said, request) if said is not None else None
        if part is not None:
            changes[name] = part
    for name in LISTS:
        verbatim = name == "text"
        parts = (_part(said, request, verbatim=verbatim) for said in getattr(read, name)[:MOST])
        found = tuple(part for part in parts if part is not None)
        if found:
            changes[name] = _unique((*found, *(getattr(built_in, name) if name == "avoid" else ())))
    avoided = {part.value for part in changes.get("avoid", built_in.avoid)}  # type: ignore[attr-defined]
    if "props" in changes:
        changes["props"] = tuple(part for part in changes["props"] if part.value not in avoided)  # type: ignore[attr-defined]
    changes["markets"] = _codes(read.markets, built_in.markets, request, lambda value: bool(_MARKET.fullmatch(value)))
    changes["channels"] = _codes(read.channels, built_in.channels, request, lambda value: value in channels)
    if read.count is not None and built_in.count.origin is Origin.ASSUMED and str(read.count) in request:
        changes["count"] = BriefPart[int](value=min(max(read.count, 1), 27), origin=Origin.STATED, said=str(read.count))
    return Brief.model_validate(built_in.model_copy(update=changes).model_dump())


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _stands(said: str, request: str) -> bool:
    words = _plain(said)
    return bool(words) and words in request


def _part(said: Said, request: str, *, verbatim: bool = False) -> BriefPart[str] | None:
    """The part, if the request says so; set words must themselves stand in the request, letter by letter."""
    if not _stands(said.said, request):
        return None
    if verbatim:
        value = said.value.strip()[:LONGEST_VALUE]
        return BriefPart[str](value=value, origin=Origin.STATED, said=said.said) if _stands(value, request) else None
    value = described(said.value)[:LONGEST_VALUE].strip()
    return BriefPart[str](value=value, origin=Origin.STATED, said=said.said) if value else None


def _product(read: ReadProduct) -> BriefPart[ProductMention]:
    mention = ProductMention(
        text=described(read.text)[:LONGEST_VALUE] or read.said[:LONGEST_VALUE],
        noun=read.noun.strip().lower()[:40],
        count=min(max(read.count, 1), 24),
        colours=tuple(colour.lower()[:40] for colour in read.colours[:4]),
        attributes=tuple(word.lower()[:40] for word in read.attributes[:6]),
    )
    return BriefPart[ProductMention](value=mention, origin=Origin.STATED, said=read.said)


def _relations(read: ReadRequest, products: tuple[BriefPart[ProductMention], ...]) -> tuple[Relation, ...]:
    nouns = {part.value.noun for part in products}
    return tuple(
        relation
        for relation in read.relations[:MOST]
        if relation.subject in nouns and relation.object != relation.subject and relation.object
    )


def _codes(
    read: tuple[Said, ...], known: tuple[BriefPart[str], ...], request: str, holds: object
) -> tuple[BriefPart[str], ...]:
    assert callable(holds)
    found = [
        BriefPart[str](value=said.value, origin=Origin.STATED, said=said.said)
        for said in read[:MOST]
        if holds(said.value) and _stands(said.said, request)
    ]
    return _unique((*known, *found))


def _unique(parts: tuple[BriefPart[str], ...]) -> tuple[BriefPart[str], ...]:
    return tuple({part.value: part for part in reversed(parts)}.values())[::-1]
