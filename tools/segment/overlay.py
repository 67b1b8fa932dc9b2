"""Showing a mask to a person, and the box to propose when an outline is not sure."""

from __future__ import annotations

import cv2
import numpy as np

from domain.ports import Image, Mask
from domain.values import Box
from tools.segment.surface import fit_backdrop, to_lab

_OUTLINE = np.array((255, 40, 140), np.float32)      # magenta: rare in products, visible on light and dark
_WORK_SIDE = 256
_MARGIN = 0.04


def overlay(image: Image, mask: Mask) -> Image:
    """The photo with everything outside the mask dimmed and greyed, and the outline drawn: RGB of the same size."""
    rgb = image[..., :3].astype(np.float32)
    inside = (mask.astype(np.float32) / 255)[..., None]
    grey = rgb.mean(-1, keepdims=True) * 0.45 + 40
    shown = rgb * inside + (0.8 * grey + 0.2 * rgb) * (1 - inside)
    width = max(1, round(max(mask.shape) / 500))
    edge = cv2.morphologyEx((mask > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    line = cv2.GaussianBlur(cv2.dilate(edge, np.ones((width, width), np.uint8)).astype(np.float32), (0, 0), 0.7)
    line = np.clip(line, 0, 1)[..., None]
    return np.asarray(np.rint(shown * (1 - line) + _OUTLINE * line).clip(0, 255), dtype=np.uint8)


def suggest_box(image: Image, mask: Mask) -> Box | None:
    """A box to propose: around the mask if it has one, else around what stands out; None when nothing does.

    What stands out is far from the frame's colours (robust distance in L*a*b*) and near the middle, where people put
    what they photograph. It is a proposal for a person to correct, never an answer.
    """
    height, width = mask.shape
    found = mask > 127
    share = float(found.mean())
    if not 0.005 < share < 0.8:
        found = _standing_out(image[..., :3])
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    if not len(rows):
        return None
    pad = round(_MARGIN * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 2
    left, top = max(0, int(columns[0]) - pad), max(0, int(rows[0]) - pad)
    right, bottom = min(width, int(columns[-1]) + pad), min(height, int(rows[-1]) + pad)
    if right - left < 24 or bottom - top < 24:
        return None
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def _standing_out(image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    height, width = image.shape[:2]
    factor = min(1.0, _WORK_SIDE / max(height, width))
    small = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    distance = fit_backdrop(small).difference
    lab = to_lab(small)
    contrast = np.linalg.norm(lab - cv2.GaussianBlur(lab, (0, 0), max(small.shape[:2]) / 6), axis=-1)
    yy, xx = np.mgrid[-1 : 1 : small.shape[0] * 1j, -1 : 1 : small.shape[1] * 1j]
    saliency = (distance + contrast) * np.exp(-(xx**2 + yy**2) / 0.8)
    saliency = cv2.GaussianBlur(saliency.astype(np.float32), (0, 0), 3)
    scaled = np.rint(255 * saliency / max(float(saliency.max()), 1e-6)).astype(np.uint8)
    _, binary = cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(binary)
    if count < 2:
        return np.zeros((height, width), bool)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    mask = (numbers == largest).astype(np.uint8)
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), dtype=bool)
