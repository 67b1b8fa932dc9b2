"""Cutting out before a plain backdrop: the normal studio photo, with one product or several."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from domain.assets import CutoutMethod
from domain.errors import UnusableImage
from domain.ports import Image, Mask
from tools.segment.confidence import GATE
from tools.segment.graph_cut import (
    BACKGROUND,
    FOREGROUND,
    MAYBE_BACKGROUND,
    MAYBE_FOREGROUND,
    grab,
)
from tools.segment.matting import matte
from tools.segment.outline import dilated, enlarged, eroded, fill_holes, overlap, significant
from tools.segment.result import CutoutResult, trimmed
from tools.segment.surface import Backdrop, fit_backdrop

WORK_SIDE = 512
_EMPTY = 0.0004          # less of the picture differing from the backdrop than this: nothing is there


@dataclass(frozen=True)
class Outline:
    """A product's 0/1 mask at working size and the measurements its confidence rests on.

    `left_over` is the length of sharp edges just outside the mask, over the length of its outline: parts of the product
    that have the backdrop's colour betray themselves by their edges.
    """

    mask: Mask
    backdrop: Backdrop
    agreement: float
    left_over: float

    @property
    def area(self) -> float:
        """Share of the picture covered."""
        return float(self.mask.mean())

    @property
    def on_frame(self) -> float:
        """Share of the frame covered."""
        mask = self.mask
        return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def from_backdrop(image: Image, *, name: str = "image") -> CutoutResult:
    """Cut everything that stands out from a plain backdrop.

    Raises UnusableImage for an empty backdrop. On a cluttered photo the result has a low confidence and says so.
    """
    outline = find(image)
    if not outline.mask.any():
        if outline.backdrop.inliers > GATE.backdrop_inliers and outline.backdrop.sigma < GATE.backdrop_sigma:
            raise UnusableImage(
                "this photo shows an empty backdrop and no product",
                where=name, hint="use a photo of the product, or a cutout as PNG with transparency",
            )  # fmt: skip
        return CutoutResult(
            np.zeros((*image.shape[:2], 4), np.uint8), (0, 0), CutoutMethod.BACKDROP, 0.0, _why(outline),
            np.zeros(image.shape[:2], np.uint8),
        )  # fmt: skip
    colours, alpha = matte(image, enlarged(outline.mask, image.shape))
    return trimmed(colours, alpha, CutoutMethod.BACKDROP, confidence(outline), _why(outline), name=name)


def find(image: Image) -> Outline:
    """The outline at working size: distance to the backdrop, hysteresis, holes, then GrabCut along the edge only."""
    factor = min(1.0, WORK_SIDE / max(image.shape[:2]))
    small = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    backdrop = fit_backdrop(small)
    mask = _thresholded(backdrop)
    if mask.mean() < _EMPTY:
        return Outline(np.zeros_like(mask), backdrop, 0.0, 0.0)
    refined = _refined(small, mask, backdrop)
    agreement = overlap(mask, refined)
    mask = significant(refined) if agreement > 0.85 else mask
    return Outline(mask, backdrop, agreement, _left_over(mask, backdrop))


def _left_over(mask: Mask, backdrop: Backdrop) -> float:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    reach = round(0.2 * max(rows[-1] - rows[0], columns[-1] - columns[0]))
    nearby = dilated(mask, min(reach, 40)) & (1 - dilated(mask, 4))
    outline = int((mask & (1 - eroded(mask, 1))).sum())
    return float((backdrop.hard & nearby.astype(bool)).sum()) / max(1, outline)


def _thresholded(backdrop: Backdrop) -> Mask:
    """Hysteresis on the distance (Canny 1986), then see-through holes kept and bright specks inside filled."""
    distance, difference = backdrop.distance, backdrop.difference
    strong = (distance > 9) & (difference > 9)
    weak = ((distance > 4.5) & (difference > 4.2)).astype(np.uint8)
    _, numbers = cv2.connectedComponents(weak)
    mask = np.isin(numbers, np.setdiff1d(numbers[strong], [0])).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), dtype=np.uint8)
    filled = fill_holes(mask)
    holes = (filled & ~mask & 1).astype(np.uint8)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(holes)
    for number in range(1, count):
        region = numbers == number
        open_ = stats[number, cv2.CC_STAT_AREA] > 0.0004 * mask.size and float(np.median(distance[region])) < 3.0
        if open_:
            filled[region] = 0
    return significant(filled)


def _refined(small: Image, mask: Mask, backdrop: Backdrop) -> Mask:
    reach = max(3, int(0.012 * max(mask.shape)))
    inner, outer = eroded(mask, reach), dilated(mask, reach)
    sure_backdrop = backdrop.distance < 2.2
    unsure = np.where(mask, MAYBE_FOREGROUND, MAYBE_BACKGROUND)
    labels = np.where(inner, FOREGROUND, np.where(outer, unsure, BACKGROUND))
    labels = np.where(sure_backdrop & (labels != FOREGROUND), BACKGROUND, labels)
    sure_product = (backdrop.distance > 14) & (backdrop.difference > 14) & (outer > 0)
    labels = np.where(sure_product, FOREGROUND, labels).astype(np.uint8)
    rows, columns = np.flatnonzero(outer.any(1)), np.flatnonzero(outer.any(0))
    window = np.s_[max(0, int(rows[0]) - 8) : int(rows[-1]) + 9, max(0, int(columns[0]) - 8) : int(columns[-1]) + 9]
    refined = mask.copy()
    refined[window] = grab(small[window], labels[window], 2)
    return refined


def confidence(outline: Outline) -> float:
    """0..1: 1 well inside the gate, the threshold at its edge, 0 far outside; the weakest measurement decides."""
    return min(score for score, _ in _held(outline))


def _why(outline: Outline) -> str:
    score, reason = min(_held(outline), key=lambda pair: pair[0])
    if score >= GATE.threshold:
        return f"plain backdrop; outline and refinement agree to {outline.agreement:.0%}"
    return reason


def _held(outline: Outline) -> list[tuple[float, str]]:
    """Each measurement of the gate as (score, what is wrong when it is low)."""
    backdrop = outline.backdrop
    return [
        (_score(backdrop.sigma, GATE.backdrop_sigma, worse=1.0), "the background is not plain"),
        (_score(-backdrop.inliers, -GATE.backdrop_inliers, worse=0.1), "the background is not plain"),
        (_score(outline.on_frame, GATE.mask_on_frame, worse=0.02), "the product touches the picture's frame"),
        (_score(-outline.agreement, -GATE.agreement, worse=0.07),
         "parts of the product have the backdrop's colour, or it is transparent"),
        (_score(outline.left_over, GATE.left_over, worse=GATE.left_over),
         "sharp edges beside the outline: part of the product may have the backdrop's colour"),
        (_score(-outline.area, -GATE.area_min, worse=0.9 * GATE.area_min), "the product is too small in the picture"),
        (_score(outline.area, GATE.area_max, worse=0.2), "the product fills the picture to its edges"),
    ]  # fmt: skip


def _score(value: float, limit: float, worse: float) -> float:
    """1 at `worse` on the good side of the limit, the threshold at it, 0 at `worse` on the bad side."""
    room = float(np.clip((limit - value) / worse, -1, 1))
    return GATE.threshold + (1 - GATE.threshold) * room if room >= 0 else GATE.threshold * (1 + room)
