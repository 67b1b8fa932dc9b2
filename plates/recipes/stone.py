"""Stone and water: terrace above the sea, marble counter."""
from ..camera import tabletop
from ..foliage import bush
from ..light import fronds, key_light, sky, window
from ..materials import leaf, marble, plain, plaster, travertine
from ..meshes import box, cylinder
from ..scene import Look, Scene, family
from .landscape import sea_and_coast


@family("terrace", about="travertine ledge over a blurred sea with bougainvillea", surface="travertine", samples=14,
        tags="terrace, patio, balcony, mediterranean, sea view, coast, riviera, sunlit, ledge, holiday")
def terrace() -> Scene:
    noon = key_light(22, 40, 5.4, "#ffe2b8", 1.2)
    golden = key_light(12, 17, 5.0, "#ffb066", 1.4)
    sky(22, 40, .17, .15)
    sea_and_coast(("#a5c3e0", 12000., 1.0))
    box((0, .02, -.04), (4, .62, .08), travertine("#cdb592", "#a58a67", scale=3.2), .005)
    fronds(noon, (.12, .10, .0), .8, 3, .80, 4, .20)
    fronds(golden, (-.05, .16, .02), .9, 3, .80, 9, .25)
    pink, green = leaf("#b3124f", "#e0457f", .6), leaf("#35581f", "#6d8b33", .4)
    for centre, size, count in (((.50, 2.1, .42), (.30, .3, .22), 700), ((.66, 2.0, .12), (.24, .3, .34), 600)):
        bush(centre, size, count, pink, 5, (.028, .045))
        bush(centre, size, count // 2, green, 6, (.03, .05))
    tabletop(2.8)
    return Scene([
        Look("noon", "noon sun through palm leaves", noon, season="summer", mood=("bright", "fresh", "holiday")),
        Look("golden", "low golden sun through palm leaves", golden, 1.25, (1.15, .88, .76), season="summer",
             mood=("warm", "romantic", "holiday")),
    ], gloss=.03, rough=.5)


@family("marble", about="polished marble counter before a limewashed wall with a soft still life", surface="marble",
        tags="marble, counter, beauty, spa, luxury, interior, dressing table, premium, still life", samples=14)
def marble_counter() -> Scene:
    morning = key_light(56, 33, 7.5, "#ffdcae", 1.4)
    cool = key_light(30, 44, 5.5, "#f2f4ff", 3.5)
    sky(flat="#d5dbe6", strength=.85)
    box((0, .0, -.02), (4, 1.2, .04), marble(scale=2.6), .004)
    box((0, 1.05, .6), (6, .2, 4), plaster("#cbb798", .14))
    window(morning, 1.9, (4, 6), (.19, .22), .022, (.02, .28, .08))
    fronds(cool, (.05, .5, .15), 1.0, 4, .7, 21, .35)
    cylinder((-.17, .46, 0), .040, .12, plain("#a9795a", .5), .012)
    cylinder((.21, .52, 0), .065, .035, plain("#8f9c86", .5), .012)
    cylinder((.20, .52, .035), .05, .03, plain("#e8dfd2", .5), .010)
    bush((-.17, .46, .185), (.085, .06, .085), 150, leaf("#56753f", "#97a874", .5), 3, (.03, .05))
    tabletop(3.6)
    return Scene([
        Look("window", "warm morning sun through window bars", morning, ev=.55, mood=("elegant", "calm", "premium")),
        Look("noon", "soft neutral daylight with leaf shade", cool, ev=.65, mood=("clean", "airy", "premium")),
    ], gloss=.16, rough=.15)
