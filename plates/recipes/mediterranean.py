"""Sunlit outdoor still lifes: garden table, beach, courtyard, pastel arches, pool."""
import math

import numpy as np

from ..camera import tabletop
from ..foliage import bush, frond, grass
from ..light import branches, fronds, key_light, sky
from ..materials import OAK, leaf, plain, plaster, sand, tiles, travertine, water, wood
from ..meshes import arch_wall, box, cylinder, fractal, ground, heightfield, sphere
from ..nodes import material
from ..scene import Look, Scene, family
from .landscape import meadow, sea_and_coast


@family("garden", about="oak table before a sunlit flowering hedge", surface="oak", samples=16,
        tags="garden, backyard, park, orchard, picnic table, hedge, flowers, green, outdoor, spring")
def garden() -> Scene:
    noon = key_light(10, 42, 5.5, "#ffe3b8", 1.)
    golden = key_light(30, 20, 5.0, "#ffb468", 1.3)
    sky(10, 42, .30, .6)
    box((0, .02, -.02), (4, .70, .04), wood(OAK, .11, .6), .004)
    meadow("#6f8d34")
    green, lime = leaf("#35611b", "#97b146", .3), leaf("#54852a", "#c3d169", .3)
    hedges = (((-1.6, 5.5, .0), (1.5, 1., 1.1), 8000), ((1.5, 6., -.2), (1.6, 1., 1.0), 8000),
              ((.1, 8., -.2), (2.2, 1., .8), 6000), ((-1.4, 9.5, 1.7), (1.5, 1.2, .8), 3500),
              ((2.0, 9., 1.9), (1.3, 1.2, .7), 3500))
    for i, (centre, size, count) in enumerate(hedges):
        bush(centre, size, count, green if i % 2 else lime, i, (.07, .13))
    white, rng = plain("#fff6ea", .7), np.random.default_rng(2)
    for _ in range(60):                                           # small spheres read as blossom once blurred
        sphere((rng.uniform(-2.2, 2.2), rng.uniform(4.3, 5.2), rng.uniform(-.6, .6)), rng.uniform(.02, .045), white, 8)
    fronds(noon, (.20, .15, .0), 1.0, 2, .8, 8, .1)
    branches(golden, (.08, .12, .0), 1.4, 200, (.30, .16), (.04, .08), 5)
    tabletop(2.8)
    return Scene([
        Look("noon", "high summer sun", noon, season="spring", mood=("natural", "fresh", "cheerful")),
        Look("golden", "late sun through branches", golden, 1., (1.15, .92, .74), ev=.45, season="summer",
             mood=("natural", "warm", "nostalgic")),
    ], gloss=.06, rough=.4)


@family("beach", about="wind-rippled sand with dune grass and blurred surf", surface="sand",
        tags="beach, sand, dunes, seaside, coast, ocean, surf, holiday, shore, summer")
def beach() -> Scene:
    golden = key_light(24, 26, 5.6, "#ffc98c", 1.2)
    noon = key_light(34, 36, 5.6, "#fff0d8", .9)
    sky(24, 20, .30, .35)
    x, y = np.meshgrid(np.linspace(-.9, .9, 900), np.r_[np.linspace(-.42, .8, 900), np.linspace(.805, 5.2, 260)])
    swell, lumps = fractal(x.shape, 190, 4, 3), fractal(x.shape, 16, 4, 4)
    phase = (y + .22 * x) * 95 + 30 * swell
    ripples = .0042 * (np.sin(phase) + .28 * np.sin(2 * phase + .9))
    ripples *= np.clip(1.5 * fractal(x.shape, 260, 2, 8) - .25, .15, 1)
    away_from_product = 1 - np.exp(-(x * x + y * y) / .05 ** 2)
    height = (ripples + .022 * (swell - .6) + .0016 * (lumps - .5)) * away_from_product
    heightfield(x, y, height - .05 * np.clip((y - 1.2) / 3., 0, 1), sand(scale=1.6))

    def surf(g):
        foam = g.noise(g.position((.5, 1.1, 1), .5, .9), 1.1, 6).step(.50, .58)
        return {"Base Color": g.mix(foam, "#2a7c8c", "#f6f7f3"), "Roughness": .22,
                "bump": g.noise(g.position((.7, 2., 1)), 1.6, 6) * .10}
    ground(60, material("surf", surf), -.06, 33.2)
    sea_and_coast(("#d8d4d0", 8000., 1.0), -.3, 6)
    straw, rng = leaf("#8d9a55", "#d8cb8a", .6), np.random.default_rng(4)
    for at_x, at_y, spread, count in ((-.42, 1.2, .09, 150), (.50, 1.5, .10, 190), (-.75, 2.2, .2, 260)):
        roots = np.c_[rng.normal(at_x, spread, count), rng.normal(at_y, spread, count), np.full(count, -.03)]
        grass(roots, straw, 3, (.18, .38), .28, .35)
    tabletop(4., 9.)
    return Scene([
        Look("golden", "low warm sun", golden, 1., (1.25, .90, .68), ev=.3, season="summer",
             mood=("warm", "relaxed", "holiday")),
        Look("noon", "clear high sun", noon, 1., (.92, 1., 1.1), ev=.35, season="summer",
             mood=("bright", "fresh", "holiday")),
    ])


@family("courtyard", about="limewashed wall, plaster plinth and palm", surface="plaster",
        tags="courtyard, patio, mediterranean, palm, plinth, podium, morocco, limewash, riad, terracotta")
def courtyard() -> Scene:
    noon = key_light(40, 40, 6.4, "#ffedd0", .8)
    golden = key_light(22, 24, 6.0, "#ffb978", 1.)
    sky(40, 40, .22, .4)
    ground(8, tiles("#c08a62", "#d8c3a4", .16, .6), -.13)
    box((0, .62, 1.), (7, .2, 3), plaster("#d99a68", .16, .0014, scale=1.8))
    pale = plaster("#efe3d0", .10, .0008, scale=2.)
    box((0, .01, -.065), (.25, .21, .13), pale, .005)
    box((.245, .16, -.03), (.15, .15, .20), pale, .005)
    fronds(noon, (-.10, .46, .24), .9, 3, .90, 11, .25)
    fronds(golden, (-.02, .46, .14), .9, 3, .90, 17, .30)
    green = leaf("#3c5f2c", "#7f9a4c", .4)
    for i, angle in enumerate((96, 122, 148)):
        direction = (math.cos(math.radians(angle)), -.15, math.sin(math.radians(angle)))
        frond((.30, .34, -.06), direction, .34, green, .45, 22, .5, .007, i)
    tabletop(7.)
    return Scene([
        Look("noon", "hard noon light through palms", noon, ev=.25, season="summer",
             mood=("warm", "editorial", "sunlit")),
        Look("golden", "raking evening light through palms", golden, 1., (1.1, .85, .7), ev=.25, season="summer",
             mood=("warm", "glowing", "editorial")),
    ], ground={"clip": [-.122, -.092, .122, .113]})


@family("arches", about="surreal pastel arches over still water", surface="plaster", samples=10,
        tags="arches, pastel, surreal, podium, dreamscape, water, pedestal, minimal, abstract")
def arches() -> Scene:
    noon = key_light(34, 38, 5.4, "#ffe4c6", 1.5)
    golden = key_light(18, 22, 5.4, "#ffb07c", 1.5)
    sky(34, 38, .20, .2, tint=("#bcd6f2", .2))
    ground(400, water("#7fc0cc", .0018, 20., .03), -.075, 150)
    arch_wall((-.02, .62, -.1), .50, .62, .30, .47, .16, plaster("#eebfa4", .05, .0003))
    arch_wall((-.58, 1.05, -.1), .62, .80, .38, .62, .18, plaster("#f3d8c4", .05, .0003))
    arch_wall((.60, 1.25, -.1), .66, .50, .40, .40, .2, plaster("#e7ab90", .05, .0003))
    pale = plaster("#f6e8dc", .04, .0003)
    cylinder((0, 0, -.2), .115, .20, pale, .004)
    cylinder((.22, .20, -.2), .07, .165, pale, .004)
    cylinder((-.21, .16, -.2), .055, .15, pale, .004)
    sphere((-.21, .16, -.012), .038, plain("#e0906f", .3), 32)
    sphere((.235, .20, .012), .047, plain("#f2cf9f", .3), 32)
    tabletop(6.)
    return Scene([
        Look("noon", "clear sky", noon, mood=("playful", "dreamy", "soft")),
        Look("golden", "peach evening sky", golden, 1., (1.3, .88, .78), mood=("dreamy", "warm", "soft")),
    ], ground={"clip_disc": .111})


@family("pool", about="pale stone coping at a turquoise pool with palms behind", surface="limestone",
        tags="pool, poolside, swimming pool, resort, hotel, villa, summer, holiday, palm, water")
def pool() -> Scene:
    noon = key_light(20, 42, 5.6, "#fff0d6", .8)
    golden = key_light(14, 20, 5.2, "#ffb870", 1.2)
    sky(20, 42, .20, .2)
    box((0, -.05, -.03), (4, .60, .06), travertine("#d6c4a6", "#b39c7a", .55, 3.0), .012)

    def turquoise(g):
        place = g.position((1., 1.6, 1.), .35, 1.4)
        light = abs(g.noise(place, 3.2, 3) - .5).step(0., .045, 1., 0., "SMOOTHSTEP")
        return {"Base Color": g.mix(light * .55, "#1f9db4", "#a9ecec"), "Roughness": .05, "IOR": 1.33,
                "bump": g.noise(place, 4., 4) * .012}
    ground(9, material("pool", turquoise), -.10, 4.6)
    box((0, 9.4, -.05), (30, .7, .12), travertine("#e6dccb", "#cfc0a8", .55, 1.), .01)
    meadow("#6d9440", -.12).location.y = 40.
    box((-3.4, 13., .9), (4.2, 1., 2.2), plaster("#f4efe6", .05), .02)
    green, deep = leaf("#3d6a2b", "#9bb554", .4), leaf("#2c5424", "#6d8f3a", .4)
    for i, (x, y, size) in enumerate(((-1.5, 11., .7), (.2, 11.6, .55), (1.7, 10.6, .8), (2.9, 12., 1.))):
        bush((x, y, .1), (size, .6, size * .6), 2200, deep if i % 2 else green, i, (.08, .15))
    for k, (x, y, top) in enumerate(((1.1, 11.5, 1.5), (2.2, 13., 2.0), (-.6, 14., 1.7))):
        cylinder((x, y, -.1), .09, top + .1, plain("#8a7355", .9), 0, 16)
        for i in range(14):
            turn = i * 2.4
            frond((x, y, top), (math.cos(turn), math.sin(turn), .5 - .06 * i), 1.2, green, .5, 16, .4, .05, 20 * k + i)
    fronds(noon, (.14, .16, .0), .8, 3, .8, 31, .25)
    fronds(golden, (-.06, .14, .0), .9, 3, .8, 35, .3)
    tabletop(2.8)
    return Scene([
        Look("noon", "bright noon sun with palm shade", noon, season="summer", mood=("fresh", "bright", "holiday")),
        Look("golden", "late golden sun with palm shade", golden, 1.1, (.90, .70, .58), season="summer",
             mood=("warm", "glamorous", "holiday")),
    ], gloss=.05, rough=.4)
