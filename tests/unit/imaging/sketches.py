"""Cutouts drawn in code, and short ways to compose them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from domain.composition import Composition, Placement, ProductGeometry, SceneRef, Settings
from domain.ports import Image
from domain.values import Point, Size
from tools.imaging.compose import Composed, compose
from tools.imaging.figure import Actor
from tools.imaging.harmonise import look
from tools.imaging.plate import plate_stage
from tools.imaging.silhouette import trim
from tools.imaging.stage import Stage

CANVAS = Size(width=512, height=512)


@lru_cache(maxsize=4)
def bottle(width: int = 220, height: int = 520, colour: tuple[int, int, int] = (190, 60, 40)) -> Image:
    """A striped cylinder with an elliptic base, soft edges and transparent margins, as a packshot has them."""
    big = np.zeros((4 * height, 4 * width, 4), np.uint8)
    w, h = 4 * width, 4 * height
    rx, ry = int(w * 0.42), int(w * 0.055)
    top, bottom = int(h * 0.06) + ry, int(h * 0.94) - ry
    cv2.ellipse(big, (w // 2, bottom), (rx, ry), 0, 0, 360, (*colour, 255), -1)
    cv2.rectangle(big, (w // 2 - rx, top), (w // 2 + rx, bottom), (*colour, 255), -1)
    cv2.ellipse(big, (w // 2, top), (rx, ry), 0, 0, 360, (230, 230, 225, 255), -1)
    for row in range(top + ry, bottom - 2 * ry, 160):
        cv2.rectangle(big, (w // 2 - rx, row), (w // 2 + rx, row + 60), (240, 236, 220, 255), -1)
    alpha = big[..., 3:].astype(np.float32) / 255
    small = cv2.resize(
        np.dstack([big[..., :3] * alpha, big[..., 3:]]).astype(np.float32), (width, height),
        interpolation=cv2.INTER_AREA,
    )
    colour_part = small[..., :3] / np.maximum(small[..., 3:] / 255, 1e-3)
    return np.rint(np.clip(np.dstack([colour_part, small[..., 3]]), 0, 255)).astype(np.uint8)


def geometry(name: str = "bottle", height: float | None = 0.16, **rest: object) -> ProductGeometry:
    """What placing knows of `bottle()`."""
    part = trim(bottle())
    fields: dict[str, object] = {"view_elevation": 7.5, "size": Size(width=part.width, height=part.height)} | rest
    return ProductGeometry.model_validate({"asset": name, "real_height": height} | fields)


def actor(name: str = "bottle", **rest: object) -> Actor:
    """`bottle()` ready to place."""
    cutout = bottle()
    return Actor(geometry(name, **rest), trim(cutout), look(cutout))


def draw(
    stage: Stage | str = "terrace-noon", *, settings: Settings | None = None, mirrored: bool = False,
    scale: float = 0.5, x: float = 0.5, y: float = 0.55, lift: float = 0.0, roll: float = 0.0, rotation: float = 0.0,
    seed: int = 7,
    canvas: Size = CANVAS, others: tuple[Placement, ...] = (), product: Actor | None = None,
) -> Composed:
    """Composes the bottle on a plate, or on any stage."""
    place = stage if isinstance(stage, Stage) else plate_stage(stage)
    composition = Composition(
        canvas=canvas, scale=scale, centre=Point(x=x, y=y), lift=lift, roll=roll, rotation=rotation, others=others
    )
    lead = product or actor()
    return compose(
        place, SceneRef(id="plate:test", mirrored=mirrored), composition, settings or Settings(grain=0),
        [lead, *(actor(other.product) for other in others)], seed,
    )
