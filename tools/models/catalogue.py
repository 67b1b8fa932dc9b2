"""What is known of models: abilities and prices, as data with a date and a source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import Self

import yaml
from pydantic import Field, model_validator

from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.models import Abilities, ModelSpec, Provider, Used
from domain.values import Model, Money
from tools.models.families import invoked, split_geography
from tools.models.places import on_this_machine

FILE = "catalogue.yaml"
_MILLION = 1_000_000


class Price(Model):
    """US dollars a million tokens. Without prices of their own, cached tokens cost as others do."""

    input: Money
    output: Money
    cached: Money | None = None
    cache_write: Money | None = None

    def of(self, tokens_in: int, tokens_out: int, cached: int = 0, written: int = 0) -> Money:
        """What so many tokens cost; `cached` and `written` are part of `tokens_in`."""
        read = self.input if self.cached is None else self.cached
        kept = self.input if self.cache_write is None else self.cache_write
        plain = max(0, tokens_in - cached - written)
        return (plain * self.input + cached * read + written * kept + tokens_out * self.output) / _MILLION


FREE = Price(input=0, output=0)


class Known(Model):
    """A row: which models it is about, what they can do, what they cost. `regional` is the factor for an inference
    profile of one geography ("eu.…"); `global.` profiles cost as the plain id.
    """

    match: str
    abilities: Abilities = Abilities()
    price: Price | None = None
    price_from: tuple[str, ...] = Field(default=(), description="which of the catalogue's sources have the price")
    regional: float = Field(default=1.0, gt=0)
    base_model: str = Field(default="", description="bedrock_invoke: what an imported, custom or provisioned one is of")


class Source(Model):
    """Where prices were read, and when."""

    read: date
    what: str = Field(min_length=1)


FEWEST_SOURCES = 2


class Catalogue(Model):
    """`catalogue.yaml`. `version` is written beside every price that was used.

    A price that fewer than two sources have has no place here: a model without one is refused, not taken to be free.
    """

    version: str
    sources: dict[str, Source]
    models: tuple[Known, ...]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        for row in self.models:
            named = set(row.price_from)
            if row.price is not None and not (len(named) >= FEWEST_SOURCES and named <= self.sources.keys()):
                raise ValueError(f"{row.match}: a price needs two of the sources that are named above")
        return self


class Card(Model):
    """What the gateway needs to know of one configured model. `base_model` is its own id where no other is known."""

    spec: ModelSpec
    base_model: str
    abilities: Abilities
    price: Price
    price_version: str

    def cost(self, tokens_in: int, tokens_out: int, cached: int = 0, written: int = 0) -> Money:
        """What an attempt cost."""
        return self.price.of(tokens_in, tokens_out, cached, written)

    def priced(self, used: Used, written: int = 0) -> Used:
        """The same use with its cost filled in."""
        return used.model_copy(update={"cost": self.cost(used.tokens_in, used.tokens_out, used.cached, written)})


def card(spec: ModelSpec, own: Sequence[Known] = ()) -> Card:
    """The card of a model, `own` rows (of the settings) looked through first.

    A model on this machine costs nothing unless a row says so. Raises Misconfigured for another without a price: its
    calls could not be held against any budget. Raises it too for one that InvokeModel has no way to be asked by.
    """
    book = catalogue()
    geography, plain = split_geography(spec.model.rpartition("/")[2] if spec.region else spec.model)
    for row in (*own, *book.models):
        if fnmatchcase(spec.model, row.match) or fnmatchcase(plain, row.match):
            factor = row.regional if geography not in {"", "global"} else 1.0
            price = row.price or (FREE if on_this_machine(spec.url) else None)
            if price is None:
                break
            version = book.version if row in book.models else "settings"
            abilities = row.abilities
            if spec.provider is Provider.BEDROCK_INVOKE:
                abilities = invoked(abilities, spec, row.base_model)
            return Card(
                spec=spec, base_model=row.base_model or spec.model, abilities=abilities,
                price=_times(price, factor), price_version=version,
            )
    if spec.provider is Provider.OPENAI and on_this_machine(spec.url):
        return Card(
            spec=spec, base_model=spec.model, abilities=Abilities(), price=FREE, price_version="on this machine"
        )
    raise Misconfigured(
        f"there is no price on record for {spec}",
        where="models.known",
        hint="add a [[models.known]] row: match, abilities and price (input and output, US dollars a million tokens)",
    )


def _times(price: Price, factor: float) -> Price:
    if factor == 1.0:
        return price
    return Price(**{name: None if value is None else value * factor for name, value in price})


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The shipped rows. Raises Misconfigured when the file was spoilt."""
    try:
        text = resources.files("tools.models").joinpath(FILE).read_text("utf-8")
        return Catalogue.model_validate(read_yaml(text))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise Misconfigured(
            f"the catalogue of models cannot be read: {error}",
            where=f"tools/models/{FILE}",
            hint="undo the last edit of that file, or reinstall the package",
        ) from error
