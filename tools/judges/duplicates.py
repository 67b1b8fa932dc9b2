"""A second copy of the product somewhere else in the picture."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding
from domain.ports import Image, Mask
from domain.values import Box
from tools.judges.book import Check
from tools.judges.colour import Floats
from tools.judges.evidence import Views

REFERENCE_FEATURES = 1500
PICTURE_FEATURES = 2500
PICTURE_SIDE = 1024
REFERENCE_SIDES = (512, 224)
"""Pixels of the reference's longer side: ORB's pyramid spans a factor of 3.6, two references span what is seen."""
_KEPT = 16


@dataclass(frozen=True)
class Features:
    """Key point positions (n, 2) and ORB descriptors (n, 32) of a picture; `side` is its longer side in pixels."""

    points: Floats
    descriptors: Image
    side: int = 0
    mirrored: bool = False


@dataclass(frozen=True)
class Copy:
    """A suspected copy: distinct agreeing matches, its longer side and middle in canvas pixels."""

    matches: int
    side: float
    centre: tuple[float, float]
    mirrored: bool


def duplicate_product(views: Views, check: Check) -> Finding:
    """Look for the product outside its own mask, also mirrored.

    ORB features (Rublee et al. 2011) of the cutout at two sizes against those of the picture with the product masked
    out, ratio test, then a similarity by RANSAC. Counted are distinct positions that agree (`value`); a fit that
    collapses onto a spot, is absurdly small or large, or explains too few of its matches is refused: without that,
    clean pictures score up to 24. In a 1024-pixel picture, copies 250 px high were found of all of five products, 180
    px of four, 110 px of two, 85 px of none. The reference's features are computed once per cutout.
    """
    cutout = views.evidence.cutout
    if cutout is None:
        return check.abstained("no cutout of the product to look for")
    references = reference_features(cutout)
    if len(references[0].points) < check.limit("texture"):
        return check.abstained("the product has too little texture to recognise a copy of it")
    mask = views.mask
    picture = _picture_features(views, mask)
    best: Copy | None = None
    for reference in references:
        copy = _match(reference, picture, max(views.width, views.height), check)
        if copy is not None and (best is None or copy.matches > best.matches):
            best = copy
    found = 0 if best is None else best.matches
    if best is not None and found >= check.limit("matches") and not (mask is None and not best.mirrored):
        side = max(16, int(best.side))
        x, y = (max(0, int(v) - side // 2) for v in best.centre)
        return check.failed(
            f"a second{' (mirrored)' if best.mirrored else ''} copy of the product: {found} features agree",
            value=float(found),
            region=Box(x=x, y=y, width=side, height=side),
            evidence={"mirrored": best.mirrored, "side": best.side},
            fixes=(
                Change(target=EditTarget.BACKGROUND, field="scene", why="a scene that does not show the product"),
                Change(target=EditTarget.GENERATOR, field="seed", why="draw the surroundings again"),
            ),
        )
    if mask is None:
        return check.abstained("the product itself was not located, so a copy cannot be told from it")
    return check.passed("the product is shown once", value=float(found))


_cache: OrderedDict[str, tuple[Features, ...]] = OrderedDict()
_guard = Lock()


def reference_features(cutout: Image) -> tuple[Features, ...]:
    """Features of the cutout and of its mirror image at every reference size, kept for the cutouts used last."""
    key = hashlib.blake2b(np.ascontiguousarray(cutout[::7, ::7]).tobytes() + str(cutout.shape).encode()).hexdigest()
    with _guard:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    found: list[Features] = []
    for side in REFERENCE_SIDES:
        k = min(1.0, side / max(cutout.shape[:2]))
        small = np.asarray(cv2.resize(cutout, None, fx=k, fy=k, interpolation=cv2.INTER_AREA), np.uint8)
        gray = np.asarray(cv2.cvtColor(small[..., :3], cv2.COLOR_RGB2GRAY), np.uint8)
        solid = (small[..., 3] > 250).astype(np.uint8) * 255
        for mirrored in (False, True):
            step = -1 if mirrored else 1
            turned, where = (np.ascontiguousarray(a[:, ::step]) for a in (gray, solid))
            seen = _features(turned, where, REFERENCE_FEATURES)
            found.append(replace(seen, side=max(gray.shape), mirrored=mirrored))
    with _guard:
        _cache[key] = tuple(found)
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return tuple(found)


def _picture_features(views: Views, mask: Mask | None) -> Features:
    """Features of the picture at 1024 pixels or less, outside the dilated product mask, in canvas pixels."""
    k = min(1.0, PICTURE_SIDE / max(views.width, views.height))
    size = (round(views.width * k), round(views.height * k))
    gray = np.asarray(cv2.resize(views.gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    outside = None
    if mask is not None:
        small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        outside = np.asarray(255 - (cv2.dilate(small, np.ones((15, 15), np.uint8)) > 0) * 255, np.uint8)
    found = _features(gray, outside, PICTURE_FEATURES)
    return Features(found.points / np.float32(k), found.descriptors)


def _features(gray: Image, where: Mask | None, count: int) -> Features:
    keys, descriptors = cv2.ORB.create(count).detectAndCompute(gray, where)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    return Features(np.array([k.pt for k in keys], np.float32), np.asarray(descriptors, np.uint8))


def _match(reference: Features, picture: Features, side: int, check: Check) -> Copy | None:
    """A similarity that carries the reference into the picture, or None."""
    if len(reference.points) < 8 or len(picture.points) < 8:
        return None
    pairs: Any = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(reference.descriptors, picture.descriptors, 2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < check.limit("ratio") * p[1].distance]
    if len(good) < 6:
        return None
    source = reference.points[[m.queryIdx for m in good]]
    target = picture.points[[m.trainIdx for m in good]]
    cv2.setRNGSeed(1)
    matrix, agree = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=6.0)
    if matrix is None:
        return None
    inliers = agree[:, 0] > 0
    spots = target[inliers]
    distinct = len(np.unique(np.rint(spots / 5), axis=0))
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    spread = math.sqrt(float(np.prod(np.ptp(spots, axis=0) + 1e-3)))
    sound = (
        check.limit("scale_min") < scale < check.limit("scale_max")
        and spread > max(check.limit("spread") * scale * reference.side, check.limit("spread_least") * side)
        and float(inliers.mean()) > check.limit("inlier_share")
    )
    if not sound:
        return None
    x, y = spots.mean(0)
    return Copy(distinct, scale * reference.side, (float(x), float(y)), reference.mirrored)
