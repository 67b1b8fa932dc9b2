"""Places with their own lamps: workshop, gym, bar."""

import math
from itertools import product

import numpy as np

from ..camera import tabletop
from ..light import blinds, key_light, sky, window
from ..materials import (
    NATURAL_OAK,
    PINE,
    WALNUT,
    bricks,
    brushed_metal,
    emissive,
    plain,
    plaster,
    rubber,
    wood,
)
from ..meshes import box, cylinder, ground, sphere, turned
from ..scene import Look, Scene, family


@family(
    "workshop",
    about="worn workbench before a tool wall",
    surface="worn pine",
    samples=10,
    tags="workshop, workbench, garage, tools, craft, diy, carpentry, maker, studio, shed",
)
def workshop() -> Scene:
    morning = key_light(40, 32, 6.4, "#ffe4c0", 1.0)
    night = key_light(46, 46, 1.8, "#ffca90", 9.0)
    sky(flat="#d3dce6", strength=0.60)
    worn = wood(("#5b4a38", "#86705a", "#a58c70", "#bfa88a"), 0.18, 0.6)
    box((0, 0.05, -0.03), (4, 1.1, 0.06), worn, 0.005)
    box((0, 1.25, 0.6), (6, 0.2, 4), bricks("#8a5542", "#a89a8b"))
    board = wood(NATURAL_OAK, 0.45, 0.6)
    box((0, 1.12, 0.26), (1.3, 0.02, 0.46), board, 0.004)
    steel, grip = brushed_metal("#9a9da1", 0.35), plain("#8c3a26", 0.5)
    dark = plain("#2b2622", 0.5)
    for i, x in enumerate((-0.52, -0.42, -0.32)):  # screwdrivers
        cylinder((x, 1.09, 0.20), 0.012, 0.09, (grip, plain("#d0962c", 0.5), grip)[i], 0.003, 16)
        cylinder((x, 1.09, 0.09), 0.004, 0.11, steel, 0, 12)
    for x in (-0.16, 0.02):  # hammers
        box((x, 1.09, 0.13), (0.022, 0.02, 0.20), wood(WALNUT, 0.5), 0.004)
        box((x, 1.09, 0.235), (0.12, 0.03, 0.035), steel, 0.006)
    saw = box((0.24, 1.09, 0.16), (0.26, 0.006, 0.09), steel, 0.001)
    saw.rotation_euler.y = 0.25
    box((0.385, 1.09, 0.185), (0.09, 0.02, 0.11), grip, 0.02)
    for k in range(4):  # spanners, small to large
        box((0.50 + 0.035 * k, 1.09, 0.24), (0.014, 0.008, 0.13 + 0.02 * k), steel, 0.003)
    for x, r, h, colour in ((-0.26, 0.042, 0.10, "#7d8a86"), (0.30, 0.035, 0.08, "#b98a3c")):
        cylinder((x, 0.50, 0), r, h, plain(colour, 0.4, 0.6), 0.004)
    for i, lean in enumerate((-0.2, 0.0, 0.16)):
        brush = cylinder((-0.26 + 0.014 * (i - 1), 0.50, 0.05), 0.005, 0.13, (dark, grip, board)[i], 0, 12)
        brush.rotation_euler = (0, lean, 0)
    box((0.29, 0.36, 0.012), (0.16, 0.05, 0.024), wood(PINE, 0.5), 0.002, 14)
    box((0.30, 0.37, 0.032), (0.12, 0.05, 0.016), wood(WALNUT, 0.5), 0.002, -6)
    cylinder((0.14, 1.0, 0.66), 0.003, 1.0, dark, 0, 8)
    turned((0.14, 1.0, 0.40), [(0.11, 0), (0.04, 0.09)], emissive("#ffca86", 5.0))
    window(morning, 1.8, (3, 5), (0.30, 0.32), 0.030, (0.04, 0.36, 0.10))
    tabletop(5.6)
    return Scene(
        [
            Look(
                "morning",
                "morning sun through the workshop window",
                morning,
                lamps=0.05,
                ev=0.45,
                mood=("crafted", "honest", "warm"),
            ),
            Look(
                "night",
                "under the bench lamp",
                night,
                1.0,
                (0.06, 0.08, 0.14),
                lamps=0.9,
                ev=-0.3,
                mood=("crafted", "focused", "moody"),
            ),
        ],
        gloss=0.02,
        rough=0.6,
    )


@family(
    "gym",
    about="rubber-topped bench before racks of weights",
    surface="rubber",
    samples=10,
    tags="gym, fitness, workout, sport, training, weights, crossfit, health club, exercise",
)
def gym() -> Scene:
    morning = key_light(36, 34, 6.0, "#fff0da", 1.0)
    night = key_light(42, 44, 1.6, "#dfe8ff", 8.0)
    sky(flat="#d6e0ec", strength=0.55)
    box((0, -0.04, -0.03), (4, 0.72, 0.06), rubber(), 0.008)
    ground(20, rubber("#2c2e31", "#565b60"), -0.55, 9)
    box((0, 4.6, 1.0), (10, 0.2, 4), plaster("#b9bcbd", 0.12))
    steel, black = brushed_metal("#85898e", 0.3), plain("#1d1e20", 0.45)
    accent = plain("#d6742c", 0.5)
    for z in (-0.24, 0.10):  # dumbbell rack
        box((0, 3.0, z - 0.07), (2.6, 0.34, 0.025), black, 0.004)
        for x in np.arange(-1.2, 1.25, 0.24):
            for side in (-1, 1):
                weight = cylinder(
                    (x + side * 0.06, 3.0, z), 0.068, 0.055, (black, accent)[round(x * 100) % 3 == 0], 0.008, 24
                )
                weight.rotation_euler = (0, math.pi / 2, 0)
            bar = cylinder((x - 0.07, 3.0, z), 0.014, 0.14, steel, 0, 12)
            bar.rotation_euler = (0, math.pi / 2, 0)
    for x in (-1.28, 1.28):
        box((x, 3.0, -0.18), (0.05, 0.30, 0.80), black, 0.006)
    for x in (-0.62, 0.64):  # squat rack posts with plates
        box((x, 2.2, 0.4), (0.06, 0.06, 2.0), steel, 0.004)
    for x, colour in ((-0.50, accent), (-0.56, black), (0.50, black), (0.545, accent)):
        plate = cylinder((x, 2.2, 0.22), 0.17, 0.035, colour, 0.01, 48)
        plate.rotation_euler = (0, math.pi / 2, 0)
    bar = cylinder((-1.1, 2.2, 0.22), 0.014, 2.2, steel, 0, 16)
    bar.rotation_euler = (0, math.pi / 2, 0)
    for x in (-0.34, 0.32):
        sphere((x, 1.9, -0.10), 0.10, black, 24)
    strip = emissive("#cfe2ff", 6.0)
    for x, z in product((-0.9, 0.9), (0.66,)):
        box((x, 4.45, z), (1.3, 0.03, 0.035), strip)
    blinds(morning, 1.6, 5, 0.34, 0.05, (0.0, 0.30, 0.05), 3.0)
    tabletop(5.6)
    return Scene(
        [
            Look(
                "morning", "morning sun through tall windows", morning, lamps=0.2, mood=("energetic", "fresh", "strong")
            ),
            Look(
                "night",
                "cool strip light",
                night,
                1.0,
                (0.08, 0.10, 0.16),
                lamps=1.0,
                ev=-0.2,
                mood=("intense", "focused", "strong"),
            ),
        ],
        gloss=0.04,
        rough=0.5,
    )


@family(
    "bar",
    about="dark polished bar top before glowing shelves and out-of-focus lamps",
    surface="walnut",
    samples=10,
    tags="bar, pub, nightclub, cocktail bar, restaurant, lounge, evening, nightlife, hotel bar",
)
def bar() -> Scene:
    spot = key_light(46, 46, 2.2, "#ffd2a0", 5.0)
    blue = key_light(30, 40, 1.8, "#d9c8ff", 6.0)
    sky(flat="#1b1f33", strength=0.6)
    box((0, -0.05, -0.02), (4, 0.86, 0.04), wood(WALNUT, 0.22, 0.22), 0.006)
    box((0, 2.9, 0.8), (7, 0.2, 4), plaster("#2c2622", 0.12))
    amber = emissive("#ffac5e", 3.5)
    rng = np.random.default_rng(12)
    glass = [plain(c, 0.12) for c in ("#5a2d12", "#2e4a33", "#8a5a20", "#6f7d80", "#401a1c", "#a9772e")]
    for z in (-0.28, 0.06, 0.40):
        box((0, 2.66, z), (3.4, 0.26, 0.02), plain("#1d1713", 0.4), 0.003)
        box((0, 2.76, z + 0.015), (3.2, 0.015, 0.012), amber)
        for x in np.arange(-1.0, 1.0, 0.105):
            radius, tall = rng.uniform(0.026, 0.038), rng.uniform(0.17, 0.26)
            shape = [(radius, 0), (radius, tall * 0.6), (radius * 0.35, tall * 0.75), (radius * 0.35, tall)]
            turned((x + rng.uniform(-0.02, 0.02), 2.6, z + 0.01), shape, glass[int(rng.integers(len(glass)))], 0, 24)
    for x, y, z in ((-0.52, 1.9, 0.30), (0.02, 2.1, 0.36), (0.56, 1.9, 0.30)):
        sphere((x, y, z), 0.05, emissive("#ffb873", 9.0), 16)
        cylinder((x, y, z), 0.003, 1.5, plain("#111111", 0.5), 0, 8)
    tabletop(4.5)
    return Scene(
        [
            Look(
                "night",
                "amber shelf light",
                spot,
                1.0,
                (1.0, 1.0, 1.0),
                lamps=1.0,
                ev=-0.15,
                mood=("intimate", "premium", "moody"),
            ),
            Look(
                "dusk",
                "violet evening light",
                blue,
                1.0,
                (2.6, 1.6, 4.4),
                lamps=(0.62, 0.42, 1.5),
                ev=-0.15,
                mood=("electric", "nightlife", "moody"),
            ),
        ],
        gloss=0.20,
        rough=0.22,
    )
