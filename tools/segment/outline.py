"""Small operations on 0/1 masks: growing, shrinking, comparing, enlarging, holes and specks."""

from __future__ import annotations

import cv2
import numpy as np

from domain.ports import Mask


def _disc(radius: int) -> Mask:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), dtype=np.uint8)


def eroded(mask: Mask, radius: int, *, frame_is_inside: bool = False) -> Mask:
    """Shrunk by a disc; the world beyond the frame counts as outside unless `frame_is_inside`."""
    beyond = 1 if frame_is_inside else 0
    return np.asarray(
        cv2.erode(mask, _disc(radius), borderType=cv2.BORDER_CONSTANT, borderValue=(beyond,)), dtype=np.uint8
    )


def dilated(mask: Mask, radius: int) -> Mask:
    """Grown by a disc."""
    return np.asarray(cv2.dilate(mask, _disc(radius)), dtype=np.uint8)


def opened(mask: Mask, radius: int) -> Mask:
    """Shrunk, then grown: hairs and specks go."""
    return dilated(eroded(mask, radius), radius)


def overlap(a: Mask, b: Mask) -> float:
    """Intersection over union of two 0/1 masks; 1 when both are empty."""
    union = int((a | b).sum())
    return float((a & b).sum()) / union if union else 1.0


def enlarged(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A 0/1 mask from working size to a picture's size, its outline smooth rather than stepped."""
    height, width = shape[:2]
    if mask.shape == (height, width):
        return mask
    factor = max(height, width) / max(mask.shape)
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(soft, (0, 0), max(0.6, 0.5 * factor)) > 0.5, dtype=np.uint8)

def fill_holes(mask: Mask) -> Mask:
    """A 0/1 mask with everything enclosed by it filled."""
    padded = np.pad(mask, 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return np.asarray(padded[1:-1, 1:-1] != 2, dtype=np.uint8)


def significant(mask: Mask, share: float = 0.03) -> Mask:
    """The parts of a 0/1 mask that are at least `share` of its largest part: several products stay, specks go."""
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.flatnonzero(areas >= share * areas.max()) + 1
    return np.asarray(np.isin(numbers, kept), dtype=np.uint8)
