"""GrabCut (Rother, Kolmogorov & Blake 2004) with a fixed seed, on RGB pictures and 0/1 masks."""

from __future__ import annotations

import cv2
import numpy as np

from domain.ports import Image, Mask

BACKGROUND, FOREGROUND, MAYBE_BACKGROUND, MAYBE_FOREGROUND = (
    cv2.GC_BGD, cv2.GC_FGD, cv2.GC_PR_BGD, cv2.GC_PR_FGD
)  # fmt: skip


def grab(image: Image, trimap: Mask, rounds: int) -> Mask:
    """Refine a trimap of the four labels above; the same input gives the same 0/1 mask."""
    labels = trimap.copy()
    if not (np.isin(labels, (FOREGROUND, MAYBE_FOREGROUND)).any() and np.isin(labels, (0, MAYBE_BACKGROUND)).any()):
        return np.isin(labels, (FOREGROUND, MAYBE_FOREGROUND)).astype(np.uint8)
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    everywhere = (0, 0, labels.shape[1], labels.shape[0])       # ignored in this mode
    picture = np.ascontiguousarray(image)
    cv2.grabCut(picture, labels, everywhere, background, foreground, rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (FOREGROUND, MAYBE_FOREGROUND)).astype(np.uint8)
