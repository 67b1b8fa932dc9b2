"""What products do to the light of a scene: shadow, occlusion and mirror image together, on a half-size grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, radians, tan
from typing import Any, cast

import cv2
import numpy as np

from domain.composition import Settings
from domain.ports import Image
from domain.values import Size
from tools.imaging.camera import Matrix
from tools.imaging.colour import Floats, floats
from tools.imaging.figure import Figure
from tools.imaging.finish import Shading
from tools.imaging.framing import Frame
from tools.imaging.occlusion import contact_lines, occlusion
from tools.imaging.reflection import reflection
from tools.imaging.shadow import Caster, cast_shadow, reach
from tools.imaging.silhouette import overlap
from tools.imaging.stage import Stage, View

_CONTACT, _ROUND_CONTACT = 0.72, 0.60


@dataclass(frozen=True)
class Shot:
    """One picture being made: the scene, its geometry as used (flipped where `mirrored`), the crop and the canvas."""

    stage: Stage
    view: View
    mirrored: bool
    crop: Frame
    canvas: Size

    def scene_to_canvas(self) -> Matrix:
        """2x3 affine from stored scene pixels to canvas pixels, the flip included."""
        if not self.mirrored:
            return self.crop.matrix
        flip = np.array([[-1.0, 0.0, self.stage.view.size[0] - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        return cast(Matrix, self.crop.matrix @ flip)


def background(shot: Shot) -> Image:
    """The scene on the canvas, before any product; cubic when it is enlarged, averaged first when it shrinks."""
    picture, matrix = shot.stage.beauty, shot.scene_to_canvas()
    if shot.crop.zoom < 0.7:
        height, width = picture.shape[:2]
        picture = cast(Image, cv2.resize(picture, None, fx=shot.crop.zoom, fy=shot.crop.zoom,
                                         interpolation=cv2.INTER_AREA))
        kx, ky = width / picture.shape[1], height / picture.shape[0]
        matrix = cast(Matrix, matrix @ np.array([[kx, 0, 0.5 * kx - 0.5], [0, ky, 0.5 * ky - 0.5], [0, 0, 1]]))
    return _warped(picture, matrix, shot.canvas.width, shot.canvas.height, cv2.INTER_CUBIC)


def _warped(image: Image, matrix: Any, width: int, height: int, method: int) -> Image:
    return cast(
        Image, cv2.warpAffine(image, matrix, (width, height), flags=method, borderMode=cv2.BORDER_REFLECT_101)
    )


def shade(shot: Shot, figure: Figure, settings: Settings, lift: float) -> list[Shading]:
    """What one product, hovering `lift` canvas pixels above its ground, does to the light around it."""
    view, crop, canvas = shot.view, shot.crop, shot.canvas
    if view.from_above:
        return [_lying(shot, figure, settings, lift)]
    caster = _caster(crop, figure, lift)
    points = [crop.camera.project(*p) for p in reach(caster, view.sun, view.sun_angle)]
    horizon = crop.camera.horizon(figure.base[0])
    region = _region(points, max(horizon + 1, 0), canvas)
    if region is None:
        return []
    (left, top), (columns, rows) = region
    u = left + 0.5 + 2 * np.arange(columns, dtype=np.float32)[None]
    v = top + 0.5 + 2 * np.arange(rows, dtype=np.float32)[:, None]
    x, y, seen = crop.camera.ground(u, v)
    on = view.usable(x, y, seen)
    x, y = x - np.float32(caster.foot[0]), y - np.float32(caster.foot[1])
    blocked = cast_shadow(caster, x, y, crop.camera, view.sun, view.sun_angle) * on
    blocked = np.clip(blocked * settings.shadow, 0, 1)[..., None]
    factor = (1 - blocked * (1 - _in_shadow(shot, left, top, columns, rows))) * (
        1 - shot.stage.sky_share * blocked
    )
    dark = occlusion(caster, x, y) * on
    factor *= (1 - np.clip(dark * settings.occlusion, 0, 0.95))[..., None]
    if lift < 1:
        near = figure.footing
        lines = contact_lines(
            (rows, columns),
            (near.touching + figure.at[0]).astype(np.float32),
            (near.outline + figure.at[1]).astype(np.float32),
            (left + 0.5, top + 0.5),
            _ROUND_CONTACT if caster.round else _CONTACT,
        )
        factor *= (1 - np.clip(lines * on * settings.occlusion, 0, 0.95))[..., None]
    added = None
    gloss = shot.stage.gloss * settings.reflection
    if gloss > 0.005:
        added, cover = _mirrored(figure, shot.stage.rough, lift, left, top, columns, rows)
        share = np.clip(gloss * on, 0, 1)[..., None]
        factor *= 1 - cover[..., None] * share
        added = floats(added * share)
    edge = _fade(columns, rows, left, top, canvas)
    factor = 1 - (1 - factor) * edge
    return [Shading((left, top), floats(factor.astype(np.float32)), None if added is None else floats(added * edge))]


def _caster(crop: Frame, figure: Figure, lift: float) -> Caster:
    ppm = crop.camera.pixels_per_metre(*crop.camera.ground_point(figure.base[0], figure.base[1] + lift))
    foot = crop.camera.ground_point(figure.base[0], figure.base[1] + lift)
    stance = figure.footing
    round_ = stance.curved
    height = figure.upright.shape[0] / ppm
    along, radius = (1.0, 0.0), stance.radius / ppm
    if not round_:
        ends = [
            crop.camera.ground_point(figure.at[0] + p[0], figure.at[1] + p[1] + lift)
            for p in (stance.left, stance.right)
        ]
        span = (ends[1][0] - ends[0][0], ends[1][1] - ends[0][1])
        length = hypot(*span)
        if 1e-4 < length < 50 * height:
            along, radius = (span[0] / length, span[1] / length), length / 2
    depth = figure.geometry.depth or (2 * radius if round_ else 0.35 * height)
    return Caster(
        alpha=figure.upright if round_ else figure.raster.alpha,
        round=round_,
        foot=foot,
        ppm=ppm,
        height=height,
        radius=radius,
        overhang=stance.overhang / ppm,
        depth=depth,
        lift=lift / ppm,
        column=stance.middle,
        row=float(stance.hull.max()),
        origin=figure.at,
        along=along,
    )


def _region(
    points: Sequence[tuple[float, float]], horizon: float, canvas: Size
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The half-size grid that covers canvas points: its first canvas pixel (even), and its columns and rows."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x0, x1 = max(int(min(xs)), 0), min(int(max(xs)) + 2, canvas.width)
    y0, y1 = max(int(min(ys)), int(horizon), 0), min(int(max(ys)) + 2, canvas.height)
    x0, y0 = x0 & ~1, y0 & ~1
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    return (x0, y0), ((x1 - x0) // 2, (y1 - y0) // 2)


def _in_shadow(shot: Shot, left: int, top: int, columns: int, rows: int) -> Floats:
    """Linear RGB factors of the scene without its key light, on the half-size grid."""
    stage = shot.stage
    kh, kw = stage.key.shape[:2]
    sx, sy = stage.view.size[0] / kw, stage.view.size[1] / kh
    from_key = np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])
    to_grid = np.array([[0.5, 0, -(left + 0.5) / 2], [0, 0.5, -(top + 0.5) / 2], [0, 0, 1]])
    full = to_grid @ np.vstack([shot.scene_to_canvas(), [0, 0, 1]]) @ from_key
    root = _warped(stage.key, full[:2], columns, rows, cv2.INTER_LINEAR).astype(np.float32) / 255
    return floats(root * root)


def _mirrored(
    figure: Figure, rough: float, lift: float, left: int, top: int, columns: int, rows: int
) -> tuple[Floats, Floats]:
    """The product's mirror image on the half-size grid: premultiplied linear RGB, and coverage."""
    colour, cover = reflection(figure.raster.rgba, figure.footing.hull, rough)
    at = (round((figure.at[0] - left) / 2), round((figure.at[1] + 2 * lift - top) / 2))
    added, mask = np.zeros((rows, columns, 3), np.float32), np.zeros((rows, columns), np.float32)
    window, part = overlap((rows, columns), cover.shape, at)
    added[window], mask[window] = colour[part], cover[part]
    return added, mask


def _lying(shot: Shot, figure: Figure, settings: Settings, lift: float) -> Shading:
    """Shading of a product that lies on a surface seen from above.

    Its outline is swept away from the light over the length its thickness throws, softer the further.
    """
    view, crop, canvas = shot.view, shot.crop, shot.canvas
    thick = figure.geometry.depth or 0.14 * figure.height / crop.ppm
    throw = thick * crop.ppm / max(view.sun[2], 0.2)
    away = (-view.sun[0] * throw, view.sun[1] * throw)
    pad = int(hypot(*away) + 0.30 * figure.height + lift) & ~1
    left, top = max((figure.at[0] - pad) & ~1, 0), max((figure.at[1] - pad) & ~1, 0)
    h, w = figure.raster.alpha.shape
    columns = (min(figure.at[0] + w + pad, canvas.width) - left) // 2
    rows = (min(figure.at[1] + h + pad, canvas.height) - top) // 2
    grid = np.zeros((max(rows, 1), max(columns, 1)), np.float32)
    half = cv2.resize(figure.raster.alpha, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    window, part = overlap(grid.shape, half.shape, ((figure.at[0] - left) // 2, (figure.at[1] - top) // 2))
    grid[window] = half[part].astype(np.float32) / 255
    softness = max(0.8, 0.25 * thick * crop.ppm * tan(radians(view.sun_angle) / 2) * 2)
    blocked = np.zeros_like(grid)
    steps = int(np.clip(hypot(*away) / 6, 4, 16))
    copies = [cv2.GaussianBlur(grid, (0, 0), max(0.6, softness * s + 0.02 * lift)) for s in (0.2, 0.6, 1.0)]
    for share in np.linspace(0.1, 1.0, steps):
        dx, dy = (v * share / 2 for v in away)
        shift = np.array([[1.0, 0, dx], [0, 1, dy + lift * 0.5]])
        moved = cv2.warpAffine(copies[min(int(share * 3), 2)], shift, grid.shape[::-1])
        np.maximum(blocked, moved, out=blocked)
    blocked = np.clip(blocked * settings.shadow, 0, 1)[..., None]
    tight, wide = (cv2.GaussianBlur(grid, (0, 0), s) for s in (max(1.5, 0.06 * throw), max(4.0, 0.22 * throw)))
    dark = np.clip(0.45 * tight + 0.40 * wide, 0, 0.9) / (1 + lift / 12)
    lost = _in_shadow(shot, left, top, grid.shape[1], grid.shape[0])
    factor = (1 - blocked * (1 - lost)) * (1 - shot.stage.sky_share * blocked)
    factor = factor * (1 - np.clip(dark * settings.occlusion, 0, 0.95))[..., None]
    return Shading((left, top), floats(factor.astype(np.float32)))


def _fade(columns: int, rows: int, left: int, top: int, canvas: Size) -> Floats:
    """Lets shading run out towards the grid's edges, except where they are the canvas's own."""
    soft = 10.0
    x = np.arange(columns, dtype=np.float32)
    y = np.arange(rows, dtype=np.float32)
    from_left = x / soft if left > 0 else np.ones_like(x)
    from_right = (columns - 1 - x) / soft if left + 2 * columns < canvas.width - 2 else np.ones_like(x)
    from_top = y / soft if top > 0 else np.ones_like(y)
    from_bottom = (rows - 1 - y) / soft if top + 2 * rows < canvas.height - 2 else np.ones_like(y)
    across = np.clip(np.minimum(from_left, from_right), 0, 1)
    down = np.clip(np.minimum(from_top, from_bottom), 0, 1)
    return floats((across[None] * down[:, None])[..., None])


