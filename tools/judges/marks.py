"""Finding a brand's mark (its logo) in a picture, and how much room there is around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from domain.ports import Image, Mask
from domain.values import Box, Share
from tools.judges.colour import Floats

WORK_SIDE = 640
SMALLEST, LARGEST, STEP = 0.05, 0.9, 1.06
"""Widths tried, as shares of the picture's width, and the factor between two of them."""

LEAST_SPREAD = 0.3
"""Of the mark's own spread of edge strength: in flatter windows the correlation is that of noise."""

LEAST_SCORE = 0.78
"""Correlation of edges. On 12 plates without a mark the best was 0.75; with one, in a colour that can be seen, 0.79 and
more (`tests/unit/judges/test_criteria.py` holds a part of these)."""


@dataclass(frozen=True)
class MarkFound:
    """Where a mark stands in the picture, in pixels, and how well it agrees."""

    box: Box
    score: Share


def find_mark(mark: Image, image: Image) -> MarkFound | None:
    """Find a mark (RGB or RGBA) in an RGB picture, upright and undistorted, in any colour; None where it is not.

    Edge strength is matched at widths from 5% to 90% of the picture's by normalised cross-correlation (Lewis, Fast
    normalized cross-correlation, 1995): a mark set in white or in one colour has the same edges. Ties go to the first.
    """
    inked = _trimmed(mark)
    factor = min(1.0, WORK_SIDE / max(image.shape[:2]))
    small = np.asarray(cv2.resize(image[..., :3], None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    field = _edges(small)
    height, width = field.shape
    best: tuple[float, int, int, int, int] | None = None
    wide = SMALLEST * width
    while wide <= LARGEST * width:
        across, tall = round(wide), round(wide * inked.shape[0] / inked.shape[1])
        wide *= STEP
        if tall < 6 or across < 12 or tall > 0.9 * height:
            continue
        template = _edges(np.asarray(cv2.resize(inked, (across, tall), interpolation=cv2.INTER_AREA), np.uint8))
        if float(template.std()) < 1e-3:
            continue
        scores = cv2.matchTemplate(field, template, cv2.TM_CCOEFF_NORMED)
        scores[_spread(field, template.shape) < LEAST_SPREAD * float(template.std())] = 0.0
        _, score, _, (x, y) = cv2.minMaxLoc(scores)
        if best is None or score > best[0]:
            best = (float(score), x, y, across, tall)
    if best is None or best[0] < LEAST_SCORE:
        return None
    score, x, y, across, tall = best
    box = Box(
        x=round(x / factor),
        y=round(y / factor),
        width=max(1, round(across / factor)),
        height=max(1, round(tall / factor)),
    )
    return MarkFound(box, min(1.0, score))


def free_room(box: Box, others: Sequence[Box], product: Mask | None, canvas: tuple[int, int]) -> float:
    """Least distance from a mark's box to anything else that was set: other boxes, the product, the edge; in pixels.

    What the photograph shows behind it is no intrusion; 0 where something overlaps the mark.
    """
    width, height = canvas
    room = float(min(box.x, box.y, width - box.x - box.width, height - box.y - box.height))
    for other in others:
        across = max(other.x - box.x - box.width, box.x - other.x - other.width, 0)
        down = max(other.y - box.y - box.height, box.y - other.y - other.height, 0)
        room = min(room, float(np.hypot(across, down)))
    if product is not None and (product > 127).any():
        outside = np.ones(product.shape, np.uint8)
        outside[box.y : box.y + box.height, box.x : box.x + box.width] = 0
        away = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
        room = min(room, float(away[product > 127].min()))
    return max(0.0, room)


def _trimmed(mark: Image) -> Image:
    """The mark over grey, cut to its ink."""
    if mark.shape[2] == 3:
        return mark
    alpha = mark[..., 3]
    rows, columns = np.flatnonzero(alpha.max(1) > 16), np.flatnonzero(alpha.max(0) > 16)
    if not rows.size:
        return mark[..., :3]
    cut = mark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cover = cut[..., 3:].astype(np.float32) / 255
    ink = cut[..., :3].astype(np.float32)
    ground = 255.0 if float((ink * cover).sum() / max(float(cover.sum()) * 3, 1)) < 128 else 0.0
    return np.asarray(np.rint(ink * cover + ground * (1 - cover)), np.uint8)


def _spread(field: Floats, window: tuple[int, ...]) -> Floats:
    """Standard deviation of every window of that size, one a position of its top left corner."""
    tall, across = window
    size = (across, tall)
    mean = cv2.boxFilter(field, cv2.CV_32F, size, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    square = cv2.boxFilter(field * field, cv2.CV_32F, size, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.asarray(spread[: field.shape[0] - tall + 1, : field.shape[1] - across + 1], np.float32)


def _edges(image: Image) -> Floats:
    """Edge strength, soft enough that half a pixel does not matter."""
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.float32)
    x, y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.GaussianBlur(np.sqrt(np.hypot(x, y)), (0, 0), 0.8), np.float32)
