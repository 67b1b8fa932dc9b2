"""What a ray that has hit the product brings back: materials, printed labels and coloured glass."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tools.imaging import packshot_spec as spec
from tools.imaging.packshot_label import Artwork
from tools.imaging.packshot_light import diffused, fresnel, mirrored, openness, reflected
from tools.imaging.packshot_shape import Floats, Union, Vectors, lookup, normalise

_GLASS_STEPS = 28


@dataclass(frozen=True)
class PrintedLabel:
    """A label with its artwork: heights in product heights, drawn angle in radians, whether its ground goes round."""

    label: spec.Label
    art: Artwork
    low: float
    high: float
    span: float
    wraps: bool


@dataclass
class Surface:
    """Material values of n hit points: base colour (linear), metal, roughness, reflection at normal incidence, zone
    number, number of the clear zone (or -1), and the share of the point that no print covers.
    """

    colour: Floats
    metal: Floats
    rough: Floats
    specular: Floats
    zone: npt.NDArray[np.int64]
    glass: npt.NDArray[np.int64]
    bare: Floats


def to_linear(srgb: Floats) -> Floats:
    """IEC 61966-2-1 decoding, 0..1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_srgb(linear: Floats) -> Floats:
    """IEC 61966-2-1 encoding, 0..1."""
    encoded = 1.055 * np.maximum(linear, 1e-6) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, encoded).astype(np.float32)


def hex_linear(colour: str) -> Floats:
    """A hex colour as linear RGB."""
    return to_linear(np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255)


class Finish:
    """All surfaces of one product, ready to be looked up; `zones` names them in the order of the numbers used here."""

    def __init__(self, product: spec.PackshotSpec, unit: float, labels: list[PrintedLabel]) -> None:
        self.unit = unit
        self.labels = labels
        self.parts = product.parts
        self.zones: list[tuple[str, spec.Material]] = []
        self._first: list[int] = []
        for part in product.parts:
            self._first.append(len(self.zones))
            if isinstance(part, spec.Lathe):
                self.zones += [(zone.name, zone.material) for zone in part.zones]
            else:
                self.zones.append((part.name, part.material))

    def at(self, p: Vectors, which: npt.NDArray[np.int64]) -> tuple[Surface, Vectors, dict[str, npt.NDArray[np.bool_]]]:
        """Materials at `p`, the labels' texture coordinates' effect included, and a mask for each printed component."""
        zone = self._zone_numbers(p, which)
        table = np.array([[*hex_linear(m.colour), m.metal, m.rough, m.specular] for _, m in self.zones], np.float32)
        values = table[zone]
        clear = np.array([m.glass is not None for _, m in self.zones])
        surface = Surface(values[:, :3].copy(), values[:, 3].copy(), values[:, 4].copy(), values[:, 5].copy(), zone,
                          np.where(clear[zone], zone, -1), np.ones(zone.shape, np.float32))
        printed: dict[str, npt.NDArray[np.bool_]] = {}
        for item in self.labels:
            self._print(item, p, which, surface, printed)
        return surface, p, printed

    def _zone_numbers(self, p: Vectors, which: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        radius, height = np.hypot(p[0], p[2]) * self.unit, p[1] * self.unit
        numbers = np.zeros(which.shape, np.int64)
        for index, part in enumerate(self.parts):
            if not isinstance(part, spec.Lathe):
                numbers[which == index] = self._first[index]
                continue
            pending = which == index
            for offset, zone in reversed(list(enumerate(part.zones))):
                inside = pending & (height >= zone.y[0]) & (height <= zone.y[1])
                inside &= (radius >= zone.r[0]) & (radius <= zone.r[1])
                numbers[inside] = self._first[index] + offset
        return numbers

    def _print(
        self, item: PrintedLabel, p: Vectors, which: npt.NDArray[np.int64], surface: Surface,
        printed: dict[str, npt.NDArray[np.bool_]],
    ) -> None:
        layers = item.art.layers
        rows, columns = layers.shape[:2]
        u = (np.arctan2(p[0], p[2]) / np.float32(item.span) + np.float32(0.5)) * columns - np.float32(0.5)
        if item.wraps:
            u = np.clip(u, 0, columns - 1)
        v = (np.float32(item.high) - p[1]) / np.float32(item.high - item.low) * rows - np.float32(0.5)
        on = (which == 0) & (u > -1) & (u < columns) & (v > -1) & (v < rows)
        at = np.flatnonzero(on)
        if not at.size:
            return
        read = lookup(layers, u[at], v[at], cv2.BORDER_REPLICATE)
        edge = np.clip(np.minimum(v[at], rows - 1 - v[at]) + 1, 0, 1)
        if not item.wraps:
            edge = edge * np.clip(np.minimum(u[at], columns - 1 - u[at]) + 1, 0, 1)
        cover, foil = read[:, 3] * edge, read[:, 4]
        material = item.label.material
        for values, ink, metal in (
            (surface.metal, material.metal, 1.0), (surface.rough, material.rough, 0.40),
            (surface.specular, material.specular, 0.04),
        ):  # fmt: skip
            target = ink * (1 - foil) + metal * foil
            values[at] += cover * (target - values[at])
        surface.colour[at] += cover[:, None] * (to_linear(read[:, :3]) - surface.colour[at])
        surface.bare[at] *= 1 - cover
        mask = np.zeros(on.shape, bool)
        mask[at[cover > 0.5]] = True
        printed[item.label.name] = mask
        for name, (left, top, right, bottom) in item.art.boxes.items():
            printed[name] = mask & (u >= left) & (u <= right) & (v >= top) & (v <= bottom)


def shade(
    solid: Union, finish: Finish, p: Vectors, eye: Vectors, size: float
) -> tuple[Floats, Surface, dict[str, npt.NDArray[np.bool_]]]:
    """Linear radiance (n, 3) seen along `eye` (unit, towards the product) at surface points `p`."""
    normal, which = solid.normal(p)
    surface, _, printed = finish.at(p, which)
    normal = _knurled(finish, surface, p, normal)
    cosine = np.clip(-(eye[0] * normal[0] + eye[1] * normal[1] + eye[2] * normal[2]), 0, 1).astype(np.float32)
    open_ = openness(solid, p, normal)
    body = surface.colour * diffused(p, normal, open_, size) * _speckles(finish, surface, p)[:, None]
    gloss = reflected(p, mirrored(eye, normal), surface.rough, size) * (0.35 + 0.65 * open_)[:, None]
    dielectric = fresnel(cosine, surface.specular) * (1 - 0.7 * surface.rough)
    metal_tint = surface.colour + (1 - surface.colour) * fresnel(cosine, 0.0)[:, None]
    metal = surface.metal[:, None]
    out = (1 - metal) * (body * (1 - dielectric)[:, None] + gloss * dielectric[:, None]) + metal * gloss * metal_tint
    for zone in np.unique(surface.glass[surface.glass >= 0]).tolist():
        at = np.flatnonzero((surface.glass == zone) & (surface.bare > 0))
        glass = finish.zones[zone][1].glass
        if glass is not None and at.size:
            part = tuple(v[at] for v in p), tuple(v[at] for v in eye), tuple(v[at] for v in normal)
            through = _through_glass(solid, *part, glass, finish.unit, size)   # type: ignore[arg-type]
            mirror = fresnel(cosine[at], 0.045)[:, None]
            bare = surface.bare[at][:, None]
            out[at] = bare * (through * (1 - mirror) + gloss[at] * mirror) + (1 - bare) * out[at]
    return out.astype(np.float32), surface, printed


def _through_glass(
    solid: Union, p: Vectors, eye: Vectors, normal: Vectors, glass: spec.Glass, unit: float, size: float
) -> Floats:
    """What is seen through a filled body: one refraction in, one out (Snell), absorbed on the way (Beer-Lambert)."""
    inward = _refracted(eye, normal, 1 / glass.index)
    travelled = np.full(p[0].shape, 0.004, np.float32)
    for _ in range(_GLASS_STEPS):
        at = tuple(v + travelled * d for v, d in zip(p, inward, strict=True))
        travelled += np.maximum(-solid.distance((at[0], at[1], at[2])), 0)
    x, y, z = (v + travelled * d for v, d in zip(p, inward, strict=True))
    out_normal, _ = solid.normal((x, y, z))
    leaving = _refracted(inward, (-out_normal[0], -out_normal[1], -out_normal[2]), glass.index)
    light = reflected((x, y, z), leaving, 0.12, size) * 1.15 + 0.10
    tint = np.maximum(hex_linear(glass.tint), 0.004)
    return np.asarray(light * tint[None] ** (travelled * unit / glass.depth)[:, None], dtype=np.float32)


def _refracted(direction: Vectors, normal: Vectors, ratio: float) -> Vectors:
    """Snell's law in vector form; total reflection stays inside along the mirrored direction."""
    cosine = -(direction[0] * normal[0] + direction[1] * normal[1] + direction[2] * normal[2])
    k = 1 - ratio * ratio * (1 - cosine * cosine)
    bend = ratio * cosine - np.sqrt(np.maximum(k, 0))
    mirror = mirrored(direction, normal)
    x, y, z = (np.where(k > 0, ratio * d + bend * n, m) for d, n, m in zip(direction, normal, mirror, strict=True))
    return normalise((x, y, z))


def _knurled(finish: Finish, surface: Surface, p: Vectors, normal: Vectors) -> Vectors:
    """Normals turned about the axis by fine upright ribs, where a material has them."""
    ribs = np.array([m.knurl for _, m in finish.zones], np.float32)[surface.zone]
    if not ribs.any():
        return normal
    upright = 1 - np.abs(normal[1])
    turn = 0.55 * np.cos(np.arctan2(p[0], p[2]) * ribs) * (ribs > 0) * (upright > 0.75)
    c, s = np.cos(turn), np.sin(turn)
    return normalise((normal[0] * c + normal[2] * s, normal[1], normal[2] * c - normal[0] * s))


def _speckles(finish: Finish, surface: Surface, p: Vectors) -> Floats:
    """Fired-clay speckle: sparse dark grains fixed to the surface by a hash of its cell."""
    strength = np.array([m.speckle for _, m in finish.zones], np.float32)[surface.zone]
    if not strength.any():
        return np.ones_like(p[0])
    out = np.ones_like(p[0])
    for cell, share in ((0.006, 0.02), (0.011, 0.012)):
        key = [np.floor(v / np.float32(cell)).astype(np.int64) for v in p]
        mixed = (key[0] * 73856093) ^ (key[1] * 19349663) ^ (key[2] * 83492791)
        chance = (mixed * 2654435761 % 4294967296) / 4294967296
        inside = sum(np.square(v / np.float32(cell) - k - np.float32(0.5)) for v, k in zip(p, key, strict=True))
        out -= strength * (chance < share) * np.clip(1.3 - 5 * inside, 0, 1)
    return out.astype(np.float32)
