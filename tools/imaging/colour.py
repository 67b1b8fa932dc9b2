"""Colour arithmetic: sRGB and linear light, luminance, white-point shifts.

Arrays are RGB and float32 unless said otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

LUMA: Floats = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of linear R, G, B in luminance (ITU-R BT.709)."""


def floats(array: Any) -> Floats:
    """OpenCV's results under the type they have."""
    return cast(Floats, array)


@lru_cache(maxsize=1)
def _decode_table() -> Floats:
    v = np.arange(256, dtype=np.float32) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(image: Image) -> Floats:
    """8-bit sRGB to linear light 0..1 (IEC 61966-2-1), same shape."""
    return floats(cv2.LUT(image, _decode_table()))


def encode(light: Floats) -> Floats:
    """Linear light to sRGB 0..1 (IEC 61966-2-1). Values outside 0..1 are clipped.

    The straight part near black is the larger of both branches below the joint and the smaller above it, so two cheap
    comparisons replace a mask.
    """
    clipped = np.clip(light, 0, 1)
    curve = floats(cv2.pow(clipped, 1 / 2.4)).reshape(light.shape)  # OpenCV drops a last axis of one
    curve *= 1.055
    curve -= 0.055
    clipped *= 12.92
    np.minimum(clipped, 0.0404482, out=clipped)
    np.maximum(curve, clipped, out=curve)
    return curve


def to_bytes(encoded: Floats) -> Bytes:
    """sRGB 0..1 to bytes, rounded and clipped."""
    return cast(Bytes, cv2.convertScaleAbs(np.maximum(encoded, 0), alpha=255.0))


def luminance(light: Floats) -> Floats:
    """Luminance of linear light, height x width."""
    return floats(light @ LUMA)


def from_hex(colour: str) -> Floats:
    """ "#rrggbb" to linear RGB."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
    return linear(value.reshape(1, 1, 3)).reshape(3)


def to_hex(light: Floats) -> str:
    """Linear RGB to "#rrggbb"."""
    r, g, b = (int(v) for v in to_bytes(encode(light.reshape(1, 1, 3).astype(np.float32))).reshape(3))
    return f"#{r:02x}{g:02x}{b:02x}"


def warmth_gains(warmth: float) -> Floats:
    """Gains of linear R, G, B for a white point moved by `warmth` x 2000 K about D65, luminance kept.

    The slope of the daylight locus near 6500 K (CIE 15) is close to +-17 % red against blue per 1000 K.
    """
    gains = np.array([1 + 0.16 * warmth, 1 + 0.012 * warmth, 1 - 0.24 * warmth], np.float32)
    return floats(gains / float(gains @ LUMA))


def saturation_matrix(saturation: float) -> Floats:
    """3x3 matrix on linear RGB that scales the distance from grey and keeps luminance."""
    return floats(np.eye(3, dtype=np.float32) * saturation + (1 - saturation) * LUMA[None, :])


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Hermite step: 0 below `low`, 1 above `high`; with `low` > `high` it falls."""
    t = np.clip((value - low) * np.float32(1 / (high - low)), 0, 1)
    return floats(t * t * (3 - 2 * t))


def mix(a: Floats | float, b: Floats | float, share: Floats | float) -> Floats:
    """`a` where share is 0, `b` where it is 1; a 2-D share is spread over colour channels."""
    if isinstance(share, np.ndarray) and share.ndim == 2 and max(np.ndim(a), np.ndim(b)) in (1, 3):
        share = share[..., None]
    return floats(np.asarray(a + (b - a) * share, np.float32))


def blur(image: Floats, sigma_x: float, sigma_y: float | None = None) -> Floats:
    """Gaussian blur; sigmas in pixels."""
    sigma_y = sigma_x if sigma_y is None else sigma_y
    return floats(cv2.GaussianBlur(image, (0, 0), max(sigma_x, 0.3), sigmaY=max(sigma_y, 0.3)))


def contrast(first: Floats | float, second: Floats | float) -> Floats:
    """Contrast ratio of two luminances, 1 to 21 (WCAG 2.2, "contrast ratio"); broadcasts."""
    a, b = np.asarray(first, np.float32), np.asarray(second, np.float32)
    return floats((np.maximum(a, b) + np.float32(0.05)) / (np.minimum(a, b) + np.float32(0.05)))
