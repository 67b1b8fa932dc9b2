"""Snow, mountains, desert."""

import numpy as np

from ..camera import tabletop
from ..foliage import CONE, grass, scatter
from ..light import branches, key_light, sky
from ..materials import leaf, plain, sand, snow, wood
from ..meshes import box, fractal, ground, heightfield, mesh
from ..nodes import material
from ..scene import Look, Scene, family
from .landscape import conifer, ridges, table_of


@family(
    "snow",
    about="fresh snow before snow-laden firs and pale hills",
    surface="snow",
    samples=10,
    tags="snow, winter, ski, ice, cold, frost, christmas, lapland, firs, mountain hut",
)
def snowfield() -> Scene:
    morning = key_light(26, 22, 4.6, "#ffd0a0", 1.0)
    soft = key_light(34, 46, 1.3, "#f2f5ff", 22.0)
    sky(26, 22, 0.20, 0.6)
    table_of(snow(), 0.06, 0.010, 4)
    x, y = np.meshgrid(np.linspace(-16, 16, 200), np.linspace(0.88, 40, 200))
    heightfield(
        x,
        y,
        -0.02 - 0.16 * np.clip(y - 1, 0, 3) + 0.5 * (fractal(x.shape, 50, 4, 9) - 0.5) * np.clip((y - 1.5) / 5, 0, 1),
        snow(scale=0.3),
    )
    ground(3000, snow(scale=0.05), -0.9, 1535)
    branches(morning, (0.10, 0.14, 0.0), 1.6, 90, (0.34, 0.16), (0.06, 0.14), 22)
    needles, trunk, white = leaf("#27402f", "#4a6a4c", 0.6), plain("#4a382b", 0.9), leaf("#eef3fa", "#ffffff", 0.7)
    rng = np.random.default_rng(6)
    for i in range(20):
        at_y = rng.uniform(6, 20)
        side = rng.choice((-1, 1)) * rng.uniform(0.13, 0.30) * at_y
        conifer((side, at_y, -0.85), rng.uniform(1.6, 3.4), needles, trunk, 40 + i, white)
    ridges(((420, 60, 71), (1200, 240, 75), (2600, 620, 72)), "#dfe6ef", ("#b9cbe2", 2600.0, 1.0))
    tabletop(4.5)
    return Scene(
        [
            Look(
                "morning",
                "low winter sun and blue shadows",
                morning,
                1.0,
                (1.0, 1.0, 1.15),
                ev=0.6,
                season="winter",
                mood=("crisp", "fresh", "quiet"),
            ),
            Look(
                "overcast",
                "soft grey winter light",
                soft,
                1.0,
                (1.15, 1.05, 0.98),
                ev=0.65,
                season="winter",
                mood=("soft", "quiet", "minimal"),
            ),
        ]
    )


@family(
    "alpine",
    about="weathered plank before snowy peaks in aerial haze",
    surface="weathered wood",
    samples=10,
    tags="alps, mountains, alpine, peaks, hiking, lodge, hut, summit, valley, outdoor",
)
def alpine() -> Scene:
    morning = key_light(48, 36, 5.8, "#ffead0", 1.0)
    golden = key_light(24, 18, 5.4, "#ffae70", 1.2)
    sky(48, 36, 0.22, 0.3)
    box((0, -0.05, -0.03), (4, 0.68, 0.06), wood(("#65523f", "#8d745a", "#ab9072", "#c6ad8e"), 0.13, 0.6), 0.006)
    x, y = np.meshgrid(np.linspace(-4200, 4200, 800), np.linspace(3000, 9000, 420))
    f = fractal(x.shape, 170, 9, 21, 0.47, True)
    f = np.clip((f - np.percentile(f, 8)) / (f.max() - np.percentile(f, 8)), 0, 1)
    height = 1500 * f**1.35 * np.clip((y - 3000) / 2600, 0.02, 1) - 560

    def rock(g):
        z = g.coordinates()[2]
        lies = (g.facing_up() + g.noise(g.position(0.004), 2, 6) * 0.35).step(0.62, 0.80)
        stone = g.mix(z.step(-420.0, 0.0), "#2f3d29", "#5d564d")
        return {"Base Color": g.mix(lies * z.step(-150.0, 180.0), stone, "#f4f7fb"), "Roughness": 0.9}

    heightfield(x, y, height, material("rock", rock, haze=("#b9d2ee", 16000.0, 1.15)))
    rng, needles, trunk = np.random.default_rng(3), leaf("#20361f", "#3f5a31", 0.6), plain("#3d2f25", 0.9)
    for i in range(26):  # near firs only at the sides: the peaks stay open
        at_y = rng.uniform(14, 30)
        at_x = rng.choice((-1, 1)) * rng.uniform(0.11, 0.30) * at_y
        conifer((at_x, at_y, -0.13 * at_y), rng.uniform(2.6, 4.6), needles, trunk, 200 + i)
    far = np.c_[rng.uniform(-90, 90, 1400), rng.uniform(90, 210, 1400), np.zeros(1400)]
    far[:, 2] = -9 - 0.075 * far[:, 1] + 1.5 * rng.random(1400)
    scatter(far, True, CONE, needles, 4, (4, 9), 0.03)

    def pasture(g):
        return {
            "Base Color": g.mix(g.noise(g.position((0.2, 0.1, 0.2)), 1.0, 6), "#6b7f3c", "#9aa657"),
            "Roughness": 1.0,
        }

    ground(900, material("pasture", pasture, haze=("#b4c8dc", 2500.0, 1.0)), -4.4, 462)
    ground(
        8000,
        material("valley", lambda g: {"Base Color": "#42532f", "Roughness": 1.0}, haze=("#a8c2e2", 9000.0, 1.1)),
        -560,
        4000,
    )
    tabletop(5.0)
    return Scene(
        [
            Look("morning", "clear mountain light", morning, season="summer", mood=("fresh", "adventurous", "clear")),
            Look(
                "golden",
                "alpenglow on the peaks",
                golden,
                1.0,
                (1.0, 0.86, 0.80),
                season="autumn",
                mood=("majestic", "warm", "adventurous"),
            ),
        ],
        gloss=0.02,
        rough=0.6,
    )


def _sandstone():
    def shade(g):
        place = g.position((2.0, 5.0, 16.0), 0.08, 5.0)
        band, fine = g.noise(place, 2.0, 8, 0.6), g.noise(g.position(1.0), 120, 6, 0.65)
        tone = g.mix(band.step(0.32, 0.68), "#c98a5a", "#e2b07e")
        return {
            "Base Color": g.mix(fine * 0.35, tone, "#8f5a38"),
            "Roughness": 0.92,
            "bump": fine * 0.0016 + g.noise(g.position((1.0, 1.6, 1.0)), 26, 7, 0.62) * 0.005,
        }

    return material("sandstone", shade)


@family(
    "desert",
    about="sandstone ledge before rolling dunes",
    surface="sandstone",
    samples=10,
    tags="desert, dunes, sahara, sandstone, arid, canyon, oasis, dry, safari, wadi",
)
def desert() -> Scene:
    golden = key_light(20, 20, 5.6, "#ffb775", 1.1)
    noon = key_light(36, 40, 5.4, "#fff0d8", 0.8)
    sky(20, 30, 0.20, 1.2)
    table_of(_sandstone(), 0.012, 0.006, 31, 0.06, 0.32)
    box((0, 0.20, -0.27), (2.2, 0.28, 0.5), _sandstone())
    x, y = np.meshgrid(np.linspace(-260, 260, 900), np.linspace(16, 460, 420))
    crest = fractal(x.shape, 150, 3, 14, 0.32, True)
    heightfield(
        x,
        y,
        19 * crest**2.2 * np.clip((y - 16) / 150, 0.02, 1) - 5.2 + 0.004 * y,
        material(
            "dunes",
            lambda g: {"Base Color": g.mix(g.noise(g.position(0.05), 2, 5), "#d99a5f", "#e8b47c"), "Roughness": 1.0},
            haze=("#ecc9a6", 900.0, 0.95),
        ),
    )
    ground(900, sand("#d9a56c", "#c08a55"), -5.25, 450)
    dry, rng = leaf("#8c8450", "#c9b678", 0.6), np.random.default_rng(8)
    for at_x, at_y, spread, count in ((-0.55, 1.3, 0.07, 110), (0.60, 1.7, 0.10, 150)):
        roots = np.c_[rng.normal(at_x, spread, count), rng.normal(at_y, spread, count), np.full(count, -0.22)]
        grass(roots, dry, 5, (0.22, 0.46), 0.35, 0.5)
    for at_x, at_y, r in ((-0.34, 0.36, 0.05), (0.31, 0.42, 0.065), (0.40, 0.33, 0.03)):
        stone = mesh(*_pebble(r, int(r * 1000)), _sandstone(), True, (at_x, at_y, -0.02))
        stone.scale.z = 0.7
    tabletop(5.6)
    return Scene(
        [
            Look(
                "golden", "low sun on the dunes", golden, 1.0, (1.15, 0.85, 0.66), mood=("warm", "vast", "adventurous")
            ),
            Look("noon", "clear high sun", noon, mood=("bright", "dry", "vast")),
        ]
    )


def _pebble(radius, seed, rows=24):
    """Vertices and faces of a lumpy stone."""
    columns, rng = 2 * rows, np.random.default_rng(seed)
    around, down = np.meshgrid(np.linspace(0, 2 * np.pi, columns, endpoint=False), np.linspace(0, np.pi, rows))
    out = np.stack([np.cos(around) * np.sin(down), np.sin(around) * np.sin(down), np.cos(down)], -1).reshape(-1, 3)
    out *= radius * (1 + 0.16 * np.sin(out @ rng.normal(0, 2.4, (3, 5)) + rng.random(5) * 6).mean(1))[:, None]
    faces = [
        (j * columns + i, j * columns + (i + 1) % columns, (j + 1) * columns + (i + 1) % columns, (j + 1) * columns + i)
        for j in range(rows - 1)
        for i in range(columns)
    ]
    return out, faces
