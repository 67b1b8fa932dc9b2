"""What is wrong with the odd one of a set, and how pictures are delivered: pure functions on cutouts and pictures."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np

from domain.ports import Image
from domain.values import Box
from evals.planting import to_display, to_linear

TEAL = (32, 128, 140)
"""The other colour of a changed part: none of the products has it."""

LETTERS = 7
"""Strips a word is cut into to shuffle its letters."""

WARMTH, STOPS, SIDE = 0.08, 0.35, 0.25
"""How far one picture's light may be from another's: share by which red rises as blue falls (about 600 K at daylight),
exposure in stops, and share by which one side is brighter than the other."""

QUALITY = (82, 95)
"""JPEG qualities of delivery."""


def recoloured(cutout: Image, degrees: float) -> Image:
    """Another colour of the same lightness: a* and b* turned about the neutral axis."""
    lab = cv2.cvtColor(cutout[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    lab[..., 1:] = lab[..., 1:] @ turn.T
    made = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255
    return np.dstack([made.round().astype(np.uint8), cutout[..., 3]])


def part_changed(cutout: Image, box: Box, share: float) -> Image:
    """One part with `share` of another colour in it."""
    made = cutout.copy()
    part = made[box.y : box.y + box.height, box.x : box.x + box.width, :3]
    part[:] = (part * (1 - share) + np.array(TEAL) * share).round().astype(np.uint8)
    return made


def relabelled(cutout: Image, box: Box, share: float) -> Image:
    """A word whose last letters, `share` of its width, stand in another order: cut into strips, the strips reversed."""
    made = cutout.copy()
    start = box.x + round(box.width * (1 - share))
    word = cutout[box.y : box.y + box.height, start : box.x + box.width]
    strips = np.array_split(word, max(2, round(LETTERS * share)), axis=1)
    made[box.y : box.y + box.height, start : box.x + box.width] = np.concatenate(strips[::-1], axis=1)
    return made


def stretched(cutout: Image, factor: float) -> Image:
    """The product at `factor` times its width, in the middle of the same frame."""
    height, width = cutout.shape[:2]
    shift = np.array([[factor, 0, (1 - factor) * width / 2], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(cutout, shift, (width, height), flags=cv2.INTER_AREA), np.uint8)


def delivered(image: Image, dice: Random) -> Image:
    """A picture in a light of its own, and compressed: warmth, exposure, a brighter side, JPEG."""
    width = image.shape[1]
    warm, stops, side = (dice.uniform(-bound, bound) for bound in (WARMTH, STOPS, SIDE))
    across = 1 + side * (np.arange(width, dtype=np.float32) / width - 0.5)
    gains = np.array([1 + warm, 1.0, 1 - warm], np.float32) * np.float32(2.0**stops)
    relit = to_display(to_linear(image) * across[None, :, None] * gains).round().astype(np.uint8)
    quality = dice.randint(*QUALITY)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(relit, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert back is not None, "JPEG just written reads"
    return np.asarray(cv2.cvtColor(back, cv2.COLOR_BGR2RGB), np.uint8)
