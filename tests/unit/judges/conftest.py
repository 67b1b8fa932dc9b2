"""Real composites to judge: a rendered can and a photographed cup, drawn by the compositor in shipped scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
import sklearn

from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part, ProductMention
from domain.candidate import Finding, Slot
from domain.composition import Caption, SceneRef
from domain.ports import Image
from domain.values import Origin, Size
from tools.generators import Compositor
from tools.imaging.layout import lay_out
from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue
from tools.imaging.product import measure as geometry_of
from tools.imaging.scenes import scene as scene_named
from tools.judges import Evidence, measure

CANVAS = Size(width=768, height=768)
HEIGHTS = {"can": 0.122, "cup": 0.09}


@lru_cache(maxsize=1)
def _can() -> Image:
    spec = next(s for s in catalogue() if s.id == "solara-blood-orange-can")
    return np.ascontiguousarray(render(spec, height=460).rgba)


@lru_cache(maxsize=1)
def _cup() -> Image:
    """The coffee cup of scikit-image's photograph, cut out by GrabCut from a box."""
    photo = photograph("coffee.png")
    box, mask = (140, 55, 330, 320), np.zeros(photo.shape[:2], np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(
        photo[..., ::-1].copy(), mask, box, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT
    )
    inside = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    inside = cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    largest = (labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    alpha = cv2.GaussianBlur(cv2.erode(largest, np.ones((3, 3), np.uint8)) * 255, (0, 0), 0.8)
    x, y, w, h = cv2.boundingRect(largest)
    return np.ascontiguousarray(np.dstack([photo, alpha])[y : y + h, x : x + w])


@lru_cache(maxsize=32)
def photograph(name: str) -> Image:
    """A photograph that ships inside scikit-image or scikit-learn, RGB."""
    folders = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images")
    path = next(folder / name for folder in folders if (folder / name).exists())
    return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])


PHOTOGRAPHS = (
    "astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "motorcycle_right.png", "rocket.jpg",
    "camera.png", "coins.png", "brick.png", "grass.png", "gravel.png", "clock_motion.png", "china.jpg", "flower.jpg",
    "hubble_deep_field.jpg", "moon.png", "retina.jpg", "ihc.png",
)


@dataclass(frozen=True)
class Drawn:
    """One composite and what is known about it."""

    evidence: Evidence

    def but(self, **changes: Any) -> Evidence:
        """The evidence with fields replaced."""
        return replace(self.evidence, **changes)


def product(name: str) -> tuple[Image, Asset]:
    """The RGBA cutout "can" or "cup" and its library row."""
    cutout = _can() if name == "can" else _cup()
    row = Asset(
        id=name, brand="demo", kind=AssetKind.PRODUCT, title=name, digest="0" * 64, real_height=HEIGHTS[name],
        size=Size(width=cutout.shape[1], height=cutout.shape[0]), view_elevation=7.5,
    )
    return cutout, row


@lru_cache(maxsize=64)
def _slot(name: str, scene_id: str, position: int) -> Slot:
    cutout, row = product(name)
    layout = lay_out([geometry_of(row, cutout)], [scene_named(scene_id)], CANVAS, count=position + 1)
    placed = layout.slots[position]
    return Slot(
        id=f"c{position}", caption=Caption(subject=name), scene=placed.scene_ref, composition=placed.composition,
        settings=placed.settings, products=(name,), seed=11 + position,
    )


@lru_cache(maxsize=128)
def _compose(name: str, scene_id: str, position: int, changes: tuple[tuple[str, Any], ...]) -> Drawn:
    cutout, row = product(name)
    slot = _slot(name, scene_id, position)
    composition, settings, scene = slot.composition.model_dump(), slot.settings.model_dump(), slot.scene.model_dump()
    owners: dict[str, dict[str, Any]] = {"composition": composition, "settings": settings, "scene": scene}
    for field, value in changes:
        *path, leaf = field.split(".")
        owner = owners[path[0]]
        for step in path[1:]:
            owner = owner[step]
        owner[leaf] = value
    slot = slot.model_copy(
        update={
            "composition": type(slot.composition).model_validate(composition),
            "settings": type(slot.settings).model_validate(settings),
            "scene": SceneRef.model_validate(scene),
        }
    )
    drawn = next(Compositor().draw([slot], {name: cutout}, {name: row}, {}))
    return Drawn(
        Evidence(
            image=drawn.image, slot=drawn.slot, layer=drawn.layer, mask=drawn.mask, cutout=cutout,
            scene=scene_named(scene_id), geometry=geometry_of(row, cutout),
        )
    )


Compose = Callable[..., Drawn]


@pytest.fixture(scope="session")
def compose() -> Compose:
    """compose("can", "plate:terrace-noon", 0, {"composition.lift": 30}): a drawn candidate."""

    def draw(
        name: str = "can", scene: str = "plate:terrace-noon", position: int = 0, changes: dict[str, Any] | None = None
    ) -> Drawn:
        return _compose(name, scene, position, tuple(sorted((changes or {}).items())))

    return draw


def verdict(evidence: Evidence, check: str) -> Finding:
    """The one finding of one check."""
    (finding,) = measure(evidence, only=[check], ocr=True)
    return finding


def brief(**stated: str) -> Brief:
    """A brief that states these fields, and a can."""
    mention = ProductMention(text="can", noun="can")
    parts: dict[str, Any] = {name: Part[str](value=v, origin=Origin.STATED) for name, v in stated.items()}
    return Brief(
        request="test", brand="demo", products=(Part[ProductMention](value=mention, origin=Origin.STATED),), **parts
    )


def applied(slot: Slot, finding: Finding) -> dict[str, Any]:
    """The first fix of a finding as a change that `compose` understands."""
    change = finding.fixes[0]
    owner = {"composition": "composition", "generator": "settings", "background": "scene"}[change.target.value]
    value: Any = change.amount
    if change.relative:
        before = getattr(getattr(slot, owner), change.field)
        value = before * float(change.amount or 1.0)
    return {f"{owner}.{change.field}": value}
