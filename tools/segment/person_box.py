"""Cutting out of a cluttered photo inside the box a person drew around the product."""

from __future__ import annotations

import cv2
import numpy as np

from domain.assets import CutoutMethod
from domain.errors import UnusableImage
from domain.ports import Image, Mask
from domain.values import Box
from tools.segment.confidence import GATE
from tools.segment.graph_cut import (
    BACKGROUND,
    MAYBE_BACKGROUND,
    MAYBE_FOREGROUND,
    grab,
)
from tools.segment.matting import CLUTTERED, matte
from tools.segment.outline import dilated, enlarged, eroded, fill_holes, opened, overlap, significant
from tools.segment.result import CutoutResult, trimmed
from tools.segment.surface import to_lab

WORK_SIDE = 288
_AROUND = 0.22           # how much of the photo around the box serves as background sample, share of the box
_SHIFT = 0.03            # how much smaller and larger a box is tried to see whether the outline holds


def from_box(image: Image, box: Box, *, name: str = "image") -> CutoutResult:
    """Cut the thing inside `box` (pixels of `image`). Raises UnusableImage for a box outside the picture."""
    height, width = image.shape[:2]
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if right - box.x < 16 or bottom - box.y < 16:
        raise UnusableImage(
            f"the box {box.x},{box.y},{box.width},{box.height} leaves nothing of the {width}x{height} picture",
            where=name, hint="give the box as left,top,width,height in the picture's own pixels",
        )  # fmt: skip
    box = Box(x=box.x, y=box.y, width=right - box.x, height=bottom - box.y)
    pad_x, pad_y = round(_AROUND * box.width) + 8, round(_AROUND * box.height) + 8
    window = np.s_[max(0, box.y - pad_y) : bottom + pad_y, max(0, box.x - pad_x) : right + pad_x]
    crop = image[window]
    local = (box.x - window[1].start, box.y - window[0].start, box.width, box.height)
    factor = min(1.0, WORK_SIDE / max(crop.shape[:2]))
    small = np.asarray(cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scaled = tuple(value * factor for value in local)
    outline = _inside(small, scaled)
    if not outline.any():
        raise UnusableImage(
            "nothing inside the box stands out from what is around it",
            where=name, hint="draw the box a little larger than the product, or use a PNG with transparency",
        )  # fmt: skip
    score, reason = _confidence(small, outline, scaled)
    colours, alpha = matte(crop, enlarged(outline, crop.shape), similar=CLUTTERED)
    full_colours, full_alpha = image.copy(), np.zeros((height, width), np.uint8)
    full_colours[window], full_alpha[window] = colours, alpha
    return trimmed(full_colours, full_alpha, CutoutMethod.BOX, score, reason, name=name)


def _inside(small: Image, box: tuple[float, ...], grow: float = 0.0) -> Mask:
    """The 0/1 mask GrabCut finds in a box, optionally grown by a share of its size on each side."""
    x, y, width, height = box
    left, right = round(x - grow * width), round(x + width * (1 + grow))
    top, bottom = round(y - grow * height), round(y + height * (1 + grow))
    rows, columns = small.shape[:2]
    labels = np.full((rows, columns), BACKGROUND, np.uint8)
    top, left = max(top, 0), max(left, 0)
    labels[top:bottom, left:right] = MAYBE_BACKGROUND
    rim_x, rim_y = max(1, round(0.04 * width)), max(1, round(0.04 * height))
    labels[top + rim_y : bottom - rim_y, left + rim_x : right - rim_x] = MAYBE_FOREGROUND
    mask = grab(small, labels, 5)
    # Products have calmer outlines than the clutter around them.
    mask = np.asarray(cv2.medianBlur(opened(mask, 1), 7), dtype=np.uint8)
    mask = significant(mask, 0.12)
    holes = (fill_holes(mask) & ~mask & 1).astype(np.uint8)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(holes)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < 0.015 * mask.sum():
            mask[numbers == number] = 1
    return mask


def _confidence(small: Image, outline: Mask, box: tuple[float, ...]) -> tuple[float, str]:
    """How far the outline can be trusted: does it hold when the box changes, lie on edges, and fill the box?"""
    others = [_inside(small, box, grow) for grow in (-_SHIFT, _SHIFT)]
    stability = min(overlap(outline, other) for other in others)
    support = _edge_support(small, outline)
    fit, fill = _fit(outline, box), float(outline.sum() / max(1.0, box[2] * box[3]))
    held = [
        (stability / GATE.box_stability, f"a slightly different box gives another outline ({stability:.0%} in common)"),
        (support / GATE.box_edge_support, f"only {support:.0%} of the outline lies on a visible edge"),
        (fit / GATE.box_fit, f"the outline spans only {fit:.0%} of the box"),
        (fill / GATE.box_fill, f"the outline covers only {fill:.0%} of the box"),
    ]
    score, reason = min(held, key=lambda pair: pair[0])
    confidence = float(np.clip(GATE.threshold * score, 0, 0.9))
    if confidence >= GATE.threshold:
        reason = f"the outline holds when the box changes ({stability:.0%}) and {support:.0%} of it lies on an edge"
    return confidence, reason


def _edge_support(small: Image, outline: Mask) -> float:
    """Share of the outline where colours just inside and just outside differ by more than the gate's contrast."""
    lab = to_lab(small)
    inner = outline & (1 - eroded(outline, 3))
    outer = (1 - outline) & dilated(outline, 3)
    line = (dilated(outline, 1) - eroded(outline, 1)).astype(bool)
    means = []
    for side in (inner, outer):
        weight = side.astype(np.float32)
        total = cv2.blur(weight, (7, 7))
        means.append(cv2.blur(lab * weight[..., None], (7, 7)) / (total[..., None] + 1e-4))
    step = np.linalg.norm(means[0] - means[1], axis=-1)
    line[[0, -1]] = line[:, [0, -1]] = False
    return float((step[line] > GATE.box_contrast).mean()) if line.any() else 0.0


def _fit(outline: Mask, box: tuple[float, ...]) -> float:
    """Overlap of the outline's own box with the person's: a person draws it close around the product."""
    rows, columns = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
    found = (columns[-1] - columns[0] + 1) * (rows[-1] - rows[0] + 1)
    return float(found / max(1.0, box[2] * box[3]))
