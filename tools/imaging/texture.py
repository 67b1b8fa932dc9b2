"""Procedural relief and tone for the surfaces that are not path-traced: noise, gobos, and light on a height map."""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin

import cv2
import numpy as np

from tools.imaging.colour import Floats, blur, floats


def fractal(
    shape: tuple[int, int], cell: float, octaves: int, seed: int, gain: float = 0.5, stretch: float = 1.0
) -> Floats:
    """Value noise summed over octaves, 0..1 around one half.

    Args:
        shape: rows and columns.
        cell: size of the coarsest cell, pixels.
        octaves: how many, each of half the cell.
        seed: of the random grids.
        gain: weight of each octave against the one before.
        stretch: how many times longer cells are along the rows.
    """
    rng = np.random.default_rng(seed)
    out = np.zeros(shape, np.float32)
    weight, total = 1.0, 0.0
    for _ in range(octaves):
        rows = max(2, int(shape[0] / cell) + 2)
        columns = max(2, int(shape[1] / cell / stretch) + 2)
        grid = rng.random((rows, columns), np.float32)
        out += weight * cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)
        total += weight
        weight *= gain
        cell = max(1.0, cell / 2)
    return floats(out / np.float32(total))


def relief(height: Floats, light: tuple[float, float, float], depth: float) -> Floats:
    """Lambert shading of a height map, relative to flat ground (1 where it is level).

    Args:
        height: any unit; `depth` scales it to pixels.
        light: unit vector to the light: right, up the picture, out of it.
        depth: pixels of height per unit.
    """
    dx = floats(cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3)) * np.float32(depth / 8)
    dy = floats(cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3)) * np.float32(depth / 8)
    facing = light[2] - dx * light[0] + dy * light[1]
    return floats(np.maximum(facing, 0) / np.sqrt(1 + dx * dx + dy * dy) / np.float32(light[2]))


GOBO = 768
"""Side of a gobo picture, pixels."""


@lru_cache(maxsize=8)
def gobo(kind: str, seed: int = 3) -> Floats:
    """What stands between light and scene, as transmission 0..1: "window", "slats", "leaves" or "none"."""
    n = GOBO
    if kind == "none":
        return np.ones((n, n), np.float32)
    if kind == "window":
        mask = np.zeros((n, n), np.float32)
        for i in range(2):
            for j in range(3):
                x, y = int(n * (0.20 + 0.31 * i)), int(n * (0.06 + 0.30 * j))
                cv2.rectangle(mask, (x, y), (x + int(n * 0.285), y + int(n * 0.275)), 1.0, -1)
        return blur(mask, n * 0.004)
    if kind == "slats":
        rows = np.arange(n, dtype=np.float32)[:, None] / n
        wave = np.sin(rows * 2 * pi * 9)
        mask = np.clip(wave * 5 + 1.6, 0, 1)
        return blur(floats(np.repeat(mask, n, axis=1)), n * 0.003)
    return _leaves(n, seed)


def _leaves(n: int, seed: int) -> Floats:
    """Palm fronds, each a curved rib with pointed leaflets on both sides."""
    rng = np.random.default_rng(seed)
    mask = np.ones((n, n), np.float32)
    for _ in range(5):
        x, y = rng.uniform(-0.05, 1.0) * n, rng.uniform(-0.15, 0.55) * n
        lean, length = rng.uniform(0.1, 1.2), rng.uniform(0.45, 0.75) * n
        for step in range(30):
            t = step / 29
            angle = lean + 0.6 * t
            px, py = x + cos(angle) * t * length, y + sin(angle) * t * length
            leaflet = 0.36 * length * sin(pi * (0.12 + 0.83 * t))
            for side in (-1, 1):
                a = angle + side * (1.05 - 0.45 * t)
                shape = [
                    (px, py),
                    (px + cos(a - 0.06) * leaflet * 0.5, py + sin(a - 0.06) * leaflet * 0.5),
                    (px + cos(a) * leaflet, py + sin(a) * leaflet),
                    (px + cos(a + 0.06) * leaflet * 0.5, py + sin(a + 0.06) * leaflet * 0.5),
                ]
                cv2.fillConvexPoly(mask, np.array(shape).astype(np.int32), 0.0, cv2.LINE_AA)
    return blur(mask, n * 0.006)
