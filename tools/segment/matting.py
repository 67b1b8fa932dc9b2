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
_MEANS_SIDE = 1400       # means over many pixels need no more resolution than this
_CHUNK = 1024
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
    region, mask = image[window], inside[window]
    sure, maybe = eroded(mask, band, frame_is_inside=True), dilated(mask, band)
    unsure = np.nonzero((maybe == 1) & (sure == 0))
    if not len(unsure[0]):
        alpha[window] = sure
        return colours, alpha.astype(np.uint8) * 255
    means = _Means(region, band)
    foreground, background = means.around(sure, unsure), means.around(1 - maybe, unsure)
    pixels = region[unsure].astype(np.float32)
    plain = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), band / 2.5)
    soft = sure.astype(np.float32)
    soft[unsure] = _projected(pixels, foreground, background, plain[unsure], similar)
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 0.5) * (plain > 0.02), dtype=np.float32)
    soft[sure == 1] = 1
    soft[maybe == 0] = 0
    alpha[window] = soft
    solid = np.where(soft >= 0.98, 1, np.where(soft > 0.02, 0.5, 0)).astype(np.float32)
    share = soft[unsure][:, None]
    clean = means.around(solid, unsure)
    repaired = clean + share * (pixels - share * clean - (1 - share) * background)
    mixed = (share[:, 0] > 0.02) & (share[:, 0] < OPAQUE)
    colours[window][unsure[0][mixed], unsure[1][mixed]] = np.rint(repaired[mixed].clip(0, 255)).astype(np.uint8)
    return colours, np.rint(np.where(alpha >= OPAQUE, 1, alpha) * 255).astype(np.uint8)


def _projected(pixels: Floats, foreground: Floats, background: Floats, plain: Pixels, similar: float) -> Floats:
    """Alpha of unsure pixels: the projection where the two colours are far apart, else the blurred mask."""
    apart = foreground - background
    squared = np.square(apart).sum(-1)
    share = ((pixels - background) * apart).sum(-1) / (squared + 1)
    trust = squared / (squared + similar**2)
    return np.asarray(((trust * share + (1 - trust) * plain - 0.06) / 0.86).clip(0, 1), dtype=np.float32)


class _Means:
    """Weighted mean colours around pixels of a region, computed on a smaller copy when the region is large."""

    def __init__(self, region: Image, band: int) -> None:
        height, width = region.shape[:2]
        self.factor = min(1.0, _MEANS_SIDE / max(height, width))
        self.size = (round(width * self.factor), round(height * self.factor))
        self.band = max(2, round(band * self.factor))
        self.small = np.asarray(cv2.resize(region, self.size, interpolation=cv2.INTER_AREA), dtype=np.float32)

    def around(self, weight: npt.NDArray[Any], where: tuple[npt.NDArray[np.int64], ...]) -> Floats:
        """Mean colour (n, 3) at `where`: from nearby where there is enough weight, else from further away."""
        weights = np.asarray(cv2.resize(weight.astype(np.float32), self.size, interpolation=cv2.INTER_AREA))
        if self.factor < 1:                                  # a small pixel across the outline mixes both sides
            weights = np.where(weights > 0.999, 1, np.where(weights > 0.45, 0.25, 0)).astype(np.float32)
        near, enough = _mean(self.small, weights, 4 * self.band + 1)
        far, _ = _mean(self.small, weights, 16 * self.band + 1)
        trust = np.clip(enough * 40, 0, 1)[..., None]
        return self._read(np.asarray(near * trust + far * (1 - trust), dtype=np.float32), where)

    def _read(self, table: Floats, where: tuple[npt.NDArray[np.int64], ...]) -> Floats:
        if self.factor == 1:
            return np.asarray(table[where], dtype=np.float32)
        count = len(where[0])
        positions = np.zeros((2, -(-count // _CHUNK) * _CHUNK), np.float32)
        for row, axis in enumerate((where[1], where[0])):
            positions[row, :count] = (axis + 0.5) * self.factor - 0.5
        x, y = positions.reshape(2, -1, _CHUNK)
        read = np.asarray(cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)
        return read.reshape(-1, 3)[:count]


def _mean(colours: Floats, weights: Pixels, side: int) -> tuple[Floats, Floats]:
    total = cv2.blur(weights, (side, side))
    mean = cv2.blur(colours * weights[..., None], (side, side)) / (total[..., None] + 1e-4)
    return np.asarray(mean, dtype=np.float32), np.asarray(total, dtype=np.float32)
