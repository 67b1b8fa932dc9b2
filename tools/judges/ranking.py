"""Technical quality, and a shortlist that is forced to differ."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask
from tools.judges.colour import Floats, lab

Candidate = tuple[str, float, npt.NDArray[np.float32], str]
"""Candidate id, technical quality 0..1, `descriptor` of its picture, scene id."""

NEAR_DUPLICATE = 0.20
"""Descriptors closer than this (the product moved by under 4% of the canvas) are the same picture to a person."""

DISTINCT = 0.45
"""Descriptors farther apart than this need no other reason to be called different; two scenes are 0.6 and more."""

SAME_SCENE_PENALTY = 0.15
"""Quality a candidate must be ahead by to be preferred although its scene is already on the shortlist."""

WEIGHTS = {
    "exposure": 0.18,
    "contrast": 0.16,
    "sharpness": 0.18,
    "colour": 0.12,
    "focus_on_product": 0.12,
    "simplicity": 0.08,
    "clean": 0.08,
    "smooth_blocks": 0.08,
}


def quality(image: Image, mask: Mask | None = None) -> float:
    """Technical quality of an RGB picture, 0..1: how well it is exposed, focused and free of artefacts. Not taste.

    Weighted mean (`WEIGHTS`) of eight terms, see `quality_terms`. It orders candidates that passed every gate.
    """
    terms = quality_terms(image, mask)
    return float(sum(WEIGHTS[name] * value for name, value in terms.items()))


def quality_terms(image: Image, mask: Mask | None = None) -> dict[str, float]:
    """The terms of technical quality, each 0..1.

    exposure         : mean lightness near the middle of the scale, and few clipped pixels.
    contrast         : P98 - P2 of CIELAB L.
    sharpness        : 99.5th percentile of the absolute Laplacian at full size, on the product where it is known.
    colour           : colourfulness (Hasler and Süsstrunk, Measuring colourfulness in natural images, 2003).
    focus_on_product : edge energy on the product (centre ninth without a mask) over that of the rest: low depth of
                       field (Datta et al., Studying aesthetics in photographic images, ECCV 2006).
    simplicity       : how tightly edges gather (Ke, Tang, Jing: The design of high-level features for photo quality
                       assessment, CVPR 2006).
    clean            : noise by Immerkaer, Fast noise variance estimation (CVIU 1996), on the flattest third.
    smooth_blocks    : steps on the 8-pixel grid over steps elsewhere (blockiness; Wang, Sheikh, Bovik, ICIP 2002).
    """
    small = np.asarray(cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    lightness = lab(small)[..., 0]
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    half = np.asarray(cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    inside = _focus_area(half.shape, mask)
    edges = np.abs(cv2.Laplacian(half, cv2.CV_32F))
    clipped = float(((gray[::3, ::3] < 4) | (gray[::3, ::3] > 251)).mean())
    low, high = (float(v) for v in np.percentile(lightness, [2, 98]))
    return {
        "exposure": float(np.clip(1 - abs(float(lightness.mean()) - 54) / 45 - 1.5 * clipped, 0, 1)),
        "contrast": _ramp(high - low, 20, 82),
        "sharpness": _ramp(float(np.log(np.percentile(np.abs(cv2.Laplacian(gray, cv2.CV_32F)), 99.5) + 1)), 1.8, 4.6),
        "colour": _ramp(colourfulness(small), 6, 55),
        "focus_on_product": _ramp(
            float(np.log((edges[inside].mean() + 0.6) / (edges[~inside].mean() + 0.6))), -0.4, 1.8
        ),
        "simplicity": 1 - _ramp(_edge_spread(half), 0.35, 0.85),
        "clean": 1 - _ramp(noise(gray), 1.2, 6.0),
        "smooth_blocks": 1 - _ramp(blockiness(gray), 1.06, 1.8),
    }


def _focus_area(shape: tuple[int, ...], mask: Mask | None) -> npt.NDArray[np.bool_]:
    """The product at this size; the picture's middle where no product is known or it is too small to judge."""
    rows, columns = shape[:2]
    if mask is not None:
        inside = np.asarray(cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)) > 200
        if int(inside.sum()) >= 400 and not inside.all():
            return np.asarray(inside, np.bool_)
    middle = np.zeros((rows, columns), np.bool_)
    middle[rows // 4 : 3 * rows // 4, columns // 4 : 3 * columns // 4] = True
    return middle


def colourfulness(image: Image) -> float:
    """Hasler and Süsstrunk's M3: 0 for greys, about 15 slightly, 45 quite, 80 and more extremely colourful."""
    red, green, blue = (image[..., i].astype(np.float32) for i in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def noise(gray: Image) -> float:
    """Immerkaer's estimate of Gaussian noise sigma in grey levels, on the flattest third of the picture."""
    values = gray[: gray.shape[0] & ~1, : gray.shape[1] & ~1]
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(values, cv2.CV_32F, kernel))[::2, ::2]
    small = cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    busy = cv2.blur(np.abs(cv2.Laplacian(small, cv2.CV_32F)), (7, 7))
    flat = busy <= np.percentile(busy[::3, ::3], 33)
    return float(response[flat].mean() * np.sqrt(np.pi / 2) / 6)


def blockiness(gray: Image) -> float:
    """Mean absolute step across 8-pixel block borders over the mean step elsewhere; 1 without blocks."""
    values = gray.astype(np.int16)
    ratios = []
    for steps in (np.abs(np.diff(values, axis=1)), np.abs(np.diff(values, axis=0)).T):
        column = steps.mean(0)
        border = column[7::8]
        inner = np.delete(column, np.arange(7, column.size, 8))
        ratios.append(float((border.mean() + 0.2) / (inner.mean() + 0.2)))
    return max(ratios)


def _edge_spread(gray: Image) -> float:
    """Area share of the box that holds 90% of the edge energy in each direction."""
    small = cv2.resize(gray, (100, 100), interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.CV_32F)) + 1e-3
    spans = []
    for axis in (0, 1):
        share = np.cumsum(edges.sum(axis)) / edges.sum()
        spans.append(int(np.searchsorted(share, 0.95)) - int(np.searchsorted(share, 0.05)))
    return spans[0] * spans[1] / 1e4


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def descriptor(image: Image) -> npt.NDArray[np.float32]:
    """What a picture looks like at a glance: a unit vector of 12 x 12 x 3 colour layout and 4 x 4 x 8 gradients.

    The Euclidean distance of two descriptors is 0 for the same picture and about 1 for unrelated ones. Placement,
    colours and light move it; grain and fine detail do not.
    """
    layout = lab(np.asarray(cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA), np.uint8))
    layout = np.asarray(cv2.resize(layout, (12, 12), interpolation=cv2.INTER_AREA), np.float32)
    colour = (layout - np.array([50, 0, 0], np.float32)) / np.array([50, 40, 40], np.float32)
    small = cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA)
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    gx, gy = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    angle = np.floor((np.degrees(np.arctan2(gy, gx)) % 180) / 22.5).astype(int).clip(0, 7)
    strength = np.hypot(gx, gy)
    cells: list[Floats] = []
    for rows in np.split(np.arange(96), 4):
        for columns in np.split(np.arange(96), 4):
            window = np.ix_(rows, columns)
            cells.append(np.bincount(angle[window].ravel(), strength[window].ravel(), 8).astype(np.float32))
    gradients = np.sqrt(np.concatenate(cells))
    colour_part = colour.ravel() / (np.linalg.norm(colour) + 1e-6)
    gradient_part = gradients / (np.linalg.norm(gradients) + 1e-6)
    return np.asarray(np.concatenate([0.8 * colour_part, 0.6 * gradient_part]), np.float32)


def shortlist(candidates: Sequence[Candidate], k: int = 3) -> tuple[str, ...]:
    """At most `k` candidate ids, best first, that differ from each other.

    Greedy: the best by quality first; then, each time, the one whose quality less what it repeats is highest. What
    it repeats is `SAME_SCENE_PENALTY` when its scene is already chosen, plus its nearness to the nearest chosen
    picture. Near duplicates of a chosen picture are never taken, even if the list stays short; ties go to the lower id.
    """
    left = sorted(candidates, key=lambda c: (-c[1], c[0]))
    chosen: list[Candidate] = []
    while left and len(chosen) < k:
        if not chosen:
            chosen.append(left.pop(0))
            continue
        scored = [(_worth(each, chosen), -i, each) for i, each in enumerate(left)]
        worth, _, best = max(scored, key=lambda item: item[:2])
        if worth == float("-inf"):
            break
        chosen.append(best)
        left = [each for each in left if each[0] != best[0]]
    return tuple(each[0] for each in chosen)


def _worth(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    nearest = min(float(np.linalg.norm(candidate[2] - other[2])) for other in chosen)
    if nearest < NEAR_DUPLICATE:
        return float("-inf")
    repeated = SAME_SCENE_PENALTY if candidate[3] in {other[3] for other in chosen} else 0.0
    return candidate[1] - repeated - 0.5 * max(0.0, DISTINCT - nearest)
