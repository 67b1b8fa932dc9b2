"""What a glossy ground mirrors of a product: its cutout flipped about its ground line."""

from __future__ import annotations

import cv2
import numpy as np

from domain.ports import Image
from tools.imaging.colour import Floats, blur, floats, linear, smoothstep


def reflection(rgba: Image, hull: Floats, rough: float) -> tuple[Floats, Floats]:
    """Mirror image of a product at half size: linear RGB (premultiplied) and coverage, rows from the product's top.

    It blurs and fades with the height of what is mirrored, as in a surface whose slopes scatter; `hull` is the ground
    line's row per column of `rgba`, `rough` 0..1 the scatter.
    """
    small = cv2.resize(rgba, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    line = (hull[::2][: small.shape[1]] / 2).astype(np.float32)
    line = np.pad(line, (0, small.shape[1] - len(line)), mode="edge")
    alpha = small[..., 3:].astype(np.float32) / 255
    source = np.concatenate([linear(np.ascontiguousarray(small[..., :3])) * alpha, alpha], axis=2)
    h, w = source.shape[:2]
    columns = np.broadcast_to(np.arange(w, dtype=np.float32), (h, w)).copy()
    above = np.arange(h, dtype=np.float32)[:, None]
    up = _rows(source, columns, line[None] - 1 - above)
    share = above / h
    far = smoothstep(0, 0.35, share)[..., None]
    near_copy = blur(up, 0.5 + 3 * rough, 1 + 6 * rough)
    far_copy = blur(up, 1 + 8 * rough, 3 + 23 * rough)
    up = (near_copy * (1 - far) + far_copy * far) * np.exp(-share * (3 + 2 * rough))[..., None]
    reach = 2 * h + 20
    below = np.arange(reach, dtype=np.float32)[:, None] - line[None]
    wide = np.broadcast_to(np.arange(w, dtype=np.float32), (reach, w)).copy()
    mirrored = _rows(floats(up), wide, below)
    mirrored[below < 0] = 0
    return mirrored[..., :3], np.clip(mirrored[..., 3], 0, 1)


def _rows(image: Floats, columns: Floats, rows: Floats) -> Floats:
    return floats(cv2.remap(image, columns, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))
