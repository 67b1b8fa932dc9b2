"""Product lock: is the product in the picture still the product that was given? (Promise 1)"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from domain.candidate import Change, EditTarget, Finding, Scalar
from domain.ports import Image, Mask
from domain.values import Box
from tools.judges.book import Check
from tools.judges.colour import Floats, ciede2000, lab
from tools.judges.evidence import Views
from tools.judges.projection import Projection

TILE = 25

_KERNELS = 1.0
"""Blur in pixels under which two resampling kernels agree, on knurls and hairlines too."""


def product_lock(views: Views, check: Check) -> Finding:
    """Compare the product's pixels with the cutout placed again through the reported affine.

    Method, cheap to dear. (1) Where the generator reports its product layer: every byte of the picture inside the
    eroded opaque mask must equal the layer's. (2) The cutout is placed again, independently, and held against the
    picture: worst 25-pixel tile of the SSIM map (Wang et al. 2004), which sees a local change that a global mean
    averages away, and mean CIEDE2000, which sees a tint. Equal bytes of a layer that is not the cutout therefore fail.
    Resampling kernels differ a little, hence a slight blur and limits, not equality, in (2). In a foreign picture the
    product is located by features first, the picture rectified into the cutout's frame, and looser limits apply.
    """
    evidence = views.evidence
    if evidence.cutout is None:
        return check.abstained("no cutout of the product to compare with")
    if views.placed is None:
        return _located_lock(views, check)

    exact = _equal_share(views.image, evidence.layer, views.core) if evidence.layer is not None else None
    if exact is not None and exact < 1.0:
        return check.failed(
            f"{1 - exact:.2%} of the product's pixels differ from the placed product",
            value=exact,
            region=views.box,
            evidence={"exact": exact, "stage": "bytes"},
            fixes=_FIXES,
        )
    parts = (views.placed, *views.others)
    measured = [m for m in (_compare(views.image, part) for part in parts) if m is not None]
    if not measured:
        return check.abstained("no opaque product pixels inside the frame")
    worst, difference, where = min(measured, key=lambda m: m[0])
    difference = max(m[1] for m in measured)
    facts = {"exact": exact, "worst_tile": worst, "delta_e": difference, "stage": "cutout"}
    if worst < check.limit("worst_tile") or difference > check.limit("delta_e"):
        return check.failed(
            f"the product differs from its cutout: worst tile {worst:.2f}, mean colour difference {difference:.1f}",
            value=worst,
            region=where,
            evidence=facts,
            fixes=_FIXES,
        )
    how = "byte for byte the placed product" if exact is not None else "the placed cutout"
    return check.passed(f"the product is {how}", value=worst, evidence=facts)


_FIXES = (
    Change(target=EditTarget.PRODUCT, field="cutout", why="place the product's own pixels again"),
    Change(target=EditTarget.GENERATOR, field="seed", why="draw again"),
)


def _equal_share(image: Image, layer: Image | None, core: Mask | None) -> float | None:
    """Share of the core whose bytes equal the layer's; None when there is nothing to compare."""
    if layer is None or core is None or layer.shape[:2] != image.shape[:2]:
        return 0.0 if layer is not None else None
    solid = (core == 255) & (layer[..., 3] == 255)
    total = int((core == 255).sum())
    if not total:
        return None
    same = (image == layer[..., :3]).all(-1) & solid
    # the re-derived core and the layer's own may differ by a rim pixel; only pixels opaque in both are compared
    return float(same.sum()) / max(int(solid.sum()), 1)


def _compare(image: Image, part: Projection) -> tuple[float, float, Box] | None:
    """(worst tile SSIM, mean CIEDE2000, box of the worst tile) of one placed product against the picture."""
    h, w = part.pixels.shape[:2]
    crop = image[part.y : part.y + h, part.x : part.x + w]
    solid = cv2.erode((part.pixels[..., 3] == 255).astype(np.uint8), np.ones((5, 5), np.uint8)) == 1
    if int(solid.sum()) < TILE * 4:
        return None
    shown = np.where(solid[..., None], crop, part.pixels[..., :3])
    seen, placed = (cv2.GaussianBlur(_luma(a), (0, 0), _KERNELS) for a in (shown, part.pixels[..., :3]))
    tiles = _tiles(_ssim(np.asarray(seen, np.float32), np.asarray(placed, np.float32)), solid)
    y, x = np.unravel_index(int(np.where(solid, tiles, 2).argmin()), tiles.shape)
    picked = np.flatnonzero(solid.ravel())
    picked = picked[:: max(1, picked.size // 4000)]
    pair = (lab(a.reshape(-1, 3)[picked][None])[0] for a in (shown, part.pixels[..., :3]))
    region = Box(
        x=max(0, part.x + int(x) - TILE // 2), y=max(0, part.y + int(y) - TILE // 2), width=TILE, height=TILE
    )
    return float(tiles[y, x]), float(ciede2000(*pair).mean()), region


def _located_lock(views: Views, check: Check) -> Finding:
    """The lock in a foreign picture: rectify, then compare with looser limits."""
    found, cutout = views.located, views.evidence.cutout
    if found is None or cutout is None:
        return check.abstained("the product was not found in the picture: too small, too plain or seen from elsewhere")
    k = min(1.0, 640 / max(cutout.shape[:2]))
    small = np.asarray(cv2.resize(cutout, None, fx=k, fy=k, interpolation=cv2.INTER_AREA), np.uint8)
    h, w = small.shape[:2]
    back = np.diag([k, k, 1.0]) @ np.linalg.inv(found.homography)
    seen = np.asarray(cv2.warpPerspective(views.image, back, (w, h), flags=cv2.INTER_AREA), np.uint8)
    inside = cv2.warpPerspective(np.full(views.image.shape[:2], 255, np.uint8), back, (w, h))
    solid = cv2.erode(((small[..., 3] == 255) & (inside == 255)).astype(np.uint8), np.ones((9, 9), np.uint8)) == 1
    if int(solid.sum()) < 20 * TILE:
        return check.abstained("the product was found, but too little of it shows to compare")
    edges = [_edges(_luma(np.where(solid[..., None], a, small[..., :3]))) for a in (seen, small[..., :3])]
    likeness = float(_ssim(edges[0], edges[1], top=600.0)[solid].mean())
    first, second = (lab(a.reshape(-1, 3)[np.flatnonzero(solid.ravel())][None])[0] for a in (seen, small[..., :3]))
    difference = float(ciede2000(first, second).mean())
    facts: dict[str, Scalar] = {
        "inliers": found.inliers, "edge_likeness": likeness, "delta_e": difference, "stage": "located"
    }
    if likeness < check.limit("located_edges") or difference > check.limit("located_delta_e"):
        return check.failed(
            f"the product was found but looks changed: edges alike {likeness:.2f}, colour difference {difference:.1f}",
            value=likeness,
            region=views.box,
            evidence=facts,
            fixes=_FIXES,
        )
    return check.passed("the product was found and looks like its cutout", value=likeness, evidence=facts)


def _luma(image: Image) -> Floats:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image, np.uint8), cv2.COLOR_RGB2GRAY), np.float32)


def _edges(gray: Floats) -> Floats:
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.0)
    return np.asarray(
        cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)), np.float32
    )


def _ssim(first: Floats, second: Floats, sigma: float = 1.5, top: float = 255.0) -> Floats:
    """SSIM map with Gaussian window (Wang, Bovik, Sheikh, Simoncelli 2004), K1 0.01, K2 0.03, dynamic range `top`."""

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)

    m1, m2 = mean(first), mean(second)
    v1, v2, cov = mean(first * first) - m1 * m1, mean(second * second) - m2 * m2, mean(first * second) - m1 * m2
    c1, c2 = (0.01 * top) ** 2, (0.03 * top) ** 2
    return np.asarray(
        (2 * cov + c2) / (v1 + v2 + c2) * (2 * m1 * m2 + c1) / (m1 * m1 + m2 * m2 + c1), np.float32
    )


def _tiles(values: Floats, solid: npt.NDArray[np.bool_]) -> Floats:
    """Mean over a 25-pixel tile around each pixel; pixels outside the product count as equal."""
    return np.asarray(cv2.boxFilter(np.where(solid, values, np.float32(1)), -1, (TILE, TILE)), np.float32)
