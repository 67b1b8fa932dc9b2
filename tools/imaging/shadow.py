"""Cast shadows by ray: each ground point looks along the sun at the cutout standing as a card.

A body of revolution turns its card across the light, for it looks the same from everywhere. Anything else stands on the
line through its two supports, wherever its photo put them, and is swept over its depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, radians, tan

import cv2
import numpy as np

from domain.ports import Mask
from tools.imaging.camera import Camera
from tools.imaging.colour import Floats, blur, floats

REDUCED = 2
"""Shading is worked out at one half of the canvas: nothing in it is sharper than the lens."""

_SIGMAS = (0.4, 1.2, 3.0, 6.5, 14.0)
_MARGIN = 44


@dataclass(frozen=True)
class Caster:
    """One product as a thing that blocks light, in metres about its foot.

    `ppm` are canvas pixels per metre at the foot; `radius` is half its width on the ground, `overhang` by
    how much its body is wider just above, `height` as drawn, `lift` how far it hovers. `alpha` is at drawn size; for a
    round product `column` and `row` are its axis and its lowest row in `alpha`, for a flat one `origin` is the corner
    of `alpha` on the canvas and `along` the unit vector on the ground through its supports.
    """

    alpha: Mask
    round: bool
    foot: tuple[float, float]
    ppm: float
    height: float
    radius: float
    overhang: float
    depth: float
    lift: float
    column: float
    row: float
    origin: tuple[int, int]
    along: tuple[float, float]


def reach(caster: Caster, sun: tuple[float, float, float], sun_angle: float) -> list[tuple[float, float, float]]:
    """World points that bound what a product shades: around its foot, and where the shadow of its top ends."""
    x, y = caster.foot
    around = max(caster.radius, caster.depth / 2) + 1.3 * caster.height
    far = min((caster.height + caster.lift) / max(sun[2], 0.12), 12 * caster.height)
    spread = far * tan(radians(sun_angle) / 2) * 2 + caster.radius * 1.5
    tip = (x - sun[0] * far, y - sun[1] * far)
    points = [(x + i * around, y + j * around, 0.0) for i in (-1, 1) for j in (-1, 1)]
    return points + [(tip[0] + i * spread, tip[1] + j * spread, 0.0) for i in (-1, 1) for j in (-1, 1)]


def cast_shadow(
    caster: Caster, x: Floats, y: Floats, camera: Camera, sun: tuple[float, float, float], sun_angle: float
) -> Floats:
    """Share 0..1 of the key light blocked at ground points.

    The penumbra widens with the ray's length times the angle of the light: five blurred copies of the outline stand
    for it, with linear steps between.

    Args:
        x, y: ground points in metres about the caster's foot.
        camera: the canvas's camera.
        sun: unit vector towards the light.
        sun_angle: degrees under which the light is seen.
    """
    flat_length = max(hypot(sun[0], sun[1]), 1e-3)
    normal = (
        (sun[0] / flat_length, sun[1] / flat_length) if caster.round else (-caster.along[1], caster.along[0])
    )
    facing = sun[0] * normal[0] + sun[1] * normal[1]
    facing = facing if abs(facing) > 0.05 else 0.05 if facing >= 0 else -0.05
    half = cv2.resize(caster.alpha, None, fx=1 / REDUCED, fy=1 / REDUCED, interpolation=cv2.INTER_AREA)
    padded = floats(np.pad(half.astype(np.float32) / 255, _MARGIN))
    levels = [blur(padded, sigma) for sigma in _SIGMAS]
    per_metre = 1.2 * tan(radians(sun_angle) / 2) * caster.ppm / REDUCED
    offsets, least = _slices(caster, sun, facing)
    shade = np.zeros(x.shape, np.float32)
    for offset in offsets:
        t = (offset - x * normal[0] - y * normal[1]) / np.float32(facing)
        hit_x = x + t * np.float32(sun[0]) - np.float32(offset * normal[0])
        hit_y = y + t * np.float32(sun[1]) - np.float32(offset * normal[1])
        hit_z = t * np.float32(sun[2])
        if caster.round:
            u = caster.column + (hit_y * normal[0] - hit_x * normal[1]) * caster.ppm
            v = caster.row - (hit_z - caster.lift) * caster.ppm
        else:
            m, (fx, fy) = camera.matrix, caster.foot
            p, q, w = (m[i, 0] * (hit_x + fx) + m[i, 1] * (hit_y + fy) + m[i, 2] * hit_z + m[i, 3] for i in range(3))
            w = np.maximum(w, 1e-3)
            u, v = p / w - caster.origin[0], q / w - caster.origin[1]
        columns = _clipped(u, half.shape[1])
        rows = _clipped(v, half.shape[0])
        level = np.interp(np.clip(t * per_metre, least, _SIGMAS[-1]), _SIGMAS, range(len(_SIGMAS)))
        found = _between(levels, level.astype(np.float32), columns, rows)
        np.maximum(shade, found * (t > -0.002 * max(1.0, caster.height)), out=shade)
    return blur(floats(shade), 0.6)


def _slices(caster: Caster, sun: tuple[float, float, float], facing: float) -> tuple[Floats, float]:
    """Offsets of the cards that stand for a product's depth, and the least blur at which they melt into one shadow.

    Between cards D apart, the rays of one ground point meet the outline D / facing further along the sun.
    """
    if caster.round:
        return np.zeros(1, np.float32), _SIGMAS[0]
    along = sun[0] * caster.along[0] + sun[1] * caster.along[1]
    travel = caster.depth / abs(facing) * hypot(sun[2], along) * caster.ppm / REDUCED
    count = int(np.clip(travel / 5, 7, 21))
    blurred = float(np.clip(0.35 * travel / (count - 1), _SIGMAS[0], _SIGMAS[-2]))
    return np.linspace(-caster.depth / 2, caster.depth / 2, count, dtype=np.float32), blurred


def _clipped(coordinate: Floats, size: int) -> Floats:
    """Canvas coordinates to the padded half-size outline, kept where `cv2.remap` can hold them."""
    half = (coordinate + 0.5) / REDUCED - 0.5 + _MARGIN
    return floats(np.clip(half, -9, size + 2 * _MARGIN + 9).astype(np.float32))


def _between(levels: list[Floats], level: Floats, columns: Floats, rows: Floats) -> Floats:
    """Samples a stack of blurred outlines at fractional levels."""
    out = np.zeros(level.shape, np.float32)
    low, high = int(np.floor(level.min())), int(np.ceil(level.max()))
    for i in range(low, high + 1):
        out += np.clip(1 - np.abs(level - i), 0, 1) * cv2.remap(levels[i], columns, rows, cv2.INTER_LINEAR)
    return out
