"""Pieces of landscape that several recipes share."""

import numpy as np

from ..foliage import LEAF, scatter
from ..materials import plain
from ..meshes import cylinder, fractal, ground, heightfield
from ..nodes import material


def sea_and_coast(haze, z=-9.0, seed=3):
    """Sea to the horizon and a hazed headland on the left."""

    def waves(g):
        return {
            "Base Color": "#0a5a7c",
            "Roughness": 0.3,
            "IOR": 1.33,
            "Specular IOR Level": 0.25,
            "bump": g.noise(g.position((0.35, 0.12, 0.3)), 1.0, 6, 0.6) * 0.5,
        }

    ground(9000, material("sea", waves, haze=haze), z, 4300)
    x, y = np.meshgrid(np.linspace(-1500, 500, 300), np.linspace(1700, 2700, 90))
    height = 330 * fractal(x.shape, 60, 7, seed) ** 1.6 * np.clip(1.2 - np.abs(x + 720) / 620, 0, 1) - 25

    def slopes(g):
        return {"Base Color": g.mix(g.noise(g.position(0.01), 2, 6), "#4d5a38", "#8d8062"), "Roughness": 1.0}

    heightfield(x, y, height + z, material("coast", slopes, haze=haze))


def ridges(layers, colour, haze):
    """Hill ranges, near to far: (distance, height, seed)."""

    def slopes(g):
        return {"Base Color": g.mix(g.noise(g.position(0.02), 2, 6), colour, g.shaded(colour, 0.7)), "Roughness": 1.0}

    surface = material("hills", slopes, haze=haze)
    for distance, height, seed in layers:
        x, y = np.meshgrid(np.linspace(-distance, distance, 420), np.linspace(distance, distance * 1.6, 60))
        rise = np.clip((y - distance) / (distance * 0.3), 0, 1)
        heightfield(x, y, height * fractal(x.shape, 90, 7, seed, 0.48) ** 1.6 * rise - 2, surface)


def meadow(colour, z=-0.75):
    """A flat lawn far below the table."""
    return ground(60, plain(colour, 0.9), z, 25)


def table_of(surface, roll=0.02, grain=0.004, seed=1, flat=0.06, back=0.9):
    """Natural ground under the product: rolling, flat where the product stands."""
    x, y = np.meshgrid(np.linspace(-1.1, 1.1, 700), np.linspace(-0.45, back, 600))
    rise = roll * (fractal(x.shape, 210, 4, seed) - 0.6) + grain * (fractal(x.shape, 22, 5, seed + 1) - 0.5)
    heightfield(x, y, rise * (1 - np.exp(-(x * x + y * y) / flat**2)), surface)


def conifer(at, height, needles, trunk, seed, snow_leaf=None):
    """A fir: needles hanging in a cone of tiers around a trunk, with snow on top of some."""
    rng, n = np.random.default_rng(seed), int(420 * height / 3)
    up = rng.random(n) ** 0.7
    tier = 1 - 0.35 * ((up * 9) % 1)
    radius = height * 0.26 * (1 - up) * tier * rng.random(n) ** 0.35 + 0.02
    turn = rng.random(n) * 2 * np.pi
    points = np.c_[np.cos(turn) * radius, np.sin(turn) * radius, up * height + 0.15] + np.array(at)
    scatter(points, False, LEAF, needles, seed, (0.10, 0.22), 0.6)
    if snow_leaf:
        chosen = rng.random(n) < 0.45
        scatter(points[chosen] + (0, 0, 0.05), True, LEAF, snow_leaf, seed + 1, (0.10, 0.20), 1.5)
    cylinder(at, 0.05, height * 0.9, trunk, 0, 12)
