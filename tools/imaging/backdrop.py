"""Photographs as scenes: as the ground a product stands on, or thrown out of focus behind a table.

A photograph gives its ground only when its row says where the horizon is, on which line things stand and how high the
camera was; as a table's backdrop it needs nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from math import cos, radians, sin
from typing import Any

import cv2
import numpy as np

from domain.assets import Asset
from domain.composition import LIGHT_ASSUMED, Scene, SceneKind
from domain.errors import BadInput
from domain.ports import Image
from domain.values import Light
from tools.imaging.camera import level_camera
from tools.imaging.colour import Floats, blur, encode, floats, from_hex, linear, luminance, mix, smoothstep, to_bytes
from tools.imaging.defocus import disc_blur
from tools.imaging.product import side_of
from tools.imaging.stage import Rectangle, Stage, View
from tools.imaging.texture import fractal

_FOCAL_SHARE = 1.15
"""Focal length over picture width taken for photographs of unknown lens: about 41 mm on a 36 mm sensor."""

_TABLE = (1536, 1024)
_TABLE_FOCAL, _TABLE_HORIZON, _TABLE_ELEVATION = 3300.0, 0.37, 7.5
_TABLE_DEPTH = 0.34
_SUN_HEIGHT = {
    Light.NOON: 55.0, Light.MORNING: 28.0, Light.GOLDEN: 18.0, Light.DUSK: 14.0, Light.NIGHT: 60.0,
    Light.OVERCAST: 70.0, Light.WINDOW: 38.0, Light.SOFTBOX: 45.0,
}
_SUN_ANGLE = {Light.OVERCAST: 60.0, Light.SOFTBOX: 20.0, Light.DUSK: 30.0, Light.NIGHT: 16.0, Light.WINDOW: 6.0}
_KEY_SHARE = {Light.OVERCAST: 0.25, Light.DUSK: 0.35, Light.NIGHT: 0.35, Light.SOFTBOX: 0.5}


def photo_scene(asset: Asset, image: Image) -> Scene | None:
    """A retrieved photograph a product can stand in; None when its row lacks horizon, ground line or camera height."""
    if asset.horizon is None or asset.ground_line is None or asset.camera_height is None:
        return None
    if asset.ground_line <= asset.horizon + 0.03:
        return None
    height, width = image.shape[:2]
    side, ratio = _side(asset, image)
    focal = _FOCAL_SHARE * width
    drop = (asset.ground_line - asset.horizon) * height
    elevation = float(np.degrees(np.arctan2(drop, focal)))
    return Scene(
        id=f"photo:{asset.id}",
        kind=SceneKind.PHOTO,
        title=asset.title,
        light=asset.light or Light.OVERCAST,
        tags=asset.tags,
        palette=asset.palette,
        view_elevation=asset.view_elevation if asset.view_elevation is not None else elevation,
        scale="vehicle" if asset.camera_height > 0.7 else "tabletop",
        light_side=side,
        light_ratio=ratio,
        mirrorable=False,
        asset=asset.id,
        params={
            "width": width, "height": height, "horizon": asset.horizon, "ground_line": asset.ground_line,
            "camera_height": asset.camera_height, **_unstated(asset),
        },
    )


def tabletop_scene(asset: Asset, image: Image | None = None) -> Scene:
    """A retrieved photograph, out of focus, behind a sharp table; its light side is read from `image` where given."""
    side, ratio = _side(asset, image)
    return Scene(
        id=f"tabletop:{asset.id}",
        kind=SceneKind.TABLETOP,
        title=f"{asset.title}, out of focus behind a table",
        light=asset.light or Light.WINDOW,
        tags=(*asset.tags, "table", "tabletop", "bokeh", "defocused"),
        surface="oak",
        palette=asset.palette,
        view_elevation=_TABLE_ELEVATION,
        light_side=side,
        light_ratio=ratio,
        mirrorable=False,
        asset=asset.id,
        params=_unstated(asset),
    )


def _unstated(asset: Asset) -> dict[str, bool]:
    """What a scene says of a photograph whose row does not tell its light: the light is drawn by is a guess."""
    return {} if asset.light is not None else {LIGHT_ASSUMED: True}


def photo_view(scene: Scene) -> View:
    """The geometry of a photo scene: a level pinhole camera through its horizon, at its height above the ground."""
    width, height = int(scene.params["width"]), int(scene.params["height"])
    horizon, line = float(scene.params["horizon"]) * height, float(scene.params["ground_line"]) * height
    return _photo_view(
        width, height, horizon, line, float(scene.params["camera_height"]), scene.light, scene.light_side
    )


def _photo_view(
    width: int, height: int, horizon: float, line: float, above: float, light: Light, side: float
) -> View:
    focal = _FOCAL_SHARE * width
    distance = focal * above / (line - horizon)
    camera = level_camera(focal, horizon, width / 2, distance, above)
    half = width / 2 / focal * distance
    nearest = focal * above / max(height - 1 - horizon, 1.0) - distance
    stand: Rectangle = (-0.9 * half, max(nearest, -0.35 * distance), 0.9 * half, 0.6 * distance)
    return View((width, height), camera, _sun(light, side), _SUN_ANGLE.get(light, 1.2), stand)


def tabletop_view(light: Light, side: float) -> View:
    """The geometry of every table scene: the level camera of the plates over a table 0.6 m deep."""
    e = radians(_TABLE_ELEVATION)
    camera = level_camera(_TABLE_FOCAL, _TABLE_HORIZON * _TABLE[1], _TABLE[0] / 2, cos(e), sin(e))
    return View(_TABLE, camera, _sun(light, side), max(_SUN_ANGLE.get(light, 4.0), 4.0), (-0.3, -0.05, 0.3, 0.08))


def _sun(light: Light, side: float) -> tuple[float, float, float]:
    """A key light on the scene's side, a little towards the camera, as high as the kind of light suggests."""
    e = radians(_SUN_HEIGHT[light])
    a = radians(62.0 * (side if abs(side) > 0.1 else -0.35))
    return sin(a) * cos(e), -cos(a) * cos(e), sin(e)


def _side(asset: Asset, image: Image | None) -> tuple[float, float]:
    """Side and ratio of a photograph's light: its row's word, else the balance of its brightness."""
    if asset.light_side is not None:
        return asset.light_side, 1.0 + abs(asset.light_side) * 2
    if image is None:
        return 0.0, 1.0
    small = np.asarray(cv2.resize(image[..., :3], (32, 16), interpolation=cv2.INTER_AREA), np.uint8)
    tone = luminance(linear(small))
    left, right = float(tone[:, :16].mean()) + 0.02, float(tone[:, 16:].mean()) + 0.02
    return side_of(left, right, 0.6), max(left, right) / min(left, right)


def photo_stage(asset: Asset, image: Image) -> Stage:
    """A photograph as ground, ready to draw on; raises BadInput when its row does not say where its ground is."""
    scene = photo_scene(asset, image)
    if scene is None:
        raise BadInput(
            f"photograph {asset.id!r} has no ground to stand on",
            where=asset.id,
            hint="give its row a horizon, a ground line and a camera height, or use it behind a table",
        )
    return _cached(("photo", asset.id, _mark(image), asset.horizon, asset.ground_line, asset.camera_height, scene.light,
                    scene.light_side), lambda: _photo(scene, image))


def _photo(scene: Scene, image: Image) -> Stage:
    view = photo_view(scene)
    share = 1 - _KEY_SHARE.get(scene.light, 0.55)
    key = np.full((2, 2, 3), round(255 * share**0.5), np.uint8)
    key[..., 2] = min(255, round(255 * (share * 1.08) ** 0.5))
    return Stage(view, np.ascontiguousarray(image[..., :3]), key, vignette=0.16, blur=0.004)


def tabletop_stage(asset: Asset, image: Image) -> Stage:
    """A table before a defocused photograph, ready to draw on."""
    side, _ = _side(asset, image)
    light = asset.light or Light.WINDOW
    return _cached(("tabletop", asset.id, _mark(image), light, side), lambda: _tabletop(image, light, side))


def _tabletop(image: Image, light: Light, side: float) -> Stage:
    view = tabletop_view(light, side)
    width, height = _TABLE
    edge = view.camera.project(0.0, _TABLE_DEPTH)[1]
    back = _fill(image, width, int(edge) + 40)
    lights = 6.0 if light in (Light.NIGHT, Light.DUSK) else 2.5
    back = disc_blur(back, 0.042 * height, lights)
    mood = floats(linear(np.asarray(cv2.resize(back, (8, 8), interpolation=cv2.INTER_AREA), np.uint8)).mean((0, 1)))
    bright = float(luminance(mood[None, None])[0, 0])
    top = int(edge) - 30
    u = np.arange(width, dtype=np.float32)[None]
    v = np.arange(top, height, dtype=np.float32)[:, None]
    x, y, _ = view.camera.ground(u, v)
    wood = _boards(x, y)
    tint = mix(np.ones(3, np.float32), floats(mood / max(bright, 1e-3)), 0.35)
    level = np.float32(0.52 + 0.85 * min(bright, 0.6))
    plane = wood * tint * level * (1 + 0.10 * side * np.clip(x / 0.3, -1, 1))[..., None]
    plane = _sheen(plane, back, y, view, top)
    far = smoothstep(0.02, 0.30, y)[..., None]
    plane = blur(plane, 0.7) * (1 - far) + blur(plane, 5.0) * far
    picture = floats(np.zeros((height, width, 3), np.float32))
    picture[: back.shape[0]] = linear(back)[:height]
    cover = np.clip((v - edge) / 16 + 0.5, 0, 1)[..., None]
    picture[top:] = picture[top:] * (1 - cover) + plane * cover
    share = 1 - _KEY_SHARE.get(light, 0.5)
    key = np.full((2, 2, 3), round(255 * share**0.5), np.uint8)
    return Stage(view, to_bytes(encode(picture)), key, gloss=0.07, rough=0.45, vignette=0.18)


def _fill(image: Image, width: int, height: int) -> Image:
    """The photograph scaled to cover a window; the middle of what it shows, a little above its own middle."""
    h, w = image.shape[:2]
    k = max(width / w, height / h)
    method = cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR
    grown = cv2.resize(image[..., :3], (max(width, round(w * k)), max(height, round(h * k))), interpolation=method)
    x, y = (grown.shape[1] - width) // 2, int((grown.shape[0] - height) * 0.45)
    return np.ascontiguousarray(grown[y : y + height, x : x + width])


def _boards(x: Floats, y: Floats) -> Floats:
    """Oak in linear RGB at ground points: boards along x with grain that the distance never aliases."""
    ppm = 1400.0
    shape = (1024, 2048)
    streak = fractal(shape, 14, 4, 61, 0.6, 36.0) - 0.5
    fine = fractal(shape, 2.4, 2, 62, 0.6, 50.0) - 0.5
    grain = blur(floats(streak + 0.35 * fine), 0.6)
    u = np.abs((x * ppm + 1024) % (2 * shape[1] - 4) - (shape[1] - 2)).astype(np.float32)
    v = np.abs((y * ppm + 500) % (2 * shape[0] - 4) - (shape[0] - 2)).astype(np.float32)
    tone = floats(cv2.remap(grain, u, v, cv2.INTER_LINEAR))
    board = np.float32(0.13)
    index = np.floor((y + 0.04) / board)
    drift = ((np.sin(index * 12.9898) * 43758.547) % 1 - 0.5).astype(np.float32)
    away = np.abs((y + 0.04) / board - np.round((y + 0.04) / board)) * board
    gap = smoothstep(0.0022, 0.0006, floats(away))
    light, dark = from_hex("#c99f72"), from_hex("#7d5738")
    share = np.clip(0.42 + 1.0 * tone + 0.24 * drift, 0, 1)
    return floats(mix(light, dark, floats(share)) * (1 - 0.65 * gap[..., None]))


def _sheen(plane: Floats, back: Image, y: Floats, view: View, top: int) -> Floats:
    """The backdrop's light in the varnish, stronger at the flat angle of the far end (Schlick's Fresnel, 1994)."""
    rows = plane.shape[0]
    flipped = cv2.flip(back, 0)
    mirrored = np.asarray(cv2.resize(flipped, (plane.shape[1], rows), interpolation=cv2.INTER_AREA), np.uint8)
    soft = blur(linear(mirrored), 12.0, 40.0)
    distance = y - view.camera.position()[1]
    slope = view.camera.position()[2] / np.maximum(distance, 0.2)
    fresnel = 0.03 + 0.45 * np.clip(1 - slope, 0, 1) ** 5 * smoothstep(-0.2, _TABLE_DEPTH, y)
    return floats(plane * (1 - fresnel[..., None]) + soft * fresnel[..., None])


_CACHE: OrderedDict[tuple[Any, ...], Stage] = OrderedDict()
_CACHE_LOCK = threading.Lock()
_KEPT = 4


def _cached(mark: tuple[Any, ...], build: Callable[[], Stage]) -> Stage:
    """The last few photo stages, found by the photograph's own bytes; tools are called from several threads."""
    with _CACHE_LOCK:
        found = _CACHE.get(mark)
    if found is None:
        found = build()
    with _CACHE_LOCK:
        _CACHE[mark] = found
        _CACHE.move_to_end(mark)
        while len(_CACHE) > _KEPT:
            _CACHE.popitem(last=False)
    return found


def _mark(image: Image) -> str:
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:24] + str(image.shape)
