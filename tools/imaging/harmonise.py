"""Harmonising: the background moves towards the product, never the product towards the background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from domain.ports import Image
from tools.imaging.colour import LUMA, encode, floats, linear

_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True)
class Look:
    """What is measured of a product's pixels: spread of its tones, its white point as gains of R, G, B, its noise.

    `spread` is the standard deviation of sRGB-encoded luminance 0..1, `noise` one of sRGB values 0..1.
    """

    spread: float
    white: tuple[float, float, float]
    noise: float


@dataclass(frozen=True)
class Shift:
    """How the background is to change: gains of linear R, G, B, and contrast about a pivot in sRGB values 0..1."""

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    pivot: float = 0.5
    noise: float = 0.005


def look(cutout: Image) -> Look:
    """Measures an RGBA cutout.

    The white point is the mean of near-neutral highlights, if there are enough. Noise is Immerkaer's estimate (1996)
    with the median in place of the mean, so that edges do not count.
    """
    step = max(1, round(min(cutout.shape[:2]) / 400))
    small = np.ascontiguousarray(cutout[::step, ::step])
    solid = small[..., 3] > 250
    if int(solid.sum()) < 64:
        return Look(0.2, (1.0, 1.0, 1.0), 0.0)
    light = linear(np.ascontiguousarray(small[..., :3]))[solid]
    tone = encode(floats((light @ LUMA)[:, None]))[:, 0]
    bright = light[tone > np.percentile(tone, 80)]
    neutral = bright[(bright.max(1) - bright.min(1)) < 0.22 * bright.max(1)]
    white = np.ones(3, np.float32)
    if len(neutral) > 100:
        mean = neutral.mean(0)
        white = mean / float(mean @ LUMA)
    grey = cv2.cvtColor(np.ascontiguousarray(cutout[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = cv2.erode((cutout[..., 3] > 250).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    response = np.abs(floats(cv2.filter2D(grey, -1, _LAPLACE)))[inside]
    noise = float(np.median(response)) / 4.05 / 255 if response.size else 0.0
    return Look(float(tone.std()), (float(white[0]), float(white[1]), float(white[2])), noise)


def shift(background: Image, product: Look, strength: float) -> Shift:
    """The change that brings a background (RGB) nearer to a product: a fifth of the way in contrast, half in white."""
    small = cv2.resize(background, (64, 64), interpolation=cv2.INTER_AREA)
    tone = encode(floats((linear(np.asarray(small, np.uint8)) @ LUMA)[..., None]))
    spread, pivot = float(tone.std()), float(tone.mean())
    contrast = float(np.clip((product.spread / (spread + 1e-3)) ** 0.22, 0.92, 1.12))
    gains = np.clip(np.array(product.white) ** 0.5, 0.93, 1.07)
    mixed = 1 + (gains - 1) * strength
    return Shift(
        gains=(float(mixed[0]), float(mixed[1]), float(mixed[2])),
        contrast=1 + (contrast - 1) * strength,
        pivot=pivot,
        noise=0.005 + (float(np.clip(product.noise, 0.005, 0.008)) - 0.005) * strength,
    )

