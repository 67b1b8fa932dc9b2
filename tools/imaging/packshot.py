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

from domain.ports import Image
from domain.values import Box
from tools.imaging.packshot_label import draw
from tools.imaging.packshot_shape import Floats, Indices, Union, Vectors
from tools.imaging.packshot_spec import Lathe, PackshotSpec, Part, Slab, catalogue
from tools.imaging.packshot_surface import Finish, PrintedLabel, shade, to_srgb

__all__ = ["VIEW_ELEVATION", "Packshot", "PackshotSpec", "catalogue", "render"]

VIEW_ELEVATION = 7.5
_DISTANCE = 9.0            # from camera to product, in product sizes: about a 200 mm lens
_SAMPLES = 2               # along each side of a pixel
_STEPS = 160              # a ray that grazes a lid closes in by an eighth of its distance a step
_BAND_ROWS = 48
_SEEN = 200.0              # degrees of a turned body that artwork is drawn for; the camera sees less than 180
_WHITE = 1.06              # linear level drawn as white


@dataclass(frozen=True)
class Packshot:
    """A rendered product: straight RGBA with a transparent margin, and where its parts and prints are, in pixels."""

    rgba: Image
    components: dict[str, Box]


def render(product: PackshotSpec, height: int = 1100) -> Packshot:
    """Render a product `height` pixels high, or as wide where it is wider. The same spec gives the same pixels."""
    unit, width, top = _extent(product)
    solid = Union(product.parts, unit)
    size = max(1.0, 0.8 * width)
    lift = solid.depth * tan(radians(VIEW_ELEVATION)) * 1.1           # near base edge drops, far top edge rises
    pixel = max(top + 1.6 * lift, width) / height
    margin = max(6, round(0.02 * height))
    finish = Finish(product, unit, _print_labels(product, unit, 1 / pixel))
    columns = round((width + 2 * margin * pixel) / pixel)
    rows = round((top + 2 * lift + 2 * margin * pixel) / pixel)
    step = pixel / _SAMPLES
    centre = _centre(product, unit)
    xs = ((np.arange(columns * _SAMPLES) + 0.5) * step - columns * pixel / 2 + centre).astype(np.float32)
    ys = (top + lift + margin * pixel - (np.arange(rows * _SAMPLES) + 0.5) * step).astype(np.float32)
    camera = (centre, 0.5 * top + _DISTANCE * size * tan(radians(VIEW_ELEVATION)), _DISTANCE * size)
    bands = [ys[start : start + _BAND_ROWS] for start in range(0, len(ys), _BAND_ROWS)]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda band: _band(solid, finish, camera, xs, band, step, size), bands))
    colour = np.vstack([band[0] for band in drawn])
    cover = np.vstack([band[1] for band in drawn])
    parts: dict[str, Floats] = {}
    for name in dict.fromkeys(name for band in drawn for name in band[2]):
        empty = [np.zeros(band[1].shape, np.float32) for band in drawn]
        parts[name] = np.vstack([band[2].get(name, blank) for band, blank in zip(drawn, empty, strict=True)])
    rgba, components = _developed(colour, cover, parts)
    return _cropped(rgba, components, margin)


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
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Radiance (premultiplied), coverage and component masks of some rows of samples."""
    shape = (len(ys), len(xs))
    gx, gy = (g.ravel() for g in np.meshgrid(xs, ys))
    eye = np.array(camera, np.float32)
    dx, dy = gx - eye[0], gy - eye[1]
    length = np.sqrt(dx * dx + dy * dy + eye[2] * eye[2])
    direction = (dx / length, dy / length, -eye[2] / length)
    hit, t, cover = _march(solid, eye, direction, step)
    colour, parts = np.zeros((gx.size, 3), np.float32), {}
    if hit.size:
        rays: Vectors = (direction[0][hit], direction[1][hit], direction[2][hit])
        p: Vectors = (eye[0] + t[hit] * rays[0], eye[1] + t[hit] * rays[1], eye[2] + t[hit] * rays[2])
        light, surface, printed = shade(solid, finish, p, rays, size)
        colour[hit] = light
        named = {name: surface.zone == index for index, (name, _) in enumerate(finish.zones)} | printed
        for name, mask in named.items():
            if mask.any():
                layer = np.zeros(gx.size, np.float32)
                layer[hit[mask]] = cover[hit[mask]]
                parts[name] = layer.reshape(shape)
    return colour.reshape(*shape, 3), cover.reshape(shape), parts


def _march(solid: Union, eye: Floats, direction: Vectors, step: float) -> tuple[Indices, Floats, Floats]:
    """Rays that meet the product, how far along they do, and each sample's coverage.

    A ray that only passes within half a sample of the silhouette counts in part, at its closest point: soft edges
    without more samples.
    """
    depth = np.float32(solid.depth + 0.03)
    t = (depth - eye[2]) / direction[2]
    end = (-depth - eye[2]) / direction[2]
    closest = np.full(t.shape, np.inf, np.float32)
    where = t.copy()
    going = np.arange(t.size)
    precise = np.float32(0.2 * step)
    for _ in range(_STEPS):
        along = t[going]
        d = solid.distance(
            (eye[0] + along * direction[0][going], eye[1] + along * direction[1][going],
             eye[2] + along * direction[2][going])
        )
        nearer = d < closest[going]
        closest[going[nearer]] = d[nearer]
        where[going[nearer]] = t[going[nearer]]
        t[going] += np.maximum(d, precise)
        going = going[(d > precise) & (t[going] < end[going])]
        if not going.size:
            break
    cover = np.clip(0.5 + precise / step - closest / np.float32(step), 0, 1)
    cover[closest <= precise] = 1
    return np.flatnonzero(cover > 0), where, cover.astype(np.float32)


def _developed(colour: Floats, cover: Floats, parts: dict[str, Floats]) -> tuple[Image, dict[str, Box]]:
    """Samples to pixels: premultiplied averaging in linear light, a soft shoulder, sRGB, straight alpha."""
    size = (colour.shape[1] // _SAMPLES, colour.shape[0] // _SAMPLES)
    toned = _shoulder(colour)
    mixed = np.asarray(cv2.resize(toned * cover[..., None], size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    alpha = np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    straight = mixed / np.maximum(alpha, 1e-3)[..., None]
    rgba = np.dstack([to_srgb(np.clip(straight, 0, 1)), alpha])
    boxes = {}
    for name, layer in parts.items():
        seen = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA)) > 0.5
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        if len(rows):
            boxes[name] = Box(
                x=int(columns[0]), y=int(rows[0]),
                width=int(columns[-1] - columns[0]) + 1, height=int(rows[-1] - rows[0]) + 1,
            )  # fmt: skip
    return np.rint(rgba * 255).astype(np.uint8), boxes


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
