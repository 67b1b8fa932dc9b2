"""A product on the canvas: its pixels at their drawn size and place, and the point of the ground it stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import asin, cos, degrees, radians, sin

import numpy as np

from domain.composition import ProductGeometry
from domain.ports import Mask
from domain.values import Point, Size
from tools.imaging.harmonise import Look
from tools.imaging.silhouette import Footing, Raster, Trimmed, footing, resample
from tools.imaging.stage import View

ASSUMED_HEIGHT = {"tabletop": 0.15, "vehicle": 1.1}
"""Real height in metres of a product whose own is unknown, by the scale of the scene."""


@dataclass(frozen=True)
class Actor:
    """A product to place: its geometry, visible pixels and measured look."""

    geometry: ProductGeometry
    pixels: Trimmed
    look: Look


@dataclass(frozen=True)
class Figure:
    """One product on the canvas, as drawn."""

    raster: Raster
    at: tuple[int, int]
    upright: Mask
    footing: Footing
    base: tuple[float, float]
    height: float
    geometry: ProductGeometry


def place(
    view: View, canvas: Size, actor: Actor, centre: Point, scale: float, rotation: float, roll: float
) -> Figure:
    """A product resampled and put with the middle of its box at `centre`, on whole pixels."""
    free = view.from_above
    turn = roll + (rotation if free else 0.0)
    tall = scale * canvas.height
    raster = resample(actor.pixels, tall, turn)
    upright = raster if abs(turn) < 1e-3 else resample(actor.pixels, tall)
    h, w = raster.rgba.shape[:2]
    at = (round(centre.x * canvas.width - w / 2), round(centre.y * canvas.height - h / 2))
    stance = footing(upright.alpha, actor.geometry.shape == "round" or free, actor.geometry.view_elevation)
    uh, uw = upright.rgba.shape[:2]
    dx, dy = stance.middle - (uw - 1) / 2, stance.base - (uh - 1) / 2
    c, s = cos(radians(turn)), sin(radians(turn))
    base = (at[0] + (w - 1) / 2 + c * dx - s * dy, at[1] + (h - 1) / 2 + s * dx + c * dy)
    if stance.curved and not free:
        base = (base[0], base[1] - stance.radius * sin(radians(view_elevation(view))))
    if free:
        base = (at[0] + (w - 1) / 2, at[1] + (h - 1) / 2)
    return Figure(raster, at, upright.alpha, stance, base, tall, actor.geometry)


def view_elevation(view: View) -> float:
    """Degrees by which the scene's camera looks down on its origin."""
    x, y, z = view.camera.position()
    return degrees(asin(z / float(np.linalg.norm([x, y, z]))))


def wanted_ppm(view: View, figure: Figure) -> float:
    """Canvas pixels per metre that give the product its real size."""
    real = figure.geometry.real_height or assumed_height(view)
    return figure.height / (real * cos(radians(0 if view.from_above else view_elevation(view))))


def assumed_height(view: View) -> float:
    """The height taken for a product of unknown size: what suits the scene's camera distance."""
    distance = float(np.linalg.norm(view.camera.position()))
    return ASSUMED_HEIGHT["vehicle" if distance > 4 else "tabletop"]


def moved(figure: Figure, dx: float, dy: float) -> Figure:
    """The figure elsewhere, by whole pixels."""
    x, y = round(dx), round(dy)
    return replace(
        figure, at=(figure.at[0] + x, figure.at[1] + y), base=(figure.base[0] + x, figure.base[1] + y)
    )
