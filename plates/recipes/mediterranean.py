"""Sunlit outdoor still lifes: garden table, beach, courtyard, pastel arches, pool."""

import math

import numpy as np

from ..camera import tabletop
from ..foliage import bush, frond, grass
from ..light import branches, fronds, key_light, sky
from ..materials import OAK, leaf, plain, plaster, sand, tiles, travertine, water, wood
from ..meshes import arch_wall, box, cylinder, fractal, ground, heightfield, sphere
from ..nodes import material
from ..scene import Look, Scene, family, wider
from .landscape import meadow, sea_and_coast


@family(
    "garden",
    about="oak table before a sunlit flowering hedge",
    surface="oak",
    samples=12,
    tags="garden, backyard, park, orchard, picnic table, hedge, flowers, green, outdoor, spring",
)
def garden() -> Scene:
    noon = key_light(10, 42, 5.5, "#ffe3b8", 1.0)
    golden = key_light(30, 20, 5.0, "#ffb468", 1.3)
    sky(10, 42, 0.30, 0.6)
    box((0, 0.02, -0.02), (4, 0.70, 0.04), wood(OAK, 0.11, 0.6), 0.004)
    meadow("#6f8d34")
    green, lime = leaf("#35611b", "#97b146", 0.3), leaf("#54852a", "#c3d169", 0.3)
    hedges = (
        ((-1.6, 5.5, 0.0), (1.5, 1.0, 1.1), 8000),
        ((1.5, 6.0, -0.2), (1.6, 1.0, 1.0), 8000),
        ((0.1, 8.0, -0.2), (2.2, 1.0, 0.8), 6000),
        ((-1.4, 9.5, 1.7), (1.5, 1.2, 0.8), 3500),
        ((2.0, 9.0, 1.9), (1.3, 1.2, 0.7), 3500),
    )
    for i, (centre, size, count) in enumerate(hedges):
        bush(centre, size, count, green if i % 2 else lime, i, (0.07, 0.13))
    white, rng = plain("#fff6ea", 0.7), np.random.default_rng(2)
    for _ in range(60):  # small spheres read as blossom once blurred
        sphere(
            (rng.uniform(-2.2, 2.2), rng.uniform(4.3, 5.2), rng.uniform(-0.6, 0.6)), rng.uniform(0.02, 0.045), white, 8
        )
    fronds(noon, (0.20, 0.15, 0.0), 1.0, 2, 0.8, 8, 0.1)
    branches(golden, (0.08, 0.12, 0.0), 1.4, 200, (0.30, 0.16), (0.04, 0.08), 5)
    tabletop(4.0)
    return Scene(
        [
            Look("noon", "high summer sun", noon, season="spring", mood=("natural", "fresh", "cheerful")),
            Look(
                "golden",
                "late sun through branches",
                golden,
                1.0,
                (1.15, 0.92, 0.74),
                ev=0.45,
                season="summer",
                mood=("natural", "warm", "nostalgic"),
            ),
        ],
        gloss=0.06,
        rough=0.4,
    )


@family(
    "beach",
    about="wind-rippled sand with dune grass and blurred surf",
    surface="sand",
    tags="beach, sand, dunes, seaside, coast, ocean, surf, holiday, shore, summer",
)
def beach() -> Scene:
    golden = key_light(24, 26, 5.6, "#ffc98c", 1.2)
    noon = key_light(34, 36, 5.6, "#fff0d8", 0.9)
    sky(24, 20, 0.30, 0.35)
    x, y = np.meshgrid(np.linspace(-0.9, 0.9, 900), np.r_[np.linspace(-0.42, 0.8, 900), np.linspace(0.805, 5.2, 260)])
    swell, lumps = fractal(x.shape, 190, 4, 3), fractal(x.shape, 16, 4, 4)
    phase = (y + 0.22 * x) * 95 + 30 * swell
    ripples = 0.0042 * (np.sin(phase) + 0.28 * np.sin(2 * phase + 0.9))
    ripples *= np.clip(1.5 * fractal(x.shape, 260, 2, 8) - 0.25, 0.15, 1)
    away_from_product = 1 - np.exp(-(x * x + y * y) / 0.05**2)
    height = (ripples + 0.022 * (swell - 0.6) + 0.0016 * (lumps - 0.5)) * away_from_product
    heightfield(x, y, height - 0.05 * np.clip((y - 1.2) / 3.0, 0, 1), sand(scale=1.6))

    def surf(g):
        foam = g.noise(g.position((0.5, 1.1, 1), 0.5, 0.9), 1.1, 6).step(0.50, 0.58)
        return {
            "Base Color": g.mix(foam, "#2a7c8c", "#f6f7f3"),
            "Roughness": 0.22,
            "bump": g.noise(g.position((0.7, 2.0, 1)), 1.6, 6) * 0.10,
        }

    ground(60, material("surf", surf), -0.06, 33.2)
    sea_and_coast(("#d8d4d0", 8000.0, 1.0), -0.3, 6)
    straw, rng = leaf("#8d9a55", "#d8cb8a", 0.6), np.random.default_rng(4)
    for at_x, at_y, spread, count in ((-0.42, 1.2, 0.09, 150), (0.50, 1.5, 0.10, 190), (-0.75, 2.2, 0.2, 260)):
        roots = np.c_[rng.normal(at_x, spread, count), rng.normal(at_y, spread, count), np.full(count, -0.03)]
        grass(roots, straw, 3, (0.18, 0.38), 0.28, 0.35)
    tabletop(5.0, 9.0)
    return Scene(
        [
            Look(
                "golden",
                "low warm sun",
                golden,
                1.0,
                (1.25, 0.90, 0.68),
                ev=0.3,
                season="summer",
                mood=("warm", "relaxed", "holiday"),
            ),
            Look(
                "noon",
                "clear high sun",
                noon,
                1.0,
                (0.92, 1.0, 1.1),
                ev=0.35,
                season="summer",
                mood=("bright", "fresh", "holiday"),
            ),
        ]
    )


@family(
    "courtyard",
    about="limewashed wall, plaster plinth and palm",
    surface="plaster",
    tags="courtyard, patio, mediterranean, palm, plinth, podium, morocco, limewash, riad, terracotta",
)
def courtyard() -> Scene:
    noon = key_light(40, 40, 6.4, "#ffedd0", 0.8)
    golden = key_light(22, 24, 6.0, "#ffb978", 1.0)
    sky(40, 40, 0.22, 0.4)
    ground(8, tiles("#c08a62", "#d8c3a4", 0.16, 0.6), -0.13)
    box((0, 0.62, 1.0), (7, 0.2, 3), plaster("#d99a68", 0.16, 0.0014, scale=1.8))
    pale = plaster("#efe3d0", 0.10, 0.0008, scale=2.0)
    box((0, 0.01, -0.065), (0.25, 0.21, 0.13), pale, 0.005)
    box((0.245, 0.16, -0.03), (0.15, 0.15, 0.20), pale, 0.005)
    fronds(noon, (-0.16, 0.54, 0.36), 0.9, 3, 0.90, 11, 0.25)
    fronds(golden, (-0.02, 0.46, 0.14), 0.9, 3, 0.90, 17, 0.30)
    green = leaf("#3c5f2c", "#7f9a4c", 0.4)
    for i, angle in enumerate((96, 122, 148)):
        direction = (math.cos(math.radians(angle)), -0.15, math.sin(math.radians(angle)))
        frond((0.30, 0.34, -0.06), direction, 0.34, green, 0.45, 22, 0.5, 0.007, i)
    tabletop(7.0)
    return Scene(
        [
            Look(
                "noon",
                "hard noon light through palms",
                noon,
                ev=0.25,
                season="summer",
                mood=("warm", "editorial", "sunlit"),
            ),
            Look(
                "golden",
                "raking evening light through palms",
                golden,
                1.0,
                (1.1, 0.85, 0.7),
                ev=0.25,
                season="summer",
                mood=("warm", "glowing", "editorial"),
            ),
        ],
        ground={"clip": [-0.122, -0.092, 0.122, 0.113]},
    )


@family(
    "arches",
    about="surreal pastel arches over still water",
    surface="plaster",
    samples=10,
    tags="arches, pastel, surreal, podium, dreamscape, water, pedestal, minimal, abstract",
)
def arches() -> Scene:
    noon = key_light(34, 38, 5.4, "#ffe4c6", 1.5)
    golden = key_light(18, 22, 5.4, "#ffb07c", 1.5)
    sky(34, 38, 0.20, 0.2, tint=("#bcd6f2", 0.2))
    ground(400, water("#7fc0cc", 0.0018, 20.0, 0.03), -0.075, 150)
    arch_wall((-0.02, 0.62, -0.1), 0.50, 0.62, 0.30, 0.47, 0.16, plaster("#eebfa4", 0.05, 0.0003))
    arch_wall((-0.58, 1.05, -0.1), 0.62, 0.80, 0.38, 0.62, 0.18, plaster("#f3d8c4", 0.05, 0.0003))
    arch_wall((0.60, 1.25, -0.1), 0.66, 0.50, 0.40, 0.40, 0.2, plaster("#e7ab90", 0.05, 0.0003))
    pale = plaster("#f6e8dc", 0.04, 0.0003)
    cylinder((0, 0, -0.2), 0.115, 0.20, pale, 0.004)
    cylinder((0.22, 0.20, -0.2), 0.07, 0.165, pale, 0.004)
    cylinder((-0.21, 0.16, -0.2), 0.055, 0.15, pale, 0.004)
    sphere((-0.21, 0.16, -0.012), 0.038, plain("#e0906f", 0.3), 32)
    sphere((0.235, 0.20, 0.012), 0.047, plain("#f2cf9f", 0.3), 32)
    tabletop(6.0)
    return Scene(
        [
            Look("noon", "clear sky", noon, mood=("playful", "dreamy", "soft")),
            Look("golden", "peach evening sky", golden, 1.0, (1.3, 0.88, 0.78), mood=("dreamy", "warm", "soft")),
        ],
        ground={"clip_disc": 0.111},
    )


@family(
    "pool",
    about="pale stone coping at a turquoise pool with palms behind",
    surface="limestone",
    tags="pool, poolside, swimming pool, resort, hotel, villa, summer, holiday, palm, water",
)
def pool() -> Scene:
    noon = key_light(20, 42, 5.6, "#fff0d6", 0.8)
    golden = key_light(14, 20, 5.2, "#ffb870", 1.2)
    sky(20, 42, 0.20, 0.2)
    box((0, -0.05, -0.03), (4, 0.60, 0.06), travertine("#d6c4a6", "#b39c7a", 0.55, 3.0), 0.012)

    def turquoise(g):
        place = g.position((1.0, 1.6, 1.0), 0.35, 1.4)
        light = abs(g.noise(place, 3.2, 3) - 0.5).step(0.0, 0.045, 1.0, 0.0, "SMOOTHSTEP")
        return {
            "Base Color": g.mix(light * 0.55, "#1f9db4", "#a9ecec"),
            "Roughness": 0.05,
            "IOR": 1.33,
            "bump": g.noise(place, 4.0, 4) * 0.012,
        }

    ground(9, material("pool", turquoise), -0.10, 4.6)
    box((0, 9.4, -0.05), (30, 0.7, 0.12), travertine("#e6dccb", "#cfc0a8", 0.55, 1.0), 0.01)
    meadow("#6d9440", -0.12).location.y = 40.0
    box((-3.4, 13.0, 0.9), (4.2, 1.0, 2.2), plaster("#f4efe6", 0.05), 0.02)
    green, deep = leaf("#3d6a2b", "#9bb554", 0.4), leaf("#2c5424", "#6d8f3a", 0.4)
    for i, (x, y, size) in enumerate(((-1.5, 11.0, 0.7), (0.2, 11.6, 0.55), (1.7, 10.6, 0.8), (2.9, 12.0, 1.0))):
        bush((x, y, 0.1), (size, 0.6, size * 0.6), 2200, deep if i % 2 else green, i, (0.08, 0.15))
    for k, (x, y, top) in enumerate(((1.1, 11.5, 1.5), (2.2, 13.0, 2.0), (-0.6, 14.0, 1.7))):
        cylinder((x, y, -0.1), 0.09, top + 0.1, plain("#8a7355", 0.9), 0, 16)
        for i in range(14):
            turn = i * 2.4
            frond(
                (x, y, top),
                (math.cos(turn), math.sin(turn), 0.5 - 0.06 * i),
                1.2,
                green,
                0.5,
                16,
                0.4,
                0.05,
                20 * k + i,
            )
    fronds(noon, (0.14, 0.16, 0.0), 0.8, 3, 0.8, 31, 0.25)
    fronds(golden, (0.04, 0.30, 0.0), 0.9, 3, 0.8, 35, 0.3)
    tabletop(4.5)
    return Scene(
        [
            Look("noon", "bright noon sun with palm shade", noon, season="summer", mood=("fresh", "bright", "holiday")),
            Look(
                "golden",
                "late golden sun with palm shade",
                golden,
                1.1,
                (0.90, 0.70, 0.58),
                season="summer",
                mood=("warm", "glamorous", "holiday"),
            ),
        ],
        gloss=0.05,
        rough=0.4,
    )


wider("beach-wide", "beach", "open wind-rippled sand with dune grass and blurred surf")
