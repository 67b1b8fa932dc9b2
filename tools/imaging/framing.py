"""Framing: which part of a scene the canvas shows, so that the product stands where and as large as it is asked to.

The product's real size, the scene's camera and the asked size on the canvas fix how much the scene is enlarged; where
the crop would leave the scene picture, the product walks over the ground instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, radians, sin

import numpy as np

from domain.values import Size
from tools.imaging.camera import Camera, Matrix, similarity
from tools.imaging.stage import View

MOST_ZOOM = 3.2
_STEPS = 8


@dataclass(frozen=True)
class Frame:
    """A crop of a scene.

    `matrix` is the 2x3 affine from scene pixels to canvas pixels, `camera` the camera of the canvas, `zoom` canvas
    pixels per scene pixel, `foot` the ground point the product stands on (metres), `base` the canvas pixel of it and
    `missed` by how many canvas pixels the asked position had to give way.
    """

    matrix: Matrix
    camera: Camera
    zoom: float
    foot: tuple[float, float]
    base: tuple[float, float]
    missed: float

    @property
    def ppm(self) -> float:
        """Canvas pixels per upright metre at the foot."""
        return self.camera.pixels_per_metre(*self.foot)


def least_zoom(view: View, canvas: Size, roll: float = 0.0) -> float:
    """The smallest enlargement at which a scene still fills the canvas."""
    c, s = abs(cos(radians(roll))), abs(sin(radians(roll)))
    w, h = canvas.width, canvas.height
    return max((w * c + h * s) / (view.size[0] - 2), (w * s + h * c) / (view.size[1] - 2))


def frame(
    view: View, canvas: Size, base: tuple[float, float], ppm: float, roll: float = 0.0,
    start: tuple[float, float] = (0.0, 0.0),
) -> Frame:
    """Finds the crop in which the ground point under canvas pixel `base` shows `ppm` pixels per metre.

    Fixed-point iteration: enlargement from the wanted scale, crop from the foot's place in the scene, foot from the
    crop where the picture's edge pushed it. A foot outside the ground it may stand on is moved back onto it and the
    difference reported as `missed`; a scale beyond the possible enlargements is approached as far as it goes.

    Args:
        view: the scene.
        canvas: size of the picture to make.
        base: wanted canvas pixel of the middle of the product's foot.
        ppm: wanted canvas pixels per metre there.
        roll: degrees by which scene and product turn clockwise on the canvas.
        start: ground point to stand on where nothing pushes.
    """
    low = least_zoom(view, canvas, roll)
    middle = ((canvas.width - 1) / 2, (canvas.height - 1) / 2)
    foot = _on_stand(view, start)
    zoom, centre = low, (0.0, 0.0)
    for _ in range(_STEPS):
        zoom = float(np.clip(ppm / view.camera.pixels_per_metre(*foot), low, max(MOST_ZOOM, low)))
        at = view.camera.project(*foot)
        back = similarity(1 / zoom, -roll, middle, (0.0, 0.0))
        step = back @ np.array([*base, 1.0])
        centre = _inside(view, canvas, zoom, roll, (at[0] - step[0], at[1] - step[1]))
        wanted = (centre[0] + step[0], centre[1] + step[1])
        if hypot(wanted[0] - at[0], wanted[1] - at[1]) < 1e-3:
            break
        foot = _on_stand(view, view.camera.ground_point(*wanted))
    matrix = similarity(zoom, roll, centre, middle)
    camera = view.camera.then(matrix)
    stands = camera.project(*foot)
    return Frame(matrix, camera, zoom, foot, stands, hypot(stands[0] - base[0], stands[1] - base[1]))


def _on_stand(view: View, point: tuple[float, float]) -> tuple[float, float]:
    x0, y0, x1, y1 = view.stand
    return float(np.clip(point[0], x0, x1)), float(np.clip(point[1], y0, y1))


def _inside(view: View, canvas: Size, zoom: float, roll: float, centre: tuple[float, float]) -> tuple[float, float]:
    """The crop's middle, moved so that the crop lies within the scene picture."""
    c, s = abs(cos(radians(roll))), abs(sin(radians(roll)))
    half_w = (canvas.width * c + canvas.height * s) / 2 / zoom
    half_h = (canvas.width * s + canvas.height * c) / 2 / zoom
    w, h = view.size[0] - 1, view.size[1] - 1
    return _clamp(centre[0], half_w, w), _clamp(centre[1], half_h, h)


def _clamp(value: float, half: float, size: float) -> float:
    return float(np.clip(value, half, size - half)) if size > 2 * half else size / 2
