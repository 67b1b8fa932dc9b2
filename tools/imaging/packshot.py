"""The project's own product renderer: studio packshots of the demo products with exact alpha and component boxes.

Bodies are traced from a long lens 7.5 degrees above, with its shift set so that uprights stay parallel, as product
photographers do. Pictures are deterministic and licence-free; they are renderings and are labelled so in the library.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import radians, tan

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image
from domain.values import Box
from tools.imaging.packshot_label import draw
from tools.imaging.packshot_shape import Floats, Indices, Union, Vectors
from tools.imaging.packshot_spec import Lathe, PackshotSpec, Part, Slab, catalogue
from tools.imaging.packshot_surface import Finish, PrintedLabel, shade, to_srgb

__all__ = ["VIEW_ELEVATION", "Packshot", "PackshotSpec", "catalogue", "render"]

VIEW_ELEVATION = 7.5
_DISTANCE = 9.0            # from camera to product, in product sizes: about a 200 mm lens
_SAMPLES = 1.5             # along each side of a pixel; edges are soft by coverage, so that few suffice
_STEPS = 160              # a ray that grazes a lid closes in by an eighth of its distance a step
_BAND_ROWS = 96            # of samples; a whole number of pixels
_TILE = 8                  # rays of a tile share their approach
_SEEN = 200.0              # degrees of a turned body that artwork is drawn for; the camera sees less than 180
_WHITE = 1.06              # linear level drawn as white


@dataclass(frozen=True)
class Packshot:
    """A rendered product: straight RGBA with a transparent margin, and where its parts and prints are, in pixels."""

    rgba: Image
    components: dict[str, Box]


@dataclass(frozen=True)
class _Band:
    """Finished rows of a picture, and where each component is seen in them."""

    rgba: Image
    seen: dict[str, npt.NDArray[np.bool_]]


def render(product: PackshotSpec, height: int = 1100) -> Packshot:
    """Render a product `height` pixels high, or as wide where it is wider. The same spec gives the same pixels."""
    unit, width, top = _extent(product)
    solid = Union(product.parts, unit)
    size = max(1.0, 0.8 * width)
    slope = tan(radians(VIEW_ELEVATION))
    lift = 1.05 * solid.depth * (slope + 0.5 * top / (_DISTANCE * size))    # near base edge drops, far top edge rises
    pixel = max(top + 2 * solid.depth * slope, width) / height
    margin = max(6, round(0.02 * height))
    finish = Finish(product, unit, _print_labels(product, unit, 1 / pixel))
    columns = 2 * round((width / pixel + 2 * margin) / 2)               # even, so that samples fall into whole pixels
    rows = 2 * round(((top + 2 * lift) / pixel + 2 * margin) / 2)
    step = pixel / _SAMPLES
    centre = _centre(product, unit)
    xs = ((np.arange(int(columns * _SAMPLES)) + 0.5) * step - columns * pixel / 2 + centre).astype(np.float32)
    ys = (top + lift + margin * pixel - (np.arange(int(rows * _SAMPLES)) + 0.5) * step).astype(np.float32)
    camera = (centre, 0.5 * top + _DISTANCE * size * slope, _DISTANCE * size)
    bands = [ys[start : start + _BAND_ROWS] for start in range(0, len(ys), _BAND_ROWS)]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda band: _band(solid, finish, camera, xs, band, step, size), bands))
    rgba = np.vstack([band.rgba for band in drawn])
    names = dict.fromkeys(name for band in drawn for name in band.seen)
    boxes = {
        name: _boxed(np.vstack([band.seen.get(name, np.zeros(band.rgba.shape[:2], bool)) for band in drawn]))
        for name in names
    }
    return _cropped(rgba, {name: box for name, box in boxes.items() if box}, margin)


def _extent(product: PackshotSpec) -> tuple[float, float, float]:
    """Centimetres per unit (the product's height), and the product's width and top in units."""
    highest = max(_top(part) for part in product.parts)
    sides = [_side(part) for part in product.parts]
    left, right = min(s[0] for s in sides), max(s[1] for s in sides)
    return highest, (right - left) / highest * 1.02, 1.0


def _top(part: Part) -> float:
    if isinstance(part, Lathe):
        return max(y for _, y, _ in part.outline)
    if isinstance(part, Slab):
        return part.middle[1] + part.thickness / 2
    return max(y + r for _, y, r in part.path)


def _side(part: Part) -> tuple[float, float]:
    if isinstance(part, Lathe):
        radius = max(r for r, _, _ in part.outline)
        return -radius, radius
    if isinstance(part, Slab):
        return part.middle[0] - part.width, part.middle[0] + part.width
    return min(x - r for x, _, r in part.path) * 1.06, max(x + r for x, _, r in part.path) * 1.06


def _centre(product: PackshotSpec, unit: float) -> float:
    sides = [_side(part) for part in product.parts]
    return (min(s[0] for s in sides) + max(s[1] for s in sides)) / 2 / unit


def _print_labels(product: PackshotSpec, unit: float, density: float) -> list[PrintedLabel]:
    body = product.parts[0]
    printed = []
    for label in product.labels:
        if not isinstance(body, Lathe):
            raise ValueError(f"{product.id}: a label needs a turned body as the first part")
        low, high = label.y[0] / unit, label.y[1] / unit
        heights = [y for _, y, _ in body.outline]
        radius = float(np.interp((label.y[0] + label.y[1]) / 2, *_sorted_outline(body, heights))) / unit
        rows = round((high - low) * density * 1.5)
        span = radians(min(label.span, _SEEN))
        art = draw(label, round(span * radius * density * 1.5), rows)
        printed.append(PrintedLabel(label, art, low, high, span, label.span > _SEEN))
    return printed


def _sorted_outline(body: Lathe, heights: list[float]) -> tuple[list[float], list[float]]:
    """Outer radius by height, for measuring how wide a label is."""
    levels = sorted(set(heights))
    return levels, [max(r for r, y, _ in body.outline if y == level) for level in levels]


def _band(
    solid: Union, finish: Finish, camera: tuple[float, float, float], xs: Floats, ys: Floats, step: float, size: float
) -> _Band:
    """Trace some rows of samples and develop them to pixels."""
    gx, gy = (g.ravel() for g in np.meshgrid(xs, ys))
    eye = np.array(camera, np.float32)
    dx, dy = gx - eye[0], gy - eye[1]
    length = np.sqrt(dx * dx + dy * dy + eye[2] * eye[2])
    direction = (dx / length, dy / length, -eye[2] / length)
    hit, t, cover = _march(solid, eye, direction, _approach(solid, eye, xs, ys, step), step)
    layers = np.zeros((gx.size, 4), np.float32)
    layers[:, 3] = cover
    masks: dict[str, Floats] = {}
    if hit.size:
        rays: Vectors = (direction[0][hit], direction[1][hit], direction[2][hit])
        p: Vectors = (eye[0] + t[hit] * rays[0], eye[1] + t[hit] * rays[1], eye[2] + t[hit] * rays[2])
        light, surface, printed = shade(solid, finish, p, rays, size)
        layers[hit, :3] = _shoulder(light) * cover[hit][:, None]
        named = {name: surface.zone == index for index, (name, _) in enumerate(finish.zones)} | printed
        for name, mask in named.items():
            if mask.any():
                masks[name] = np.zeros(gx.size, np.float32)
                masks[name][hit[mask]] = cover[hit[mask]]
    pixels = _averaged(layers.reshape(len(ys), len(xs), 4))
    straight = pixels[..., :3] / np.maximum(pixels[..., 3:], 1e-3)
    rgba = np.dstack([to_srgb(np.clip(straight, 0, 1)), pixels[..., 3]])
    seen = {name: _averaged(mask.reshape(len(ys), len(xs))) > 0.5 for name, mask in masks.items()}
    return _Band(np.rint(rgba * 255).astype(np.uint8), seen)


def _averaged(samples: Floats) -> Floats:
    """Samples to pixels, by area."""
    size = (int(samples.shape[1] / _SAMPLES), int(samples.shape[0] / _SAMPLES))
    return np.asarray(cv2.resize(samples, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _boxed(seen: npt.NDArray[np.bool_]) -> Box | None:
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return None
    left, top = int(columns[0]), int(rows[0])
    return Box(x=left, y=top, width=int(columns[-1]) - left + 1, height=int(rows[-1]) - top + 1)


def _approach(solid: Union, eye: Floats, xs: Floats, ys: Floats, step: float) -> Floats:
    """How far every ray can go before it may touch anything, infinite for rays that pass by: one march for each tile.

    While the tile's middle ray is further from the product than the tile is wide, no ray of the tile can have hit
    (cone marching, Bantay 2018).
    """
    across, down = (np.arange(-(-len(samples) // _TILE), dtype=np.float32) + 0.5 for samples in (xs, ys))
    tile = np.float32(_TILE * step)
    gx, gy = (g.ravel() for g in np.meshgrid(xs[0] + tile * across, ys[0] - tile * down))
    dx, dy, dz = gx - eye[0], gy - eye[1], -eye[2]
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / length, dy / length, dz / length
    depth = np.float32(solid.depth + 0.03)
    t, end = (depth - eye[2]) / dz, (-depth - eye[2]) / dz
    wide = np.float32(0.75 * _TILE * step)
    going = np.arange(t.size)
    for _ in range(_STEPS):
        along = t[going]
        d = solid.distance((eye[0] + along * dx[going], eye[1] + along * dy[going], eye[2] + along * dz[going]))
        d = d - wide
        t[going] += np.maximum(d, 0)
        going = going[(d > 0.1 * wide) & (t[going] < end[going])]
        if not going.size:
            break
    t = np.where(t < end, t, np.inf).reshape(len(down), len(across))
    tiles = np.repeat(np.repeat(t, _TILE, axis=0), _TILE, axis=1)
    return np.asarray(tiles[: len(ys), : len(xs)].ravel(), dtype=np.float32)


def _march(solid: Union, eye: Floats, direction: Vectors, start: Floats, step: float) -> tuple[Indices, Floats, Floats]:
    """Rays that meet the product, how far along they do, and each sample's coverage.

    A ray that only passes within half a sample of the silhouette counts in part, at its closest point: soft edges
    without more samples.
    """
    closest = np.full(start.shape, np.inf, np.float32)
    where = start.copy()
    rays = np.flatnonzero(np.isfinite(start))
    precise = np.float32(0.25 * step)
    t, dx, dy, dz = start[rays], direction[0][rays], direction[1][rays], direction[2][rays]
    best, at = np.full(t.shape, np.inf, np.float32), t.copy()
    for left in range(_STEPS, -1, -1):
        d = solid.distance((eye[0] + t * dx, eye[1] + t * dy, eye[2] + t * dz))
        nearer = d < best
        best, at = np.where(nearer, d, best), np.where(nearer, t, at)
        going = (d > precise) & (eye[2] + t * dz > -solid.depth - 0.03)
        t = t + np.where(going, d, 0)
        if left == 0 or going.sum() < 0.7 * going.size:              # dropping finished rays costs more than a step
            done = ~going if left else np.ones_like(going)
            closest[rays[done]], where[rays[done]] = best[done], at[done]
            going &= left > 0
            rays, t, dx, dy, dz, best, at = (v[going] for v in (rays, t, dx, dy, dz, best, at))
            if not rays.size:
                break
    cover = np.clip(0.5 + precise / step - closest / np.float32(step), 0, 1)
    cover[closest <= precise] = 1
    return np.flatnonzero(cover > 0), where, cover.astype(np.float32)


def _shoulder(linear: Floats) -> Floats:
    """Highlights rolled off towards white instead of cut; values below 0.7 are unchanged."""
    knee = np.float32(0.7)
    over = np.maximum(linear / np.float32(_WHITE) - knee, 0)
    rolled = knee + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    return np.where(linear / np.float32(_WHITE) > knee, rolled, linear / np.float32(_WHITE)).astype(np.float32)


def _cropped(rgba: Image, boxes: dict[str, Box], margin: int) -> Packshot:
    """Trim to the product with an even margin."""
    rows, columns = np.flatnonzero(rgba[..., 3].any(1)), np.flatnonzero(rgba[..., 3].any(0))
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    bottom, right = int(rows[-1]) + 1 + margin, int(columns[-1]) + 1 + margin
    moved = {name: box.model_copy(update={"x": box.x - left, "y": box.y - top}) for name, box in boxes.items()}
    return Packshot(np.ascontiguousarray(rgba[top:bottom, left:right]), moved)
