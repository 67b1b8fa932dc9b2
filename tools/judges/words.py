"""Words that were set: how legible they are, what the picture is without them, and whether they read back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np

from domain.composition import TextBlock
from domain.ports import Image, Mask
from domain.values import Box
from tools.imaging.colour import contrast, linear, luminance
from tools.imaging.typesetting import block_ink
from tools.judges.ocr import TextFound

_SOLID, _CLEAR = 230, 8
"""Cover above which a pixel is letter alone, and below which it is background alone."""


@dataclass(frozen=True)
class Legible:
    """Contrast of a block's letters to what lies around them, and whether a letter lies on the product."""

    contrast: float
    touches: bool


def cover_of(blocks: Sequence[TextBlock], width: int, height: int) -> Mask:
    """The letters of every block, drawn again from the record onto an empty canvas: 0..255."""
    out = np.zeros((height, width), np.uint8)
    for block in blocks:
        letters = block_ink(block)
        window = out[block.box.y : block.box.y + letters.shape[0], block.box.x : block.box.x + letters.shape[1]]
        np.maximum(window, letters[: window.shape[0], : window.shape[1]], out=window)
    return out


def without_words(image: Image, blocks: Sequence[TextBlock]) -> Image:
    """The picture with every letter replaced by the colours around it: what the other checks look at."""
    if not blocks:
        return image
    height, width = image.shape[:2]
    cover = cover_of(blocks, width, height)
    letters = cv2.dilate((cover > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
    out = image.copy()
    for block in blocks:
        reach = block.size
        rows = slice(max(0, block.box.y - reach), min(height, block.box.y + block.box.height + reach))
        columns = slice(max(0, block.box.x - reach), min(width, block.box.x + block.box.width + reach))
        known = 1 - letters[rows, columns].astype(np.float32)
        sigma = max(1.0, block.size / 5)
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        around = cv2.GaussianBlur(image[rows, columns].astype(np.float32) * known[..., None], (0, 0), sigma)
        filled = np.clip(around / np.maximum(weight, 1e-4)[..., None], 0, 255)
        inked = letters[rows, columns, None] > 0
        out[rows, columns] = np.where(inked, np.rint(filled).astype(np.uint8), out[rows, columns])
    return out


def legible(image: Image, mask: Mask | None, block: TextBlock, percentile: float) -> Legible:
    """Contrast of one block, measured in the picture.

    The letters are drawn again from the record. Their luminance is the median of the pixels they cover wholly; it is
    held against every pixel of a ring around them, a sixth of the type size wide, that they do not cover. `contrast`
    is the given percentile of those ratios: a mean would hide a bright patch behind half a word. Letters that are not
    in the picture have the background's own colour, and a contrast near 1.
    """
    height, width = image.shape[:2]
    edge = max(3, block.size // 6)
    y0, x0 = max(0, block.box.y - edge), max(0, block.box.x - edge)
    y1, x1 = min(height, block.box.y + block.box.height + edge), min(width, block.box.x + block.box.width + edge)
    cover = cover_of((block,), width, height)[y0:y1, x0:x1]
    light = luminance(linear(np.ascontiguousarray(image[y0:y1, x0:x1])))
    near = cv2.dilate(cover, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * edge + 1, 2 * edge + 1))) > _CLEAR
    solid, ring = cover >= _SOLID, near & (cv2.dilate(cover, np.ones((3, 3), np.uint8)) <= _CLEAR)
    touches = mask is not None and bool((mask[y0:y1, x0:x1][cover > _CLEAR] > 0).any())
    if not solid.any() or not ring.any():
        return Legible(1.0, touches)
    ratios = contrast(float(np.median(light[solid])), light[ring])
    return Legible(float(np.percentile(ratios, percentile)), touches)


def plain(text: str) -> str:
    """Letters and digits alone, without case and accents: what a recogniser's reading is held against."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", bare)


def likeness(first: str, second: str) -> float:
    """How alike two texts are, 0..1: twice the letters in common order over all letters."""
    return SequenceMatcher(None, plain(first), plain(second), autojunk=False).ratio()


def read_back(block: TextBlock, readings: Sequence[TextFound]) -> str:
    """What a recogniser read where a block stands: its readings there, top to bottom and left to right."""
    inside = [found for found in readings if on_block(found, block)]
    inside.sort(key=lambda found: (round(found.box.y / max(block.size, 1)), found.box.x))
    return " ".join(found.text for found in inside)


def on_block(found: TextFound, block: TextBlock) -> bool:
    """Whether a reading stands on a block. A recogniser draws its boxes wider than the ink by up to half the size."""
    return _overlap(found.box, surroundings(block, block.size // 2)) > 0.6


def surroundings(block: TextBlock, reach: int) -> Box:
    """A block's box with a margin around it, from the canvas's top left on."""
    x, y = max(0, block.box.x - reach), max(0, block.box.y - reach)
    right, bottom = block.box.x + block.box.width + reach, block.box.y + block.box.height + reach
    return Box(x=x, y=y, width=right - x, height=bottom - y)


def _overlap(inner: Box, outer: Box) -> float:
    """Share of a box's area that lies in another."""
    across = min(inner.x + inner.width, outer.x + outer.width) - max(inner.x, outer.x)
    down = min(inner.y + inner.height, outer.y + outer.height) - max(inner.y, outer.y)
    return max(0, across) * max(0, down) / (inner.width * inner.height)
