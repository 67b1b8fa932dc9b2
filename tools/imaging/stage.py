"""A stage: an empty scene with everything known about it that placing, shading and finishing need.

`View` is the geometry alone, cheap enough to plan with; `Stage` adds the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from domain.ports import Image
from tools.imaging.camera import Camera
from tools.imaging.colour import Floats, smoothstep

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in metres on the ground."""


def _flipped(r: Rectangle) -> Rectangle:
    return -r[2], r[1], -r[0], r[3]


@dataclass(frozen=True)
class View:
    """Geometry of a scene.

    `size` is width and height of the scene picture in pixels. `sun` is the unit vector towards the key light,
    `sun_angle` the angle in degrees under which the light is seen (0.5 for the sun, tens for a softbox). `stand` is
    where the middle of a product's foot may be. `clip` and `clip_disc` bound a plinth or podium (rectangle; radius
    about the origin): outside it the ground is no longer at z = 0 and takes no shadow.
    """

    size: tuple[int, int]
    camera: Camera
    sun: tuple[float, float, float]
    sun_angle: float
    stand: Rectangle
    clip: Rectangle | None = None
    clip_disc: float | None = None
    from_above: bool = False

    def mirrored(self) -> View:
        """The view of the left-right flipped scene."""
        return replace(
            self,
            camera=self.camera.mirrored(self.size[0]),
            sun=(-self.sun[0], self.sun[1], self.sun[2]),
            stand=_flipped(self.stand),
            clip=_flipped(self.clip) if self.clip else None,
        )

    def usable(self, x: Floats, y: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
        """Share 0..1 by which ground points take a shadow: on the ground, on top of the plinth if there is one."""
        on = seen.astype(np.float32)
        if self.clip:
            x0, y0, x1, y1 = self.clip
            edge = np.minimum(np.minimum(x - x0, x1 - x), np.minimum(y - y0, y1 - y))
            on *= smoothstep(0, 0.012, edge)
        if self.clip_disc:
            on *= smoothstep(0, 0.010, self.clip_disc - np.hypot(x, y).astype(np.float32))
        return on

    def roomy(self, x: float, y: float, radius: float) -> bool:
        """Whether a foot of this radius stands wholly on the ground at (x, y)."""
        inside = True
        if self.clip:
            a, b, c, d = self.clip
            inside = a + radius <= x <= c - radius and b + radius * 0.5 <= y <= d - radius * 0.5
        if self.clip_disc:
            inside = float(np.hypot(x, y)) + radius <= self.clip_disc
        return inside


@dataclass(frozen=True)
class Stage:
    """An empty scene.

    Attributes:
        view: its geometry, for the picture as stored.
        beauty: the picture, RGB.
        key: half-size RGB; the square root of what remains of a pixel when the first-hit key light is blocked, so that
            `beauty * (key / 255) ** 2` is the scene in a cast shadow, bounce light and texture included.
        gloss, rough: how strongly and how blurred the ground mirrors, 0..1.
        gain, saturation: printing exposure and saturation the scene is finished with.
        blur: circle of confusion of the far background still to be applied, share of the canvas's height; 0 where the
            lens is already in the picture.
        sky_share: how much of the light around the key light a product's shadow hides as well.
    """

    view: View
    beauty: Image
    key: Image
    gloss: float = 0.0
    rough: float = 1.0
    gain: float = 1.0
    saturation: float = 1.0
    vignette: float = 0.12
    blur: float = 0.0
    sky_share: float = 0.25
    notes: dict[str, float] = field(default_factory=dict)
