"""Readable text in a picture: where it stands, and the picture with it covered, to see whether a judge believed it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import cv2
import numpy as np

from domain.ports import Image, Mask
from domain.values import Box
from tools.judges.ocr import SIDE, TextFound, read_text

LEAST_CONFIDENCE = 0.45
LEAST_LETTERS, LEAST_TOGETHER = 3, 6
"""Letters and digits of one reading, or of all of them, that can say something. A recogniser sees single letters in
twigs and rims: many plain photographs have one or two."""

TILE_OVERLAP = 0.12
_TO_JUDGES = re.compile(
    r"\b(?:scor|grad|rat(?:e|ing)|judg|approv|pass(?:ed)?|verdict|ignore|instruction|system|prompt|perfect|answer|yes)"
    r"|\b\d{1,3}\s*/\s*\d{1,3}\b|\b100\s*%",
    re.IGNORECASE,
)
"""Words that speak to a judge: covered even where the product's own label carries them."""

_FILL = 4
"""The cover is computed at a quarter of the size: it only has to be free of letters."""


def readings(image: Image) -> tuple[TextFound, ...]:
    """Every text found in an RGB picture. One that the recogniser would read at less than its own size is also read in
    four overlapping quarters, where smaller letters are found. Raises ToolFailed when the recogniser cannot run.
    """
    found = list(read_text(image))
    if max(image.shape[:2]) > SIDE * 1.15:
        found += _in_quarters(image)
    sure = [text for text in found if text.confidence >= LEAST_CONFIDENCE and _letters(text)]
    if sum(map(_letters, sure)) >= LEAST_TOGETHER:
        return tuple(sure)
    return tuple(text for text in sure if _letters(text) >= LEAST_LETTERS or _TO_JUDGES.search(text.text))


def _in_quarters(image: Image) -> list[TextFound]:
    height, width = image.shape[:2]
    found = []
    reach_x, reach_y = round(width * TILE_OVERLAP / 2), round(height * TILE_OVERLAP / 2)
    for top, bottom in ((0, height // 2 + reach_y), (height // 2 - reach_y, height)):
        for left, right in ((0, width // 2 + reach_x), (width // 2 - reach_x, width)):
            for text in read_text(np.ascontiguousarray(image[top:bottom, left:right])):
                box = text.box.model_copy(update={"x": text.box.x + left, "y": text.box.y + top})
                found.append(text.model_copy(update={"box": box}))
    return found


def regions_to_cover(found: Sequence[TextFound], product: Mask | None) -> tuple[Box, ...]:
    """Which readings are covered: all but the product's own label, unless that speaks to a judge.

    The label is the brand's own photo, measured to be intact; without it the product could not be recognised.
    """
    boxes = []
    for text in found:
        on_product = product is not None and _share_on(text.box, product) > 0.5
        if not on_product or _TO_JUDGES.search(text.text):
            boxes.append(text.box)
    return tuple(boxes)


def without_text(image: Image, boxes: Sequence[Box]) -> Image:
    """The picture with the boxes filled from their surroundings: Telea's inpainting (2004) at a quarter of the size."""
    if not boxes:
        return image
    height, width = image.shape[:2]
    cover = np.zeros((height, width), np.uint8)
    for box in boxes:
        grow = max(3, round(0.35 * min(box.height, box.width)))
        rows = slice(max(0, box.y - grow), min(height, box.y + box.height + grow))
        columns = slice(max(0, box.x - grow), min(width, box.x + box.width + grow))
        cover[rows, columns] = 255
    size = (max(1, width // _FILL), max(1, height // _FILL))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    holes = (np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA)) > 0).astype(np.uint8)
    holes = np.asarray(cv2.dilate(holes, np.ones((3, 3), np.uint8)), np.uint8)
    filled = cv2.inpaint(small, holes, 3, cv2.INPAINT_TELEA)
    large = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.where(cover[..., None] > 0, large, image)


def _letters(found: TextFound) -> int:
    return sum(character.isalnum() for character in found.text)


def _share_on(box: Box, mask: Mask) -> float:
    window = mask[box.y : box.y + box.height, box.x : box.x + box.width]
    return float((window > 127).mean()) if window.size else 0.0
