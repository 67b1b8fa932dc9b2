"""The packshot studio: softboxes around the product, and how its surfaces answer them. Linear light throughout.

A softbox is a real rectangle in the room, so that its reflection ends where a studio softbox's reflection would;
blurred reflections convolve the rectangle with the lobe's width (as in Karis 2013), diffuse light is
Lambert's law with the light's extent as wrap. Fresnel: Schlick 1994.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.imaging.packshot_shape import Floats, Union, Vectors

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Softbox:
    """A rectangular light: middle, half width and half height in product sizes, radiance, colour, and soft rim."""

    middle: tuple[float, float, float]
    half: tuple[float, float]
    radiance: float
    colour: RGB = (1.0, 1.0, 1.0)
    rim: float = 0.06
    upright: bool = True


STUDIO = (
    Softbox((-2.3, 1.25, 1.75), (0.62, 1.30), 5.2, (1.0, 0.985, 0.955)),                # key, front left
    Softbox((2.55, 1.0, 0.75), (0.30, 1.35), 2.6, (0.96, 0.98, 1.0)),                   # fill, right
    Softbox((1.9, 0.9, -2.2), (0.30, 1.40), 0.7, rim=0.15),                             # rim, back right
    Softbox((-2.2, 0.9, -2.0), (0.28, 1.40), 0.55, rim=0.15),                            # rim, back left
    Softbox((0.0, 3.4, -0.5), (2.0, 1.7), 1.5, upright=False),                          # overhead
)
_CEILING, _WALL, _FLOOR = 0.34, 0.16, 0.42
_FLAGGED = 0.45
_TARGET = (0.0, 0.5, 0.0)


def _frame(box: Softbox) -> tuple[Vectors3, Vectors3, Vectors3]:
    """The softbox's normal (towards the product), its horizontal and its vertical."""
    normal = np.array(_TARGET) - np.array(box.middle)
    if box.upright:
        normal[1] = 0
    normal /= np.linalg.norm(normal)
    up = np.array((0.0, 1.0, 0.0)) if box.upright else np.array((0.0, 0.0, -1.0))
    across = np.cross(up, normal)
    across /= np.linalg.norm(across)
    return _three(normal), _three(across), _three(np.cross(normal, across))


Vectors3 = tuple[float, float, float]


def _three(v: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Vectors3:
    return float(v[0]), float(v[1]), float(v[2])


def _dot(a: Vectors, b: Vectors | Vectors3) -> Floats:
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], dtype=np.float32)


_FRAMES = tuple(_frame(box) for box in STUDIO)


def _window(x: Floats, soft: Floats) -> Floats:
    """A box from -1 to 1 with soft shoulders."""
    return np.asarray(0.5 * (np.tanh((x + 1) / soft) - np.tanh((x - 1) / soft)), dtype=np.float32)


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    s = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(s * s * (3 - 2 * s), dtype=np.float32)


def reflected(p: Vectors, direction: Vectors, rough: Floats | float, size: float) -> Floats:
    """Radiance (n, 3) arriving along `direction` at `p` from room and softboxes; `size` scales the room."""
    up = direction[1]
    fall = p[1] / np.minimum(up, -1e-3)
    floor_at = np.hypot(p[0] - direction[0] * fall, p[2] - direction[2] * fall)
    floor = _FLOOR * (0.25 + 0.75 * smoothstep(0.2, 1.1, floor_at / np.float32(size)))       # the product's own shade
    room = _WALL + (_CEILING - _WALL) * smoothstep(0.1, 0.9, up) + (floor - _WALL) * smoothstep(0.0, 0.35, -up)
    behind = smoothstep(0.15, 0.95, -direction[2]) * np.exp(-np.square(up / 0.55))
    room = room + 0.34 * behind                                                   # the sweep behind the product
    room = room + 0.20 * smoothstep(-0.2, 1.0, direction[2]) * (0.55 - 0.45 * direction[0])    # the studio's lit front
    out = np.repeat(room[:, None], 3, axis=1).astype(np.float32)
    for box, (normal, across, vertical) in zip(STUDIO, _FRAMES, strict=True):
        facing = -_dot(direction, normal)
        middle = tuple(np.float32(m * size) if i != 1 else np.float32(0.5 + (m - 0.5) * size)
                       for i, m in enumerate(box.middle))
        to = (middle[0] - p[0], middle[1] - p[1], middle[2] - p[2])
        t = -_dot(to, normal) / np.maximum(facing, 1e-3)
        hits = facing > 1e-3
        u = (_dot(direction, across) * t - _dot(to, across)) / np.float32(box.half[0] * size)
        v = (_dot(direction, vertical) * t - _dot(to, vertical)) / np.float32(box.half[1] * size)
        blur = np.float32(1.1) * np.asarray(rough, np.float32) * t / np.float32(size)
        wide, tall = (box.rim + blur / np.float32(half) for half in box.half)
        seen = _window(u, wide) * _window(v, tall)
        fall = 1 - 0.22 * np.clip(np.abs(v), 0, 1) ** 2 - 0.10 * np.clip(np.abs(u), 0, 1) ** 2
        out += (np.where(hits, seen * fall, 0) * box.radiance)[:, None] * np.array(box.colour, np.float32)
    return out


def diffused(p: Vectors, normal: Vectors, open_: Floats, size: float) -> Floats:
    """Irradiance over pi (n, 3) on a matt surface; `open_` is the share of the room it can see."""
    sky = 0.5 + 0.5 * normal[1]
    room = (_FLOOR * 1.25 * (1 - sky) + (_CEILING + 0.12) * sky) * open_
    out = np.repeat(room[:, None], 3, axis=1).astype(np.float32)
    for box in STUDIO:
        middle = tuple(m * size if i != 1 else 0.5 + (m - 0.5) * size for i, m in enumerate(box.middle))
        to = tuple(np.float32(m) - v for m, v in zip(middle, p, strict=True))
        squared = np.maximum(_dot((to[0], to[1], to[2]), (to[0], to[1], to[2])), 1e-3)
        away = 1 / np.sqrt(squared)
        cosine = _dot(normal, (to[0], to[1], to[2])) * away
        wrap = 0.28
        lambert = np.clip((cosine + wrap) / (1 + wrap), 0, None) ** 1.25
        area = 4 * box.half[0] * box.half[1] * size * size
        solid = area / (squared + area)
        light = lambert * solid * (0.35 + 0.65 * open_) * box.radiance * 0.62
        out += light[:, None] * np.array(box.colour, np.float32)
    return out


def openness(solid: Union, p: Vectors, normal: Vectors) -> Floats:
    """Ambient occlusion by the product itself (Quilez 2008): how fast distance grows along the normal, 1 when free."""
    blocked = np.zeros_like(p[0])
    for reach, weight in ((0.015, 0.9), (0.045, 0.75), (0.11, 0.5)):
        h = np.float32(reach)
        d = solid.distance((p[0] + h * normal[0], p[1] + h * normal[1], p[2] + h * normal[2]))
        blocked += np.float32(weight) * np.maximum(h - d, 0) / h
    return np.asarray(np.clip(1 - 0.55 * blocked, 0.12, 1), dtype=np.float32)


def fresnel(cosine: Floats, normal_incidence: Floats | float) -> Floats:
    """Schlick's approximation, held back at the very edge: black flags beside a product keep its outline dark."""
    f0 = np.asarray(normal_incidence, dtype=np.float32)
    return np.asarray(f0 + _FLAGGED * (1 - f0) * np.clip(1 - cosine, 0, 1) ** 5, dtype=np.float32)


def mirrored(direction: Vectors, normal: Vectors) -> Vectors:
    """The direction a mirror sends a ray on to."""
    twice = 2 * _dot(direction, normal)
    return direction[0] - twice * normal[0], direction[1] - twice * normal[1], direction[2] - twice * normal[2]
