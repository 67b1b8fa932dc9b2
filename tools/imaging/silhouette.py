"""A cutout at its drawn size: the one resampling of the product, its outline, and where it touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, sin
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from domain.errors import UnusableImage
from domain.ports import Image, Mask
from tools.imaging.camera import Matrix, similarity
from tools.imaging.colour import Bytes, Floats

CORE = 0.985
"""Alpha from which a product pixel is opaque: it is copied, never blended."""

_CORE_BYTE = int(np.ceil(CORE * 255))
_VISIBLE = 8
_PAD = 2
_LEAST_EDGE = 0.30


@dataclass(frozen=True)
class Trimmed:
    """The visible part of a cutout, premultiplied, and where it lay: column, row of its corner in the cutout."""

    pixels: Bytes
    corner: tuple[int, int]

    @property
    def width(self) -> int:
        """Columns of the visible part."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows of the visible part."""
        return int(self.pixels.shape[0])


def trim(cutout: Image) -> Trimmed:
    """The part of an RGBA cutout that can be seen, premultiplied; raises UnusableImage when nothing can."""
    if cutout.ndim != 3 or cutout.shape[2] != 4:
        raise UnusableImage("a cutout needs an alpha channel", hint="cut the product out of its photo first")
    x, y, w, h = cv2.boundingRect((cutout[..., 3] > _VISIBLE).astype(np.uint8))
    if w < 2 or h < 2:
        raise UnusableImage("the cutout is empty: no pixel of it is visible", hint="cut the product out again")
    part = cutout[y : y + h, x : x + w]
    alpha = part[..., 3:].astype(np.uint16)
    pixels = np.empty_like(part)
    pixels[..., :3] = (part[..., :3] * alpha + 127) // 255
    pixels[..., 3] = part[..., 3]
    return Trimmed(pixels, (x, y))


@dataclass(frozen=True)
class Raster:
    """A product at its drawn size: straight RGBA with opaque core, and the 2x3 affine from cutout pixels to it."""

    rgba: Image
    affine: Matrix

    @property
    def alpha(self) -> Mask:
        """Coverage, 0..255."""
        return self.rgba[..., 3]


def resample(product: Trimmed, height: float, turn: float = 0.0) -> Raster:
    """The only resampling a product goes through.

    Premultiplied; averaged over areas when it shrinks, cubic when it grows; a turned product is smoothed to the target
    resolution first, for OpenCV's warp has no area filter. Alpha from `CORE` up becomes fully opaque.

    Args:
        product: from `trim`.
        height: drawn height of the unturned product, pixels.
        turn: degrees clockwise.
    """
    k = max(height, 4.0) / product.height
    width, rows = max(2, round(product.width * k)), max(2, round(product.height * k))
    kx, ky = width / product.width, rows / product.height
    if abs(turn) < 1e-3:
        flag = cv2.INTER_AREA if k < 1 else cv2.INTER_CUBIC
        small = cv2.resize(product.pixels, (width, rows), interpolation=flag)
        pixels = cv2.copyMakeBorder(small, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        inner = np.array([[kx, 0, _PAD + 0.5 * kx - 0.5], [0, ky, _PAD + 0.5 * ky - 0.5]])
    else:
        source = product.pixels
        if k < 0.9:
            sigma = 0.45 * (1 / k**2 - 1) ** 0.5
            source = cast(Bytes, cv2.GaussianBlur(source, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT))
        middle = ((product.width - 1) / 2, (product.height - 1) / 2)
        free = similarity(k, turn, middle, (0.0, 0.0))
        corners = np.array(
            [[x, y, 1.0] for x in (0, product.width - 1) for y in (0, product.height - 1)]
        ) @ free.T
        low = np.floor(corners.min(0)) - _PAD
        span = np.ceil(corners.max(0)) + _PAD + 1 - low
        inner = free.copy()
        inner[:, 2] -= low
        pixels = cv2.warpAffine(
            source, inner, (int(span[0]), int(span[1])), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT
        )
    affine = inner.copy()
    affine[:, 2] -= inner[:, :2] @ np.array(product.corner, np.float64)
    return Raster(_straight(cast(Bytes, pixels)), affine)


def _straight(premultiplied: Bytes) -> Image:
    """Straight alpha, with the opaque core made exactly opaque."""
    alpha = premultiplied[..., 3]
    out = premultiplied.copy()
    soft = (alpha < 255) & (alpha > 0)
    values = premultiplied[soft]
    out[soft, :3] = np.minimum((values[:, :3].astype(np.uint16) * 255 + values[:, 3:] // 2) // values[:, 3:], 255)
    out[..., 3] = np.where(alpha >= _CORE_BYTE, 255, alpha)
    return out


def paste(canvas: Image, raster: Raster, at: tuple[int, int]) -> None:
    """Copies a product onto a picture, last of all: core bytes untouched, soft edge over-composited.

    The edge is blended in sRGB values, the space in which cutouts are estimated (a pixel of the photo is alpha times
    product plus rest times backdrop, in the photo's own values): blending elsewhere would open a light or dark rim.
    """
    window, part = overlap(canvas.shape[:2], raster.rgba.shape[:2], at)
    target, source = canvas[window], raster.rgba[part]
    alpha = source[..., 3]
    soft = (alpha > 0) & (alpha < 255)
    share = alpha[soft][:, None].astype(np.float32) / 255
    target[soft] = np.rint(source[soft][:, :3] * share + target[soft] * (1 - share)).astype(np.uint8)
    cv2.copyTo(np.ascontiguousarray(source[..., :3]), (alpha == 255).astype(np.uint8), target)


def over(layer: Image, raster: Raster, at: tuple[int, int]) -> None:
    """Puts a product on a transparent RGBA layer (straight alpha); where layers meet the newer one wins."""
    window, part = overlap(layer.shape[:2], raster.rgba.shape[:2], at)
    target, source = layer[window], raster.rgba[part]
    newer = source[..., 3] >= target[..., 3]
    target[newer] = source[newer]


def overlap(
    canvas: tuple[int, ...], part: tuple[int, ...], at: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of a canvas and of a part laid on it with its corner at (column, row), where both exist."""
    x, y = at
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = max(min(x + part[1], canvas[1]), x0), max(min(y + part[0], canvas[0]), y0)
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))


@dataclass(frozen=True)
class Footing:
    """Where a silhouette meets the ground, in pixels of its alpha.

    `hull` is the row of the lower convex hull per column: the lines on which the product can stand. `left` and `right`
    are its two supports (the ends of a round base, or two wheels), `touching` the columns where outline and hull meet
    and `outline` the lowest row of those columns. `curved` tells a round base, whose lowest row is its near edge;
    `overhang` is by how many columns the body above it, still near the ground, is wider on each side.
    """

    hull: Floats
    left: tuple[float, float]
    right: tuple[float, float]
    touching: npt.NDArray[np.intp]
    outline: npt.NDArray[np.intp]
    curved: bool
    overhang: float

    @property
    def middle(self) -> float:
        """Column half-way between the supports."""
        return (self.left[0] + self.right[0]) / 2

    @property
    def base(self) -> float:
        """Row half-way between the supports."""
        return (self.left[1] + self.right[1]) / 2

    @property
    def radius(self) -> float:
        """Half the distance of the supports along the picture."""
        return max((self.right[0] - self.left[0]) / 2, 1.0)


def footing(alpha: Mask, round_: bool, elevation: float = 7.5) -> Footing:
    """Finds the supports of a silhouette from the lower convex hull of its outline (Andrew's monotone chain).

    A body of revolution stands on an ellipse; anything else on the two ends of the hull's longest edge, unless that
    edge is short: then the base is curved all the same (a kettle).

    Args:
        alpha: coverage of the upright product.
        round_: whether it is a body of revolution.
        elevation: degrees by which its photo looks down on it.
    """
    solid = alpha > 127
    columns = np.flatnonzero(solid.any(0))
    if columns.size < 2:
        raise UnusableImage("the cutout has no solid part", hint="cut the product out again")
    height = alpha.shape[0]
    lowest = height - 1 - solid[::-1].argmax(0)[columns]
    chain: list[tuple[int, int]] = []
    for x, y in zip(columns.tolist(), lowest.tolist(), strict=True):
        while len(chain) > 1 and _turns_up(chain[-2], chain[-1], (x, y)):
            chain.pop()
        chain.append((x, y))
    points = np.array(chain, np.float32)
    points = points[points[:, 1] > points[:, 1].max() - 0.28 * height]
    hull = np.interp(np.arange(alpha.shape[1]), points[:, 0], points[:, 1]).astype(np.float32)
    gap = hull[columns] - lowest
    near = gap < max(2.5, 0.010 * height)
    edges = np.diff(points[:, 0])
    curved = round_ or len(points) < 2 or float(edges.max()) < _LEAST_EDGE * columns.size
    if curved:
        low = columns[(gap < 0.03 * height) & (hull[columns] > hull.max() - 0.12 * height)]
        first, last = _round_base(low, hull, elevation)
        left, right = (first, float(hull.max())), (last, float(hull.max()))
        overhang = max(float(low.max() - low.min()) - (last - first), 0.0) / 2
    else:
        edge, overhang = int(edges.argmax()), 0.0
        left, right = ((float(p[0]), float(p[1])) for p in points[edge : edge + 2])
    return Footing(hull, left, right, columns[near], lowest[near], curved, overhang)


def _round_base(columns: npt.NDArray[np.intp], hull: Floats, elevation: float) -> tuple[float, float]:
    """Ends of a round base: seen from `elevation`, a circle of radius r sinks r sin(elevation) from front to sides.

    The lowest rows of the hull, taken until they reach that far up; a bevel or belly above would rise further.
    """
    rise = hull.max() - hull[columns]
    slope = sin(radians(max(elevation, 0.5)))
    limit = max(2, int(0.2 * len(hull)))
    for height in range(1, limit):
        base = columns[rise <= height]
        if base.size and height >= (base.max() - base.min()) / 2 * slope:
            return float(base.min()), float(base.max())
    return float(columns.min()), float(columns.max())


def _turns_up(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) >= 0
