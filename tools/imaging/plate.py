"""Plates: empty scenes path-traced once, with exact camera, light and ground beside them.

A plate is three files with one stem: `terrace.json` (this module's record), `terrace.webp` (the picture) and
`terrace.key.webp` (half size: square root of what remains of each pixel without first-hit key light).
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import hypot
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import Misconfigured
from domain.ports import Image
from domain.values import HexColour, Light
from tools.imaging.camera import Camera
from tools.imaging.colour import encode, floats, linear, luminance
from tools.imaging.stage import Rectangle, Stage, View

PLATES = Path(__file__).parent / "plates"
"""Where the shipped plates lie."""

_USUAL_GAIN = 1.3
_DIM = frozenset({Light.GOLDEN, Light.DUSK, Light.NIGHT})
_REINSTALL = "reinstall the package, or render the plate again from its recipe"
_STAND = {"tabletop": (-0.30, -0.05, 0.30, 0.16), "vehicle": (-3.0, -1.2, 3.0, 2.5)}

Triple = tuple[float, float, float]


class Probe(BaseModel):
    """Linear RGB on four sides of a white ball where the product will stand."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    left: Triple
    front: Triple
    right: Triple
    top: Triple


class PlateRecord(BaseModel):
    """What is known of a plate.

    `KP` is the 3x4 projection from metres to pixels of a `size` picture; `sun` the unit vector towards the key light
    and `sun_angle` its apparent size in degrees; `clip` (x0, y0, x1, y1) or `clip_disc` (radius) bound a plinth;
    `stand` is where the middle of a foot may be (metres), `gain` and `saturation` how the plate is printed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    about: str
    size: tuple[int, int]
    KP: tuple[tuple[float, float, float, float], tuple[float, float, float, float], tuple[float, float, float, float]]
    focal_px: float = Field(gt=0)
    horizon: float
    view_elevation: float
    sun: Triple
    sun_angle: float = Field(gt=0)
    probe: Probe
    gloss: float = Field(default=0.0, ge=0, le=1)
    rough: float = Field(default=1.0, ge=0, le=1)
    clip: Rectangle | None = None
    clip_disc: float | None = None
    stand: Rectangle | None = None
    family: str = ""
    light: Light = Light.NOON
    time_of_day: str | None = None
    season: str | None = None
    weather: str | None = None
    place_tags: tuple[str, ...] = ()
    surface: str = ""
    mood_tags: tuple[str, ...] = ()
    palette: tuple[HexColour, ...] = ()
    scale: str = "tabletop"
    gain: float | None = Field(default=None, gt=0)
    saturation: float | None = Field(default=None, ge=0)
    licence: str = ""

    def view(self) -> View:
        """The plate's geometry."""
        length = hypot(*self.sun)
        sun = (self.sun[0] / length, self.sun[1] / length, self.sun[2] / length)
        stand = self.stand or _STAND.get(self.scale, _STAND["tabletop"])
        if self.stand is None and self.clip:
            x0, y0, x1, y1 = self.clip
            stand = (x0 * 0.6, max(y0 * 0.4, -0.03), x1 * 0.6, min(y1 * 0.4, 0.03))
        if self.stand is None and self.clip_disc:
            stand = (-self.clip_disc * 0.45, -self.clip_disc * 0.2, self.clip_disc * 0.45, self.clip_disc * 0.3)
        camera = Camera(np.array(self.KP, np.float64), self.focal_px)
        return View(self.size, camera, sun, self.sun_angle, stand, self.clip, self.clip_disc)


@lru_cache(maxsize=4)
def plates(folder: Path = PLATES) -> dict[str, PlateRecord]:
    """Every plate of a folder by id, in the order of their names; raises Misconfigured when a record is broken."""
    found: dict[str, PlateRecord] = {}
    for path in sorted(folder.glob("*.json")):
        record = _record(path)
        found[record.id] = record
    return found


def _record(path: Path) -> PlateRecord:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return PlateRecord.model_validate({"id": path.stem.lower()} | raw)
    except (OSError, ValueError, TypeError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise Misconfigured(
            f"the record of plate {path.stem!r} cannot be read: {detail}", where=str(path), hint=_REINSTALL
        ) from error


@lru_cache(maxsize=10)
def plate_stage(name: str, folder: Path = PLATES) -> Stage:
    """A plate with its pixels; raises Misconfigured when it is unknown, or its pictures are missing or broken."""
    record = plates(folder).get(name)
    if record is None:
        raise Misconfigured(f"there is no plate {name!r}", where=str(folder), hint=_REINSTALL)
    beauty = _picture(folder / f"{name}.webp")
    key = _picture(folder / f"{name}.key.webp")
    if beauty.shape[1::-1] != record.size:
        raise Misconfigured(
            f"plate {name!r} is {beauty.shape[1]}x{beauty.shape[0]}, its record says "
            f"{record.size[0]}x{record.size[1]}",
            where=str(folder / f"{name}.webp"),
            hint=_REINSTALL,
        )
    small = cast(Image, cv2.resize(beauty, (96, 64), interpolation=cv2.INTER_AREA))
    return Stage(
        record.view(),
        beauty,
        key,
        record.gloss,
        record.rough,
        gain=_gain(small, record.light) if record.gain is None else record.gain,
        saturation=_saturation(small) if record.saturation is None else record.saturation,
        vignette=_vignette(small),
    )


def _gain(small: Image, light: Light) -> float:
    """Exposure to print a plate with: half-way (in stops) from the usual third of a stop to clean highlights by day.

    The shoulder of `Print.gain` takes x to g x / (1 + (g - 1) x); the highlights of a day scene are to reach 0.72.
    """
    if light in _DIM:
        return _USUAL_GAIN
    x = min(float(np.percentile(luminance(linear(small)), 98)), 0.98)
    clean = 0.72 * (1 - x) / (x * 0.28)
    return float(np.clip((_USUAL_GAIN * max(clean, 1e-3)) ** 0.5, _USUAL_GAIN, 1.65))


def _saturation(small: Image) -> float:
    """Saturation to print a plate with: the renderer's filmic curve is shy, and the shyer the paler the scene."""
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    chroma = float(np.hypot(lab[..., 1], lab[..., 2]).mean())
    return float(np.clip(1.2 + 0.02 * (24 - chroma), 1.0, 1.3))


def _vignette(small: Image) -> float:
    """Fall of light towards the corners: stronger where nothing else shapes a plain backdrop."""
    spread = float(encode(floats(luminance(linear(small))[..., None])).std())
    return float(np.clip(0.12 + 3.0 * (0.09 - spread), 0.12, 0.26))


def _picture(path: Path) -> Image:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise Misconfigured(
            f"the picture {path.name!r} of a plate is missing", where=str(path), hint=_REINSTALL
        ) from error
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if decoded is None:
        raise Misconfigured(f"the picture {path.name!r} of a plate is damaged", where=str(path), hint=_REINSTALL)
    return cast(Image, decoded)
