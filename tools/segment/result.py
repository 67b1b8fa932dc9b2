"""What every way of cutting out hands back, and how a full-size matte becomes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.assets import CutoutMethod
from domain.errors import UnusableImage
from domain.ports import Image, Mask

MARGIN_SHARE = 0.02
MIN_PRODUCT_SIDE = 32
FAINT = 8


@dataclass(frozen=True)
class CutoutResult:
    """A product freed from its photo.

    `rgba` is trimmed to the product with a transparent margin on every side; its pixel (0, 0) is pixel `offset` (x, y)
    of the photo, which may be negative. Fully opaque pixels are the photo's own, byte for byte. `mask` is the matte at
    the photo's size. `confidence` is 0..1 that the outline is the product's; `reason` says what it rests on.
    """

    rgba: Image
    offset: tuple[int, int]
    method: CutoutMethod
    confidence: float
    reason: str
    mask: Mask


def trimmed(
    rgb: Image, mask: Mask, method: CutoutMethod, confidence: float, reason: str, *, name: str = "image"
) -> CutoutResult:
    """Trim colours and matte (both at the photo's size) to the product, with a transparent margin all around.

    Raises UnusableImage when there is nothing, or next to nothing, to trim to.
    """
    rows, columns = np.flatnonzero((mask > FAINT).any(1)), np.flatnonzero((mask > FAINT).any(0))
    if not len(rows):
        raise UnusableImage(
            "there is no product in this photo", where=name, hint="use a photo in which the product fills the middle"
        )
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    if max(bottom - top, right - left) < MIN_PRODUCT_SIDE:
        raise UnusableImage(
            f"the product is only {right - left}x{bottom - top} pixels in this photo",
            where=name, hint="use a photo in which the product is at least 600 pixels high",
        )  # fmt: skip
    margin = max(4, round(MARGIN_SHARE * max(bottom - top, right - left)))
    rgba = np.zeros((bottom - top + 2 * margin, right - left + 2 * margin, 4), np.uint8)
    inside = rgba[margin:-margin, margin:-margin]
    inside[..., :3] = rgb[top:bottom, left:right]
    inside[..., 3] = np.where(mask[top:bottom, left:right] > FAINT, mask[top:bottom, left:right], 0)
    return CutoutResult(rgba, (left - margin, top - margin), method, round(confidence, 3), reason, mask)
