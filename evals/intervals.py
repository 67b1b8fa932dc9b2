"""Confidence intervals: Wilson's for a share of yes and no, the percentile bootstrap over cases for anything else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

Z = 1.959963984540054
"""Two-sided 95% of the normal distribution."""

RESAMPLES = 2000
SEED = 20261126


class Interval(NamedTuple):
    """A value and its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson(yes: int, of: int) -> Interval:
    """A share of `of` independent trials (Wilson 1927, JASA 22:209). Raises ValueError for no trials."""
    if of <= 0:
        raise ValueError("a share of nothing")
    share = yes / of
    scale = 1 + Z * Z / of
    centre = (share + Z * Z / (2 * of)) / scale
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / scale
    # At none and all the bounds are exactly 0 and 1, which rounding may miss by a hair.
    return Interval(share, 0.0 if yes == 0 else centre - half, 1.0 if yes == of else centre + half)


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """A ratio of sums over cases: Wilson where every case is one trial, else the bootstrap over cases.

    (Efron 1979, Annals of Statistics 7:1; percentile interval.) Raises ValueError where the denominators sum to 0.
    """
    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    if bottom.sum() <= 0:
        raise ValueError("a ratio over nothing")
    if np.isin(top, (0.0, 1.0)).all() and np.isin(bottom, (0.0, 1.0)).all() and (top <= bottom).all():
        return wilson(int(top.sum()), int(bottom.sum()))
    low, high = np.percentile(_ratios(top, bottom), (2.5, 97.5))
    value = float(top.sum() / bottom.sum())
    if low == high and value in {0.0, 1.0}:
        return wilson(round(top.sum()), round(bottom.sum()))  # all alike: drawing again shows no doubt, and there is
    return Interval(value, float(low), float(high))


def paired(
    one: tuple[Sequence[float], Sequence[float]], other: tuple[Sequence[float], Sequence[float]]
) -> Interval:
    """How much a ratio of sums grew from `one` to `other` over the same cases: the bootstrap draws cases, so that what
    makes a case hard counts on both sides.

    (Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 8.)
    """
    pairs = [np.asarray(side, float) for side in (*one, *other)]
    draws = _draws(len(pairs[0]))
    sums = [side[draws].sum(axis=1) for side in pairs]
    fine = (sums[1] > 0) & (sums[3] > 0)
    grown = sums[2][fine] / sums[3][fine] - sums[0][fine] / sums[1][fine]
    low, high = np.percentile(grown, (2.5, 97.5))
    value = pairs[2].sum() / pairs[3].sum() - pairs[0].sum() / pairs[1].sum()
    return Interval(float(value), float(low), float(high))


def _ratios(top: Numbers, bottom: Numbers) -> Numbers:
    draws = _draws(len(top))
    sums, over = top[draws].sum(axis=1), bottom[draws].sum(axis=1)
    ratios: Numbers = sums[over > 0] / over[over > 0]
    return ratios


def _draws(cases: int) -> npt.NDArray[np.int64]:
    draws: npt.NDArray[np.int64] = np.random.default_rng(SEED).integers(0, cases, size=(RESAMPLES, cases))
    return draws
