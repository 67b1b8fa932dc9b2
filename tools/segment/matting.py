"""From a yes/no mask to a clean edge: alpha by local colour projection, and colours without the old background.

Around each unsure pixel the mean sure foreground colour F and sure background colour B are known; the pixel I is taken
as a mixture, alpha = (I - B).(F - B) / |F - B|^2, the projection used by Bayesian matting's initial step (Chuang et al.
2001) without its iterations. Colours of translucent pixels are then estimated as in Forte (2021), one step.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask
from tools.segment.outline import dilated, eroded

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.integer[Any] | np.floating[Any]]     # what OpenCV's stubs call every array

PLAIN = 45.0             # 8-bit colour distance at which projection and the blurred mask weigh the same
CLUTTERED = 160.0        # the same where mean colours say little about a single background pixel
_MEANS_SIDE = 1400
OPAQUE = 0.995           # from here on a pixel is the photo's own


def band_width(image: Image) -> int:
    """Half the width of the unsure band around an outline, pixels."""
    return max(3, int(0.005 * max(image.shape[:2]) + 0.5))


def matte(image: Image, inside: Mask, *, similar: float = PLAIN) -> tuple[Image, Mask]:
    """Colours and alpha (0..255) for a 0/1 mask at the picture's size.

    Only pixels within `band_width` of the outline are unsure; opaque pixels keep the photo's bytes. `similar` is the
    colour distance between product and background from which the photo is believed more than the mask.
    """
    band = band_width(image)
    alpha = np.zeros(inside.shape, np.float32)
    colours = image.copy()
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return colours, alpha.astype(np.uint8)
    pad = 6 * band
    window = np.s_[
        max(0, int(rows[0]) - pad) : int(rows[-1]) + pad + 1, max(0, int(columns[0]) - pad) : int(columns[-1]) + pad + 1
    ]
    region = image[window].astype(np.float32)
    mask = inside[window]
    sure, maybe = eroded(mask, band, frame_is_inside=True), dilated(mask, band)
    foreground, background = _around(region, sure, band), _around(region, 1 - maybe, band)
    alpha[window] = soft = _projected(region, mask, sure, maybe, foreground, background, band, similar)
    mixed = (soft > 0.02) & (soft < OPAQUE)
    solid = np.where(soft >= 0.98, 1, np.where(mixed, 0.5, 0)).astype(np.float32)
    clean = _around(region, solid, band)
    share, clean = soft[mixed][:, None], clean[mixed]
    repaired = clean + share * (region[mixed] - share * clean - (1 - share) * background[mixed])
    colours[window][mixed] = np.rint(repaired.clip(0, 255)).astype(np.uint8)
    return colours, np.rint(np.where(alpha >= OPAQUE, 1, alpha) * 255).astype(np.uint8)


def _projected(
    region: Floats, mask: Mask, sure: Mask, maybe: Mask, foreground: Floats, background: Floats, band: int,
    similar: float,
) -> Floats:
    plain = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), band / 2.5)
    unsure = (maybe == 1) & (sure == 0)
    apart = foreground[unsure] - background[unsure]
    squared = np.square(apart).sum(-1)
    share = ((region[unsure] - background[unsure]) * apart).sum(-1) / (squared + 1)
    trust = squared / (squared + similar**2)
    alpha = sure.astype(np.float32)
    alpha[unsure] = ((trust * share + (1 - trust) * plain[unsure] - 0.06) / 0.86).clip(0, 1)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.5) * (plain > 0.02), dtype=np.float32)
    alpha[sure == 1] = 1
    alpha[maybe == 0] = 0
    return np.asarray(alpha, dtype=np.float32)


def _around(region: Floats, weight: npt.NDArray[np.generic], band: int) -> Floats:
    """Weighted mean colour around every pixel: from nearby where there is enough, else from further away."""
    height, width = weight.shape
    factor = min(1.0, _MEANS_SIDE / max(height, width))
    weights = weight.astype(np.float32)
    if factor < 1:                                       # means over many pixels need no more resolution than this
        size = (round(width * factor), round(height * factor))
        small = cv2.resize(weights, size, interpolation=cv2.INTER_AREA)
        sums = cv2.resize(region * weights[..., None], size, interpolation=cv2.INTER_AREA)
        band = max(2, round(band * factor))
    else:
        small, sums = weights, region * weights[..., None]
    near, enough = _mean(sums, small, 4 * band + 1)
    far, _ = _mean(sums, small, 16 * band + 1)
    trust = np.clip(enough * 40, 0, 1)[..., None]
    means = near * trust + far * (1 - trust)
    if factor < 1:
        means = cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(means, dtype=np.float32)


def _mean(sums: Pixels, weights: Pixels, side: int) -> tuple[Floats, Floats]:
    total = cv2.blur(weights, (side, side))
    mean = cv2.blur(sums, (side, side)) / (total[..., None] + 1e-4)
    return np.asarray(mean, dtype=np.float32), np.asarray(total, dtype=np.float32)
