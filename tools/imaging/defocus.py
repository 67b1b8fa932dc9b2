"""Depth of field that a scene picture does not have in it yet."""

from __future__ import annotations

import cv2
import numpy as np

from domain.composition import Settings
from domain.ports import Image
from tools.imaging.camera import Camera
from tools.imaging.colour import Floats, encode, floats, linear, smoothstep, to_bytes
from tools.imaging.stage import Stage

_WORK_RADIUS = 7.0


def disc_blur(image: Image, radius: float, highlights: float = 0.0) -> Image:
    """Blur by a disc, as an open lens does, in linear light at reduced size.

    Args:
        image: RGB.
        radius: of the disc, pixels.
        highlights: by how much near-white is raised first, for clipped lights were brighter than white: they become
            discs of light.
    """
    if radius < 0.5:
        return image
    k = min(1.0, _WORK_RADIUS / radius)
    small = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA) if k < 1 else image
    light = linear(np.asarray(small, np.uint8))
    if highlights:
        light = floats(light * (1 + highlights * smoothstep(0.55, 1.0, floats(light.max(-1))))[..., None])
    r = radius * k
    n = int(r + 1.5)
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    disc = np.clip(r + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    soft = floats(cv2.filter2D(light, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT))
    out = to_bytes(encode(soft))
    return np.asarray(cv2.resize(out, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def defocus(
    image: Image, camera: Camera, foot: tuple[float, float], stage: Stage, settings: Settings, from_above: bool
) -> Image:
    """Blurs what lies behind the product; the ground it stands on stays sharp.

    The circle of confusion at distance d behind a focus distance f grows as 1 - f / d (thin lens); its far limit is
    the stage's own `blur`, plus one hundredth of the canvas's height for each step of `settings.defocus` above 1.
    """
    far = stage.blur * min(settings.defocus, 1.0) + (stage.blur + 0.010) * max(settings.defocus - 1.0, 0.0)
    radius = far * image.shape[0]
    if from_above or radius < 0.7:
        return image
    height, width = image.shape[:2]
    u = np.full((1, 1), width / 2, np.float32)
    v = np.arange(height, dtype=np.float32)[:, None]
    _, y, seen = camera.ground(u, v)
    cy = camera.position()[1]
    focus = foot[1] - cy
    depth = np.maximum(y - cy, 1e-3)
    share = np.where(seen[:, :1], np.clip(1 - focus / depth, 0, 1), 1).astype(np.float32)
    half, full = disc_blur(image, radius * 0.45), disc_blur(image, radius)
    near: Floats = np.clip(share * 2.2, 0, 1)[..., None]
    wide: Floats = np.clip(share * 2.2 - 1, 0, 1)[..., None]
    mixed = image * (1 - near) + (half * (1 - wide) + full * wide) * near
    return np.rint(mixed).astype(np.uint8)
