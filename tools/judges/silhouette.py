"""Colours along the normals of the product's outline: one sampling that several edge checks share."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask
from tools.judges.colour import Floats, lab

OFFSETS = np.array(
    [-14, -9, -5, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30, 36, 42, 50], np.float32
)
"""Distances from the outline in pixels of a 1024-pixel picture; negative is inside the product."""

MAX_POINTS = 1600
MIN_POINTS = 60


@dataclass(frozen=True)
class Profile:
    """`colours[i, j]` is the CIELAB colour `offsets[j]` away from outline point i.

    points  : (n, 2) x, y in canvas pixels.
    normals : (n, 2) outward unit vectors.
    valid   : (n, m) whether the sample lies in the frame and on the side of the outline its offset says.
    """

    points: Floats
    normals: Floats
    offsets: Floats
    colours: Floats
    valid: npt.NDArray[np.bool_]

    def at(self, offset: float) -> int:
        """Index of the sampled distance nearest to `offset`."""
        return int(np.abs(self.offsets - offset).argmin())


def trace_silhouette(image: Image, mask: Mask, unit: float) -> Profile | None:
    """Sample RGB `image` along the normals of `mask`; `unit` is pixels per pixel of a 1024-pixel picture.

    Points come evenly along the outer outlines at half alpha, normals from the gradient of the smoothed alpha. None
    when the outline has fewer than 60 points inside the frame.
    """
    height, width = mask.shape
    contours, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [c for c in contours if len(c) >= MIN_POINTS]
    if not contours:
        return None
    points = np.concatenate([c[:, 0] for c in contours]).astype(np.float32)
    points = points[:: max(1, len(points) // MAX_POINTS)]
    border = 2
    inside = ((points >= border) & (points < np.array([width, height]) - border)).all(1)
    points = points[inside]
    if len(points) < MIN_POINTS:
        return None

    reach = int(60 * unit) + 4
    x0, y0 = (max(0, int(v) - reach) for v in points.min(0))
    x1, y1 = int(points[:, 0].max()) + reach, int(points[:, 1].max()) + reach
    crop, alpha = image[y0:y1, x0:x1], mask[y0:y1, x0:x1]
    smooth = cv2.GaussianBlur(alpha, (0, 0), 2 * unit).astype(np.float32)
    local = points - np.array([x0, y0], np.float32)
    gradient = np.stack(
        [sample(np.asarray(cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx), np.float32), local) for dx in (1, 0)], -1
    )
    length = np.linalg.norm(gradient, axis=1)
    keep = length > 8
    if int(keep.sum()) < MIN_POINTS:
        return None
    local, normals = local[keep], (-gradient[keep] / length[keep, None]).astype(np.float32)
    where = local[:, None] + normals[:, None] * (OFFSETS * np.float32(unit))[None, :, None]
    soft = cv2.GaussianBlur(crop, (0, 0), 0.7)
    colours = lab(sample(soft.astype(np.float32), where))
    cover = sample(alpha.astype(np.float32), where)
    limit = np.array([crop.shape[1], crop.shape[0]], np.float32)
    framed = ((where >= 0) & (where <= limit - 1)).all(-1)
    side = np.where(OFFSETS >= 4, cover < 30, np.where(OFFSETS <= -3, cover > 225, True))
    return Profile(
        local + np.array([x0, y0], np.float32), normals, OFFSETS.copy(), colours, np.asarray(framed & side, np.bool_)
    )


def sample(image: Floats, where: Floats) -> Floats:
    """Bilinear samples at x, y positions (..., 2)."""
    grid = where.reshape(len(where), -1, 2)
    out = cv2.remap(image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    tail = image.shape[2:]
    return np.asarray(out, np.float32).reshape(*where.shape[:-1], *tail)
