"""Brand books and market packs: dated, sourced, versioned rules (Promise 9)."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.candidate import Severity
from domain.values import BrandId, Digest, Edges, HexColour, MarketCode, Model, Share


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


class CriterionMethod(StrEnum):
    """Who can tell whether a criterion is kept."""

    PIXEL = "pixel"            # measured in the picture or in how it was composed
    OCR = "ocr"                # read in the picture
    DETECTOR = "detector"      # something has to be found in the picture and measured there
    VLM = "vlm"                # a model that looks
    PERSON = "person"


class Measure(StrEnum):
    """What is measured for a criterion of the first three methods; `threshold` is in the unit named here."""

    PALETTE = "palette"                    # share of the picture near a brand colour, at least
    LOGO_WIDTH_MIN = "logo_width_min"      # width of the logo, share of the picture's width, at least
    LOGO_WIDTH_MAX = "logo_width_max"      # the same, at most
    LOGO_PIXELS_MIN = "logo_pixels_min"    # width of the logo in pixels, at least
    CLEAR_SPACE = "clear_space"            # free room around the logo, in heights of the logo, at least
    PRODUCT_SHARE_MIN = "product_share_min"  # share of the picture's area the product covers, at least
    PRODUCT_SHARE_MAX = "product_share_max"  # the same, at most
    WORDS_SHARE_MAX = "words_share_max"    # share of the picture's area under set words, at most
    WORDS_COUNT_MAX = "words_count_max"    # words that were set, at most
    WORDS_BANNED = "words_banned"          # none of `words` is read in the picture
    MARGIN_MIN = "margin_min"              # room between product and edge, share of the shorter side, at least


class Criterion(Model):
    """One thing a guideline demands of a picture, as it can be checked, with the words it was compiled from.

    `question` is answered yes where the criterion is kept. `threshold` is None where nothing is measured. Certainty as
    for rules: only what the guideline says outright (A) may be a gate; what was inferred asks for review or warns.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    quote: str
    document: str = ""
    page: int | None = Field(default=None, ge=1)
    applies_when: AppliesWhen = AppliesWhen()
    method: CriterionMethod
    measure: Measure | None = None
    words: tuple[str, ...] = ()
    question: str
    threshold: float | None = None
    unit: str = ""
    severity: Severity
    certainty: Certainty
    flexible: bool = False
    weight: float = Field(default=1.0, gt=0)
    compiled_by: str = Field(default="patterns", description='"patterns", a model, or "person"')

    @model_validator(mode="after")
    def _no_stronger_than_its_words(self) -> Self:
        if self.severity is Severity.GATE and self.certainty is not Certainty.A:
            raise ValueError(f"criterion {self.id}: certainty {self.certainty} may not be a gate")
        return self

    def applies_to(self, channels: tuple[str, ...], text: str) -> bool:
        """Whether it holds for work on these channels (none named: any) that a text describes."""
        when = self.applies_when
        if when.channels and channels and not any(one in channel for one in when.channels for channel in channels):
            return False
        words = text.lower()
        return not when.words or any(word.lower() in words for word in when.words)


class Signature(Model):
    """A person's yes to criteria: who, when, and the digest of exactly what was signed."""

    by: str
    on: date
    digest: Digest


class Policy(StrEnum):
    """What failed questions of judges that look lead to. One failed gate fails a picture under each of them."""

    STRICT = "strict"          # every gate holds
    FLEXIBLE = "flexible"      # gates marked flexible are relaxed, in the open, when nothing else passes
    WEIGHTED = "weighted"      # questions that are no gates are weighed, and their sum is a gate of its own


class BrandBook(Model):
    """A brand's rules and taste. `criteria` were compiled from its guidelines and hold as they were signed."""

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
    criteria: tuple[Criterion, ...] = ()
    signed: Signature | None = None
    policy: Policy = Policy.STRICT
    policy_threshold: Share = Field(default=0.8, description="weighted: least share of the weight that must be kept")

    def criteria_in_force(self) -> tuple[Criterion, ...]:
        """The criteria as they count: what nobody signed, or what was changed after it was signed, cannot be a gate."""
        if self.signed is not None and self.signed.digest == criteria_digest(self.criteria):
            return self.criteria
        return tuple(
            c.model_copy(update={"severity": Severity.REVIEW}) if c.severity is Severity.GATE else c
            for c in self.criteria
        )


def criteria_digest(criteria: tuple[Criterion, ...]) -> Digest:
    """What a signature is over: every field of every criterion, in order."""
    said = json.dumps([c.model_dump(mode="json") for c in criteria], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


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
