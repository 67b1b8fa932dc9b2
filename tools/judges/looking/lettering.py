"""Readable text in a picture: where it stands, and the picture with it covered, to see whether a judge believed it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import cv2
import numpy as np

from domain.ports import Image, Mask
from domain.values import Box
from tools.judges.ocr import SIDE, TextFound, read_text

LEAST_CONFIDENCE = 0.45
LEAST_LETTERS = 3
"""Letters and digits of a reading that can say something. A recogniser sees single ones in twigs and rims."""

LARGEST_TEXT = 0.3
"""Share of the picture: a larger box is no line of text."""

MOST_COVERS = 3
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
    """Text found in an RGB picture that could say something, and with it every trace of text beside it; else nothing.

    The picture is read at the recogniser's full size, once as it is and once with its local contrast raised: letters
    over a ground as dark as they are. A larger one is also read in four overlapping quarters, where smaller letters
    are found. Raises ToolFailed when the recogniser cannot run.
    """
    found = [*_at_full_size(image), *_at_full_size(_more_contrast(image))]
    if max(image.shape[:2]) > SIDE * 1.15:
        found += _in_quarters(image)
    largest = LARGEST_TEXT * image.shape[0] * image.shape[1]
    found = [text for text in found if text.box.width * text.box.height < largest]
    sure = [text for text in found if text.confidence >= LEAST_CONFIDENCE]
    said = any(_letters(text) >= LEAST_LETTERS or _TO_JUDGES.search(text.text) for text in sure)
    return tuple(sorted(found, key=lambda text: -text.confidence)) if said else ()


def _at_full_size(image: Image) -> list[TextFound]:
    """Readings of a picture brought up to the recogniser's own size; boxes in the picture's pixels."""
    height, width = image.shape[:2]
    factor = SIDE / max(height, width)
    if factor <= 1:
        return list(read_text(image, sensitive=True))
    size = (round(width * factor), round(height * factor))
    large = np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    found = []
    for text in read_text(large, sensitive=True):
        x, y = math.floor(text.box.x / factor), math.floor(text.box.y / factor)
        right = min(width, math.ceil((text.box.x + text.box.width) / factor))
        bottom = min(height, math.ceil((text.box.y + text.box.height) / factor))
        box = Box(x=x, y=y, width=max(1, right - x), height=max(1, bottom - y))
        found.append(text.model_copy(update={"box": box}))
    return found


def _more_contrast(image: Image) -> Image:
    """Local contrast raised in CIELAB lightness (CLAHE; Zuiderveld, Graphics Gems IV, 1994)."""
    lab = cv2.cvtColor(np.ascontiguousarray(image[..., :3]), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(3.0, (8, 8)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def _in_quarters(image: Image) -> list[TextFound]:
    height, width = image.shape[:2]
    found = []
    reach_x, reach_y = round(width * TILE_OVERLAP / 2), round(height * TILE_OVERLAP / 2)
    for top, bottom in ((0, height // 2 + reach_y), (height // 2 - reach_y, height)):
        for left, right in ((0, width // 2 + reach_x), (width // 2 - reach_x, width)):
            for text in read_text(np.ascontiguousarray(image[top:bottom, left:right]), sensitive=True):
                box = text.box.model_copy(update={"x": text.box.x + left, "y": text.box.y + top})
                found.append(text.model_copy(update={"box": box}))
    return found


def covered(image: Image, found: Sequence[TextFound], product: Mask | None) -> tuple[Image, tuple[Box, ...]]:
    """The picture with its text covered, and what was covered. It is read again, and what is left is covered too.

    The product stays as it is, but for words on it that speak to a judge.
    """
    boxes: tuple[Box, ...] = ()
    shown = image
    for _ in range(MOST_COVERS):
        more = regions_to_cover(found, product)
        if not more:
            break
        boxes = (*boxes, *more)
        on_it = [box for box in boxes if product is not None and _share_on(box, product) > 0.5]
        beside = [box for box in boxes if box not in on_it]
        shown = without_text(without_text(image, on_it), beside, spare=product)
        found = [text for text in readings(shown) if text.confidence >= LEAST_CONFIDENCE]
    return shown, boxes


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


def without_text(image: Image, boxes: Sequence[Box], spare: Mask | None = None) -> Image:
    """The picture with the boxes filled from their surroundings: Telea's inpainting (2004) at a quarter of the size.

    Boxes grow along the line by their height, since a recogniser that stumbles over a word reads a part of it. Pixels
    in `spare` (0..255) are left as they are.
    """
    if not boxes:
        return image
    height, width = image.shape[:2]
    cover = np.zeros((height, width), np.uint8)
    for box in boxes:
        across, along = max(2, round(0.15 * box.height)), max(3, box.height)
        rows = slice(max(0, box.y - across), min(height, box.y + box.height + across))
        columns = slice(max(0, box.x - along), min(width, box.x + box.width + along))
        cover[rows, columns] = 255
    if spare is not None:
        cover[spare > 127] = 0
    size = (max(1, width // _FILL), max(1, height // _FILL))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    holes = (np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA)) > 0).astype(np.uint8)
    holes = np.asarray(cv2.dilate(holes, np.ones((3, 3), np.uint8)), np.uint8)
    if holes.all():  # nothing is known to fill it from
        return np.where(cover[..., None] > 0, np.uint8(128), image)
    filled = cv2.inpaint(small, holes, 3, cv2.INPAINT_TELEA)
    large = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.where(cover[..., None] > 0, large, image)


def _letters(found: TextFound) -> int:
    return sum(character.isalnum() for character in found.text)


def _share_on(box: Box, mask: Mask) -> float:
    window = mask[box.y : box.y + box.height, box.x : box.x + box.width]
    return float((window > 127).mean()) if window.size else 0.0
