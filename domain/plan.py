"""Plans and options: what will be drawn, and what it would cost."""

from __future__ import annotations

from pydantic import Field

from domain.assets import AssetHit
from domain.candidate import Slot
from domain.composition import ProductGeometry, Scene
from domain.values import AssetId, Model, Money, Seconds, Share


class Prediction(Model):
    """What an option is expected to cost, take and yield. `history` is the number of recorded runs behind it.

    `pass_probability` is None below 20 recorded runs ("no history").
    """

    cost: Money
    seconds: Seconds
    pass_probability: Share | None = None
    history: int = 0


class Option(Model):
    """One way to do the work: captions, scenes and compositions plus generator, grid, judge depth and prediction."""

    name: str
    title: str
    generator: str
    slots: tuple[Slot, ...]
    judge_depth: str = "measured"
    ocr: bool = True
    prediction: Prediction


class Plan(Model):
    """Everything decided before drawing."""

    products: tuple[ProductGeometry, ...]
    cutouts: dict[AssetId, str] = Field(description="asset id to the digest of its cutout")
    scenes: tuple[Scene, ...]
    searched: dict[str, tuple[AssetHit, ...]] = {}
    left_out: tuple[str, ...] = Field(default=(), description="scenes not combined with this product, and why")
    cannot_draw: tuple[str, ...] = Field(default=(), description="asked for, and beyond the generator")
    options: tuple[Option, ...]


class Capability(Model):
    """What a generator declares about itself."""

    generator: str
    version: str
    caption_limit: int = 1024
    sizes_min: int = 256
    sizes_max: int = 4096
    can_draw: tuple[str, ...] = ()
    cannot_draw: tuple[str, ...] = ()
    deterministic: bool = True
    price_per_image: Money = 0.0
    seconds_per_image: Seconds = 0.5
    cleared_for_confidential: bool = True
    ends: str | None = None
