"""Room for words: where on a picture a box of letters can stand, and how calm it is there.

Words keep off the product and a margin around it, off the frame's edge and off what the channel lays over a picture.
They are anchored as a typographer anchors them: above or below the product on its axis, on the canvas's axis or at the
left margin, or in the column beside the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.composition import TextAlign, TextPlace
from domain.ports import Image, Mask
from domain.values import Edges
from tools.imaging.colour import floats

MARGIN = 0.065
"""Free strip along the frame, share of the shorter side."""

GAP = 0.030
"""Free strip around the product, share of the canvas's unit; twice that in the columns beside it."""

_CELLS = 360
"""Cells along the longer side of the grid on which places are compared."""

_SLIDES = (0.0, 0.12, 0.25, 0.38, 0.5)
"""How far words stand from the outer margin into the room there is: 0 at the margin, 0.5 in the middle of it."""


def unit(width: int, height: int) -> float:
    """Side of the square of a canvas's area in pixels: what type and gaps are sized by on every aspect alike."""
    return sqrt(width * height)


@dataclass(frozen=True)
class Spot:
    """Where a box of words would stand: side of the product, alignment, top left pixel, what speaks against it."""

    place: TextPlace
    align: TextAlign
    x: int
    y: int
    cost: float


class Room:
    """One picture's room for words, prepared once and asked for many boxes.

    Args:
        image: finished picture, RGB.
        mask: products on it, 0..255.
        shaded: where they visibly shade or mirror, 255; words rather stand elsewhere.
        covered: strips the channel covers.
    """

    def __init__(self, image: Image, mask: Mask, shaded: Mask, covered: Edges) -> None:
        self.height, self.width = image.shape[:2]
        self.unit = unit(self.width, self.height)
        self.gap = max(2, round(GAP * self.unit))
        margin = MARGIN * min(self.width, self.height)
        self.left = ceil(max(margin, covered.left * self.width))
        self.top = ceil(max(margin, covered.top * self.height))
        self.right = int(min(self.width - margin, (1 - covered.right) * self.width))
        self.bottom = int(min(self.height - margin, (1 - covered.bottom) * self.height))
        k = min(1.0, _CELLS / max(self.width, self.height))
        size = (max(1, round(self.width * k)), max(1, round(self.height * k)))
        self._cells = (size[0] / self.width, size[1] / self.height)
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        side = 2 * self.gap + 1
        near = cv2.dilate((mask > 0).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        self.near: Mask = np.asarray(near * 255, np.uint8)
        self._blocked = _summed(cv2.resize(self.near, size, interpolation=cv2.INTER_AREA) > 0)
        self._shaded = _summed(floats(cv2.resize(shaded, size, interpolation=cv2.INTER_AREA)) / 255)
        tone = floats(cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)) * np.float32(100 / 255)
        self._tone, self._square = _summed(tone), _summed(tone * tone)
        dx, dy = cv2.Sobel(tone, cv2.CV_32F, 1, 0), cv2.Sobel(tone, cv2.CV_32F, 0, 1)
        edges = floats(cv2.magnitude(dx, dy))
        self._edges = _summed(edges)
        tile = max(2, round(self.gap * k))
        self._busiest = floats(cv2.blur(edges, (tile, tile)))
        x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
        self.product = (x, y, x + w, y + h) if w and h else (self.width // 2, self.height, self.width // 2, self.height)

    def spots(self, width: int, height: int, place: TextPlace | None) -> Iterator[Spot]:
        """Every sound place for a box of this size in pixels, on one side of the product or on any."""
        for side in (TextPlace.TOP, TextPlace.BOTTOM, TextPlace.LEFT, TextPlace.RIGHT) if place is None else (place,):
            for align, x, y, dear in self._anchors(side, width, height):
                if self._free(x, y, width, height):
                    yield Spot(side, align, x, y, dear + self._unrest(x, y, width, height))

    def clear(self, cover: Mask, spot: Spot) -> bool:
        """Whether no letter comes within the margin of a product, to the pixel."""
        height, width = cover.shape
        return not (self.near[spot.y : spot.y + height, spot.x : spot.x + width][cover > 0]).any()

    def apart(self, x: int, y: int, width: int, height: int) -> tuple[TextPlace, int]:
        """On which side of the products' box another box lies furthest from it, and how many pixels are between."""
        x0, y0, x1, y1 = self.product
        between = {
            TextPlace.TOP: y0 - y - height, TextPlace.BOTTOM: y - y1,
            TextPlace.LEFT: x0 - x - width, TextPlace.RIGHT: x - x1,
        }
        side = max(between, key=lambda place: between[place])
        return side, between[side]

    def _anchors(self, side: TextPlace, width: int, height: int) -> Iterator[tuple[TextAlign, int, int, float]]:
        """Alignment, left, top, and how unusual the anchor is."""
        x0, y0, x1, y1 = self.product
        if side in (TextPlace.TOP, TextPlace.BOTTOM):
            above = side is TextPlace.TOP
            room = (y0 - self.gap - self.top if above else self.bottom - y1 - self.gap) - height
            for slide in _SLIDES:
                # Where the product's row leaves no room, words may still stand at the margin, beside its top or foot.
                step = round(slide * max(room, 0))
                y = self.top + step if above else self.bottom - height - step
                late = 0.10 * abs(slide - 0.25) + (0.0 if above else 0.12)
                aside = abs((x0 + x1) / 2 - self.width / 2) / self.width
                yield TextAlign.CENTRE, round((x0 + x1 - width) / 2), y, late
                yield TextAlign.CENTRE, round((self.width - width) / 2), y, late + min(aside, 0.08)
                yield TextAlign.LEFT, self.left, y, late + 0.08
                if room < 0:
                    break
            return
        low, high = (self.left, x0 - 2 * self.gap) if side is TextPlace.LEFT else (x1 + 2 * self.gap, self.right)
        if high - low < width:
            return
        x = self.left if side is TextPlace.LEFT else max(low, round((low + high - width) / 2))
        middle = (min(y0, self.bottom) + min(y1, self.bottom)) / 2
        upright = 0.14 if self.width < 1.2 * self.height else 0.0
        for late, aim in ((0.0, middle), (0.03, self.height / 2), (0.05, self.height / 3)):
            y = round(float(np.clip(aim - height / 2, self.top, max(self.top, self.bottom - height))))
            yield TextAlign.LEFT, x, y, upright + late

    def _free(self, x: int, y: int, width: int, height: int) -> bool:
        inside = x >= self.left and y >= self.top and x + width <= self.right and y + height <= self.bottom
        return inside and self._sum(self._blocked, x, y, width, height) == 0

    def _unrest(self, x: int, y: int, width: int, height: int) -> float:
        """How busy it is under a box and a little around it: edges, spread of lightness, shadow of the product.

        The busiest tile counts by itself: a spoon's tip behind one word is lost in the mean over a long line.
        """
        edge = self.gap
        box = (max(0, x - edge), max(0, y - edge), width + 2 * edge, height + 2 * edge)
        area = max(self._sum(None, *box), 1.0)
        mean = self._sum(self._tone, *box) / area
        spread = sqrt(max(self._sum(self._square, *box) / area - mean * mean, 0.0))
        rows, columns = self._window(x, y, width, height)
        worst = float(self._busiest[rows, columns].max(initial=0.0))
        edges, shade = self._sum(self._edges, *box) / area, self._sum(self._shaded, *box) / area
        return edges / 9 + min(worst / 50, 1.6) + spread / 24 + 1.5 * shade

    def _sum(self, table: npt.NDArray[np.float64] | None, x: int, y: int, width: int, height: int) -> float:
        """Sum of a table over a box in pixels, or its number of cells; cells a box touches count whole."""
        rows, columns = self._window(x, y, width, height)
        x0, y0, x1, y1 = columns.start, rows.start, columns.stop, rows.stop
        if table is None:
            return float((x1 - x0) * (y1 - y0))
        return float(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0])

    def _window(self, x: int, y: int, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of the cells a box in pixels touches."""
        kx, ky = self._cells
        rows, columns = self._tone.shape[0] - 1, self._tone.shape[1] - 1
        return (
            slice(min(int(y * ky), rows - 1), min(ceil((y + height) * ky), rows)),
            slice(min(int(x * kx), columns - 1), min(ceil((x + width) * kx), columns)),
        )


def _summed(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Integral image: sums over any box from four corners."""
    return np.pad(np.asarray(values, np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
