"""What placing needs to know of a product, measured from its cutout and read from its library row."""

from __future__ import annotations

import numpy as np

from domain.assets import Asset
from domain.composition import ProductGeometry
from domain.ports import Image
from domain.values import Size
from tools.imaging.colour import Floats, linear, luminance
from tools.imaging.silhouette import trim

SIDE_GAIN = 1.4
"""Stops between a product's halves, times this, is its `light_side`."""

BALL_SHARE = 0.35
"""Share of the stops between the sides of a white ball that a product of mixed colours shows between its halves."""


def measure(asset: Asset, cutout: Image) -> ProductGeometry:
    """Geometry of a product; `size` is that of its visible part. Raises UnusableImage when the cutout is empty."""
    part = trim(cutout)
    side, ratio = side_light(cutout)
    return ProductGeometry(
        asset=asset.id,
        size=Size(width=max(part.width, 16), height=max(part.height, 16)),
        real_height=asset.real_height,
        view_elevation=7.5 if asset.view_elevation is None else asset.view_elevation,
        shape=asset.shape,
        depth=asset.depth,
        light_side=side,
        light_ratio=ratio,
        palette=asset.palette,
    )


def side_light(cutout: Image) -> tuple[float, float]:
    """How a product is lit across: side -1 (from the left) to 1, and bright half over dark half in linear light."""
    step = max(1, max(cutout.shape[:2]) // 512)
    small = np.ascontiguousarray(cutout[::step, ::step])
    solid = small[..., 3] > 250
    columns = np.flatnonzero(solid.any(0))
    if columns.size < 4:
        return 0.0, 1.0
    middle = int(columns[0] + columns[-1]) // 2
    light: Floats = luminance(linear(np.ascontiguousarray(small[..., :3])))
    weight = solid.astype(np.float32)
    left = float((light * weight)[:, :middle].sum() / max(weight[:, :middle].sum(), 1)) + 0.02
    right = float((light * weight)[:, middle:].sum() / max(weight[:, middle:].sum(), 1)) + 0.02
    return side_of(left, right, SIDE_GAIN), max(left, right) / min(left, right)


def side_of(left: float, right: float, gain: float) -> float:
    """Luminance on two sides to a side: -1 lit from the left, 1 from the right."""
    return float(np.clip(gain * np.log2(right / left), -1, 1))

