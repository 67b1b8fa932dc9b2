"""The baseline of suite *set consistency*: colour histograms, of whole pictures or of the product's box.

Whether a set is called inconsistent takes a threshold; it is given the one that comes out best on the very sets it is
measured on, which no judge could know beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from domain.ports import Image
from evals.odd_ones import Set

BINS = 8


@dataclass(frozen=True)
class Guess:
    """How far the farthest picture of a set is from the others, over how far the middle one is; and which it is."""

    ratio: float
    odd: str


def guess(one: Set, *, product_only: bool) -> Guess:
    """The picture whose histogram is farthest from those of the others."""
    images = []
    for member in one.members.values():
        box = member.box
        cut = member.image[box.y : box.y + box.height, box.x : box.x + box.width]
        images.append(cut if product_only else member.image)
    far = distances(images)
    worst = int(np.argmax(far))
    return Guess(far[worst] / max(median(far), 1e-6), list(one.members)[worst])


def distances(images: Sequence[Image]) -> list[float]:
    """Mean Hellinger distance, 0..1, of each picture's joint RGB histogram to those of the others."""
    roots = []
    for image in images:
        histogram = cv2.calcHist([np.ascontiguousarray(image)], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3).ravel()
        roots.append(np.sqrt(histogram / histogram.sum()))
    apart = np.array([[np.linalg.norm(one - other) for other in roots] for one in roots]) / np.sqrt(2)
    mean = apart.sum(axis=1) / (len(images) - 1)
    return [float(value) for value in mean]


def best_threshold(guesses: Sequence[Guess], odd: Sequence[bool]) -> float:
    """The ratio above which a set is called inconsistent that tells most: hits and sound sets weigh the same."""
    ratios, wrong = np.array([g.ratio for g in guesses]), np.array(odd)
    candidates = np.unique(np.append(ratios, np.inf))
    rates = [((ratios[wrong] >= c).mean() + (ratios[~wrong] < c).mean()) / 2 for c in candidates]
    return float(candidates[int(np.argmax(rates))])
