"""Planted defects: sound slots with one thing broken, to measure what the checks find and the repair loop mends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from random import Random
from typing import Any

import numpy as np
import yaml
from pydantic import Field, ValidationError, field_validator

from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part, ProductMention
from domain.candidate import Scalar, Slot
from domain.composition import Composition, Scene, SceneRef, Settings
from domain.errors import BadInput, Misconfigured
from domain.ports import Image
from domain.values import AssetId, BrandId, Model, Origin, Point, Share, Size

SUITE = "suites/defects.yaml"
FILLED_IN = {
    "affine": None, "box": None, "contacts": (), "horizon": None, "light_from": None, "true_scale": None,
    "text_blocks": (), "product_layer": None, "mask": None,
}


class Factor(Model):
    """Multiply the sound value."""

    times: float


class Flip(Model):
    """Negate the sound truth value."""

    flip: bool


Plant = float | bool | str | Factor | Flip


class InPhoto(Model):
    """A copy of the product already in the background: its height and middle as shares of the photograph."""

    height: Share
    at: tuple[Share, Share]
    mirrored: bool = False


_OWNERS: dict[str, type[Model]] = {"composition": Composition, "settings": Settings, "scene": SceneRef}


class Defect(Model):
    """One case; the fields are described at the head of suites/defects.yaml."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    product: AssetId
    scene: str
    position: int = Field(ge=0)
    brief: dict[str, str] = {}
    offered: tuple[str, ...] = Field(min_length=2)
    photo: InPhoto | None = None
    plant: dict[str, Plant] = {}
    check: str

    @field_validator("brief")
    @classmethod
    def _known_fields(cls, given: dict[str, str]) -> dict[str, str]:
        unknown = set(given) - set(Brief.model_fields)
        if unknown:
            raise ValueError(f"a brief has no field {', '.join(sorted(unknown))}")
        return given

    @field_validator("plant")
    @classmethod
    def _known_targets(cls, given: dict[str, Plant]) -> dict[str, Plant]:
        for name in given:
            target, _, field = name.partition(".")
            owner = _OWNERS.get(target)
            if owner is None or field.split(".")[0] not in owner.model_fields:
                raise ValueError(f"a slot has no {name!r} to plant a defect in")
        return given

    def as_brief(self, brand: BrandId = "demo") -> Brief:
        """The request as a Brief: every field of the case stated, and the product."""
        mention = ProductMention(text=self.product, noun=self.product.split("-")[-1], asset=self.product)
        stated = {name: Part[str](value=value, origin=Origin.STATED) for name, value in self.brief.items()}
        return Brief(
            request=self.id.replace("-", " "),
            brand=brand,
            products=(Part[ProductMention](value=mention, origin=Origin.STATED),),
            **stated,
        )


class Reroll(Model):
    """The baseline: how many candidates are drawn at most, and the seed of its random choices."""

    limit: int = Field(gt=0)
    seed: int


class Suite(Model):
    """The whole set."""

    version: int
    reroll: Reroll
    canvas: Size
    cases: tuple[Defect, ...] = Field(min_length=24)

    @field_validator("canvas", mode="before")
    @classmethod
    def _parse(cls, given: object) -> object:
        return Size.parse(given) if isinstance(given, str) else given


@lru_cache(maxsize=1)
def suite() -> Suite:
    """The committed set; raises Misconfigured when it cannot be read."""
    try:
        return Suite.model_validate(yaml.safe_load(resources.files("evals").joinpath(SUITE).read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"the planted defects cannot be read: {error}", where=SUITE) from error


def planted(case: Defect, slot: Slot, photo: AssetId | None = None) -> Slot:
    """The sound `slot` with the case's defect in it.

    Args:
        case: what to break.
        slot: a slot of the layout for `case.scene`, not yet drawn or drawn; what a drawing filled in is cleared.
        photo: id of the photograph that already shows the product, for cases that say so.

    Raises:
        BadInput: the case needs a photograph and none is given.
    """
    fields: dict[str, dict[str, Any]] = {
        "composition": {**slot.composition.model_dump(), **FILLED_IN},
        "settings": slot.settings.model_dump(),
        "scene": slot.scene.model_dump(),
    }
    for name, plant in case.plant.items():
        *path, leaf = name.split(".")
        owner: dict[str, Any] = fields
        for step in path:
            owner = owner[step]
        owner[leaf] = _value(owner[leaf], plant)
    if case.photo is not None:
        if photo is None:
            raise BadInput(f"{case.id} stands in a photograph of the product", hint="pass its asset id as `photo`")
        fields["scene"] = {"id": f"photo:{photo}", "mirrored": False}
    return slot.model_copy(
        update={
            "composition": Composition.model_validate(fields["composition"]),
            "settings": Settings.model_validate(fields["settings"]),
            "scene": SceneRef.model_validate(fields["scene"]),
        }
    )


def copy_slot(case: Defect, slot: Slot) -> Slot:
    """What to draw as the photograph of a `photo` case: the sound slot with the product where the copy is to be.

    Raises BadInput for a case without one.
    """
    if case.photo is None:
        raise BadInput(f"{case.id} needs no photograph")
    x, y = case.photo.at
    composition = slot.composition.model_copy(
        update={**FILLED_IN, "centre": Point(x=x, y=y), "scale": case.photo.height, "roll": 0.0}
    )
    return slot.model_copy(update={"id": f"{slot.id}-photo", "composition": composition})


def photograph(
    case: Defect, drawn: Slot, picture: Image, product: Asset, scene: Scene
) -> tuple[Asset, Image]:
    """The library row and pixels of the photograph of a `photo` case.

    Args:
        case: the case.
        drawn: `copy_slot`, drawn: its horizon, contacts and box say how the photograph was taken.
        picture: what was drawn, RGB.
        product: the product's row, for its real height.
        scene: the scene that was drawn, for its light.
    """
    composition = drawn.composition
    if case.photo is None or composition.box is None or composition.horizon is None or not product.real_height:
        raise BadInput(f"{case.id}: the copy was not drawn", hint="draw copy_slot first")
    height, width = picture.shape[:2]
    base = float(composition.box.y + composition.box.height)
    line = max((point.y for point in composition.contacts), default=base)
    lit_left = (composition.light_from is not None and composition.light_from.x < 0) != case.photo.mirrored
    row = Asset(
        id=f"photo-{case.id}",
        brand=product.brand,
        kind=AssetKind.BACKGROUND,
        title=scene.title,
        tags=scene.tags,
        digest=product.digest,
        size=Size(width=width, height=height),
        horizon=composition.horizon / height,
        ground_line=line / height,
        camera_height=product.real_height * (line - composition.horizon) / composition.box.height,
        light=scene.light,
        light_side=-0.8 if lit_left else 0.8,
    )
    return row, np.ascontiguousarray(picture[:, ::-1]) if case.photo.mirrored else picture


def _value(sound: object, plant: Plant) -> Scalar:
    if isinstance(plant, Flip):
        return not sound if plant.flip else bool(sound)
    if isinstance(plant, Factor):
        return float(sound) * plant.times if isinstance(sound, (int, float)) else None
    return plant


def rerolled(case: Defect, broken: Slot, sound: Mapping[str, Sequence[Slot]], draw: int, baseline: Reroll) -> Slot:
    """The baseline's next draw: new seed, the layout's next position, an offered scene at random; the rest as planted.

    Args:
        case: the case.
        broken: the planted slot.
        sound: the layout's slots by scene id, for the offered scenes.
        draw: 1 for the first draw after the planted one.
        baseline: its limit and seed.
    """
    dice = Random(f"{baseline.seed}-{case.id}-{draw}")
    scene = dice.choice([name for name in case.offered if sound.get(name)])
    model = sound[scene][(case.position + draw) % len(sound[scene])]
    composition = model.composition.model_copy(
        update={**FILLED_IN, "roll": broken.composition.roll, "lift": broken.composition.lift}
    )
    return model.model_copy(
        update={
            "id": f"{broken.id}-r{draw}",
            "composition": composition,
            "settings": broken.settings,
            "seed": dice.randrange(2**31),
        }
    )

