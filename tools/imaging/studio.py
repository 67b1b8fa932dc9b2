"""Procedural sets in brand colours: sweep, podium, arch, window light. Each pixel's ray meets a few exact solids.

Light is one key (with a gobo, soft-edged shadows by distance) and an ambient with analytic occlusion; a set comes out
as beauty and key-less pictures, like a plate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin, tan
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field, TypeAdapter

from domain.composition import Scene, SceneKind
from domain.documents import read_yaml
from domain.errors import NotFound
from domain.values import HexColour, Light, Model
from tools.imaging.camera import level_camera
from tools.imaging.colour import Floats, blur, encode, floats, from_hex, mix, smoothstep, to_bytes
from tools.imaging.product import side_of
from tools.imaging.stage import Stage, View
from tools.imaging.texture import GOBO, fractal, gobo

SIZE = (1536, 1024)
ELEVATION = 7.5
_FOCAL, _HORIZON = 3300.0, 0.37
_RECIPES = Path(__file__).with_name("studio.yaml")

WALL = 0.62
"""Metres from the product to the wall."""

_PODIUM_RADIUS, _PODIUM_HEIGHT = 0.115, 0.16
_ARCH_HALF, _ARCH_TOP, _ARCH_DEPTH = 0.125, 0.135, 0.05


class StudioSet(Model):
    """A recipe of `studio.yaml`; angles in degrees, `ambient` the share of a lit surface's light that is not key."""

    id: str
    title: str
    shape: Literal["sweep", "podium", "arch", "wall"]
    wall: HexColour
    floor: HexColour
    accent: HexColour
    light: Light
    gobo: Literal["none", "window", "leaves", "slats"]
    azimuth: float
    elevation: float = Field(gt=5, lt=85)
    sun_angle: float = Field(gt=0)
    ambient: float = Field(gt=0, lt=1)
    gloss: float = Field(ge=0, le=1)
    rough: float = Field(ge=0, le=1)
    tags: tuple[str, ...]

    @property
    def sun(self) -> tuple[float, float, float]:
        """Unit vector towards the key light."""
        a, e = radians(self.azimuth), radians(self.elevation)
        return -sin(a) * cos(e), -cos(a) * cos(e), sin(e)

    def view(self) -> View:
        """Its geometry: the level camera of the plates, one metre away."""
        e = radians(ELEVATION)
        camera = level_camera(_FOCAL, _HORIZON * SIZE[1], SIZE[0] / 2, cos(e), sin(e))
        podium = self.shape == "podium"
        reach = _PODIUM_RADIUS * 0.4
        stand = (-reach, -0.02, reach, 0.03) if podium else (-0.30, -0.05, 0.30, 0.16)
        return View(
            SIZE, camera, self.sun, self.sun_angle, stand, clip_disc=_PODIUM_RADIUS - 0.004 if podium else None
        )

    def scene(self, colours: tuple[str, ...] = ()) -> Scene:
        """Its entry in the catalogue; with colours, the same set painted in them."""
        paint = "" if not colours else "@" + ".".join(c.lstrip("#") for c in colours[:2])
        bright, dark = 0.5 + 0.5 * abs(self.sun[0]), 0.5 - 0.42 * abs(self.sun[0])
        sides = (bright, dark) if self.sun[0] < 0 else (dark, bright)
        return Scene(
            id=f"studio:{self.id}{paint}",
            kind=SceneKind.STUDIO,
            title=self.title + (" in brand colours" if colours else ""),
            light=self.light,
            tags=(*self.tags, "brand colours") if colours else self.tags,
            surface="paper" if self.shape == "sweep" else "plaster",
            palette=tuple(colours[:2]) or (self.wall, self.accent),
            view_elevation=ELEVATION,
            light_side=side_of(*sides, 0.49),
            light_ratio=bright / dark,
        )


@lru_cache(maxsize=1)
def sets() -> dict[str, StudioSet]:
    """Every recipe by id."""
    raw = read_yaml(_RECIPES.read_text(encoding="utf-8"))
    return {s.id: s for s in TypeAdapter(list[StudioSet]).validate_python(raw)}


def painted(name: str) -> StudioSet:
    """The set "arch", or "arch@e3c9b3.c98f6a" with wall and accent in these colours; raises NotFound."""
    stem, _, paint = name.partition("@")
    recipe = sets().get(stem)
    if recipe is None:
        raise NotFound(f"there is no studio set {stem!r}", hint=f"one of {', '.join(sets())}")
    if not paint:
        return recipe
    colours = [f"#{c}" for c in paint.split(".")]
    wall = colours[0]
    accent = colours[1] if len(colours) > 1 else wall
    changed = {"wall": wall, "floor": _lighter(wall, 0.25), "accent": accent}
    if recipe.shape == "sweep":
        changed["floor"] = wall
    return StudioSet.model_validate(recipe.model_dump() | changed)


def _lighter(colour: str, share: float) -> str:
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(v + (255 - v) * share):02x}" for v in rgb)


@dataclass(frozen=True)
class _Hits:
    """Where rays end: points, normals, albedo, and which pixels hit the podium's or arch's own surface."""

    point: Floats
    normal: Floats
    albedo: Floats
    own: npt.NDArray[np.bool_]


@lru_cache(maxsize=4)
def studio_stage(name: str) -> Stage:
    """A set ready to draw on; raises NotFound when there is none of that name."""
    recipe = painted(name)
    view = recipe.view()
    hits = _trace(recipe, view)
    sun = np.array(recipe.sun, np.float32)
    facing = np.maximum(hits.normal @ sun, 0)
    key = facing / max(float(sun[2]), 0.3) * _visible(recipe, hits) * _gobo(recipe, hits.point)
    open_ = _openness(recipe, hits)
    falloff = _spread(hits.point)
    warm = np.array([1.06, 1.0, 0.90] if recipe.light is Light.GOLDEN else [1.02, 1.0, 0.97], np.float32)
    cool = np.array([0.96, 1.0, 1.05], np.float32) * (1 - 0.35) + hits.albedo.mean((0, 1)) * 0.35 / 0.6
    around = (recipe.ambient * open_ * falloff)[..., None] * cool.astype(np.float32)
    total = around + ((1 - recipe.ambient) * key * falloff)[..., None] * warm
    level = np.float32(1.14)
    light = floats(hits.albedo * total * level)
    light = _lens(light, hits)
    beauty = to_bytes(encode(floats(light / (1 + 0.06 * light**4))))
    ratio = np.clip(around / np.maximum(total, 1e-3), 0, 1)
    half = cv2.resize(np.sqrt(ratio).astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Stage(view, beauty, to_bytes(floats(half)), recipe.gloss, recipe.rough, vignette=0.14, saturation=1.04)


def _trace(recipe: StudioSet, view: View) -> _Hits:
    """First hits of all rays: floor, wall (or the sweep's curve between), podium, arch."""
    width, height = SIZE
    _, cy, cz = view.camera.position()
    dx = ((np.arange(width, dtype=np.float32) - width / 2) / _FOCAL)[None].repeat(height, 0)
    dz = (-(np.arange(height, dtype=np.float32) - _HORIZON * height) / _FOCAL)[:, None].repeat(width, 1)
    ground = -_PODIUM_HEIGHT if recipe.shape == "podium" else 0.0
    far = np.float32(WALL - cy)
    t = np.full((height, width), far, np.float32)
    normal = np.zeros((height, width, 3), np.float32)
    normal[..., 1] = -1
    t_floor = np.where(dz < -1e-5, (ground - cz) / np.minimum(dz, -1e-5), 1e6).astype(np.float32)
    on_floor = t_floor < t
    t = np.where(on_floor, t_floor, t)
    normal[on_floor] = (0, 0, 1)
    albedo = np.broadcast_to(from_hex(recipe.wall), (height, width, 3)).copy()
    albedo[on_floor] = from_hex(recipe.floor)
    own = np.zeros((height, width), bool)
    if recipe.shape == "sweep":
        t, normal = _sweep(t, normal, dz, cy, cz)
    if recipe.shape == "arch":
        reach = np.float32(WALL - _ARCH_DEPTH - cy)
        x, z = dx * reach, cz + dz * reach
        inside = _arch_distance(x, z)
        front = (inside < 0) & (z > 0) & (reach < t)
        t = np.where(front, reach, t)
        normal[front] = (0, -1, 0)
        share = smoothstep(0.0006, -0.0006, inside) * front
        albedo = mix(albedo, from_hex(recipe.accent), floats(share.astype(np.float32)))
        own |= front
    if recipe.shape == "podium":
        t, normal, albedo, own = _podium(recipe, t, normal, albedo, own, dx, dz, cy, cz)
    point = np.stack([dx * t, cy + t, cz + dz * t], axis=-1).astype(np.float32)
    if recipe.shape != "sweep":  # paper is even, plaster is not
        normal, albedo = _rough_plaster(point, normal), _mottled(albedo, point)
    return _Hits(point, normal, albedo, own)


def _sweep(t: Floats, normal: Floats, dz: Floats, cy: float, cz: float) -> tuple[Floats, Floats]:
    """Replaces the corner of floor and wall by a quarter circle."""
    radius = 0.42
    oy, oz = cy - (WALL - radius), cz - radius
    a = 1 + dz * dz
    b = oy + oz * dz
    c = oy * oy + oz * oz - radius * radius
    inside = np.maximum(b * b - a * c, 0)
    t_curve = (-b + np.sqrt(inside)) / a
    y, z = cy + t_curve, cz + dz * t_curve
    on = (y > WALL - radius) & (z < radius)
    curve = np.stack([np.zeros_like(y), (WALL - radius - y) / radius, (radius - z) / radius], axis=-1)
    return floats(np.where(on, t_curve, t).astype(np.float32)), floats(
        np.where(on[..., None], curve, normal).astype(np.float32)
    )


def _podium(
    recipe: StudioSet, t: Floats, normal: Floats, albedo: Floats, own: npt.NDArray[np.bool_], dx: Floats,
    dz: Floats, cy: float, cz: float,
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """A cylinder with its top at z = 0 and a small rounded edge."""
    a = 1 + dx * dx
    disc = cy * cy - a * (cy * cy - _PODIUM_RADIUS**2)
    hit = disc > 0
    t_side = (-cy - np.sqrt(np.maximum(disc, 0))) / a
    z_side = cz + dz * t_side
    side = hit & (z_side < 0) & (z_side > -_PODIUM_HEIGHT) & (t_side < t)
    t_top = np.where(dz < -1e-5, -cz / np.minimum(dz, -1e-5), 1e6)
    top = (np.hypot(dx * t_top, cy + t_top) < _PODIUM_RADIUS) & (t_top < t)
    t = np.where(side, t_side, t)
    t = np.where(top, t_top, t)
    bevel = 0.004
    lean = np.clip(1 + z_side / bevel, 0, 1)[..., None] * 0.8
    round_ = np.stack([dx * t_side / _PODIUM_RADIUS, (cy + t_side) / _PODIUM_RADIUS, np.zeros_like(t_side)], axis=-1)
    round_ = round_ * (1 - lean) + np.array([0, 0, 1.0]) * lean
    round_ /= np.linalg.norm(round_, axis=-1, keepdims=True)
    normal = np.where(side[..., None], round_, normal)
    normal = np.where(top[..., None], np.array([0, 0, 1.0]), normal)
    solid = side | top
    albedo[solid] = from_hex(recipe.accent)
    return floats(t.astype(np.float32)), floats(normal.astype(np.float32)), albedo, own | solid


def _arch_distance(x: Floats, z: Floats) -> Floats:
    """Signed distance to an arch standing on the floor: a rectangle under a half circle, metres."""
    straight = np.abs(x) - _ARCH_HALF
    round_ = np.hypot(x, z - _ARCH_TOP) - _ARCH_HALF
    return floats(np.where(z < _ARCH_TOP, straight, round_).astype(np.float32))


def _rough_plaster(point: Floats, normal: Floats) -> Floats:
    """Normals bent by a hand-plastered surface."""
    swell = fractal((1024, 1536), 190, 4, 51, 0.5) * 0.05 + fractal((1024, 1536), 7, 2, 52, 0.6) * 0.006
    du = floats(cv2.Sobel(swell, cv2.CV_32F, 1, 0, ksize=3))
    dv = floats(cv2.Sobel(swell, cv2.CV_32F, 0, 1, ksize=3))
    u, v = _unrolled(point, 2400, swell.shape)
    bend_x = floats(cv2.remap(du, u, v, cv2.INTER_LINEAR))
    bend_v = floats(cv2.remap(dv, u, v, cv2.INTER_LINEAR))
    strength = np.float32(5.0)
    bent = normal.copy()
    bent[..., 0] += strength * bend_x * np.abs(normal[..., 1] + normal[..., 2])
    bent[..., 2] += strength * bend_v * np.abs(normal[..., 1])
    bent[..., 1] += strength * bend_v * np.abs(normal[..., 2])
    return floats(bent / np.linalg.norm(bent, axis=-1, keepdims=True))


def _mottled(albedo: Floats, point: Floats) -> Floats:
    """Slow drifts of tone, as in any painted surface."""
    cloud = fractal((512, 768), 150, 4, 53, 0.5)
    u, v = _unrolled(point, 700, cloud.shape)
    drift = floats(cv2.remap(cloud, u, v, cv2.INTER_LINEAR))
    return floats(albedo * (0.96 + 0.08 * drift)[..., None])


def _unrolled(point: Floats, scale: float, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Texture coordinates that slide over floor and wall alike: world x, and y plus z; reflected at the edges."""
    u = np.abs((point[..., 0] * scale + shape[1] / 2) % (2 * shape[1] - 4) - (shape[1] - 2))
    v = np.abs(((point[..., 1] + point[..., 2]) * scale + shape[0] / 2) % (2 * shape[0] - 4) - (shape[0] - 2))
    return floats(u.astype(np.float32)), floats(v.astype(np.float32))


def _visible(recipe: StudioSet, hits: _Hits) -> Floats:
    """Share of the key light that the set's own solids let through, with penumbrae that widen with distance."""
    sx, sy, sz = recipe.sun
    spread = tan(radians(recipe.sun_angle) / 2)
    x, y, z = (hits.point[..., i] for i in range(3))
    out = np.ones(x.shape, np.float32)
    if recipe.shape == "podium":
        flat = float(np.hypot(sx, sy))
        along = -(x * sx + y * sy) / flat
        aside = np.abs(x * sy - y * sx) / flat
        chord = np.sqrt(np.maximum(_PODIUM_RADIUS**2 - aside**2, 0))
        entry = np.maximum(along - chord, 0)
        rise = z + entry / flat * sz
        width = np.maximum(along / flat * spread, 0.0012)
        hidden = smoothstep(1, -1, floats((aside - _PODIUM_RADIUS) / width)) * smoothstep(1, -1, floats(rise / width))
        out = floats(np.where(hits.own | (along < 0), 1, 1 - hidden))
    if recipe.shape == "arch":
        front = WALL - _ARCH_DEPTH
        t = (front - y) / min(sy, -1e-3)
        px, pz = x + t * sx, z + t * sz
        width = np.maximum(t * spread, 0.0012)
        behind = (y > front + 1e-4) & (t > 0)
        hidden = smoothstep(1, -1, floats(_arch_distance(floats(px), floats(pz)) / width))
        out = floats(np.where(behind & ~hits.own, 1 - hidden, 1))
    return floats(out.astype(np.float32))


def _gobo(recipe: StudioSet, point: Floats) -> Floats:
    """The gobo's picture where each point sees the light through it."""
    if recipe.gobo == "none":
        return np.ones(point.shape[:2], np.float32)
    s = np.array(recipe.sun)
    right = np.cross((0, 0, 1), s)
    right /= np.linalg.norm(right)
    up = np.cross(s, right)
    metres = 0.66 if recipe.gobo == "window" else 1.7
    centre = np.array([-0.04, 0.0, 0.06])
    rel = point - centre.astype(np.float32)
    u = ((rel @ right.astype(np.float32)) / metres + 0.5) * GOBO
    v = (0.5 - (rel @ up.astype(np.float32)) / metres) * GOBO
    border = cv2.BORDER_WRAP if recipe.gobo == "window" else cv2.BORDER_REFLECT
    darkest = np.float32(0.30 if recipe.gobo == "leaves" else 0.06)
    pattern = blur(gobo(recipe.gobo), 2.0 + 1.2 * recipe.sun_angle)
    seen = cv2.remap(pattern, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=border)
    return floats(darkest + (1 - darkest) * seen)


def _openness(recipe: StudioSet, hits: _Hits) -> Floats:
    """Share of ambient light that reaches a point: less near corners and at the foot of solids.

    At distance d from a long wall of height h the floor loses half of 1 - d / sqrt(d^2 + h^2).
    """
    x, y, z = (hits.point[..., i] for i in range(3))
    ground = -_PODIUM_HEIGHT if recipe.shape == "podium" else 0.0
    up = hits.normal[..., 2]
    from_wall, above = np.maximum(WALL - y, 1e-3), np.maximum(z - ground, 1e-3)
    floor = 1 - 0.42 * (1 - from_wall / np.sqrt(from_wall**2 + 0.5**2))
    wall = 1 - 0.34 * (1 - above / np.sqrt(above**2 + 0.35**2))
    out = np.where(up > 0.5, floor, wall)
    if recipe.shape == "podium":
        d = np.maximum(np.hypot(x, y) - _PODIUM_RADIUS, 0) + 1e-3
        dark = (1 - d / np.sqrt(d * d + _PODIUM_HEIGHT**2)) * (2 / pi) * np.arctan(_PODIUM_RADIUS / d) * 0.75
        out = np.where(hits.own, np.where(up > 0.5, 1.0, 0.62 + 0.38 * np.clip(above / 0.14, 0, 1)), out * (1 - dark))
    if recipe.shape == "arch":
        near = np.clip(_arch_distance(floats(x), floats(z)), 0, 1) + 2e-3
        dark = 0.5 * (1 - near / np.sqrt(near**2 + _ARCH_DEPTH**2))
        out = np.where(~hits.own & (y > WALL - 0.01), out * (1 - dark), out)
    if recipe.shape == "sweep":
        out = 0.90 + 0.10 * np.clip(up, 0, 1)
    return floats(out.astype(np.float32))


def _spread(point: Floats) -> Floats:
    """The key side is a little brighter, and the wall falls off towards the top, as from a lamp of finite distance."""
    x, y, z = (point[..., i] for i in range(3))
    d2 = (x + 0.35) ** 2 + (y + 0.1) ** 2 * 0.5 + (z - 0.2) ** 2
    return floats((1.12 / (1 + 0.55 * d2)).astype(np.float32))


def _lens(light: Floats, hits: _Hits) -> Floats:
    """The wall a touch out of focus; everything else smoothed against stair-steps, most at the outline of solids.

    Only far light is spread over the far part (normalised convolution), so that no solid glows into the wall.
    """
    y = hits.point[..., 1]
    far = smoothstep(0.25, 0.55, y)
    soft = blur(floats(light * far[..., None]), 4.0) / np.maximum(blur(far, 4.0), 1e-3)[..., None]
    sharp = blur(light, 0.6)
    own = hits.own.astype(np.uint8)
    outline = blur(floats(cv2.morphologyEx(own, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)), 1.4)
    out = mix(sharp, floats(soft), far)
    return mix(out, blur(out, 1.6), np.clip(3 * outline, 0, 1))
