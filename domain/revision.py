"""Revising failed candidates: what may be changed of one, what was tried, and what is to be changed next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field

from domain.candidate import Candidate, Change, Edit, EditTarget, Scalar
from domain.composition import LARGEST_WORDS, SMALLEST_WORDS, TextPlace
from domain.values import Model


class Fix(Model):
    """A change, and the check it answers; `after` is the value it leads to, where that is known already."""

    check: str
    change: Change
    after: Scalar = None


class FailedCandidate(Model):
    """A candidate up for revision. `open` are the fixes its failed gates know of and nobody has tried on it, gate by
    gate, best first; `tried` are the edits made of it, and those it came of.
    """

    candidate: Candidate
    open: tuple[Fix, ...] = ()
    tried: tuple[Edit, ...] = ()


class Revision(Model):
    """What to change of one failed candidate: all `fixes` in one child, in this order; `otherwise`, where these come to
    nothing.
    """

    parent: str
    fixes: tuple[Fix, ...] = Field(default=())
    otherwise: tuple[Fix, ...] = Field(default=())


class EditField(StrEnum):
    """Fields of a candidate that a revision can change: target and field of an Edit."""

    SCALE = "composition.scale"
    ACROSS = "composition.centre.x"
    DOWN = "composition.centre.y"
    ROTATION = "composition.rotation"
    ROLL = "composition.roll"
    LIFT = "composition.lift"
    WORDS_PLACE = "composition.wording.place"
    WORDS_SIZE = "composition.wording.size"
    SCENE = "background.scene"
    MIRRORED = "background.mirrored"
    SHADOW = "generator.shadow"
    OCCLUSION = "generator.occlusion"
    REFLECTION = "generator.reflection"
    DEFOCUS = "generator.defocus"
    EXPOSURE = "generator.exposure"
    WARMTH = "generator.warmth"
    SATURATION = "generator.saturation"
    CONTRAST = "generator.contrast"
    HARMONISE = "generator.harmonise"
    GRAIN = "generator.grain"
    SEED = "generator.seed"
    LETTERING = "caption.lettering"

    @property
    def target(self) -> EditTarget:
        """What the field belongs to."""
        return EditTarget(self.value.partition(".")[0])

    @property
    def field(self) -> str:
        """The field's name there."""
        return self.value.partition(".")[2]

    @classmethod
    def of(cls, change: Change) -> EditField | None:
        """The field a change is about; None for one that no revision can change, such as a cutout."""
        name = f"{change.target.value}.{change.field}"
        return cls(name) if name in set(cls) else None


@dataclass(frozen=True)
class Span:
    """Numbers from `least` to `most`."""

    least: float
    most: float

    def holds(self, value: Scalar) -> bool:
        """Whether the value is among them."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most


@dataclass(frozen=True)
class OneOf:
    """One of these values; of none, when any of the kind will do that is known elsewhere (a planned scene)."""

    values: tuple[Scalar, ...] = ()

    def holds(self, value: Scalar) -> bool:
        """Whether the value is among them."""
        return value in self.values if self.values else isinstance(value, str)


FREE: Mapping[EditField, Span | OneOf] = MappingProxyType(
    {
        EditField.SCALE: Span(0.05, 1.0),
        EditField.ACROSS: Span(0.0, 1.0),
        EditField.DOWN: Span(0.0, 1.0),
        EditField.ROTATION: Span(-15.0, 15.0),
        EditField.ROLL: Span(-1.5, 1.5),
        EditField.WORDS_PLACE: OneOf(tuple(place.value for place in TextPlace if place is not TextPlace.NONE)),
        EditField.WORDS_SIZE: Span(SMALLEST_WORDS, LARGEST_WORDS),
        EditField.SCENE: OneOf(),
        EditField.MIRRORED: OneOf((True, False)),
        EditField.SHADOW: Span(0.0, 2.0),
        EditField.OCCLUSION: Span(0.0, 2.0),
        EditField.REFLECTION: Span(0.0, 2.0),
        EditField.DEFOCUS: Span(0.0, 3.0),
        EditField.EXPOSURE: Span(-2.0, 2.0),
        EditField.WARMTH: Span(-1.0, 1.0),
        EditField.SATURATION: Span(0.0, 2.0),
        EditField.CONTRAST: Span(0.5, 1.5),
        EditField.HARMONISE: Span(0.0, 1.0),
        EditField.GRAIN: Span(0.0, 3.0),
    }
)
"""What a reviser may set of its own accord, and to what. Every other field takes only what a finding's fix leads to:
words in the picture are asked for by people, and leaving words off is theirs to say.
"""


WORDED = ("reference", "environment", "pose", "style")
"""Elements of a caption that may be worded anew. The subject is the product; light and camera are on record."""


def rewords(change: Change) -> bool:
    """Whether this is new wording for a caption."""
    return change.target is EditTarget.CAPTION and change.field in WORDED and isinstance(change.amount, str)


def permitted(change: Change) -> bool:
    """Whether a reviser may set this field to this value of its own accord."""
    if rewords(change):
        return True
    field = EditField.of(change)
    return field is not None and field in FREE and not change.relative and FREE[field].holds(change.amount)
