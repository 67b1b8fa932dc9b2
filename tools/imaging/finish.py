"""Finishing the background: exposure, warmth, saturation, shoulder, contrast, vignette and grain, band by band.

Bands of rows keep intermediate arrays in the processor's cache and memory small on large canvases.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from domain.composition import Settings
from domain.ports import Image, Mask
from domain.values import Size
from tools.imaging.colour import (
    Floats,
    encode,
    floats,
    linear,
    saturation_matrix,
    smoothstep,
    warmth_gains,
)
from tools.imaging.harmonise import Shift
from tools.imaging.stage import Stage

ROWS = 64
_TILE = 512
_VISIBLE = 0.86
"""Share of its light below which ground is seen as shaded."""


@dataclass(frozen=True)
class Shading:
    """Light taken from and added to a part of the canvas: factors and additions of linear RGB at half size.

    `corner` is the column and row (even) of the part's first pixel; `added` is None where nothing mirrors.
    """

    corner: tuple[int, int]
    factor: Floats
    added: Floats | None = None


@dataclass(frozen=True)
class Print:
    """Everything the finish does, worked out once per picture.

    `matrix` acts on linear RGB; `gain` is a printing exposure whose shoulder keeps white white.
    """

    matrix: Floats
    gain: float
    contrast: float
    pivot: float
    vignette: float
    grain: float
    seed: int


def printing(stage: Stage, settings: Settings, shift: Shift, seed: int) -> Print:
    """Folds scene defaults, settings and harmonisation into one `Print`."""
    colour = saturation_matrix(stage.saturation * settings.saturation)
    gains = warmth_gains(settings.warmth) * np.array(shift.gains, np.float32)
    gains = gains * np.float32(2.0**settings.exposure)
    return Print(
        matrix=floats(np.diag(gains) @ colour),
        gain=stage.gain,
        contrast=settings.contrast * shift.contrast,
        pivot=shift.pivot,
        vignette=stage.vignette,
        grain=shift.noise * settings.grain,
        seed=seed,
    )


def finish(background: Image, shading: list[Shading], look: Print) -> Image:
    """The shaded and printed background, RGB bytes of the same size.

    Args:
        background: the scene warped to the canvas, RGB bytes.
        shading: shadow, occlusion and reflections, in order.
        look: from `printing`.
    """
    height, width = background.shape[:2]
    out = np.empty_like(background)
    fall = _vignette(width, height, look.vignette)
    noise = _grain(width, height, look.seed)
    parts = [_enlarged(part) for part in shading]
    for top in range(0, height, ROWS):
        rows = slice(top, min(top + ROWS, height))
        light = linear(background[rows])
        for (x, y), factor, added in parts:
            a, b = max(y, rows.start), min(y + factor.shape[0], rows.stop)
            if a < b:
                window = light[a - top : b - top, x : x + factor.shape[1]]
                window *= factor[a - y : b - y]
                if added is not None:
                    window += added[a - y : b - y]
        light = floats(cv2.transform(light, look.matrix))
        np.maximum(light, 0, out=light)
        if look.gain != 1:
            light = floats(look.gain * light / (1 + np.float32(look.gain - 1) * light))
        tone = encode(light)
        if look.contrast != 1:
            tone -= look.pivot
            tone *= look.contrast
            tone += look.pivot
        tone *= fall[rows]
        if look.grain > 0:
            tone += noise[rows] * np.float32(look.grain)
        np.maximum(tone, 0, out=tone)
        out[rows] = cv2.convertScaleAbs(tone, alpha=255.0)
    return out


def shaded(shading: list[Shading], canvas: Size) -> Mask:
    """Where products visibly darken the background or mirror in it: 255, else 0."""
    out = np.zeros((canvas.height, canvas.width), np.uint8)
    for part in shading:
        seen = part.factor.min(-1) < _VISIBLE
        if part.added is not None:
            seen |= part.added.max(-1) > 1 - _VISIBLE
        x, y = part.corner
        window = out[y : y + 2 * seen.shape[0], x : x + 2 * seen.shape[1]]
        doubled = np.kron(seen, np.ones((2, 2), np.uint8))[: window.shape[0], : window.shape[1]]
        np.maximum(window, doubled.astype(np.uint8) * 255, out=window)
    return out


def _enlarged(part: Shading) -> tuple[tuple[int, int], Floats, Floats | None]:
    return part.corner, _doubled(part.factor), None if part.added is None else _doubled(part.added)


def _doubled(grid: Floats) -> Floats:
    h, w = grid.shape[:2]
    return floats(cv2.resize(grid, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR))


@lru_cache(maxsize=4)
def _vignette(width: int, height: int, strength: float) -> Floats:
    """Factors of sRGB values, three channels so that they multiply without a copy."""
    x = np.arange(width, dtype=np.float32)[None] / width - 0.5
    y = np.arange(height, dtype=np.float32)[:, None] / height - 0.5
    fall = 1 - strength * smoothstep(0.38, 0.80, floats(np.hypot(x, y)))
    return floats(cv2.merge([fall.astype(np.float32)] * 3))


@lru_cache(maxsize=1)
def _tile() -> Floats:
    noise = np.random.default_rng(7).standard_normal((_TILE + 16, _TILE + 16)).astype(np.float32)
    noise = floats(cv2.GaussianBlur(noise, (0, 0), 0.7))[8:-8, 8:-8]
    return floats(noise / noise.std())


@lru_cache(maxsize=12)
def _grain(width: int, height: int, seed: int) -> Floats:
    """Unit grain over the canvas, one layer for three channels; the seed moves it."""
    dx, dy = (int(v) for v in np.random.default_rng(seed).integers(0, _TILE, 2))
    moved = np.roll(_tile(), (dy, dx), axis=(0, 1))
    repeat = (-(-height // _TILE), -(-width // _TILE), 1)
    return np.ascontiguousarray(np.tile(moved[..., None], repeat)[:height, :width])
