"""Open country: snow, forest, mountains, desert."""

import numpy as np

from ..camera import tabletop
from ..foliage import CONE, LEAF, bush, grass, scatter
from ..light import branches, key_light, sky
from ..materials import DRIFTWOOD, leaf, plain, sand, snow, wood
from ..meshes import box, cylinder, fractal, ground, heightfield, mesh
from ..nodes import material
from ..scene import Look, Scene, family
from .landscape import ridges


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


def _moss():
    def shade(g):
        place = g.position()
        patch = g.noise(place, 9, 8, 0.62, 0.5).step(0.42, 0.56)
        fine = g.noise(place, 260, 5, 0.7)
        rock = g.mix(g.noise(place, 30, 6), "#5d574e", "#8d8679")
        green = g.mix(fine, "#2f4416", "#8aa03c")
        return {
            "Base Color": g.mix(patch, rock, green),
            "Roughness": 0.95,
            "bump": patch * 0.006 + fine * patch * 0.005 + g.noise(place, 90, 6, 0.6) * 0.003,
        }

    return material("moss", shade)


@family(
    "forest",
    about="mossy stone before sunlit trunks and ferns",
    surface="mossy stone",
    samples=12,
    tags="forest, woods, woodland, moss, ferns, trees, nature, hiking, wilderness, green",
)
def forest() -> Scene:
    morning = key_light(18, 36, 6.2, "#ffe0ae", 1.0)
    golden = key_light(34, 20, 5.8, "#ffb56c", 1.2)
    sky(18, 36, 0.24, 0.8)
    table_of(_moss(), 0.045, 0.014, 12, 0.08, 0.55)
    ground(60, plain("#4a4a26", 1.0), -0.5, 29)
    bark, rng = plain("#5a4636", 0.95), np.random.default_rng(21)
    for _ in range(34):
        y = rng.uniform(3.2, 22)
        x = rng.choice((-1, 1)) * rng.uniform(0.05, 0.42) * y
        cylinder((x, y, -0.6), rng.uniform(0.05, 0.16), 7.0, bark, 0, 16)
    light, deep = leaf("#6f9430", "#d2dd74", 0.4), leaf("#2f5522", "#7da03a", 0.4)
    for i in range(34):
        y = rng.uniform(4, 18)
        bush(
            (rng.uniform(-0.4, 0.4) * y, y, rng.uniform(0.10, 0.16) * y - 0.1),
            (0.5, 0.5, 0.28),
            330,
            light,
            60 + i,
            (0.05, 0.10),
        )
    for i in range(26):
        y = rng.uniform(2.2, 9)
        bush(
            (rng.uniform(-0.34, 0.34) * y, y, -0.5),
            (0.34, 0.3, 0.22),
            260,
            deep if i % 3 else light,
            120 + i,
            (0.05, 0.10),
        )
    roots = np.c_[rng.uniform(-1.4, 1.4, 1600), rng.uniform(1.0, 5.0, 1600), np.full(1600, -0.42)]
    grass(roots, light, 7, (0.10, 0.30), 0.5, 0.9)
    ridges(((60, 14, 5),), "#6b7f3a", ("#dfe6b4", 60.0, 0.8))
    branches(morning, (0.10, 0.10, 0.0), 1.3, 130, (0.32, 0.18), (0.05, 0.10), 12)
    branches(golden, (-0.05, 0.14, 0.0), 1.3, 130, (0.32, 0.18), (0.05, 0.10), 15)
    tabletop(4.0)
    return Scene(
        [
            Look(
                "morning",
                "morning sun through the canopy",
                morning,
                ev=0.3,
                season="spring",
                mood=("natural", "fresh", "wild"),
            ),
            Look(
                "golden",
                "low amber sun between the trees",
                golden,
                1.0,
                (1.1, 0.88, 0.62),
                ev=0.4,
                season="autumn",
                mood=("natural", "warm", "mysterious"),
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
    box((0, 0.0, -0.03), (4, 0.56, 0.06), wood(("#6d4f35", "#9a7550", "#bb946a", "#d3b188"), 0.13, 0.6), 0.006)
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
                (1.05, 0.82, 0.84),
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


@family(
    "meadow",
    about="driftwood-grey picnic table over a blurred wild-flower meadow",
    surface="weathered wood",
    samples=10,
    tags="meadow, field, wildflowers, countryside, picnic, farm, pasture, spring, rural",
)
def wild_meadow() -> Scene:
    morning = key_light(22, 34, 5.4, "#ffe4bc", 1.0)
    golden = key_light(14, 15, 5.2, "#ffac62", 1.4)
    sky(22, 34, 0.24, 0.5)
    box((0, -0.02, -0.025), (4, 0.62, 0.05), wood(DRIFTWOOD, 0.12, 0.7), 0.005)
    ground(400, plain("#7f8f3c", 1.0), -0.78, 201)
    rng, n = np.random.default_rng(17), 16000
    y = 2.0 + 26 * rng.random(n) ** 1.5
    field = np.c_[rng.uniform(-0.34, 0.34, n) * (y + 2), y, np.full(n, -0.78)]
    grass(field, leaf("#5f7d2c", "#b9c160", 0.5), 3, (0.25, 0.55), 0.35, 1.6)
    for colour, count, seed in (
        (("#d8402f", "#e8673c"), 420, 5),
        (("#f4f0e2", "#ffffff"), 520, 6),
        (("#5667b8", "#8d86d0"), 360, 7),
        (("#efc23c", "#f6d96a"), 420, 8),
    ):
        y = 2.4 + 22 * rng.random(count) ** 1.4
        heads = np.c_[rng.uniform(-0.34, 0.34, count) * (y + 1), y, rng.uniform(-0.45, -0.22, count)]
        scatter(heads, False, LEAF, leaf(*colour, 0.5), seed, (0.05, 0.09), 0.8)
    deep = leaf("#2f5424", "#6f8f38", 0.4)
    for i in range(9):
        bush(
            ((i - 4) * 5.2 + rng.normal(0, 1), 34 + rng.uniform(-3, 5), 1.0),
            (3.2, 2.0, rng.uniform(1.8, 3.4)),
            1500,
            deep,
            70 + i,
            (0.3, 0.55),
        )
    ridges(((300, 46, 33), (800, 120, 37)), "#7c8a5a", ("#c4d4e0", 1200.0, 1.0))
    tabletop(4.0)
    return Scene(
        [
            Look("morning", "clear morning sun", morning, season="spring", mood=("fresh", "natural", "cheerful")),
            Look(
                "golden",
                "last warm sun",
                golden,
                1.0,
                (1.2, 0.90, 0.66),
                ev=0.1,
                season="summer",
                mood=("nostalgic", "warm", "natural"),
            ),
        ],
        gloss=0.02,
        rough=0.7,
    )
