"""What a picture looks like, as a vector, without a model: for finding the same or a like picture, not its meaning.

Four parts, each of length 1, joined by their weights and scaled to length 1 again:

- colour layout: mean CIELAB on an 8 x 8 grid (after MPEG-7's Colour Layout, ISO/IEC 15938-3),
- colour histogram: square roots of soft a*b* and L* histograms, so that the dot product is the Bhattacharyya
  coefficient,
- GIST: energy of Gabor filters at three scales and six orientations on a 4 x 4 grid (Oliva and Torralba 2001),
- HOG: histograms of oriented gradients at 64 x 64 (Dalal and Triggs 2005).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from domain.errors import UnusableImage
from domain.ports import Image

Array = npt.NDArray[np.float32]

SIDE = 128
WEIGHTS = {"layout": 0.3, "histogram": 0.3, "gist": 0.25, "hog": 0.15}
_GREY = 0.5
"""What stands behind transparent pixels: the same for every cutout, and as far from black as from white."""


class VisualDescriptor:
    """Implements `domain.ports.ImageEmbedder`; about 10 ms a picture on one core."""

    name = "visual-1"

    def __init__(self) -> None:
        self._bank = _gabor_bank()
        self._hog = cv2.HOGDescriptor((64, 64), (16, 16), (16, 16), (8, 8), 9)
        self.dimensions = len(self._describe(np.zeros((SIDE, SIDE, 3), np.uint8)))

    def embed(self, images: Sequence[Image]) -> Array:
        """One unit vector a picture (RGB or RGBA, any size), n x dimensions. Raises UnusableImage for another shape."""
        if not images:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([self._describe(image) for image in images])

    def _describe(self, image: Image) -> Array:
        if image.ndim != 3 or image.shape[2] not in {3, 4} or 0 in image.shape:
            raise UnusableImage(
                f"A picture of shape {image.shape} cannot be compared.", hint="Give RGB or RGBA, 8 bits a channel."
            )
        small = _on_grey(image)
        lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
        parts = {
            "layout": _layout(lab),
            "histogram": _histogram(lab),
            "gist": self._gist(grey),
            "hog": self._gradients(grey),
        }
        joined = np.concatenate([np.sqrt(WEIGHTS[name]) * _unit(part) for name, part in parts.items()])
        return _unit(joined.astype(np.float32))

    def _gist(self, grey: Array) -> Array:
        # Local contrast normalisation first, so that a darker copy has the same energy.
        mean = cv2.GaussianBlur(grey, (0, 0), 8)
        spread = np.sqrt(cv2.GaussianBlur((grey - mean) ** 2, (0, 0), 8))
        spectrum = cv2.dft((grey - mean) / (spread + 0.05), flags=cv2.DFT_COMPLEX_OUTPUT)
        cells = []
        for response in self._bank:
            filtered = cv2.idft(spectrum * response, flags=cv2.DFT_SCALE)
            magnitude = cv2.magnitude(filtered[..., 0], filtered[..., 1])
            cells.append(cv2.resize(magnitude, (4, 4), interpolation=cv2.INTER_AREA))
        energy = np.stack(cells).ravel()
        return np.asarray(energy - energy.mean(), np.float32)

    def _gradients(self, grey: Array) -> Array:
        small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
        histogram = np.asarray(self._hog.compute((np.clip(small, 0, 1) * 255).astype(np.uint8)), np.float32).ravel()
        return np.asarray(histogram - histogram.mean(), np.float32)


def _on_grey(image: Image) -> Array:
    """SIDE x SIDE float RGB in 0..1; a cutout is cropped to what is opaque and laid on mid grey."""
    if image.shape[2] == 4:
        rows, columns = (np.flatnonzero((image[..., 3] > 8).any(axis)) for axis in (1, 0))
        if len(rows):
            image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if image.shape[2] == 4:
        small = small[..., :3] * small[..., 3:] + _GREY * (1 - small[..., 3:])
    return np.ascontiguousarray(small)


def _layout(lab: Array) -> Array:
    cells = cv2.resize(lab, (8, 8), interpolation=cv2.INTER_AREA)
    return np.asarray(((cells - (50, 0, 0)) / (50, 60, 60)).ravel(), np.float32)


def _histogram(lab: Array) -> Array:
    colour = cv2.calcHist([lab], [1, 2], None, [16, 16], [-96, 96, -96, 96])
    tone = cv2.calcHist([lab], [0], None, [16], [0, 100.01])
    # Blurred, so that a slight shift of colour moves mass to a neighbour instead of losing it.
    colour, tone = cv2.GaussianBlur(colour, (0, 0), 0.8), cv2.GaussianBlur(tone, (0, 0), 0.8)
    joined = np.concatenate([2 * colour.ravel() / colour.sum(), tone.ravel() / tone.sum()])
    return np.asarray(np.sqrt(joined), np.float32)


def _gabor_bank() -> list[Array]:
    """Transfer functions of 3 scales x 6 orientations, SIDE x SIDE x 1, in the layout of cv2.dft."""
    fy, fx = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE), indexing="ij")
    radius, angle = np.hypot(fx, fy), np.arctan2(fy, fx)
    bank = []
    for centre in (0.06, 0.12, 0.24):
        # Log-Gabor (Field 1987): one octave wide, no response to the mean.
        radial = np.exp(-(np.log(np.maximum(radius, 1e-6) / centre) ** 2) / (2 * np.log(0.65) ** 2))
        for turn in range(6):
            away = np.angle(np.exp(2j * (angle - turn * np.pi / 6))) / 2
            bank.append((radial * np.exp(-(away**2) / (2 * (np.pi / 12) ** 2)))[..., None].astype(np.float32))
    return bank


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
