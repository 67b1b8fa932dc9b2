"""Pinhole cameras over a ground plane: world metres to picture pixels and back.

The world has x to the right, y away from the camera, z up, and its ground at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, degrees, hypot, radians, sin

import numpy as np
import numpy.typing as npt

from tools.imaging.colour import Floats

Matrix = npt.NDArray[np.float64]

BEYOND = 1e3
"""Ground coordinate, in metres, given to pixels that see no ground."""

NEVER = 1e-5
"""One over the depth, per metre, below which a pixel counts as seeing no ground."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A projection. `matrix` is 3x4 (homogeneous; its third row gives the depth in metres), `focal` in pixels."""

    matrix: Matrix
    focal: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Camera) and self.focal == other.focal and np.array_equal(self.matrix, other.matrix)

    def __hash__(self) -> int:
        return hash((self.matrix.tobytes(), self.focal))

    def project(self, x: float, y: float, z: float = 0.0) -> tuple[float, float]:
        """World point to picture."""
        u, v, w = self.matrix @ np.array([x, y, z, 1.0])
        return float(u / w), float(v / w)

    def pixels_per_metre(self, x: float, y: float, z: float = 0.0) -> float:
        """Length in pixels of an upright metre facing the camera at a world point."""
        return float(self.focal / (self.matrix[2] @ np.array([x, y, z, 1.0])))

    def position(self) -> tuple[float, float, float]:
        """Where the camera stands, metres."""
        c = np.linalg.solve(self.matrix[:, :3], -self.matrix[:, 3])
        return float(c[0]), float(c[1]), float(c[2])

    def elevation(self, x: float, y: float) -> float:
        """Degrees by which the camera looks down on a ground point."""
        cx, cy, cz = self.position()
        return degrees(asin(cz / float(np.linalg.norm([cx - x, cy - y, cz]))))

    def ground_point(self, u: float, v: float) -> tuple[float, float]:
        """Picture point to ground plane, metres; `BEYOND` when it lies above the horizon."""
        x, y, w = np.linalg.solve(self.matrix[:, [0, 1, 3]], np.array([u, v, 1.0]))
        return (float(x / w), float(y / w)) if w > NEVER else (BEYOND, BEYOND)

    def ground(self, u: Floats, v: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Picture points to ground plane: x, y in metres (`BEYOND` where no ground is seen) and where it is seen.

        `u` and `v` broadcast against each other, so a row and a column of coordinates make a grid.
        """
        inverse = np.linalg.inv(self.matrix[:, [0, 1, 3]]).astype(np.float64)
        u64, v64 = u.astype(np.float64), v.astype(np.float64)
        x, y, w = (inverse[i, 0] * u64 + inverse[i, 1] * v64 + inverse[i, 2] for i in range(3))
        seen = w > NEVER  # w is one over the depth in metres
        safe = np.where(seen, w, 1.0)
        return (
            np.where(seen, x / safe, BEYOND).astype(np.float32),
            np.where(seen, y / safe, BEYOND).astype(np.float32),
            seen,
        )

    def horizon(self, u: float) -> float:
        """Row of the horizon at column `u`; minus infinity when the camera looks straight down."""
        a, b, c = np.linalg.inv(self.matrix[:, [0, 1, 3]])[2]
        return float(-(a * u + c) / b) if abs(b) > 1e-12 else float("-inf")

    def then(self, affine: Matrix) -> Camera:
        """The camera after a 2x3 affine of the picture (crop, zoom, turn, flip)."""
        full = np.vstack([affine, [0.0, 0.0, 1.0]])
        return Camera(full @ self.matrix, self.focal * hypot(affine[0, 0], affine[1, 0]))

    def mirrored(self, width: int) -> Camera:
        """The camera of the left-right flipped picture; world x flips too, so that x still runs to the right."""
        flip = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0]])
        turned = self.then(flip)
        return Camera(turned.matrix @ np.diag([-1.0, 1.0, 1.0, 1.0]), self.focal)


def level_camera(
    focal: float, horizon: float, centre: float, distance: float, height: float, ground_depth: float = 0.0
) -> Camera:
    """A level camera with a shifted lens, so that verticals stay vertical.

    Args:
        focal: focal length, pixels.
        horizon: row of the horizon, pixels.
        centre: column of the optical axis, pixels.
        distance: metres from the camera to the world's origin along the ground.
        height: metres of the camera above the ground.
        ground_depth: metres by which the ground lies below z = 0.
    """
    k = np.array([[focal, 0.0, centre], [0.0, focal, horizon], [0.0, 0.0, 1.0]])
    world = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, height + ground_depth], [0.0, 1.0, 0.0, distance]])
    return Camera(k @ world, focal)


def overhead_camera(focal: float, size: tuple[int, int], height: float) -> Camera:
    """A camera straight above the origin, looking down; the top of the picture is +y."""
    k = np.array([[focal, 0.0, size[0] / 2], [0.0, focal, size[1] / 2], [0.0, 0.0, 1.0]])
    world = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, height]])
    return Camera(k @ world, focal)


def similarity(zoom: float, turn: float, source: tuple[float, float], target: tuple[float, float]) -> Matrix:
    """2x3 affine that scales by `zoom`, turns `turn` degrees clockwise on the picture and takes source to target."""
    c, s = zoom * cos(radians(turn)), zoom * sin(radians(turn))
    return np.array(
        [
            [c, -s, target[0] - c * source[0] + s * source[1]],
            [s, c, target[1] - s * source[0] - c * source[1]],
        ]
    )
