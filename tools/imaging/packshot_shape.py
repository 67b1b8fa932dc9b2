"""Solids of a packshot as signed distances (negative inside), in units of the product's height.

A turned body's distance depends on radius and height alone, a tube's on its distance to a curve: both are tabulated
once, exactly near the surface, and read by interpolation. Marching along rays: Hart, "Sphere tracing", 1996.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from tools.imaging import packshot_spec as spec

Floats = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.int64]
Vectors = tuple[Floats, Floats, Floats]

_CELLS = 900          # table cells per product height
_BAND = 5             # cells around the surface where distances are exact
_FACET = 0.004        # length of the straight pieces an arc is made of
_CHUNK = 1024


class Solid(Protocol):
    """A body that rays can be marched against."""

    reach: float                                    # largest extent towards the camera
    ball: tuple[tuple[float, float, float], float]    # middle and radius of a ball around it

    def distance(self, p: Vectors) -> Floats: ...        # noqa: D102
    def normal(self, p: Vectors) -> Vectors: ...         # noqa: D102


def lookup(table: Floats, column: Floats, row: Floats, mode: int = cv2.BORDER_REPLICATE) -> Floats:
    """Bilinear reading of a 2-D table (or of an image with channels) at float positions given as flat arrays."""
    count = column.size
    if not count:
        return np.zeros((0, *table.shape[2:]), np.float32)
    rows = -(-count // _CHUNK)
    maps = np.zeros((2, rows * _CHUNK), np.float32)
    maps[0, :count], maps[1, :count] = column, row
    shaped = maps.reshape(2, rows, _CHUNK)
    read = np.asarray(cv2.remap(table, shaped[0], shaped[1], cv2.INTER_LINEAR, borderMode=mode), dtype=np.float32)
    return read.reshape(rows * _CHUNK, *table.shape[2:])[:count]


def normalise(v: Vectors) -> Vectors:
    """Unit vectors."""
    length = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + np.float32(1e-9)
    return v[0] / length, v[1] / length, v[2] / length


def rounded(outline: npt.NDArray[np.float64], radii: npt.NDArray[np.float64]) -> Floats:
    """An open polyline with its corners replaced by circular arcs of the given radii (shortened where they overlap)."""
    points = [outline[0]]
    for before, corner, after, radius in zip(outline[:-2], outline[1:-1], outline[2:], radii[1:-1], strict=True):
        back, ahead = before - corner, after - corner
        back_length, ahead_length = float(np.hypot(*back)), float(np.hypot(*ahead))
        back, ahead = back / back_length, ahead / ahead_length
        half = np.arccos(np.clip(float(back @ ahead), -1, 1)) / 2
        if radius <= 0 or half > 1.55:
            points.append(corner)
            continue
        reach = min(radius / np.tan(half), 0.495 * back_length, 0.495 * ahead_length)
        arc = reach * np.tan(half)
        bisector = (back + ahead) / np.hypot(*(back + ahead))
        centre = corner + bisector * arc / np.sin(half)
        first, last = corner + back * reach - centre, corner + ahead * reach - centre
        start = np.arctan2(first[1], first[0])
        turn = (np.arctan2(last[1], last[0]) - start + np.pi) % (2 * np.pi) - np.pi
        angles = start + turn * np.linspace(0, 1, max(8, int(abs(turn) * arc / _FACET)))
        points += [centre + arc * np.array([np.cos(a), np.sin(a)]) for a in angles]
    points.append(outline[-1])
    return np.asarray(points, dtype=np.float32)


def _to_segments(px: Floats, py: Floats, line: Floats) -> tuple[Floats, Floats, Indices]:
    """Distance of each point to a polyline, the share along the nearest segment, and that segment's number."""
    best = np.full(px.shape, np.inf, np.float32)
    share = np.zeros_like(best)
    nearest = np.zeros(px.shape, np.int64)
    for index, (a, b) in enumerate(pairwise(line)):
        along = b - a
        length = float(along @ along)
        if length < 1e-14:
            continue
        s = np.clip(((px - a[0]) * along[0] + (py - a[1]) * along[1]) / length, 0, 1)
        d = np.hypot(px - a[0] - s * along[0], py - a[1] - s * along[1])
        closer = d < best
        best[closer], share[closer], nearest[closer] = d[closer], s[closer], index
    return best, share, nearest


class TurnedBody:
    """A lathe part. The table spans radii from -margin and heights around the outline."""

    def __init__(self, part: spec.Lathe, unit: float) -> None:
        self.part = part
        corners = np.array(part.outline, dtype=np.float64)
        line = rounded(corners[:, :2] / unit, corners[:, 2] / unit)
        self.reach = float(line[:, 0].max())
        self.low, self.high = float(line[:, 1].min()), float(line[:, 1].max())
        self.ball = (0.0, (self.low + self.high) / 2, 0.0), float(np.hypot(self.reach, (self.high - self.low) / 2))
        self._pad = 0.04
        cell = 1 / _CELLS
        columns = int((self.reach + 2 * self._pad) / cell) + 2
        rows = int((self.high - self.low + 2 * self._pad) / cell) + 2
        ring = np.vstack([line, (line * (-1, 1))[::-1]]).astype(np.float32)   # both halves: the axis is inside
        at = np.rint((ring - (-self._pad, self.low - self._pad)) / cell * 256).astype(np.int32)
        solid = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(solid, [at], 1, shift=8)
        inner = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        outer = cv2.distanceTransform(1 - solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        table = ((outer - inner) * cell).astype(np.float32)
        rows_near, columns_near = np.nonzero(np.abs(table) < _BAND * cell)
        pr = (columns_near * cell - self._pad).astype(np.float32)
        py = (rows_near * cell + self.low - self._pad).astype(np.float32)
        d, share, nearest = _to_segments(pr, py, ring)
        a, b = ring[nearest], ring[nearest + 1]
        tangent = b - a
        foot = a + share[:, None] * tangent
        orientation = np.sign(_area(ring))
        side = (tangent[:, 1] * (pr - foot[:, 0]) - tangent[:, 0] * (py - foot[:, 1])) * orientation
        corner = (share <= 0) | (share >= 1)                   # beside a corner the raster knows better than one edge
        outside = np.where(corner, solid[rows_near, columns_near] == 0, side > 0)
        table[rows_near, columns_near] = np.where(outside, d, -d)
        self._table = table
        gradient = np.dstack([np.gradient(table, axis=1), np.gradient(table, axis=0)]).astype(np.float32)
        self._gradient = np.asarray(cv2.GaussianBlur(gradient, (0, 0), 1.5), dtype=np.float32)    # no facets in mirrors

    def _position(self, p: Vectors) -> tuple[Floats, Floats, Floats]:
        radius = np.hypot(p[0], p[2])
        return radius, (radius + self._pad) * _CELLS, (p[1] - self.low + self._pad) * _CELLS

    def distance(self, p: Vectors) -> Floats:
        """Signed distance; beyond the table a lower bound, which is all marching needs."""
        _, column, row = self._position(p)
        rows, columns = self._table.shape
        beyond = np.hypot(np.maximum(column - columns + 1, 0), np.maximum(np.maximum(-row, row - rows + 1), 0)) / _CELLS
        inside = lookup(self._table, column, row)
        return np.asarray(np.where(beyond > 0, np.maximum(inside, beyond), inside), dtype=np.float32)

    def normal(self, p: Vectors) -> Vectors:
        """Outward unit normal."""
        radius, column, row = self._position(p)
        gradient = lookup(self._gradient, column, row)
        scale = gradient[:, 0] / np.maximum(radius, 1e-6)
        return normalise((scale * p[0], gradient[:, 1], scale * p[2]))


def _area(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


class BentTube:
    """A tube part: distance to a smooth planar curve, less a radius that varies along it."""

    def __init__(self, part: spec.Tube, unit: float) -> None:
        self.part = part
        knots = np.array(part.path, dtype=np.float64) / unit
        curve = _catmull_rom(knots)
        self._pad = 3.0 * float(curve[:, 2].max())
        self._left, self._low = float(curve[:, 0].min()) - self._pad, float(curve[:, 1].min()) - self._pad
        self._cell = 1 / 400
        width = int((float(curve[:, 0].max()) + self._pad - self._left) / self._cell) + 2
        height = int((float(curve[:, 1].max()) + self._pad - self._low) / self._cell) + 2
        gy, gx = np.mgrid[:height, :width].astype(np.float32) * np.float32(self._cell)
        d, share, nearest = _to_segments(gx + np.float32(self._left), gy + np.float32(self._low), curve[:, :2])
        radius = curve[nearest, 2] * (1 - share) + curve[nearest + 1, 2] * share
        self._table = np.dstack([d, radius.astype(np.float32)])
        self.reach = float(curve[:, 2].max()) * part.flat
        low, high = curve[:, :2].min(0), curve[:, :2].max(0)
        middle = (low + high) / 2
        self.ball = (float(middle[0]), float(middle[1]), 0.0), float(np.hypot(*(high - low))) / 2 + self.reach
        self._wall = np.float32(part.wall / unit)
        along = curve[-1, :2] - curve[-3, :2]
        self._along, self._end = along / np.hypot(*along), curve[-1, :2]

    def distance(self, p: Vectors) -> Floats:
        """Signed distance (exact for round rods, a close bound for flat ones)."""
        column, row = (p[0] - self._left) / self._cell, (p[1] - self._low) / self._cell
        rows, columns = self._table.shape[:2]
        beyond_x = np.maximum(np.maximum(-column, column - columns + 1), 0)
        beyond_y = np.maximum(np.maximum(-row, row - rows + 1), 0)
        read = lookup(self._table, column, row)
        flat = np.float32(self.part.flat)
        near = (np.hypot(read[:, 0], p[2] / flat) - read[:, 1]) * min(1.0, self.part.flat)
        if self._wall > 0:
            beyond_end = (p[0] - self._end[0]) * self._along[0] + (p[1] - self._end[1]) * self._along[1]
            near = np.maximum(np.maximum(near, beyond_end), -(near + self._wall))
        beyond = np.hypot(beyond_x, beyond_y) * self._cell
        return np.asarray(np.where(beyond > 0, np.maximum(near, beyond), near), dtype=np.float32)

    def normal(self, p: Vectors) -> Vectors:
        """Outward unit normal by central differences over one table cell."""
        return by_differences(self, p, 1.5 * self._cell)


def _catmull_rom(knots: npt.NDArray[np.float64], steps: int = 28) -> Floats:
    """A smooth curve through all knots (Catmull & Rom 1974), ends doubled."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    s = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        pieces.append(0.5 * (2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s**2 + (3 * b - a - 3 * c + d) * s**3))
    return np.vstack([*pieces, knots[-1:]]).astype(np.float32)


class LyingSlab:
    """A slab part: a stadium extruded upwards with rounded edges."""

    def __init__(self, part: spec.Slab, unit: float) -> None:
        self.part = part
        self._middle = tuple(np.float32(v / unit) for v in part.middle)
        self._straight = np.float32(max(part.length - part.width, 0) / unit)
        self._width, self._hole = np.float32(part.width / unit), np.float32(part.hole / unit)
        self._half = np.float32(part.thickness / unit / 2)
        self.reach = float((abs(part.middle[2]) + part.length) / unit)
        x, y, z = (v / unit for v in part.middle)
        self.ball = (x, y, z), (part.length + part.thickness) / unit

    def distance(self, p: Vectors) -> Floats:
        """Signed distance."""
        x, y, z = (p[i] - self._middle[i] for i in range(3))
        spine = np.hypot(x, np.maximum(np.abs(z) - self._straight, 0))
        plan = spine - self._width
        if self._hole > 0:
            hole = np.hypot(x, z - self._straight) - self._hole
            plan = np.maximum(plan, -hole)
        edge = self._half * np.float32(0.9)
        qx, qy = plan + edge, np.abs(y) - self._half + edge
        return np.asarray(
            np.minimum(np.maximum(qx, qy), 0) + np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) - edge, dtype=np.float32
        )

    def normal(self, p: Vectors) -> Vectors:
        """Outward unit normal."""
        return by_differences(self, p, float(self._half) / 4)


def by_differences(solid: Solid | Union, p: Vectors, step: float) -> Vectors:
    """Gradient of a distance by central differences."""
    x, y, z = p
    h = np.float32(step)
    return normalise(
        (
            solid.distance((x + h, y, z)) - solid.distance((x - h, y, z)),
            solid.distance((x, y + h, z)) - solid.distance((x, y - h, z)),
            solid.distance((x, y, z + h)) - solid.distance((x, y, z - h)),
        )
    )


def _made(part: spec.Lathe | spec.Tube | spec.Slab, unit: float) -> Solid:
    if isinstance(part, spec.Lathe):
        return TurnedBody(part, unit)
    if isinstance(part, spec.Tube):
        return BentTube(part, unit)
    return LyingSlab(part, unit)


class Union:
    """All parts of a product; where a tube has a `blend`, it flows into the others (Quilez' polynomial minimum)."""

    def __init__(self, parts: tuple[spec.Lathe | spec.Tube | spec.Slab, ...], unit: float) -> None:
        self.solids: list[Solid] = [_made(part, unit) for part in parts]
        self.blends = [part.blend / unit if isinstance(part, spec.Tube) else 0.0 for part in parts]
        self.depth = max(solid.reach for solid in self.solids)

    def distances(self, p: Vectors) -> Floats:
        """Signed distance to each part, one row a part."""
        return np.stack([solid.distance(p) for solid in self.solids])

    def distance(self, p: Vectors) -> Floats:
        """Signed distance to the whole."""
        whole = self.solids[0].distance(p)
        for solid, blend in zip(self.solids[1:], self.blends[1:], strict=True):
            (cx, cy, cz), radius = solid.ball
            away = np.sqrt(np.square(p[0] - cx) + np.square(p[1] - cy) + np.square(p[2] - cz)) - radius
            near = np.flatnonzero(away < whole + blend)
            if not near.size:
                continue
            other = away
            other[near] = solid.distance((p[0][near], p[1][near], p[2][near]))
            if blend > 0:
                h = np.maximum(np.float32(blend) - np.abs(whole - other), 0) / np.float32(blend)
                whole = np.minimum(whole, other) - h * h * np.float32(blend / 4)
            else:
                whole = np.minimum(whole, other)
        return np.asarray(whole, dtype=np.float32)

    def normal(self, p: Vectors) -> tuple[Vectors, Indices]:
        """Outward unit normals, and the number of the part each point lies on."""
        if len(self.solids) == 1:
            return self.solids[0].normal(p), np.zeros(p[0].shape, np.int64)
        rows = self.distances(p)
        which = rows.argmin(0)
        out = tuple(np.zeros_like(p[0]) for _ in range(3))
        for index, solid in enumerate(self.solids):
            on = np.flatnonzero(which == index)
            if on.size:
                for target, value in zip(out, solid.normal((p[0][on], p[1][on], p[2][on])), strict=True):
                    target[on] = value
        blended = np.flatnonzero(np.sort(rows, axis=0)[1] < max(self.blends)) if max(self.blends) > 0 else ()
        if len(blended):
            smooth = by_differences(self, (p[0][blended], p[1][blended], p[2][blended]), 1 / 500)
            for target, value in zip(out, smooth, strict=True):
                target[blended] = value
        return (out[0], out[1], out[2]), which
