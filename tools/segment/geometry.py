"""What placing needs to know of a cutout and can be measured from it: light, colours, shape."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, tanh

import cv2
import numpy as np
import numpy.typing as npt

from domain.assets import Asset
from domain.composition import ProductGeometry
from domain.ports import Image
from domain.values import AssetId, Degrees, HexColour, Metres, Size

_SOLID = 250
_FLOOR = 0.02            # linear luminance added to both sides, so that black products give no wild ratios
_LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)
_PALETTE_SIDE = 160
_LINEAR = np.where(
    np.arange(256) / 255 <= 0.04045, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)


@dataclass(frozen=True)
class Measured:
    """`light_side` -1 lit from the left .. +1 from the right; `light_ratio` bright over dark half, linear, >= 1."""

    size: Size
    light_side: float
    light_ratio: float
    palette: tuple[HexColour, ...]
    shape: str


def measure(rgba: Image) -> Measured:
    """Measure a cutout (RGBA). Raises ValueError when nothing in it is opaque."""
    side, ratio = light(rgba)
    return Measured(
        Size(width=rgba.shape[1], height=rgba.shape[0]), side, ratio, palette(rgba), shape(rgba[..., 3])
    )


def geometry(
    rgba: Image, asset: AssetId, *, real_height: Metres | None = None, depth: Metres | None = None,
    shape_known: str | None = None, view_elevation: Degrees | None = None,
) -> ProductGeometry:
    """A cutout's geometry: measured where nothing is on record; what the library knows always wins."""
    found = measure(rgba)
    return ProductGeometry(
        asset=asset, size=found.size, real_height=real_height, depth=depth, shape=shape_known or found.shape,
        view_elevation=7.5 if view_elevation is None else view_elevation,
        light_side=found.light_side, light_ratio=found.light_ratio, palette=found.palette,
    )  # fmt: skip


def asset_geometry(rgba: Image, asset: Asset) -> ProductGeometry:
    """`geometry` with everything an asset's row knows."""
    return geometry(
        rgba, asset.id, real_height=asset.real_height, depth=asset.depth, shape_known=asset.shape,
        view_elevation=asset.view_elevation,
    )  # fmt: skip


def light(rgba: Image) -> tuple[float, float]:
    """Which side a product is lit from (-1 left .. +1 right) and how strongly (bright half over dark half, linear).

    Each row's halves are compared and the median over the rows is taken, so that one label or one highlight does not
    decide; rows count by their width.
    """
    solid = rgba[..., 3] >= _SOLID
    if not solid.any():
        raise ValueError("the cutout has no opaque pixel")
    luminance = _LINEAR[rgba[..., :3]] @ _LUMA
    ratios, weights = [], []
    for row in np.flatnonzero(solid.any(1))[:: max(1, rgba.shape[0] // 400)].tolist():
        columns = np.flatnonzero(solid[row])
        if len(columns) < 8:
            continue
        values = luminance[row, columns]
        half = len(columns) // 2
        ratios.append(log2((float(values[:half].mean()) + _FLOOR) / (float(values[-half:].mean()) + _FLOOR)))
        weights.append(len(columns))
    if not ratios:
        return 0.0, 1.0
    order = np.argsort(ratios)
    cumulative = np.cumsum(np.array(weights)[order])
    stops = ratios[int(order[int(np.searchsorted(cumulative, cumulative[-1] / 2))])]
    return round(-tanh(1.2 * stops), 3), round(2 ** abs(stops), 3)


def palette(rgba: Image, count: int = 5) -> tuple[HexColour, ...]:
    """Dominant colours, largest first: k-means in CIE L*a*b* on the opaque pixels; near-equal ones are merged."""
    factor = min(1.0, _PALETTE_SIDE / max(rgba.shape[:2]))
    small = cv2.resize(rgba, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    pixels = small[small[..., 3] >= _SOLID][:, :3]
    if len(pixels) < count:
        return ()
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.3)
    cv2.setRNGSeed(1)
    _, labels, centres = cv2.kmeans(lab, count + 3, np.zeros((0,), np.int32), stop, 2, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(labels.ravel(), minlength=count + 3) / len(lab)
    kept: list[npt.NDArray[np.float32]] = []
    for index in np.argsort(-shares).tolist():
        apart = all(np.linalg.norm(centres[index] - other) > 14 for other in kept)
        if shares[index] > 0.02 and apart and len(kept) < count:
            kept.append(centres[index])
    rgb = cv2.cvtColor(np.array([kept], np.float32), cv2.COLOR_LAB2RGB)[0]
    return tuple("#" + "".join(f"{round(float(v) * 255):02x}" for v in colour.clip(0, 1)) for colour in rgb)


def shape(alpha: npt.NDArray[np.uint8]) -> str:
    """"round" for a likely body of revolution, else "flat".

    A turned body's silhouette is its own mirror image, stands on its widest part's middle, and is rarely much wider
    than high. A handle or a spout makes a product "flat": it has a side, and casts a side-on shadow.
    """
    solid = alpha > 127
    columns, rows = np.flatnonzero(solid.any(0)), np.flatnonzero(solid.any(1))
    if not len(columns):
        return "flat"
    body = solid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    union = (body | body[:, ::-1]).sum()
    symmetric = float((body & body[:, ::-1]).sum()) / float(union)
    return "round" if symmetric > 0.97 and body.shape[1] < 1.6 * body.shape[0] else "flat"
