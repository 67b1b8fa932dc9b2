"""Stone and water: terrace above the sea, marble counter."""

from ..camera import tabletop
from ..foliage import bush
from ..light import fronds, key_light, sky, window
from ..materials import leaf, marble, plain, plaster, travertine
from ..meshes import box, cylinder
from ..scene import Look, Scene, family, wider
from .landscape import sea_and_coast


@family(
    "terrace",
    about="travertine ledge over a blurred sea with bougainvillea",
    surface="travertine",
    samples=10,
    tags="terrace, patio, balcony, mediterranean, sea view, coast, riviera, sunlit, ledge, holiday",
)
def terrace() -> Scene:
    noon = key_light(22, 40, 5.4, "#ffe2b8", 1.2)
    golden = key_light(12, 17, 5.0, "#ffb066", 1.4)
    sky(22, 40, 0.17, 0.15)
    sea_and_coast(("#a5c3e0", 12000.0, 1.0))
    box((0, -0.06, -0.04), (4, 0.78, 0.08), travertine("#cdb592", "#a58a67", scale=3.2), 0.005)
    fronds(noon, (0.06, 0.07, 0.0), 0.9, 3, 0.80, 15, 0.20)
    fronds(golden, (-0.05, 0.16, 0.02), 0.9, 3, 0.80, 9, 0.25)
    pink, green = leaf("#b3124f", "#e0457f", 0.6), leaf("#35581f", "#6d8b33", 0.4)
    for centre, size, count in (
        ((0.50, 2.1, 0.42), (0.30, 0.3, 0.22), 700),
        ((0.66, 2.0, 0.12), (0.24, 0.3, 0.34), 600),
    ):
        bush(centre, size, count, pink, 5, (0.028, 0.045))
        bush(centre, size, count // 2, green, 6, (0.03, 0.05))
    tabletop(4.5)
    return Scene(
        [
            Look("noon", "noon sun through palm leaves", noon, season="summer", mood=("bright", "fresh", "holiday")),
            Look(
                "golden",
                "low golden sun through palm leaves",
                golden,
                1.25,
                (1.28, 0.89, 0.67),
                season="summer",
                mood=("warm", "romantic", "holiday"),
            ),
        ],
        gloss=0.03,
        rough=0.5,
    )


@family(
    "marble",
    about="polished marble counter before a limewashed wall with a soft still life",
    surface="marble",
    tags="marble, counter, beauty, spa, luxury, interior, dressing table, premium, still life",
    samples=10,
)
def marble_counter() -> Scene:
    morning = key_light(56, 33, 7.5, "#ffdcae", 1.4)
    cool = key_light(30, 44, 5.5, "#f2f4ff", 3.5)
    sky(flat="#d5dbe6", strength=0.85)
    box((0, 0.0, -0.02), (4, 1.2, 0.04), marble(scale=2.6), 0.004)
    box((0, 1.05, 0.6), (6, 0.2, 4), plaster("#cbb798", 0.14))
    window(morning, 1.9, (4, 6), (0.19, 0.22), 0.022, (0.02, 0.28, 0.08))
    fronds(cool, (0.05, 0.5, 0.15), 1.0, 4, 0.7, 21, 0.35)
    cylinder((-0.17, 0.46, 0), 0.040, 0.12, plain("#a9795a", 0.5), 0.012)
    cylinder((0.21, 0.52, 0), 0.065, 0.035, plain("#8f9c86", 0.5), 0.012)
    cylinder((0.20, 0.52, 0.035), 0.05, 0.03, plain("#e8dfd2", 0.5), 0.010)
    bush((-0.17, 0.46, 0.185), (0.085, 0.06, 0.085), 150, leaf("#56753f", "#97a874", 0.5), 3, (0.03, 0.05))
    tabletop(5.0)
    return Scene(
        [
            Look(
                "window", "warm morning sun through window bars", morning, ev=0.55, mood=("elegant", "calm", "premium")
            ),
            Look("noon", "soft neutral daylight with leaf shade", cool, ev=0.65, mood=("clean", "airy", "premium")),
        ],
        gloss=0.16,
        rough=0.15,
    )


wider("marble-wide", "marble", "long polished marble counter before a limewashed wall with a soft still life")
wider("terrace-wide", "terrace", "broad travertine ledge over a blurred sea with bougainvillea")
