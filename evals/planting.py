"""Defects planted into finished pictures: pure functions on arrays, each with a strength in its own unit.

`image` is RGB, `mask` the product's, `layer` the placed product alone (RGBA); all of one size. The product's own pixels
stay as they are unless the defect is about them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask

Plant = Callable[[Image, Mask, Image, float], Image]
Floats = npt.NDArray[np.floating[Any]]
SOLID = 128
SEED = 7


def recoloured(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The product's colour moved by `strength` CIELAB units of b*."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = lab + np.array([0, 0, strength], np.float32)
    moved = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255
    return within(mask, moved, image)


def smeared(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The product's surface blurred by `strength` pixels."""
    return within(mask, cv2.GaussianBlur(image, (0, 0), strength), image)


def grown(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The product continued by `strength` pixels to its right, as a generator does that draws on past the outline."""
    shift = np.array([[1, 0, strength], [0, 1, 0]], np.float32)
    height, width = mask.shape
    moved = cv2.warpAffine(image, shift, (width, height))
    there = cv2.warpAffine(mask, shift, (width, height))
    ring = np.where((there > SOLID) & (mask <= SOLID), 255, 0).astype(np.uint8)
    return within(ring, moved, image)


def fringe(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """A white rim of `strength` pixels around the product: a cutout that took its old backdrop along."""
    return within(rim(mask, strength), np.full_like(image, 250), image)


def seam(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """A band of `strength` pixels around the product in the mean colour of what it covers."""
    band = rim(mask, strength)
    mean = image[band > SOLID].mean(axis=0) if (band > SOLID).any() else np.array([128.0, 128.0, 128.0])
    return within(band, np.broadcast_to(mean, image.shape), image)


def dark(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The surroundings at `strength` times their brightness (linear light)."""
    return without(mask, to_display(to_linear(image) * strength), image)


def defocused(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """Everything out of focus by `strength` pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), strength), np.uint8)


def noisy(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """Gaussian noise of `strength` levels over the surroundings."""
    noise = np.random.default_rng(SEED).normal(0, strength, image.shape)
    return without(mask, np.clip(image + noise, 0, 255), image)


def tilted(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The surroundings turned by `strength` degrees, enlarged so that no corner is empty."""
    height, width = mask.shape
    angle = np.deg2rad(strength)
    enough = float(np.cos(angle) + np.sin(angle) * max(width / height, height / width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), strength, enough)
    return without(mask, cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT), image)


def twin(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """The product a second time at `strength` times its height, on the side with more room, at the same ground."""
    ys, xs = np.nonzero(mask > SOLID)
    if not len(ys):
        return image
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    cut = layer[top:bottom, left:right]
    size = (max(8, round((right - left) * strength)), max(8, round((bottom - top) * strength)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    height, width = mask.shape
    x = (left - size[0] - 12) if left > width - right else right + 12
    x = int(np.clip(x, 0, width - size[0]))
    y = int(np.clip(bottom - size[1], 0, height - size[1]))
    made = image.copy()
    place = made[y : y + size[1], x : x + size[0]]
    alpha = small[..., 3:4].astype(np.float32) / 255
    place[:] = (small[..., :3] * alpha + place * (1 - alpha)).round().astype(np.uint8)
    return within(mask, image, made)


def lettered(image: Image, mask: Mask, layer: Image, strength: float) -> Image:
    """Words nobody asked for, `strength` pixels high, where no product is."""
    made = image.copy()
    height, width = mask.shape
    scale = strength / 22.0                                        # OpenCV's Hershey capitals are 22 pixels at 1
    text = "SPECIAL OFFER"
    (across, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, max(1, round(scale * 2)))
    y = round(height * 0.12 + strength)
    where = (max(4, (width - across) // 2), y)
    for colour, thickness in (((20, 20, 20), max(2, round(scale * 4))), ((245, 245, 245), max(1, round(scale * 2)))):
        cv2.putText(made, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)
    return within(mask, image, made)


def recoloured_to(picture: Image, mask: Mask) -> Image:
    """The product with the mean and spread of its surroundings' colours: the colour transfer of Reinhard et al. 2001.

    What compositing by a picture editor, or by a generator without a lock, does to fit a product in (CIELAB here for
    their l-alpha-beta, at half strength, as editors do).
    """
    lab: Floats = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    inside = mask > 128
    product, scene = lab[inside], lab[~inside]
    moved = (product - product.mean(0)) * (scene.std(0) / np.maximum(product.std(0), 1e-3)) + scene.mean(0)
    made: Floats = lab.copy()
    made[inside] = 0.5 * product + 0.5 * moved
    back = np.asarray((np.clip(cv2.cvtColor(made, cv2.COLOR_LAB2RGB), 0, 1) * 255).round(), np.uint8)
    return np.where(inside[..., None], back, picture)


def rim(mask: Mask, pixels: float) -> Mask:
    """The band of `pixels` just outside the product."""
    size = 2 * round(pixels) + 1
    wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.where((wide > SOLID) & (mask <= SOLID), 255, 0).astype(np.uint8)


def within(mask: Mask, inside: npt.NDArray[Any], outside: npt.NDArray[Any]) -> Image:
    """One picture inside the mask, another outside, with the mask's own soft edge."""
    share = mask[..., None].astype(np.float32) / 255
    return np.asarray((inside * share + outside * (1 - share)).round(), np.uint8)


def without(mask: Mask, outside: npt.NDArray[Any], inside: Image) -> Image:
    """The same, the other way about."""
    return within(mask, inside, np.asarray(np.clip(outside, 0, 255), np.uint8))


def to_linear(image: Image) -> Floats:
    """SRGB levels to linear light 0..1 (IEC 61966-2-1)."""
    value = image.astype(np.float32) / 255
    light: Floats = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light


def to_display(light: Floats) -> Floats:
    """Linear light to sRGB levels."""
    held = np.clip(light, 0, 1)
    levels: Floats = np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055) * 255
    return levels


PLANTS: dict[str, Plant] = {
    "recoloured": recoloured,
    "smeared": smeared,
    "grown": grown,
    "fringe": fringe,
    "seam": seam,
    "dark": dark,
    "blown": dark,
    "defocused": defocused,
    "noisy": noisy,
    "tilted": tilted,
    "twin": twin,
    "lettered": lettered,
}
"""The defects of finished pictures, by name."""
