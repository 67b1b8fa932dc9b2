"""How much of a product is left in a picture: MS-SSIM and the likeness of edges, inside its outline.

Both take RGB uint8 arrays of one size and a mask (uint8, 255 inside).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask

Floats = npt.NDArray[np.floating[Any]]

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales (Wang, Simoncelli, Bovik 2003, Multiscale structural similarity, table)."""

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
SIGMA = 1.5
LEAST = 24
"""Pixels of the shorter side below which no further scale is looked at."""


def ms_ssim(one: Image, other: Image, mask: Mask) -> float:
    """Multiscale structural similarity of luma inside the mask, 1 for the same picture.

    Contrast and structure at every scale, luminance at the last one only; scales a small product has no pixels for
    are left out, and their weight goes to the others.
    """
    a, b = luma(one), luma(other)
    inside: Floats = mask.astype(np.float32) / 255
    value, weight = 1.0, 0.0
    for scale, exponent in enumerate(WEIGHTS):
        luminance, structure = ssim_maps(a, b)
        last = scale == len(WEIGHTS) - 1 or min(a.shape) < 2 * LEAST
        mean = float((structure * (luminance if last else 1.0) * inside).sum() / max(inside.sum(), 1e-6))
        value *= max(mean, 1e-6) ** exponent
        weight += exponent
        if last:
            break
        a, b, inside = halved(a), halved(b), halved(inside)
    return float(value ** (1 / weight))


def ssim_maps(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Luminance, and contrast times structure, at every pixel (11 x 11 Gaussian window)."""
    mu_a, mu_b = blurred(a), blurred(b)
    var_a, var_b = blurred(a * a) - mu_a**2, blurred(b * b) - mu_b**2
    both = blurred(a * b) - mu_a * mu_b
    return (2 * mu_a * mu_b + C1) / (mu_a**2 + mu_b**2 + C1), (2 * both + C2) / (var_a + var_b + C2)


def edge_likeness(one: Image, other: Image, mask: Mask) -> float:
    """Correlation of Sobel gradient strength inside the mask, 1 where every edge is where it was and as strong."""
    inside = mask > 128
    first, second = gradient(luma(one))[inside], gradient(luma(other))[inside]
    if first.size < 2 or first.std() < 1e-6 or second.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def luma(image: Image) -> Floats:
    """Rec. 601 luma as floats."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def gradient(gray: Floats) -> Floats:
    """Strength of the Sobel gradient."""
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    strength: Floats = np.hypot(across, down)
    return strength


def blurred(values: Floats) -> Floats:
    """The window of SSIM."""
    return np.asarray(cv2.GaussianBlur(values, (11, 11), SIGMA), np.float32)


def halved(values: Floats) -> Floats:
    """The next scale: averaged two by two."""
    size = (max(1, values.shape[1] // 2), max(1, values.shape[0] // 2))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
