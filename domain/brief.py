"""The Brief: a request as typed parts, each with its origin."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import Field

from domain.values import AssetId, BrandId, MarketCode, Model, Origin, Size

T = TypeVar("T")

SHOWN_PARTS = (
    "background",
    "surface",
    "theme",
    "light",
    "time_of_day",
    "season",
    "weather",
    "mood",
    "camera",
    "style",
    "props",
    "avoid",
    "text",
    "markets",
    "channels",
    "size",
)
"""Parts of a Brief beside its products, in the order they are told to a person."""


class Part(Model, Generic[T]):
    """One value of the Brief and where it comes from; `said` is the request's own words, if any."""

    value: T
    origin: Origin
    said: str = ""


class ProductMention(Model):
    """One product as the request describes it: "two red mugs" -> noun "mug", count 2, colours ("red",)."""

    text: str
    noun: str
    count: int = Field(default=1, ge=1, le=24)
    colours: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    asset: AssetId | None = None


class Relation(Model):
    """Where one thing stands to another: ("kettle", "left of", "mug"). Subject and object are nouns."""

    subject: str
    relation: str
    object: str


class Brief(Model):
    """A request as typed parts. A field that is None was neither said, found nor assumed.

    `background` is the place or surface ("terrace", "marble counter", "Paris"); `props` are further things and people
    to be seen; `avoid` holds what must not be seen, as short noun phrases without negation; `text` is wording to set.
    """

    request: str
    language: str = "en"
    brand: BrandId
    products: tuple[Part[ProductMention], ...] = ()
    background: Part[str] | None = None
    surface: Part[str] | None = None
    theme: Part[str] | None = None
    light: Part[str] | None = None
    time_of_day: Part[str] | None = None
    season: Part[str] | None = None
    weather: Part[str] | None = None
    mood: Part[str] | None = None
    camera: Part[str] | None = None
    style: Part[str] | None = None
    props: tuple[Part[str], ...] = ()
    relations: tuple[Relation, ...] = ()
    avoid: tuple[Part[str], ...] = ()
    text: tuple[Part[str], ...] = ()
    markets: tuple[Part[MarketCode], ...] = ()
    channels: tuple[Part[str], ...] = ()
    size: Part[Size] | None = None
    count: Part[int] = Part(value=3, origin=Origin.ASSUMED)
    notes: tuple[str, ...] = ()

    def assumed(self) -> tuple[str, ...]:
        """What was assumed, one "field: value" line each, for the summary."""
        lines = []
        for name, value in self:
            parts = value if isinstance(value, tuple) else (value,)
            lines += [f"{name}: {part.value}" for part in parts if isinstance(part, Part) and part.origin == "assumed"]
        return tuple(lines)


class QuickReply(Model):
    """One ready answer to a Question."""

    value: str
    label: str


class Question(Model):
    """One thing worth asking, with quick replies and a default already filled in.

    `gain` is how much the answer would change the plan, 0..1; the two highest are asked.
    `required` questions have no safe default (which product is it?) and end a non-interactive run with exit code 3.
    """

    id: str
    text: str
    why: str
    field: str
    replies: tuple[QuickReply, ...] = ()
    default: str | None = None
    gain: float = Field(ge=0, le=1)
    required: bool = False
