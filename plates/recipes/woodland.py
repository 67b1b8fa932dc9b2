"""Green country: forest and meadow."""

import numpy as np

from ..camera import tabletop
from ..foliage import LEAF, bush, grass, scatter
from ..light import branches, key_light, sky
from ..materials import DRIFTWOOD, leaf, plain, wood
from ..meshes import box, cylinder, ground
from ..nodes import material
from ..scene import Look, Scene, family
from .landscape import ridges, table_of


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
