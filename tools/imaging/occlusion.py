"""Ambient occlusion: how much of the sky a product hides from the ground around it."""

from __future__ import annotations

from math import pi

import numpy as np

from tools.imaging.colour import Floats, blur, floats
from tools.imaging.shadow import Caster

STRENGTH = 0.62


def occlusion(caster: Caster, x: Floats, y: Floats) -> Floats:
    """Share 0..0.95 of ambient light lost at ground points, `x` and `y` in metres about the foot.

    A long wall of height h hides 1 - d / sqrt(d^2 + h^2) of the light that reaches the ground at distance d (the
    cosine-weighted sky above its edge); a wall of half-width w keeps about 2/pi atan(w / d) of that. A round product
    adds a contact term of a few millimetres and shades the ground half-way out to where its body overhangs its base.
    A product that hovers at l over its foot of radius r hides r^2 / (r^2 + l^2) of it (a disc seen from below), and
    has no contact.
    """
    if caster.round:
        distance = np.hypot(x, y) - (caster.radius + 0.5 * caster.overhang)
        height = caster.height * 0.9
    else:
        ax, ay = caster.along
        qx = np.abs(x * ax + y * ay) - caster.radius
        qy = np.abs(y * ax - x * ay) - caster.depth / 2
        outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
        distance = outside + np.minimum(np.maximum(qx, qy), 0)
        height = caster.height * 0.45
    d = np.maximum(distance, 0) + np.float32(1e-4)
    wall = 1 - d / np.sqrt(d * d + height * height)
    dark = wall * np.float32(2 / pi * STRENGTH) * np.arctan(caster.radius / d)
    near = caster.radius**2 / (caster.radius**2 + caster.lift**2)
    if caster.round:
        touch = np.exp(-caster.lift / (0.04 * caster.radius + 1e-4))
        contact = 0.30 * touch * np.exp(-d / (0.05 * caster.radius + 0.0015))
        dark = np.where(distance < 0, 0.62 + 0.28 * touch, dark + contact)
    else:
        under = 0.62 + 0.25 * np.clip(-distance / (0.35 * caster.depth), 0, 1)
        dark = np.where(distance < 0, under, dark)
    soft = (0.6 if caster.round else 2.5) + 0.25 * caster.lift * caster.ppm
    return floats(np.clip(blur(dark.astype(np.float32), soft) * np.float32(near), 0, 0.95))


def contact_lines(
    shape: tuple[int, int], columns: Floats, rows: Floats, corner: tuple[float, float], strength: float
) -> Floats:
    """Dark lines where an outline touches its ground line (tyres, feet, the rim of a base), on the half-size grid.

    Args:
        shape: rows and columns of the grid.
        columns, rows: canvas pixels of the touching outline.
        corner: canvas position of the grid's first cell.
        strength: darkness of a line, 0..1.
    """
    touch = np.zeros(shape, np.float32)
    u = np.rint((columns - corner[0]) / 2).astype(np.intp)
    v = np.rint((rows - corner[1]) / 2).astype(np.intp)
    inside = (u >= 0) & (u < shape[1])
    for step in (-2, -1, 0, 1):
        at = inside & (v + step >= 0) & (v + step < shape[0])
        touch[v[at] + step, u[at]] = 1.0
    return floats(strength * np.clip(1.4 * blur(touch, 2.0, 1.0), 0, 1))
