"""Placing a cutout again through its affine, so that a check never rests on what a generator says it drew."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask
from domain.values import Affine


@dataclass(frozen=True)
class Projection:
    """A placed cutout: its RGBA pixels on the part of the canvas it covers.

    x, y    : left top corner of `pixels` on the canvas.
    pixels  : RGBA, straight alpha, inside the canvas only.
    bounds  : (left, top, right, bottom) of the opaque pixels in canvas pixels, also beyond the frame.
    outside : share of the product's area beyond the frame, 0..1.
    """

    x: int
    y: int
    pixels: Image
    bounds: tuple[float, float, float, float]
    outside: float


def project(cutout: Image, affine: Affine, width: int, height: int) -> Projection:
    """Place RGBA `cutout` on a `width` x `height` canvas through `affine` (cutout to canvas, centres at integers).

    Premultiplied resampling: area average down to the affine's scale, the rest (rotation, sub-pixel shift, enlarging)
    bilinear. A whole-pixel shift copies pixels unchanged.
    """
    matrix = np.array(affine, np.float64)
    rows, columns = cutout.shape[:2]
    k = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    premultiplied = cutout.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    if k < 1:
        small = (max(1, round(columns * k)), max(1, round(rows * k)))
        premultiplied = np.asarray(cv2.resize(premultiplied, small, interpolation=cv2.INTER_AREA), np.float32)
        sx, sy = columns / small[0], rows / small[1]
        grow = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])
        matrix = matrix @ grow
    h, w = premultiplied.shape[:2]
    if float(premultiplied[..., 3].max()) <= 127:
        return Projection(0, 0, np.zeros((1, 1, 4), np.uint8), (0.0, 0.0, 0.0, 0.0), 1.0)
    outline = _extent(premultiplied[..., 3], matrix)
    corners = matrix @ np.array([[-1, w, w, -1], [-1, -1, h, h], [1, 1, 1, 1]], np.float64)
    x0, y0 = (max(0, math.floor(v)) for v in corners.min(1))
    x1, y1 = min(width, math.ceil(corners[0].max()) + 1), min(height, math.ceil(corners[1].max()) + 1)
    area = float(premultiplied[..., 3].sum()) * abs(float(np.linalg.det(matrix[:, :2])))
    if x1 <= x0 or y1 <= y0:
        return Projection(0, 0, np.zeros((1, 1, 4), np.uint8), outline, 1.0)
    local = matrix.copy()
    local[:, 2] -= (x0, y0)
    warped = np.asarray(cv2.warpAffine(premultiplied, local, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR), np.float32)
    alpha = warped[..., 3:]
    colour = warped[..., :3] * (255 / np.maximum(alpha, 1e-3))
    pixels = np.rint(np.clip(np.dstack([colour, alpha]), 0, 255)).astype(np.uint8)
    outside = 1 - float(alpha.sum()) / max(area, 1.0)
    return Projection(x0, y0, pixels, outline, min(max(outside, 0.0), 1.0))


def _extent(
    alpha: npt.NDArray[np.float32], matrix: npt.NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Bounds of the opaque pixels after `matrix`."""
    contours, _ = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    points = np.concatenate([c[:, 0] for c in contours]).astype(np.float64)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    (left, top), (right, bottom) = moved.min(0), moved.max(0)
    return float(left), float(top), float(right), float(bottom)


def union(projections: Iterable[Projection], width: int, height: int) -> Mask:
    """Alpha of several placed products on one canvas: the larger one where they overlap."""
    canvas = np.zeros((height, width), np.uint8)
    for each in projections:
        h, w = each.pixels.shape[:2]
        part = canvas[each.y : each.y + h, each.x : each.x + w]
        np.maximum(part, each.pixels[..., 3], out=part)
    return canvas
