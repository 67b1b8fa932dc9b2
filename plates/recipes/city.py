"""Town outdoors: rooftop, market stall, cafe."""

import numpy as np

from ..camera import tabletop
from ..foliage import bush
from ..light import fronds, key_light, sky
from ..materials import (
    PINE,
    brushed_metal,
    emissive,
    facade,
    leaf,
    linen,
    marble,
    plain,
    plaster,
    wood,
)
from ..meshes import box, cylinder, ground, sphere
from ..scene import Look, Scene, family


def string_lights(start, end, count, sag, strength=14.0, radius=0.035):
    """Bulbs on a sagging wire between two points."""
    bulb, wire = emissive("#ffc27c", strength), plain("#171513", 0.6)
    for t in np.linspace(0, 1, count):
        x, y, z = (a + (b - a) * t for a, b in zip(start, end, strict=True))
        z -= sag * 4 * t * (1 - t)
        sphere((x, y, z), radius, bulb, 12)
        cylinder((x, y, z + radius * 0.8), radius * 0.4, radius, wire, 0, 10)


@family(
    "rooftop",
    about="concrete parapet above a hazy skyline with planters and string lights",
    surface="concrete",
    tags="rooftop, skyline, city, terrace bar, urban, penthouse, balcony, downtown, new york",
    samples=10,
)
def rooftop() -> Scene:
    golden = key_light(18, 22, 5.0, "#ffb878", 1.2)
    dusk = key_light(30, 40, 0.9, "#ffc79a", 14.0)
    sky(18, 12, 0.22, 1.6)
    box((0, -0.05, -0.05), (4, 0.62, 0.10), plaster("#b3aea6", 0.22, 0.0012, 0.8, 2.2), 0.006)
    rng, haze = np.random.default_rng(31), ("#d9c3b4", 900.0, 0.75)
    fronts = [
        facade(c, "#2b3038", w, h, 0.22, haze)
        for c, w, h in (("#8d7d70", 2.4, 3.2), ("#6f6a6c", 3.0, 3.4), ("#a08a76", 2.0, 3.0), ("#7d8790", 1.8, 3.4))
    ]
    for distance in (120, 190, 300, 460):
        for x in np.arange(-0.30 * distance, 0.30 * distance, 0.055 * distance + 4):
            width, tall = rng.uniform(0.03, 0.06) * distance + 5, rng.uniform(-0.06, 0.015) * distance
            if distance > 200 and rng.random() < 0.5:  # towers only far away, so that some sky stays
                tall = rng.uniform(0.0, 0.075) * distance
            y = distance * rng.uniform(0.9, 1.15)
            box((x + rng.normal(0, 3), y, tall / 2 - 20), (width, width, tall + 40), fronts[int(rng.integers(4))])
    green = leaf("#3f6130", "#93a95c", 0.45)
    for x in (-0.62, 0.66):
        box((x, 2.3, -0.22), (0.62, 0.34, 0.40), plaster("#5b5854", 0.1), 0.01)
        bush((x, 2.3, 0.10), (0.34, 0.2, 0.22), 700, green, int(abs(x) * 100), (0.05, 0.09))
    box((0, 3.1, -0.02), (6, 0.02, 0.02), brushed_metal("#3a3c3f"))
    for x in np.arange(-2.4, 2.5, 0.12):
        box((x, 3.1, -0.32), (0.008, 0.012, 0.6), brushed_metal("#3a3c3f"))
    string_lights((-1.3, 2.6, 0.42), (0.1, 3.0, 0.42), 9, 0.13)
    string_lights((0.1, 3.0, 0.42), (1.4, 2.6, 0.44), 9, 0.13)
    fronds(golden, (0.12, 0.12, 0.0), 0.9, 2, 0.8, 15, 0.2)
    tabletop(4.5)
    return Scene(
        [
            Look(
                "golden",
                "low sun over the city",
                golden,
                1.0,
                (1.15, 0.88, 0.70),
                lamps=0.12,
                ev=0.3,
                season="summer",
                mood=("urban", "warm", "aspirational"),
            ),
            Look(
                "dusk",
                "blue hour with lights coming on",
                dusk,
                1.0,
                (0.16, 0.22, 0.50),
                lamps=0.40,
                ev=-0.2,
                season="summer",
                mood=("urban", "romantic", "nightlife"),
            ),
        ],
        gloss=0.02,
        rough=0.6,
    )


@family(
    "market",
    about="painted market stall with buckets of flowers and a striped awning",
    surface="painted wood",
    samples=10,
    tags="market, market stall, farmers market, street market, bazaar, flower stand, town square, crates",
)
def market_stall() -> Scene:
    morning = key_light(30, 38, 5.4, "#ffe6c0", 1.0)
    golden = key_light(16, 20, 5.2, "#ffb26a", 1.2)
    sky(30, 38, 0.28, 0.6)
    box((0, -0.04, -0.02), (4, 0.62, 0.04), wood(("#5f7d78", "#7b9a93", "#93b0a8", "#a9c1b8"), 0.10, 0.55, 0.5), 0.004)
    ground(60, plaster("#a79b8c", 0.2), -0.80, 29)
    for k, x in enumerate(np.arange(-2.4, 2.4, 0.16)):  # awning of the stall across the lane
        strip = box((x, 3.9, 0.60), (0.16, 1.1, 0.012), plain(("#b8473a", "#efe6d6")[k % 2], 0.8))
        strip.rotation_euler.x = 0.42
        box((x, 3.36, 0.31), (0.16, 0.012, 0.13), plain(("#b8473a", "#efe6d6")[k % 2], 0.8), 0.02)
    for x in (-1.35, 1.35):
        cylinder((x, 3.4, -0.8), 0.025, 1.4, plain("#6b4d34", 0.7), 0, 12)
    crate, rng = wood(PINE, 0.07, 0.6), np.random.default_rng(14)
    for x, y, z in (
        (-0.95, 2.5, -0.55),
        (-0.52, 2.6, -0.55),
        (0.62, 2.5, -0.55),
        (1.02, 2.6, -0.55),
        (-0.75, 3.0, -0.20),
        (0.80, 3.0, -0.20),
    ):
        for dz in (-0.09, 0, 0.09):
            box((x, y - 0.15, z + dz), (0.40, 0.012, 0.075), crate, 0.002)
        box((x, y, z - 0.13), (0.40, 0.3, 0.012), crate)
        box((x, y, z - 0.02), (0.37, 0.27, 0.2), plain("#33291f", 0.9))
    blooms = (
        ("#d84c62", "#f08a8e"),
        ("#f2b63c", "#f7d977"),
        ("#e9e2f2", "#ffffff"),
        ("#7d5aa8", "#b48fd0"),
        ("#e8743c", "#f2a05c"),
        ("#c9305a", "#ea6f8c"),
    )
    for i, (x, y, z) in enumerate(
        (
            (-0.95, 2.5, -0.36),
            (-0.52, 2.6, -0.36),
            (0.62, 2.5, -0.36),
            (1.02, 2.6, -0.36),
            (-0.75, 3.0, 0.0),
            (0.80, 3.0, 0.0),
        )
    ):
        bush((x, y, z), (0.20, 0.15, 0.09), 260, leaf("#3d642c", "#7f9f4a", 0.5), 30 + i, (0.05, 0.09))
        bush((x, y, z + 0.10), (0.20, 0.15, 0.09), 300, leaf(*blooms[i], 0.5), 50 + i, (0.035, 0.06))
    box((0, 7.5, 0.6), (14, 0.3, 4.5), plaster("#d6b58c", 0.12))
    for x in (-1.3, 1.5):
        box((x, 7.32, 0.35), (0.62, 0.06, 1.5), plain("#4e6b70", 0.6), 0.02)
    string_lights((-1.4, 2.9, 0.40), (1.4, 2.9, 0.42), 11, 0.10, 9.0, 0.03)
    for i, x in enumerate((-1.6, 1.7)):
        bush((x, 5.0, 0.3), (0.6, 0.5, 0.7), 1500, leaf("#3f6a2c", "#9fba58", 0.4), 90 + i, (0.08, 0.14))
    del rng
    fronds(golden, (0.10, 0.12, 0.0), 1.0, 2, 0.8, 25, 0.25)
    tabletop(4.0)
    return Scene(
        [
            Look(
                "morning",
                "clear morning sun",
                morning,
                lamps=0.15,
                season="spring",
                mood=("lively", "fresh", "cheerful"),
            ),
            Look(
                "golden",
                "late sun with the lights on",
                golden,
                1.0,
                (1.0, 0.80, 0.62),
                lamps=0.5,
                season="summer",
                mood=("lively", "warm", "nostalgic"),
            ),
        ],
        gloss=0.04,
        rough=0.5,
    )


@family(
    "cafe",
    about="small marble cafe table before a warm cafe front with bentwood chairs",
    surface="marble",
    samples=10,
    tags="cafe, coffee shop, bistro, restaurant, table, brunch, tablecloth, dining",
)
def cafe() -> Scene:
    morning = key_light(28, 36, 5.6, "#ffe4bc", 1.0)
    dusk = key_light(36, 42, 1.4, "#ffc98e", 12.0)
    sky(28, 36, 0.28, 0.6)
    box((0, -0.04, -0.015), (4, 0.62, 0.03), marble("#efece6", "#d3cec6", "#77716a", 0.2, 2.0), 0.008)
    ground(40, plaster("#9d9488", 0.2), -0.75, 19)
    box((0, 5.2, 1.0), (12, 0.3, 5), plain("#284640", 0.4), 0.01)
    for x in (-1.25, 0.0, 1.25):  # glazed front, lit from inside
        box((x, 5.03, 0.38), (1.05, 0.02, 0.92), emissive("#ffcf95", 0.75))
        for dx in (-0.52, -0.17, 0.18, 0.52):
            box((x + dx, 5.0, 0.38), (0.03, 0.05, 0.96), plain("#1c332e", 0.4))
        box((x, 5.0, -0.10), (1.1, 0.05, 0.04), plain("#1c332e", 0.4))
    box((0, 4.3, 0.78), (6, 1.2, 0.02), linen("#b9452f"))
    box((0, 3.7, 0.72), (6, 0.02, 0.13), linen("#b9452f"))
    cane = plain("#7a4a28", 0.5)
    for x, y in ((-0.78, 2.9), (0.72, 3.0), (1.3, 3.6), (-1.35, 3.7)):
        cylinder((x, y, -0.06), 0.30, 0.03, plain("#ece6db", 0.3), 0.006)
        cylinder((x, y, -0.75), 0.03, 0.70, plain("#2a2a2a", 0.4), 0, 16)
        for side in (-0.42, 0.42):
            cylinder((x + side, y, -0.30), 0.19, 0.03, cane, 0.006, 32)
            for leg in (-0.14, 0.14):
                cylinder((x + side + leg, y - 0.1, -0.75), 0.012, 0.45, cane, 0, 10)
                cylinder((x + side * 1.4, y + leg, -0.30), 0.012, 0.42, cane, 0, 10)
            box((x + side * 1.4, y, 0.06), (0.02, 0.30, 0.10), cane, 0.008)
    for i, x in enumerate((-1.9, 1.95, 0.62)):
        box((x, 4.3, -0.5), (0.4, 0.4, 0.5), plain("#3a3733", 0.7), 0.01)
        bush((x, 4.3, 0.05), (0.30, 0.30, 0.42), 900, leaf("#2f5527", "#7fa046", 0.4), 200 + i, (0.05, 0.09))
    string_lights((-1.3, 3.2, 0.46), (1.4, 3.2, 0.48), 12, 0.10, 10.0, 0.03)
    fronds(morning, (0.10, 0.12, 0.0), 0.9, 3, 0.8, 45, 0.2)
    tabletop(4.0)
    return Scene(
        [
            Look(
                "morning",
                "morning sun and leaf shade",
                morning,
                lamps=0.12,
                ev=0.3,
                season="spring",
                mood=("charming", "fresh", "relaxed"),
            ),
            Look(
                "dusk",
                "evening with the windows glowing",
                dusk,
                1.0,
                (0.10, 0.13, 0.24),
                lamps=0.55,
                ev=-0.2,
                mood=("romantic", "warm", "intimate"),
            ),
        ],
        gloss=0.10,
        rough=0.2,
    )
