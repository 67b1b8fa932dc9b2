"""Brand books and market packs: dated, sourced, versioned rules (Promise 9)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.values import BrandId, Edges, HexColour, MarketCode, Model


class Certainty(StrEnum):
    """A: primary text read, may block. B: secondary sources, asks for review. C: recalled, only warns."""

    A = "A"
    B = "B"
    C = "C"


class RuleAction(StrEnum):
    """What a matched rule does."""

    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"
    LABEL = "label"


class RuleSource(Model):
    """Where a rule was read, and when."""

    title: str
    ref: str = ""
    read_on: date


class Label(Model):
    """Text a rule wants to be seen with the picture."""

    text: str
    language: str = "en"
    position: str = ""
    min_area: float = 0.0


class AppliesWhen(Model):
    """When a rule applies: every named list must have one member in the brief (empty list: always).

    `also` is a second list of words, for rules about two things together (a dog *and* a car). `trained_model` holds
    a rule back when the picture is drawn without a trained model.
    """

    sectors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    trained_model: bool = False


PERMITTED_ACTIONS = {
    Certainty.A: frozenset(RuleAction),
    Certainty.B: frozenset({RuleAction.REVIEW, RuleAction.WARN, RuleAction.LABEL}),
    Certainty.C: frozenset({RuleAction.WARN}),
}
"""What a rule may do at most, by how well its source is known (Promise 9)."""


class Rule(Model):
    """One rule of a market or a brand.

    `must_not` are words that brief, captions and text to set may not have (`look_in` narrows where); `must` are words
    the text to set must have, `must_show` words that brief or caption must have. "@season" stands for a named word
    list. Without any of the three, the rule's action follows as soon as it applies. An action stronger than the
    certainty allows is a validation error.
    """

    id: str
    topic: str
    summary: str
    applies_when: AppliesWhen = AppliesWhen()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    must_show: tuple[str, ...] = ()
    look_in: tuple[str, ...] = Field(default=("brief", "caption", "text"), description="where must_not is looked for")
    method: str = Field(default="metadata", description="pixel, ocr, detector, vlm, metadata or human")
    action: RuleAction
    label: Label | None = None
    flexible: bool = False
    source: RuleSource
    certainty: Certainty
    valid_from: date | None = None
    review_by: date | None = None

    @model_validator(mode="after")
    def _no_stronger_than_its_source(self) -> Self:
        if self.action not in PERMITTED_ACTIONS[self.certainty]:
            raise ValueError(f"rule {self.id}: certainty {self.certainty} may not {self.action}")
        return self


class MarketPack(Model):
    """A market's rules. `includes` names packs whose rules hold here too (SE includes EU27)."""

    market: MarketCode
    name: str
    version: str
    dated: date
    languages: tuple[str, ...] = ()
    includes: tuple[MarketCode, ...] = ()
    names: tuple[str, ...] = Field(default=(), description="words for it in a request: country, cities, demonyms")
    traffic_side: str = "right"
    rules: tuple[Rule, ...] = ()


class BrandColour(Model):
    """A brand colour and how it is meant."""

    name: str
    hex: HexColour
    role: str = "primary"


class BrandBook(Model):
    """A brand's rules and taste."""

    brand: BrandId
    name: str
    version: str
    dated: date
    sector: str = ""
    colours: tuple[BrandColour, ...] = ()
    moods: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    preferred_scenes: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    claims_banned: tuple[str, ...] = ()
    default_markets: tuple[MarketCode, ...] = ()
    default_channels: tuple[str, ...] = ()
    relight_product: bool = False
    relight_bound: float = Field(default=0.0, ge=0, description="largest CIEDE2000 a relit product may differ by")
    rules: tuple[Rule, ...] = ()


class RuleVerdict(StrEnum):
    """How a rule came out for a brief or a candidate."""

    MET = "met"
    BROKEN = "broken"
    NEEDS_REVIEW = "needs_review"
    WARNING = "warning"
    LABEL = "label"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"


class RuleCheck(Model):
    """One rule held against this work. A market without a pack yields one check: rule "pack", verdict not_checked.

    `found` are the words that decided it and `found_in` the places they stood: brief, text, caption.
    """

    market: str
    rule: str
    verdict: RuleVerdict
    reason: str
    certainty: Certainty | None = None
    source: str = ""
    label: Label | None = None
    summary: str = ""
    found: tuple[str, ...] = ()
    found_in: tuple[str, ...] = ()


class Channel(Model):
    """A place a picture is published: its size, what it allows, and what its own buttons and captions cover."""

    id: str
    name: str
    width: int
    height: int
    names: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("png",)
    max_bytes: int | None = None
    dpi: int | None = None
    covered: Edges = Edges()
    source: str = ""
