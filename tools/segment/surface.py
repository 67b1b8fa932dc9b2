"""The backdrop of a studio photo as a smooth surface in CIE L*a*b*, fitted to the frame of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image

Floats = npt.NDArray[np.float32]

_RING = 0.03             # width of the fitted frame, share of the shorter side
_SAMPLES = 6000
_ROUNDS = 4
_EDGE = 0.9             # L* a pixel


@dataclass(frozen=True)
class Backdrop:
    """A picture against its fitted backdrop, at working size.

    `distance` is in standard deviations of the backdrop, `difference` in L*a*b* units; both discount soft shadows.
    `sigma` is the spread around the surface (largest of the three channels), `inliers` the share of the frame that
    follows it. `hard` marks sharp edges, which products have and soft shadows have not.
    """

    distance: Floats
    difference: Floats
    sigma: float
    inliers: float
    hard: npt.NDArray[np.bool_]


def to_lab(image: Image) -> Floats:
    """CIE L*a*b* of an RGB picture: L 0..100, a and b about -100..100."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)


def fit_backdrop(image: Image) -> Backdrop:
    """Fit a second-order surface to the frame by iterated trimming, and measure every pixel against it.

    A cast shadow darkens the backdrop softly and leaves its colour alone: where chroma is unchanged and the gradient is
    gentle, darkness counts for a fifth.
    """
    lab = to_lab(image)
    surface, sigma, inliers = _fit(lab)
    off = lab - surface
    chroma_sigma = np.maximum(sigma[1:], 0.6)
    chroma = np.linalg.norm(off[..., 1:], axis=-1)
    gx = cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0, ksize=3)
    gy = cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1, ksize=3)
    gradient = cv2.GaussianBlur(cv2.magnitude(gx, gy), (0, 0), 1.5)
    shadow = (off[..., 0] < 0) & (gradient < 40) & (chroma < 7)
    lightness = off[..., 0] * np.where(shadow, np.float32(0.22), np.float32(1))
    in_sigmas = np.square(off[..., 1:] / chroma_sigma).sum(-1)
    distance = np.sqrt(np.square(lightness / max(float(sigma[0]), 1.0)) + in_sigmas)
    difference = np.sqrt(np.square(lightness) + np.square(chroma))
    return Backdrop(
        distance.astype(np.float32), difference.astype(np.float32), float(sigma.max()), inliers, _hard_edges(lab)
    )


def _hard_edges(lab: Floats) -> npt.NDArray[np.bool_]:
    """Where lightness changes sharply: the gradient is steep and fades when blurred, unlike a shadow's."""
    fine, coarse = (_slope(cv2.GaussianBlur(lab[..., 0], (0, 0), sigma)) for sigma in (0.8, 3.0))
    return np.asarray((fine > _EDGE) & (fine > 1.7 * coarse), dtype=np.bool_)


def _slope(lightness: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Gradient in L* a pixel."""
    gx, gy = (cv2.Sobel(lightness, cv2.CV_32F, dx, dy, ksize=3) / 8 for dx, dy in ((1, 0), (0, 1)))
    return np.hypot(gx, gy)


def _fit(lab: Floats) -> tuple[Floats, Floats, float]:
    height, width = lab.shape[:2]
    border = max(4, int(_RING * min(height, width)))
    ring = np.zeros((height, width), bool)
    ring[:border] = ring[-border:] = True
    ring[:, :border] = ring[:, -border:] = True
    yy, xx = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(xx), xx, yy, xx * yy, xx * xx, yy * yy], -1)
    picked = np.linspace(0, int(ring.sum()) - 1, min(int(ring.sum()), _SAMPLES)).astype(int)
    design, values = terms[ring][picked], lab[ring][picked]
    away = np.linalg.norm(values - np.median(values, 0), axis=1)
    keep = away < max(12.0, 2.5 * float(np.median(away)))
    sigma = np.ones(3, np.float32)
    solution = np.zeros((6, 3), np.float32)
    for _ in range(_ROUNDS):
        if keep.sum() < 50:
            break
        solution = np.linalg.lstsq(design[keep], values[keep], rcond=None)[0].astype(np.float32)
        residual = values - design @ solution
        sigma = (1.4826 * np.median(np.abs(residual[keep]), 0) + 0.35).astype(np.float32)
        keep = (np.abs(residual) < 4 * sigma + 1.5).all(1)
    return (terms @ solution).astype(np.float32), sigma, float(keep.mean())
