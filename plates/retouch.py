"""Spots of a finished plate that are smoothed: few rays met something small and far there, and grain was left."""

from __future__ import annotations

import cv2
import numpy as np

SPOTS = {
    "terrace": ((1004, 178, 44),),
    "road": ((410, 252, 40), (328, 266, 30)),
}
"""By family: centre and radius in pixels of a plate 1536 wide. All lie far out of focus, where nothing is sharp."""

WIDTH = 1536
SMOOTHING = 5.0
"""Standard deviation of the smoothing in pixels: several grains wide, and less than the blur around the spots."""


def retouched(image: np.ndarray, family: str) -> np.ndarray:
    """The 8-bit plate with its spots smoothed, each fading out towards its rim; as it was where there are none."""
    done = image.astype(np.float32)
    size = image.shape[1] / WIDTH
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    smooth = cv2.GaussianBlur(done, (0, 0), SMOOTHING * size)
    for x, y, radius in SPOTS.get(family, ()):
        away = np.hypot(columns - x * size, rows - y * size) / (radius * size)
        share = np.clip(2.0 - 2.0 * away, 0.0, 1.0)[..., None]
        done = done * (1 - share) + smooth * share
    return np.rint(done).astype(np.uint8)
