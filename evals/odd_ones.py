"""Sets of pictures of one product in different scenes, some with an odd one out: drawn, and delivered.

What is wrong is wrong with the cutout before it is drawn, so that light, shadow and ground are right for it; what the
generator reports is the sound drawing, which is what a generator reports that draws otherwise than it was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from random import Random
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from domain.assets import Asset
from domain.candidate import Slot
from domain.composition import Caption, Composition, Scene
from domain.documents import read_yaml
from domain.ports import Image
from domain.values import Affine, AssetId, Box, Model, Size
from evals.odd_cutouts import delivered, part_changed, recoloured, relabelled, stretched
from evals.repair import Bench
from mcp_servers.assets.contract import CutOut
from mcp_servers.diffusion.contract import LayOut
from tools.imaging.scenes import scene as scene_by_id

LEVELS = ("weak", "medium", "strong")
TOOLS = frozenset({"assets.cut_out", "diffusion.lay_out_scenes"})


class Kind(Model):
    """One way in which a picture falls out of its set; the fields are described at the head of the YAML file."""

    name: str
    strengths: tuple[float, ...] = Field(min_length=1, max_length=3)
    unit: str


class Product(Model):
    """A product of the sets."""

    id: AssetId
    sibling: AssetId
    wording: str
    part: str


class Consistency(Model):
    """The committed sets, by rule."""

    version: int
    canvas: Size
    seed: int
    deliveries: tuple[str, ...]
    sound: int = Field(gt=0)
    products: tuple[Product, ...]
    scenes: tuple[str, ...]
    kinds: tuple[Kind, ...]

    @field_validator("canvas", mode="before")
    @classmethod
    def _parse(cls, given: object) -> object:
        return Size.parse(given) if isinstance(given, str) else given


@dataclass(frozen=True)
class Member:
    """One picture of a set. `affine` (cutout to picture) and `true_scale` are None where nobody says where it is."""

    image: Image
    box: Box
    affine: Affine | None
    true_scale: float | None


@dataclass(frozen=True)
class Set:
    """Pictures by name, the product's own cutout, and which of them is the odd one (None: the set is sound)."""

    id: str
    kind: str
    level: str
    delivery: str
    cutout: Image
    members: Mapping[str, Member]
    odd: str | None

    def without_pixels(self) -> Set:
        """What was planted where, without the pictures."""
        return replace(self, cutout=self.cutout[:0], members={})


@dataclass(frozen=True)
class Order:
    """One set to be made."""

    id: str
    product: Product
    delivery: str
    kind: Kind | None = None
    level: str = ""
    strength: float = 1.0


@lru_cache(maxsize=1)
def committed() -> Consistency:
    """The rule the sets follow from."""
    text = resources.files("evals").joinpath("suites", "consistency.yaml").read_text("utf-8")
    return Consistency.model_validate(read_yaml(text))


def orders(rule: Consistency) -> Iterator[Order]:
    """Every set: for each product the sound ones of every delivery, then each kind and strength, by turns."""
    turn = 0
    for product in rule.products:
        for delivery in rule.deliveries:
            for number in range(rule.sound):
                yield Order(f"{product.id}, sound, {delivery} {number + 1}", product, delivery)
        for kind in rule.kinds:
            if kind.name == "relabelled" and not product.wording:
                continue
            levels = LEVELS if len(kind.strengths) > 1 else ("",)
            for level, strength in zip(levels, kind.strengths, strict=True):
                delivery = rule.deliveries[turn % len(rule.deliveries)]
                turn += 1
                name = f"{product.id}, {kind.name} {level}".strip()
                yield Order(f"{name}, {delivery}", product, delivery, kind, level, strength)


class Studio:
    """Draws the pictures of sets; the sound drawing of a product in a scene is made once."""

    def __init__(self, bench: Bench, rule: Consistency) -> None:
        self._bench, self._rule = bench, rule
        self._slots: dict[str, list[Slot]] = {}
        self._cutouts: dict[str, Image] = {}
        self._drawn: dict[str, tuple[Slot, Image]] = {}

    async def cutout(self, product: str) -> Image:
        """A product's cutout, RGBA."""
        if product not in self._cutouts:
            tools = self._bench.services.sessions.toolbox("evaluate", TOOLS)
            answer = await tools.assets.cut_out(CutOut(brand="demo", asset=product))
            self._cutouts[product] = self._bench.onbrand.workshop.pixels.load("demo", answer.cutout.digest)
        return self._cutouts[product]

    async def slots(self, product: str) -> list[Slot]:
        """The layout's first composition of a product in every scene it goes with."""
        if product not in self._slots:
            tools = self._bench.services.sessions.toolbox("evaluate", TOOLS)
            geometry = (await tools.assets.cut_out(CutOut(brand="demo", asset=product))).geometry
            found = []
            for scene in (scene_by_id(name) for name in self._rule.scenes):
                layout = await tools.diffusion.lay_out(
                    LayOut(
                        brand="demo", products=(geometry,), counts=(1,), scenes=(scene,), canvas=self._rule.canvas,
                        count=1,
                    )
                )
                found += [slot_of(product, scene, setting) for setting in layout.settings[:1]]
            self._slots[product] = found
        return self._slots[product]

    async def made(self, order: Order) -> Set:
        """One set: three or four pictures in scenes chosen by lot, the odd one among them by lot."""
        dice = Random(f"{self._rule.seed}-{order.id}")
        slots = dice.sample(await self.slots(order.product.id), 3 + dice.randrange(2))
        cutout = await self.cutout(order.product.id)
        odd = dice.randrange(len(slots)) if order.kind else None
        members = {}
        for number, slot in enumerate(slots):
            planted = order.kind if number == odd else None
            drawn, image = self._sound(slot, cutout)
            if planted is not None and planted.name == "scaled":
                drawn, image = self._out_of_scale(slot, cutout, order.strength)
            elif planted is not None:
                other = await self.cutout(order.product.sibling)
                wrong = wronged(planted.name, cutout, other, self._asset(order.product.id), order)
                _, image = self._draw(slot, {slot.products[0]: wrong})
            if order.delivery != "locked":
                image = delivered(image, dice)
            members[f"picture {number + 1}"] = member(drawn.composition, image, told=order.delivery != "found")
        return Set(
            id=order.id, kind=order.kind.name if order.kind else "sound", level=order.level, delivery=order.delivery,
            cutout=cutout, members=members, odd=None if odd is None else f"picture {odd + 1}",
        )

    def _asset(self, name: str) -> Asset:
        return self._bench.onbrand.workshop.library.get("demo", name)

    def _sound(self, slot: Slot, cutout: Image) -> tuple[Slot, Image]:
        if slot.id not in self._drawn:
            self._drawn[slot.id] = self._draw(slot, {slot.products[0]: cutout})
        return self._drawn[slot.id]

    def _out_of_scale(self, slot: Slot, cutout: Image, times: float) -> tuple[Slot, Image]:
        """Drawn for a product `times` as high, as one does who has its height wrong; what is told is by the right one.

        (Another scale of the composition would not do: the scene is framed so that the product keeps its size in it.)
        """
        name = slot.products[0]
        asset = self._asset(name)
        wrong = asset.model_copy(update={"real_height": (asset.real_height or 0.0) * times})
        drawn, image = self._draw(slot, {name: cutout}, wrong)
        true = (drawn.composition.true_scale or 0.0) * times
        told = drawn.composition.model_copy(update={"true_scale": true})
        return drawn.model_copy(update={"composition": told}), image

    def _draw(self, slot: Slot, cutouts: Mapping[str, Image], asset: Asset | None = None) -> tuple[Slot, Image]:
        name = slot.products[0]
        compositor = self._bench.onbrand.workshop.generators["compositor"]
        (drawing,) = compositor.draw([slot], cutouts, {name: asset or self._asset(name)}, {})
        return drawing.slot, drawing.image


def slot_of(product: str, scene: Scene, setting: Any) -> Slot:
    """A composition of the layout as a slot."""
    return Slot(
        id=f"{product}-{scene.id}".replace(":", "-"), caption=Caption(subject=product), scene=setting.scene,
        composition=setting.composition, settings=setting.settings, products=(product,), seed=1,
    )


def member(composition: Composition, image: Image, *, told: bool) -> Member:
    """One picture with what its generator tells. Raises ValueError for a composition that was not drawn."""
    if composition.box is None:
        raise ValueError("the composition was not drawn")
    return Member(
        image, composition.box, composition.affine if told else None, composition.true_scale if told else None
    )


def wronged(kind: str, cutout: Image, other: Image, asset: Asset, order: Order) -> Image:
    """The cutout as the odd one's product looks."""
    offset = asset.cutout.offset if asset.cutout else (0, 0)
    boxes = {
        name: box.model_copy(update={"x": box.x - offset[0], "y": box.y - offset[1]})
        for name, box in asset.components.items()
    }
    changes: dict[str, Callable[[], Image]] = {
        "recoloured": lambda: recoloured(cutout, order.strength),
        "part": lambda: part_changed(cutout, boxes[order.product.part], order.strength),
        "relabelled": lambda: relabelled(cutout, boxes[order.product.wording], order.strength),
        "stretched": lambda: stretched(cutout, order.strength),
        "mirrored": lambda: np.ascontiguousarray(cutout[:, ::-1]),
        "sibling": lambda: other,
    }
    return changes[kind]()
