"""Rooms at home: bathroom, kitchen, living room, desk."""

import numpy as np

from ..camera import tabletop
from ..foliage import bush
from ..light import blinds, fronds, key_light, sky, window
from ..materials import (
    NATURAL_OAK,
    OAK,
    WALNUT,
    brushed_metal,
    emissive,
    leaf,
    linen,
    plain,
    plaster,
    terrazzo,
    tiles,
    wood,
)
from ..meshes import box, cylinder, ground, turned
from ..scene import Look, Scene, family, wider


def books(
    start, count, seed, z=0.0, depth=0.16, tones=("#c9bfae", "#8c5a44", "#3f5560", "#d9d2c4", "#5f6b57", "#b98b4f")
):
    """A row of upright books from `start` (x, y) to the right."""
    rng, x = np.random.default_rng(seed), start[0]
    for _ in range(count):
        thick, tall = rng.uniform(0.016, 0.04), rng.uniform(0.17, 0.25)
        box(
            (x + thick / 2, start[1], z + tall / 2),
            (thick * 0.94, depth, tall),
            plain(str(rng.choice(tones)), 0.7),
            0.002,
        )
        x += thick
    return x


def plant(
    at, pot_radius, pot_height, crown, count, seed, pot="#f1ece4", tones=("#4c6b3a", "#8fa36a"), leaf_size=(0.03, 0.05)
):
    """A pot with a leafy crown that touches its rim."""
    cylinder(at, pot_radius, pot_height, plain(pot, 0.4), pot_radius * 0.2)
    x, y, z = at
    bush((x, y, z + pot_height + crown[2] * 0.75), crown, count, leaf(*tones, 0.5), seed, leaf_size)


@family(
    "bathroom",
    about="terrazzo shelf before glazed handmade tiles",
    surface="terrazzo",
    tags="bathroom, vanity, shelf, tiles, skincare, spa, shower, washbasin, interior",
)
def bathroom() -> Scene:
    morning = key_light(52, 36, 7.0, "#ffe4c0", 1.2)
    soft = key_light(24, 46, 4.5, "#fbfaff", 4.0)
    sky(flat="#d8e0ea", strength=0.70)
    box((0, -0.12, -0.02), (4, 1.02, 0.04), terrazzo("#ebe4da", scale=1.1), 0.004)
    box((0, 0.49, 0.6), (4, 0.2, 4), tiles("#6f9788", "#d9d6cb", 0.085, 0.14, True, 0.006))
    window(morning, 1.6, (3, 5), (0.20, 0.22), 0.024, (0.02, 0.16, 0.08))
    fronds(soft, (0.08, 0.36, 0.16), 0.9, 3, 0.6, 5, 0.3)
    cylinder((0.17, 0.27, 0), 0.034, 0.085, plain("#f1ece4", 0.3), 0.010)
    cylinder((-0.19, 0.24, 0), 0.05, 0.03, plain("#c59a6a", 0.5), 0.008)
    bush((0.17, 0.27, 0.128), (0.06, 0.05, 0.08), 90, leaf("#4c6b3a", "#8fa36a", 0.5), 5, (0.03, 0.05))
    tabletop(5.0)
    return Scene(
        [
            Look("window", "slanted morning window light", morning, mood=("clean", "fresh", "warm")),
            Look("noon", "soft cool daylight", soft, ev=0.3, mood=("clean", "airy", "clinical")),
        ],
        gloss=0.09,
        rough=0.3,
    )


@family(
    "kitchen",
    about="oak worktop before white tiles with ceramics and herbs",
    surface="oak",
    samples=10,
    tags="kitchen, counter, worktop, oak, breakfast, cooking, home, tiles, scandinavian",
)
def kitchen() -> Scene:
    morning = key_light(44, 32, 6.6, "#ffeed6", 1.2)
    golden = key_light(20, 20, 6.2, "#ffc68a", 1.2)
    sky(flat="#dbe2ec", strength=0.80)
    box((0, 0.02, -0.02), (4, 1.1, 0.04), wood(NATURAL_OAK, 0.12, 0.40), 0.004)
    box(
        (0, 0.92, 0.6),
        (5, 0.2, 4),
        tiles("#ece7dc", "#cfc8bb", 0.10, 0.16, True, 0.004, height=0.075, offset=0.5, variation=0.06),
    )
    plant((0.26, 0.50, 0), 0.042, 0.07, (0.07, 0.06, 0.07), 180, 7, "#b5714c", ("#3f6b2c", "#85a552"))
    cylinder((-0.27, 0.54, 0), 0.045, 0.11, plain("#e8e0d2", 0.4), 0.006)
    spoon = wood(("#8a6136", "#b98a55", "#d3a970", "#e2c08c"), 0.3)
    for i, lean in enumerate((-0.22, -0.05, 0.12, 0.26)):
        handle = cylinder((-0.27 + lean * 0.06, 0.54, 0.05), 0.006, 0.17 + 0.02 * i, spoon, 0, 16)
        handle.rotation_euler = (0.0, lean, 0.0)
    board = box((0.02, 0.80, 0.11), (0.20, 0.018, 0.26), wood(OAK, 0.5, 0.5), 0.006)
    board.rotation_euler = (-0.10, 0, 0)
    window(morning, 1.8, (3, 5), (0.24, 0.26), 0.026, (0.04, 0.30, 0.08))
    fronds(golden, (0.02, 0.40, 0.10), 1.2, 4, 0.6, 41, 0.35)
    tabletop(5.6)
    return Scene(
        [
            Look("window", "clear morning sun through the window", morning, mood=("homely", "fresh", "natural")),
            Look("golden", "late sun and leaf shade", golden, 1.0, (1.05, 0.9, 0.74), mood=("homely", "warm", "cosy")),
        ],
        gloss=0.06,
        rough=0.4,
    )


@family(
    "living",
    about="walnut side table before a sofa, a lamp and a window-lit wall",
    surface="walnut",
    samples=10,
    tags="living room, lounge, home, sofa, coffee table, apartment, interior, cosy, side table",
)
def living_room() -> Scene:
    morning = key_light(40, 30, 6.6, "#ffe1b8", 1.2)
    evening = key_light(36, 38, 1.5, "#ffc890", 14.0)
    sky(flat="#d9e0ea", strength=0.55)
    box((0, -0.02, -0.02), (1.9, 0.72, 0.04), wood(WALNUT, 0.16, 0.38), 0.006)
    ground(14, wood(OAK, 0.18, 0.5), -0.45, 4)
    box((0, 4.3, 1.0), (9, 0.2, 4), plaster("#d8cdbb", 0.10))
    cloth, dark = linen("#b9ad98"), linen("#7d8577")
    box((-0.25, 3.1, -0.22), (1.9, 0.85, 0.32), cloth, 0.07)
    box((-0.25, 3.45, 0.06), (1.9, 0.24, 0.62), cloth, 0.09)
    for x in (-1.18, 0.68):
        box((x, 3.1, -0.06), (0.20, 0.85, 0.42), cloth, 0.07)
    for x, colour, turn in ((-0.75, linen("#c07a4e"), 8), (0.22, dark, -10)):
        cushion = box((x, 3.16, 0.13), (0.40, 0.14, 0.36), colour, 0.06, turn)
        cushion.rotation_euler.x = -0.3
    box((0.18, 4.18, 0.66), (0.56, 0.03, 0.42), plain("#efe9de", 0.6), 0.004)
    box((0.18, 4.16, 0.66), (0.60, 0.03, 0.46), plain("#3a2c22", 0.5), 0.004)
    box((0.18, 4.14, 0.66), (0.40, 0.03, 0.28), plain("#b9805f", 0.8), 0.004)
    cylinder((0.82, 3.3, -0.45), 0.012, 0.95, brushed_metal("#8d7a5a"), 0, 16)
    turned((0.82, 3.3, 0.32), [(0.20, 0), (0.15, 0.24)], emissive("#ffc88c", 5.0))
    plant((-1.05, 2.4, -0.45), 0.11, 0.25, (0.26, 0.24, 0.36), 420, 11, "#d9d1c2", ("#33552b", "#7c9950"), (0.09, 0.15))
    window(morning, 2.4, (3, 6), (0.34, 0.36), 0.04, (0.02, 0.42, 0.05), 6.0)
    tabletop(6.3)
    return Scene(
        [
            Look(
                "window",
                "morning light through the window",
                morning,
                0.5,
                (3.6, 3.6, 3.6),
                ev=0.35,
                mood=("homely", "calm", "warm"),
            ),
            Look(
                "dusk",
                "blue evening with the lamp on",
                evening,
                1.0,
                (0.16, 0.22, 0.40),
                lamps=1.0,
                ev=-0.25,
                mood=("cosy", "intimate", "moody"),
            ),
        ],
        gloss=0.08,
        rough=0.35,
    )


@family(
    "desk",
    about="walnut desk with books, a plant and a lamp",
    surface="walnut",
    samples=10,
    tags="desk, office, home office, workspace, study, work, library, books, study table",
)
def office_desk() -> Scene:
    morning = key_light(42, 34, 6.4, "#ffe6c4", 1.2)
    night = key_light(48, 42, 1.7, "#ffcb92", 10.0)
    sky(flat="#d6e0ec", strength=0.75)
    box((0, -0.02, -0.02), (4, 0.94, 0.04), wood(WALNUT, 0.20, 0.40), 0.004)
    box((0, 1.55, 1.0), (7, 0.2, 5), plaster("#9fb0ad", 0.08))
    box((0, 1.32, 0.16), (2.6, 0.24, 0.022), wood(OAK, 0.4, 0.5), 0.003)
    box((0, 1.32, -0.16), (2.6, 0.24, 0.022), wood(OAK, 0.4, 0.5), 0.003)
    books((-0.56, 1.32), 13, 4, 0.171)
    books((0.10, 1.32), 11, 8, 0.171)
    books((-0.30, 1.32), 16, 15, -0.149)
    for i, (width, colour) in enumerate(((0.19, "#2f4a55"), (0.17, "#d8cdb8"), (0.18, "#a8563c"))):
        box((0.235, 0.33, 0.011 + 0.022 * i), (width, 0.13, 0.021), plain(colour, 0.6), 0.002, (-8, 5, -2)[i])
    cylinder((-0.235, 0.34, 0), 0.033, 0.085, plain("#e6ddcf", 0.4), 0.003)
    for i, colour in enumerate(("#c0503a", "#2d3c4b", "#d2a24c", "#4f6a55")):
        pencil = cylinder((-0.235 + 0.008 * (i - 1.5), 0.34 + 0.005 * i, 0.02), 0.0036, 0.13, plain(colour, 0.4), 0, 12)
        pencil.rotation_euler = (0.08 * (i % 2), 0.10 * (i - 1.5), 0)
    plant((-0.42, 0.78, 0), 0.06, 0.10, (0.11, 0.10, 0.13), 220, 9, "#c98a64", ("#3b6230", "#84a258"), (0.05, 0.08))
    cylinder((0.37, 0.80, 0), 0.075, 0.014, brushed_metal("#3b3d40"), 0.003)
    cylinder((0.37, 0.80, 0), 0.007, 0.30, brushed_metal("#3b3d40"), 0, 16)
    turned((0.37, 0.80, 0.23), [(0.095, 0), (0.06, 0.10)], emissive("#ffc98e", 7.0))
    blinds(morning, 1.6, 14, 0.12, 0.045, (0.0, 0.0, 0.07), 3.0)
    tabletop(5.6)
    return Scene(
        [
            Look("morning", "morning sun through blinds", morning, mood=("focused", "fresh", "orderly")),
            Look(
                "night",
                "lamplight late in the evening",
                night,
                1.0,
                (0.07, 0.09, 0.16),
                lamps=1.0,
                ev=-0.35,
                mood=("focused", "quiet", "moody"),
            ),
        ],
        gloss=0.06,
        rough=0.4,
    )


wider("bathroom-wide", "bathroom", "long terrazzo shelf before glazed handmade tiles")
wider("kitchen-wide", "kitchen", "broad oak worktop before white tiles with ceramics, a board and herbs")
