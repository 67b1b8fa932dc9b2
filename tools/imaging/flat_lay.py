"""Surfaces seen from straight above, on which products lie: linen, oak, plaster, stone."""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydantic import Field, TypeAdapter

from domain.composition import Scene, SceneKind
from domain.documents import read_yaml
from domain.errors import NotFound
from domain.values import HexColour, Light, Model
from tools.imaging.camera import overhead_camera
from tools.imaging.colour import Floats, blur, encode, floats, from_hex, mix, smoothstep, to_bytes
from tools.imaging.product import side_of
from tools.imaging.stage import Stage, View
from tools.imaging.texture import GOBO, fractal, gobo, relief

SIZE = (1536, 1024)
PPM = 2400.0
"""Pixels per metre of the surface."""

_HEIGHT = 1.4
_THREAD = 2.9
"""Pixels from thread to thread of linen: 1.2 mm."""

_RECIPES = Path(__file__).with_name("flat_lay.yaml")


class Surface(Model):
    """A recipe of `flat_lay.yaml`; angles in degrees, `ambient` the share of light left in a cast shadow."""

    id: str
    title: str
    tones: tuple[HexColour, HexColour]
    surface: str
    material: Literal["linen", "oak", "plaster", "stone"]
    gobo: Literal["none", "window", "leaves", "slats"]
    light: Light
    azimuth: float
    elevation: float = Field(gt=0, le=90)
    sun_angle: float = Field(gt=0)
    ambient: float = Field(gt=0, lt=1)
    tags: tuple[str, ...]

    @property
    def sun(self) -> tuple[float, float, float]:
        """Unit vector towards the light: right, up the picture, towards the camera."""
        a, e = radians(self.azimuth), radians(self.elevation)
        return cos(a) * cos(e), sin(a) * cos(e), sin(e)

    def view(self) -> View:
        """Its geometry: a camera straight above."""
        camera = overhead_camera(PPM * _HEIGHT, SIZE, _HEIGHT)
        half_w, half_h = SIZE[0] / PPM / 2, SIZE[1] / PPM / 2
        return View(SIZE, camera, self.sun, self.sun_angle, (-half_w, -half_h, half_w, half_h), from_above=True)

    def scene(self) -> Scene:
        """Its entry in the catalogue."""
        # A standing ball seen from the front would show the light's side; seen from above the sun's own direction does.
        bright, dark = 0.5 + 0.5 * abs(self.sun[0]), 0.5 - 0.4 * abs(self.sun[0])
        sides = (bright, dark) if self.sun[0] < 0 else (dark, bright)
        return Scene(
            id=f"flat_lay:{self.id}",
            kind=SceneKind.FLAT_LAY,
            title=self.title,
            light=self.light,
            tags=self.tags,
            surface=self.surface,
            palette=self.tones,
            view_elevation=90.0,
            light_side=side_of(*sides, 0.4),
            light_ratio=bright / dark,
        )


@lru_cache(maxsize=1)
def surfaces() -> dict[str, Surface]:
    """Every recipe by id."""
    raw = read_yaml(_RECIPES.read_text(encoding="utf-8"))
    return {s.id: s for s in TypeAdapter(list[Surface]).validate_python(raw)}


@lru_cache(maxsize=3)
def flat_lay_stage(name: str) -> Stage:
    """A surface ready to draw on; raises NotFound when there is none of that name."""
    recipe = surfaces().get(name)
    if recipe is None:
        raise NotFound(f"there is no surface {name!r}", hint=f"one of {', '.join(surfaces())}")
    albedo, height, depth = _MATERIALS[recipe.material](recipe)
    lit = relief(height, recipe.sun, depth)
    falls = _light_through(recipe)
    ambient = np.float32(recipe.ambient)
    soft = 1 + (relief(height, (0.0, 0.0, 1.0), depth) - 1) * np.float32(0.6)
    key = (1 - ambient) * lit * falls
    spread = _falloff()
    warm = np.array([1.03, 1.0, 0.95], np.float32)
    cool = np.array([0.97, 1.0, 1.05], np.float32)
    around = (ambient * soft * spread)[..., None] * cool
    total = around + (key * spread)[..., None] * warm
    beauty = to_bytes(encode(floats(np.clip(albedo * total * np.float32(1.08), 0, 1))))
    ratio = np.clip(around / np.maximum(total, 1e-3), 0, 1)
    half = cv2.resize(np.sqrt(ratio).astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Stage(recipe.view(), beauty, to_bytes(floats(half)), vignette=0.10, saturation=1.05)


def _light_through(recipe: Surface) -> Floats:
    """The gobo's pattern on the surface, stretched along the light as a slanted projection is."""
    width, height = SIZE
    x = np.arange(width, dtype=np.float32)[None] - width / 2
    y = height / 2 - np.arange(height, dtype=np.float32)[:, None]
    sx, sy, sz = recipe.sun
    length = max((sx * sx + sy * sy) ** 0.5, 1e-3)
    along, across = (x * sx + y * sy) / length * sz, (-x * sy + y * sx) / length
    scale = GOBO / (1.15 * height)
    u, v = across * scale + GOBO * 0.5, along * scale + GOBO * 0.5
    pattern = floats(cv2.remap(gobo(recipe.gobo), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    return blur(floats(0.06 + 0.94 * pattern), 2.2 * recipe.sun_angle) if recipe.gobo != "none" else pattern


def _falloff() -> Floats:
    """Light a little stronger towards one corner, as from a window near by."""
    width, height = SIZE
    x = np.arange(width, dtype=np.float32)[None] / width
    y = np.arange(height, dtype=np.float32)[:, None] / height
    return floats(1.06 - 0.10 * x - 0.06 * y)


def _linen(recipe: Surface) -> tuple[Floats, Floats, float]:
    shape = SIZE[::-1]
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None]
    across = (columns + 9 * (fractal(shape, 150, 3, 11) - 0.5)) / _THREAD
    down = (rows + 9 * (fractal(shape, 150, 3, 12) - 0.5)) / _THREAD
    # Every thread has its own thickness, which changes along it: that is what tells linen from a printed grid.
    rng = np.random.default_rng(17)
    warp_own, weft_own = rng.random(1024, np.float32), rng.random(1024, np.float32)
    slub_x = warp_own[across.astype(np.intp) % 1024] + 1.2 * (fractal(shape[::-1], 22, 3, 13, 0.6, 7.0).T - 0.5)
    slub_y = weft_own[down.astype(np.intp) % 1024] + 1.2 * (fractal(shape, 22, 3, 14, 0.6, 7.0) - 0.5)
    warp = np.cos(across * np.float32(2 * np.pi)) * (0.35 + 0.65 * slub_x)
    weft = np.cos(down * np.float32(2 * np.pi)) * (0.35 + 0.65 * slub_y)
    weave = 0.5 * (warp + weft) + 0.30 * warp * weft
    thick = slub_x + slub_y
    folds = fractal(shape, 620, 3, 15, 0.42, 1.7)
    height = 0.50 * weave + 150 * blur(folds, 9)
    light, dark = (from_hex(tone) for tone in recipe.tones)
    share = floats(np.clip(0.34 + 0.40 * (fractal(shape, 60, 3, 16) - 0.5) - 0.16 * weave + 0.16 * (thick - 1), 0, 1))
    return mix(light, dark, share), floats(height), 1.0


def _oak(recipe: Surface) -> tuple[Floats, Floats, float]:
    shape = SIZE[::-1]
    rows = np.arange(shape[0], dtype=np.float32)[:, None] + 0.0 * np.arange(shape[1], dtype=np.float32)[None]
    board = 0.115 * PPM
    index = np.floor(rows / board)
    tone = (np.sin(index * 12.9898 + 4.1) * 43758.547) % 1
    wave = 60 * (fractal(shape, 460, 3, 21, 0.5, 3.2) - 0.5) + 240 * tone
    rings = np.sin((rows + wave) * np.float32(0.155)) * 0.5 + 0.5
    fine = fractal(shape, 1.7, 1, 22, 0.6, 90.0)
    streak = fractal(shape, 12, 4, 23, 0.62, 42.0)
    pores = smoothstep(0.70, 0.92, fractal(shape, 1.6, 1, 24, 0.5, 42.0)) * smoothstep(0.30, 0.65, streak)
    share = 0.30 + 0.22 * (rings - 0.5) + 0.80 * (streak - 0.5) + 0.26 * (fine - 0.5) + 0.26 * (tone - 0.5)
    light, dark = (from_hex(tone_) for tone_ in recipe.tones)
    albedo = mix(light, dark, floats(np.clip(share, 0, 1)))
    edge = np.abs(rows / board - np.round(rows / board)) * board
    gap = smoothstep(3.6, 1.2, floats(edge))
    albedo = albedo * (1 - 0.38 * pores[..., None]) * (1 - 0.80 * gap[..., None])
    height = -1.6 * gap - 0.35 * pores + 0.5 * fine + 1.4 * (rings - 0.5)
    return floats(albedo), floats(height), 0.9


def _plaster(recipe: Surface) -> tuple[Floats, Floats, float]:
    shape = SIZE[::-1]
    strokes = fractal(shape, 190, 4, 31, 0.55, 2.6) + 0.6 * fractal(shape[::-1], 240, 4, 32, 0.55, 2.2).T
    grain = fractal(shape, 4, 2, 33, 0.6)
    pits = smoothstep(0.84, 0.93, fractal(shape, 5, 2, 34, 0.4))
    height = 26 * strokes + 0.7 * grain - 1.3 * pits
    share = np.clip(0.35 + 1.1 * (strokes - 0.8) + 0.18 * (grain - 0.5), 0, 1)
    light, dark = (from_hex(tone) for tone in recipe.tones)
    return mix(light, dark, share), floats(height), 1.0


def _stone(recipe: Surface) -> tuple[Floats, Floats, float]:
    shape = SIZE[::-1]
    cloud = fractal(shape, 340, 6, 41, 0.55, 1.5)
    speck = fractal(shape, 5, 3, 42, 0.7)
    fossil = smoothstep(0.70, 0.82, fractal(shape, 22, 3, 43, 0.5, 1.6))
    vein = smoothstep(0.020, 0.0, floats(np.abs(fractal(shape, 420, 5, 44, 0.5) - 0.5))) * smoothstep(
        0.48, 0.60, fractal(shape, 300, 2, 45)
    )
    share = np.clip(0.45 + 1.3 * (cloud - 0.5) + 0.75 * (speck - 0.5) - 0.30 * fossil, 0, 1)
    light, dark = (from_hex(tone) for tone in recipe.tones)
    albedo = mix(light, dark, floats(share)) * (1 + 0.14 * vein[..., None])
    return floats(albedo), floats(1.6 * speck + 7 * cloud - 0.9 * fossil), 1.0


_MATERIALS = {"linen": _linen, "oak": _oak, "plaster": _plaster, "stone": _stone}
