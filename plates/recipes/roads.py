"""Vehicle scale: concrete hall, wet street, country road, salt flat."""

from itertools import product

import numpy as np

from ..camera import vehicle
from ..foliage import grass
from ..light import key_light, sky, window
from ..materials import asphalt, concrete_floor, emissive, facade, leaf, plain, plaster
from ..meshes import box, ground, sphere
from ..nodes import material
from ..scene import Look, Scene, family
from .landscape import conifer, ridges, sea_and_coast


@family(
    "hall",
    about="cast-concrete hall with tall windows",
    surface="polished concrete",
    scale="vehicle",
    samples=10,
    tags="concrete hall, garage, showroom, loft, industrial, warehouse, architecture, gallery, interior",
)
def hall() -> Scene:
    morning = key_light(38, 40, 9.0, "#ffe6c4", 0.9)
    soft = key_light(30, 46, 3.0, "#f4f6ff", 9.0)
    sky(flat="#d3dbe8", strength=0.62)
    concrete = plaster("#a7a49f", 0.22, 0.0016, 0.75, 0.45)
    ground(60, concrete_floor())
    for i, j in product(range(-5, 6), range(3)):
        box((i * 2.4, 5.2, 1.2 + j * 2.4), (2.385, 0.3, 2.385), concrete, 0.008)
    hole = plain("#2a2927", 0.8)
    for i, z, d in product(range(-4, 5), (0.6, 1.8, 3.0, 4.2), (-0.6, 0.6)):
        sphere((i * 2.4 + d, 5.045, z), 0.035, hole, 8)
    box((5.4, 3.0, 3), (0.9, 0.9, 7), concrete, 0.02)
    box((-6.2, 3.6, 3), (0.9, 0.9, 7), concrete, 0.02)
    window(morning, 9.0, (4, 3), (1.45, 1.8), 0.22, (-0.1, 0.9, 0.6))
    vehicle(1.0)
    return Scene(
        [
            Look("window", "a shaft of window light", morning, ev=0.1, mood=("architectural", "calm", "premium")),
            Look("softbox", "soft skylight from above", soft, ev=0.1, mood=("architectural", "neutral", "minimal")),
        ],
        gloss=0.13,
        rough=0.3,
    )


@family(
    "street",
    about="wet street after rain with shop fronts and lamps out of focus",
    surface="wet asphalt",
    scale="vehicle",
    tags="street, city, urban, downtown, wet asphalt, shop fronts, rain, avenue, boulevard",
    samples=10,
)
def wet_street() -> Scene:
    dusk = key_light(30, 46, 0.9, "#ffdcb0", 12.0)
    night = key_light(36, 50, 0.5, "#cfdcff", 10.0)
    sky(0, 2.5, 0.6, 2.5, tint=("#33406e", 0.55))
    ground(160, asphalt("#36373a", 0.62), 0, 50)
    haze = ("#3a3c5c", 160.0, 0.6)
    for side in (1, -1):
        y, rng = 9.0, np.random.default_rng(5 + side)
        while y < 75:
            depth, tall = rng.uniform(6, 11), rng.uniform(9, 19)
            wall = ("#8a7f74", "#7c6a5c", "#9b9185", "#6b6d72")[int(rng.integers(4))]
            shop = ("#ffb978", "#ffd7a8", "#ff8a5c", "#bcd8ff")[int(rng.integers(4))]
            box(
                (side * 13.0, y + depth / 2, tall / 2),
                (8, depth - 0.3, tall),
                facade(wall, "#20242c", 0.9, 1.9, 0.30, haze),
            )
            box((side * 8.95, y + depth / 2, 1.5), (0.1, depth * 0.7, 1.7), emissive(shop, 2.2))
            y += depth
    box((0, 82, 8), (40, 2, 16), facade("#6f6a72", "#20242c", 0.9, 1.9, 0.25, ("#3a3c5c", 120.0, 0.6)))
    for i, side in product(range(7), (-1, 1)):
        sphere((side * 6.3, 10 + i * 8, 4.3), 0.22, emissive("#ffc98a", 26.0), 12)
    rng = np.random.default_rng(9)
    for _ in range(10):
        x, y = rng.uniform(-3.5, 3.5), rng.uniform(22, 60)
        for half in (-0.7, 0.7):
            sphere((x + half, y, 0.7), 0.13, emissive("#ff3a22" if x > 0 else "#fff2d8", 20.0), 10)
    vehicle(0.5)
    return Scene(
        [
            Look(
                "dusk",
                "blue hour",
                dusk,
                1.0,
                (3.0, 3.4, 4.6),
                lamps=0.35,
                ev=-0.6,
                weather="after rain",
                mood=("cinematic", "urban", "moody"),
            ),
            Look(
                "night",
                "night",
                night,
                1.0,
                (0.10, 0.12, 0.25),
                lamps=1.0,
                ev=-2.8,
                weather="after rain",
                mood=("cinematic", "nightlife", "dramatic"),
            ),
        ],
        gloss=0.16,
        rough=0.3,
    )


def _tufts(rng, count, near, far, width):
    """Roots of grass in clumps: lone blurred blades would turn into vertical streaks."""
    clumps = np.c_[rng.uniform(-width, width, count // 30), near + (far - near) * rng.random(count // 30) ** 1.6]
    at = clumps[rng.integers(0, len(clumps), count)] + rng.normal(0, 0.28, (count, 2))
    return np.c_[at, np.zeros(count)]


@family(
    "road",
    about="open country road before hazy ridges",
    surface="asphalt",
    scale="vehicle",
    samples=10,
    tags="road, highway, plain, hills, open road, countryside, road trip, drive, scenic route",
)
def country_road() -> Scene:
    golden = key_light(26, 15, 4.8, "#ffbf80", 1.4)
    soft = key_light(34, 48, 1.2, "#f3f6ff", 20.0)
    sky(26, 15, 0.34, 1.6)
    ground(400, asphalt("#67635d", 0.10), 0, 150)
    rng = np.random.default_rng(1)
    grass(_tufts(rng, 30000, 7.0, 50.0, 24.0), leaf("#77703f", "#c6b880", 0.6), 2, (0.20, 0.70), 0.45, 1.8)
    grass(_tufts(rng, 9000, 7.2, 30.0, 18.0), leaf("#58682f", "#90995a", 0.6), 3, (0.15, 0.45), 0.6, 2.2)
    ground(300, plain("#8f8258", 1.0), 0.012, 157.0)
    box((0, 5.4, 0.002), (60, 0.13, 0.006), plain("#d5d0c4", 0.7))
    needles, trunk = leaf("#2c3f22", "#5c6f35", 0.6), plain("#4a3a2c", 0.9)
    for i in range(14):
        y = rng.uniform(38, 80)
        conifer(
            (rng.choice((-1, 1)) * rng.uniform(0.08, 0.34) * y, y, 0.0), rng.uniform(4.0, 8.0), needles, trunk, 300 + i
        )
    ridges(((420, 52, 45), (900, 150, 46), (1900, 420, 47), (3800, 1000, 49)), "#6d5f3d", ("#eec9a8", 1700.0, 1.05))
    vehicle(0.8)
    return Scene(
        [
            Look("golden", "golden hour", golden, season="autumn", mood=("free", "warm", "adventurous")),
            Look(
                "morning",
                "soft hazy morning light",
                soft,
                1.0,
                (1.1, 1.0, 0.90),
                ev=0.1,
                weather="hazy",
                season="autumn",
                mood=("calm", "rugged", "moody"),
            ),
        ],
        gloss=0.02,
        rough=0.6,
    )


@family(
    "flats",
    about="cracked desert flat with distant mesas",
    surface="dry clay",
    scale="vehicle",
    samples=10,
    tags="desert, salt flat, playa, mesa, open plain, off-road, dry lake, wilderness, safari",
)
def desert_flat() -> Scene:
    golden = key_light(20, 16, 5.0, "#ffb878", 1.2)
    noon = key_light(36, 42, 5.4, "#fff2de", 0.8)
    sky(20, 24, 0.24, 1.2)

    def clay(g):
        place = g.position(1.0, 0.10, 2.0)
        crack = g.cell_edges(place, 2.3).step(0.012, 0.045, 1.0, 0.0, "SMOOTHSTEP")
        fine = g.cell_edges(place, 7.0).step(0.01, 0.03, 1.0, 0.0, "SMOOTHSTEP") * 0.4
        tone = g.mix(g.noise(place, 0.8, 7), "#d2b48c", "#b9966c")
        grit = g.noise(g.position(1.0), 60, 6, 0.65)
        return {
            "Base Color": g.mix(crack.maximum(fine) * 0.75, g.mix(grit * 0.3, tone, "#e9d3b2"), "#7d5f42"),
            "Roughness": 0.95,
            "bump": grit * 0.004 - crack * 0.02 - fine * 0.008,
        }

    ground(700, material("dry clay", clay), 0, 300)
    ridges(((900, 120, 81), (1700, 300, 86), (3600, 700, 83)), "#a5673f", ("#e8c4a2", 2600.0, 1.0))
    vehicle(0.8)
    return Scene(
        [
            Look("golden", "low warm sun", golden, 1.0, (1.1, 0.88, 0.74), mood=("free", "vast", "warm")),
            Look("noon", "clear high sun", noon, mood=("stark", "vast", "bright")),
        ]
    )


@family(
    "coast-road",
    about="seaside road with a low wall above the blue sea",
    surface="asphalt",
    scale="vehicle",
    samples=10,
    tags="coast road, seaside, corniche, riviera, promenade, ocean drive, road trip, sea view",
)
def coast_road() -> Scene:
    noon = key_light(24, 38, 5.4, "#ffe8c8", 0.9)
    golden = key_light(16, 17, 5.2, "#ffb26c", 1.2)
    sky(24, 30, 0.20, 0.3)
    box((0, 2.0, -0.5), (120, 12.4, 1.0), asphalt("#6d6a66", 0.05))
    box((0, 5.3, 0.002), (80, 0.12, 0.006), plain("#e6e2d8", 0.7))
    box((0, 7.6, 0.28), (120, 0.45, 0.9), plaster("#e2d3ba", 0.14, 0.004, 0.9, 0.6), 0.03)
    sea_and_coast(("#a5c3e0", 12000.0, 1.0), -40.0, 6)
    vehicle(0.8)
    return Scene(
        [
            Look("noon", "clear noon sun", noon, season="summer", mood=("fresh", "free", "holiday")),
            Look(
                "golden",
                "low golden sun",
                golden,
                1.2,
                (1.15, 0.88, 0.76),
                season="summer",
                mood=("warm", "free", "romantic"),
            ),
        ],
        gloss=0.02,
        rough=0.6,
    )
