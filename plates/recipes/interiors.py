"""Rooms: bathroom, kitchen, living room, desk, studio sweep, bar."""
import math

import numpy as np

from ..camera import tabletop
from ..foliage import bush
from ..light import blinds, fronds, key_light, sky, softbox, window
from ..materials import (NATURAL_OAK, OAK, WALNUT, brushed_metal, emissive, leaf, linen, marble, plain, plaster, terrazzo, tiles,
                         wood)
from ..meshes import box, cylinder, ground, heightfield, sphere, turned
from ..scene import Look, Scene, family


def books(start, count, seed, z=0., depth=.16, tones=("#c9bfae", "#8c5a44", "#3f5560", "#d9d2c4", "#5f6b57", "#b98b4f")):
    """A row of upright books from `start` (x, y) to the right."""
    rng, x = np.random.default_rng(seed), start[0]
    for _ in range(count):
        thick, tall = rng.uniform(.016, .04), rng.uniform(.17, .25)
        box((x + thick / 2, start[1], z + tall / 2), (thick * .94, depth, tall), plain(str(rng.choice(tones)), .7), .002)
        x += thick
    return x


def plant(at, pot_radius, pot_height, crown, count, seed, pot="#f1ece4", tones=("#4c6b3a", "#8fa36a"), leaf_size=(.03, .05)):
    """A pot with a leafy crown that touches its rim."""
    cylinder(at, pot_radius, pot_height, plain(pot, .4), pot_radius * .2)
    x, y, z = at
    bush((x, y, z + pot_height + crown[2] * .75), crown, count, leaf(*tones, .5), seed, leaf_size)


@family("bathroom", about="terrazzo shelf before glazed handmade tiles", surface="terrazzo",
        tags="bathroom, vanity, shelf, tiles, skincare, spa, shower, washbasin, interior")
def bathroom() -> Scene:
    morning = key_light(52, 36, 7., "#ffe4c0", 1.2)
    soft = key_light(24, 46, 4.5, "#fbfaff", 4.)
    sky(flat="#d8e0ea", strength=.70)
    box((0, -.12, -.02), (4, 1.02, .04), terrazzo("#ebe4da", scale=1.1), .004)
    box((0, .49, .6), (4, .2, 4), tiles("#6f9788", "#d9d6cb", .085, .14, True, .006))
    window(morning, 1.6, (3, 5), (.20, .22), .024, (.02, .16, .08))
    fronds(soft, (.08, .36, .16), .9, 3, .6, 5, .3)
    cylinder((.17, .27, 0), .034, .085, plain("#f1ece4", .3), .010)
    cylinder((-.19, .24, 0), .05, .03, plain("#c59a6a", .5), .008)
    bush((.17, .27, .145), (.06, .05, .08), 90, leaf("#4c6b3a", "#8fa36a", .5), 5, (.03, .05))
    tabletop(5.)
    return Scene([
        Look("window", "slanted morning window light", morning, mood=("clean", "fresh", "warm")),
        Look("noon", "soft cool daylight", soft, ev=.3, mood=("clean", "airy", "clinical")),
    ], gloss=.09, rough=.3)


@family("kitchen", about="oak worktop before white tiles with ceramics and herbs", surface="oak", samples=14,
        tags="kitchen, counter, worktop, oak, breakfast, cooking, home, tiles, scandinavian")
def kitchen() -> Scene:
    morning = key_light(44, 32, 6.6, "#ffeed6", 1.2)
    golden = key_light(20, 20, 6.2, "#ffc68a", 1.2)
    sky(flat="#dbe2ec", strength=.80)
    box((0, .02, -.02), (4, 1.1, .04), wood(NATURAL_OAK, .12, .40), .004)
    box((0, .92, .6), (5, .2, 4), tiles("#ece7dc", "#cfc8bb", .10, .16, True, .004, height=.075, offset=.5, variation=.06))
    plant((.26, .50, 0), .042, .07, (.07, .06, .07), 180, 7, "#b5714c", ("#3f6b2c", "#85a552"))
    cylinder((-.27, .54, 0), .045, .11, plain("#e8e0d2", .4), .006)
    spoon = wood(("#8a6136", "#b98a55", "#d3a970", "#e2c08c"), .3)
    for i, lean in enumerate((-.22, -.05, .12, .26)):
        handle = cylinder((-.27 + lean * .06, .54, .05), .006, .17 + .02 * i, spoon, 0, 16)
        handle.rotation_euler = (0., lean, 0.)
    board = box((.02, .80, .11), (.20, .018, .26), wood(OAK, .5, .5), .006)
    board.rotation_euler = (-.10, 0, 0)
    window(morning, 1.8, (3, 5), (.24, .26), .026, (.04, .30, .08))
    fronds(golden, (.02, .40, .10), 1.2, 4, .6, 41, .35)
    tabletop(4.)
    return Scene([
        Look("window", "clear morning sun through the window", morning, mood=("homely", "fresh", "natural")),
        Look("golden", "late sun and leaf shade", golden, 1., (1.05, .9, .74), mood=("homely", "warm", "cosy")),
    ], gloss=.06, rough=.4)


@family("living", about="walnut side table before a sofa, a lamp and a window-lit wall", surface="walnut", samples=14,
        tags="living room, lounge, home, sofa, coffee table, apartment, interior, cosy, side table")
def living_room() -> Scene:
    morning = key_light(40, 30, 6.6, "#ffe1b8", 1.2)
    evening = key_light(36, 38, 1.5, "#ffc890", 14.)
    sky(flat="#d9e0ea", strength=.55)
    box((0, -.02, -.02), (1.9, .72, .04), wood(WALNUT, .16, .38), .006)
    ground(14, wood(OAK, .18, .5), -.45, 4)
    box((0, 4.3, 1.), (9, .2, 4), plaster("#d8cdbb", .10))
    cloth, dark = linen("#b9ad98"), linen("#7d8577")
    box((-.25, 3.1, -.22), (1.9, .85, .32), cloth, .07)
    box((-.25, 3.45, .06), (1.9, .24, .62), cloth, .09)
    for x in (-1.18, .68):
        box((x, 3.1, -.06), (.20, .85, .42), cloth, .07)
    for x, colour, turn in ((-.75, linen("#c07a4e"), 8), (.22, dark, -10)):
        cushion = box((x, 3.16, .13), (.40, .14, .36), colour, .06, turn)
        cushion.rotation_euler.x = -.3
    box((.18, 4.18, .66), (.56, .03, .42), plain("#efe9de", .6), .004)
    box((.18, 4.16, .66), (.60, .03, .46), plain("#3a2c22", .5), .004)
    box((.18, 4.14, .66), (.40, .03, .28), plain("#b9805f", .8), .004)
    cylinder((.82, 3.3, -.45), .012, .95, brushed_metal("#8d7a5a"), 0, 16)
    turned((.82, 3.3, .32), [(.20, 0), (.15, .24)], emissive("#ffc88c", 5.))
    plant((-1.05, 2.4, -.45), .11, .25, (.26, .24, .36), 420, 11, "#d9d1c2", ("#33552b", "#7c9950"), (.09, .15))
    window(morning, 2.4, (3, 6), (.34, .36), .04, (.02, .7, .0), 6.)
    tabletop(6.3)
    return Scene([
        Look("window", "morning light through the window", morning, mood=("homely", "calm", "warm")),
        Look("dusk", "blue evening with the lamp on", evening, 1., (.16, .22, .40), lamps=1.0, ev=-.25,
             mood=("cosy", "intimate", "moody")),
    ], gloss=.08, rough=.35)


@family("desk", about="walnut desk with books, a plant and a lamp", surface="walnut", samples=14,
        tags="desk, office, home office, workspace, study, work, library, books, study table")
def office_desk() -> Scene:
    morning = key_light(42, 34, 6.4, "#ffe6c4", 1.2)
    night = key_light(48, 42, 1.7, "#ffcb92", 10.)
    sky(flat="#d6e0ec", strength=.75)
    box((0, -.02, -.02), (4, .94, .04), wood(WALNUT, .20, .40), .004)
    box((0, 1.55, 1.), (7, .2, 5), plaster("#9fb0ad", .08))
    box((0, 1.32, .16), (2.6, .24, .022), wood(OAK, .4, .5), .003)
    box((0, 1.32, -.16), (2.6, .24, .022), wood(OAK, .4, .5), .003)
    books((-.56, 1.32), 13, 4, .171)
    books((.10, 1.32), 11, 8, .171)
    books((-.30, 1.32), 16, 15, -.149)
    for i, (width, colour) in enumerate(((.19, "#2f4a55"), (.17, "#d8cdb8"), (.18, "#a8563c"))):
        box((.235, .33, .011 + .022 * i), (width, .13, .021), plain(colour, .6), .002, (-8, 5, -2)[i])
    cylinder((-.235, .34, 0), .033, .085, plain("#e6ddcf", .4), .003)
    for i, colour in enumerate(("#c0503a", "#2d3c4b", "#d2a24c", "#4f6a55")):
        pencil = cylinder((-.235 + .008 * (i - 1.5), .34 + .005 * i, .02), .0036, .13, plain(colour, .4), 0, 12)
        pencil.rotation_euler = (.08 * (i % 2), .10 * (i - 1.5), 0)
    plant((-.42, .78, 0), .06, .10, (.11, .10, .13), 220, 9, "#c98a64", ("#3b6230", "#84a258"), (.05, .08))
    cylinder((.37, .80, 0), .075, .014, brushed_metal("#3b3d40"), .003)
    cylinder((.37, .80, 0), .007, .30, brushed_metal("#3b3d40"), 0, 16)
    turned((.37, .80, .23), [(.095, 0), (.06, .10)], emissive("#ffc98e", 7.))
    blinds(morning, 1.6, 18, .085, .040, (.0, .20, .04), 3.)
    tabletop(4.)
    return Scene([
        Look("morning", "morning sun through blinds", morning, mood=("focused", "fresh", "orderly")),
        Look("night", "lamplight late in the evening", night, 1., (.07, .09, .16), lamps=1.0, ev=-.35,
             mood=("focused", "quiet", "moody")),
    ], gloss=.06, rough=.4)


def _sweep(colour):
    """Seamless paper that curves from the table up into the background."""
    profile = [(y, 0.) for y in np.linspace(-.9, .45, 12)]
    profile += [(.45 + .55 * math.sin(a), .55 * (1 - math.cos(a))) for a in np.linspace(0, math.pi / 2, 32)[1:]]
    profile += [(1., z) for z in np.linspace(.6, 2.5, 8)]
    across = np.linspace(-3, 3, 24)
    x = np.broadcast_to(across, (len(profile), len(across)))
    y, z = (np.broadcast_to(np.array([p[k] for p in profile])[:, None], x.shape) for k in (0, 1))
    heightfield(x, y, z, plaster(colour, .025, .00008, .75, 1.4))


def _studio(colour, tone, shade) -> Scene:
    """A softbox look and a hard-sun look; `shade(key)` hangs something between sun and paper."""
    soft = softbox(36, 46, 1.3, .55, 26.)
    sun = key_light(32, 36, 5.0, "#ffedd4", 1.)
    sky(flat="#e8ecf2", strength=.30)
    _sweep(colour)
    shade(sun)
    tabletop(5.6)
    return Scene([
        Look("softbox", f"a softbox from the left on {tone} paper", soft, ev=.35, mood=("clean", "minimal", "precise")),
        Look("window", f"hard sun and shadows on {tone} paper", sun, 1., (1.8, 1.8, 1.8), ev=.4,
             mood=("graphic", "sunlit", "minimal")),
    ], gloss=.02, rough=.7)


def _window_bars(sun):
    window(sun, 1.6, (3, 5), (.24, .30), .024, (.02, .16, .05))


def _palm(sun):
    fronds(sun, (.10, .36, .10), .8, 4, .90, 52, .40)


def _fern(sun):
    fronds(sun, (.0, .50, .16), .7, 4, .90, 77, .45)


def _slats(sun):
    blinds(sun, 1.4, 14, .10, .045, (.0, .30, .08), 3.)


_STUDIO_TAGS = "studio, sweep, backdrop, seamless paper, packshot, plain background, minimal, podium, "


@family("studio", about="seamless warm-white sweep", surface="paper", tags=_STUDIO_TAGS + "white, neutral", samples=10)
def studio_white() -> Scene:
    return _studio("#ece7df", "warm-white", _window_bars)


@family("studio-blush", about="seamless blush sweep", surface="paper", tags=_STUDIO_TAGS + "pink, blush, rose, pastel",
        samples=10)
def studio_blush() -> Scene:
    return _studio("#e0b3a2", "blush", _palm)


@family("studio-sage", about="seamless sage-green sweep", surface="paper", tags=_STUDIO_TAGS + "green, sage, olive",
        samples=10)
def studio_sage() -> Scene:
    return _studio("#a3ad8e", "sage-green", _fern)


@family("studio-blue", about="seamless sky-blue sweep", surface="paper", tags=_STUDIO_TAGS + "blue, sky blue, cool",
        samples=10)
def studio_blue() -> Scene:
    return _studio("#8fb4cc", "sky-blue", _slats)


@family("studio-charcoal", about="seamless charcoal sweep", surface="paper",
        tags=_STUDIO_TAGS + "black, dark, charcoal, grey, premium", samples=10)
def studio_charcoal() -> Scene:
    return _studio("#3b3c40", "charcoal", _window_bars)


@family("bar", about="dark polished bar top before glowing shelves and out-of-focus lamps", surface="walnut", samples=14,
        tags="bar, pub, nightclub, cocktail bar, restaurant, lounge, evening, nightlife, hotel bar")
def bar() -> Scene:
    spot = key_light(46, 46, 2.2, "#ffd2a0", 5.)
    blue = key_light(30, 40, 1.8, "#d9c8ff", 6.)
    sky(flat="#1b1f33", strength=.6)
    box((0, -.05, -.02), (4, .86, .04), wood(WALNUT, .22, .22), .006)
    box((0, 2.9, .8), (7, .2, 4), plaster("#2c2622", .12))
    amber = emissive("#ffac5e", 3.5)
    rng = np.random.default_rng(12)
    glass = [plain(c, .12) for c in ("#5a2d12", "#2e4a33", "#8a5a20", "#6f7d80", "#401a1c", "#a9772e")]
    for z in (-.28, .06, .40):
        box((0, 2.66, z), (3.4, .26, .02), plain("#1d1713", .4), .003)
        box((0, 2.76, z + .015), (3.2, .015, .012), amber)
        for x in np.arange(-1.0, 1.0, .105):
            radius, tall = rng.uniform(.026, .038), rng.uniform(.17, .26)
            shape = [(radius, 0), (radius, tall * .6), (radius * .35, tall * .75), (radius * .35, tall)]
            turned((x + rng.uniform(-.02, .02), 2.6, z + .01), shape, glass[int(rng.integers(len(glass)))], 0, 24)
    for x, y, z in ((-.52, 1.9, .30), (.02, 2.1, .36), (.56, 1.9, .30)):
        sphere((x, y, z), .05, emissive("#ffb873", 9.), 16)
        cylinder((x, y, z), .003, 1.5, plain("#111111", .5), 0, 8)
    tabletop(3.2)
    return Scene([
        Look("night", "amber shelf light", spot, 1., (1., 1., 1.), lamps=1., ev=-.15,
             mood=("intimate", "premium", "moody")),
        Look("dusk", "violet evening light", blue, 1., (2.6, 1.6, 4.4), lamps=(.62, .42, 1.5), ev=-.15,
             mood=("electric", "nightlife", "moody")),
    ], gloss=.20, rough=.22)


@family("vanity", about="white marble dressing table with blush wall and soft drapery", surface="marble",
        tags="vanity, dressing table, beauty, cosmetics, perfume, boudoir, bedroom, feminine, skincare")
def dressing_table() -> Scene:
    morning = key_light(34, 34, 5.6, "#ffe6cc", 1.6)
    soft = key_light(30, 46, 3.2, "#fff4ee", 12.)
    sky(flat="#eee6e6", strength=.72)
    box((0, -.02, -.02), (4, 1., .04), marble("#f3efec", "#e2dad6", "#a08c84", .14, 2.2), .006)
    box((0, 1.15, .6), (6, .2, 4), plaster("#dcb7a8", .08))
    x, z = np.meshgrid(np.linspace(-.9, -.16, 220), np.linspace(-.3, 1.2, 12))
    heightfield(x, .92 + .035 * np.sin(x * 52 + .8 * np.sin(x * 9)), z, linen("#f0e4dc"))
    turned((.24, .48, 0), [(.05, 0), (.055, .01), (.012, .03), (.010, .12), (.07, .145), (.07, .15)], brushed_metal("#d9b27c", .25))
    sphere((.31, .30, .02), .02, plain("#f6ede4", .25), 24)
    sphere((.27, .28, .013), .013, plain("#e9cdbd", .25), 24)
    cylinder((-.24, .40, 0), .05, .05, plain("#e7c3b4", .25), .012)
    cylinder((-.24, .40, .05), .052, .014, brushed_metal("#d9b27c", .25), .004)
    bush((.24, .48, .19), (.075, .06, .06), 150, leaf("#d6a79c", "#f3d9cf", .5), 13, (.03, .05))
    fronds(morning, (.05, .50, .16), 1.0, 4, .6, 61, .35)
    tabletop(4.)
    return Scene([
        Look("window", "warm sun with leaf shadows", morning, ev=.4, mood=("delicate", "warm", "elegant")),
        Look("softbox", "soft frontal beauty light", soft, ev=.5, mood=("clean", "delicate", "elegant")),
    ], gloss=.14, rough=.15)
