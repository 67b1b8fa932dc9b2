"""Finding a product in a picture made elsewhere, by the features of its cutout."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask

MAX_FEATURES = 3000
WORK_SIDE = 1400
MIN_INLIERS = 14
MIN_INLIER_SHARE = 0.30


@dataclass(frozen=True)
class Located:
    """Where a product was found.

    homography : 3x3, cutout pixels to picture pixels.
    mask       : the cutout's alpha carried into the picture.
    inliers    : matches that agree with the homography; `matches` is how many there were.
    """

    homography: npt.NDArray[np.float64]
    mask: Mask
    inliers: int
    matches: int


def locate(cutout: Image, image: Image) -> Located | None:
    """Find RGBA `cutout` in RGB `image`, or None: same design, moderate viewpoint and some texture are needed.

    SIFT (Lowe 2004) with the ratio test at 0.75, then a homography by MAGSAC++ (Barath et al. 2020).
    A fit that collapses, mirrors or turns the outline inside out is refused.
    """
    small, k_small = _fit(image)
    reference, k_reference = _fit(cutout)
    sift = cv2.SIFT.create(MAX_FEATURES)
    alpha = (reference[..., 3] > 250).astype(np.uint8) * 255
    keys, features = sift.detectAndCompute(cv2.cvtColor(reference[..., :3], cv2.COLOR_RGB2GRAY), alpha)
    found, others = sift.detectAndCompute(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), None)
    if features is None or others is None or len(keys) < MIN_INLIERS or len(found) < MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(features, others, 2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.75 * p[1].distance]
    if len(good) < MIN_INLIERS:
        return None
    source = np.array([keys[m.queryIdx].pt for m in good], np.float64)
    target = np.array([found[m.trainIdx].pt for m in good], np.float64)
    cv2.setRNGSeed(1)
    fitted, agree = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 4.0, maxIters=5000, confidence=0.999)
    if fitted is None:
        return None
    inliers = int(agree.sum())
    if inliers < MIN_INLIERS or inliers / len(good) < MIN_INLIER_SHARE:
        return None
    matrix: npt.NDArray[np.float64] = np.diag([1 / k_small, 1 / k_small, 1]) @ np.asarray(fitted, np.float64)
    matrix = matrix @ np.diag([k_reference, k_reference, 1])
    height, width = image.shape[:2]
    if not _plausible(matrix, cutout.shape[1], cutout.shape[0], width, height):
        return None
    mask = np.asarray(cv2.warpPerspective(cutout[..., 3], matrix, (width, height)), np.uint8)
    return Located(matrix, mask, inliers, len(good))


def _fit(image: Image) -> tuple[Image, float]:
    """The picture at no more than WORK_SIDE pixels, and the factor used."""
    k = min(1.0, WORK_SIDE / max(image.shape[:2]))
    if k == 1.0:
        return image, 1.0
    return np.asarray(cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA), np.uint8), k


def _plausible(matrix: npt.NDArray[np.float64], w: int, h: int, width: int, height: int) -> bool:
    """Whether the cutout's corners stay a convex, upright-handed quadrilateral of sensible size."""
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64)
    quad = cv2.perspectiveTransform(corners[None], matrix)[0]
    sides = np.roll(quad, -1, 0) - quad
    turns = sides[:, 0] * np.roll(sides, -1, 0)[:, 1] - sides[:, 1] * np.roll(sides, -1, 0)[:, 0]
    area = 0.5 * abs(float((quad[:, 0] * np.roll(quad[:, 1], -1) - quad[:, 1] * np.roll(quad[:, 0], -1)).sum()))
    return bool((turns > 0).all()) and 0.002 < area / (width * height) < 4 and math.isfinite(area)
