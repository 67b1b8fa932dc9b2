"""Studio sets: seamless paper in several colours, and a dressing table."""

import math

import numpy as np

from ..camera import tabletop
from ..foliage import bush
from ..light import blinds, fronds, key_light, sky, softbox, window
from ..materials import (
    brushed_metal,
    leaf,
    linen,
    marble,
    plain,
    plaster,
)
from ..meshes import box, cylinder, heightfield, sphere, turned
from ..scene import Look, Scene, family


def _sweep(colour):
    """Seamless paper that curves from the table up into the background."""
    profile = [(y, 0.0) for y in np.linspace(-0.9, 0.45, 12)]
    profile += [(0.45 + 0.55 * math.sin(a), 0.55 * (1 - math.cos(a))) for a in np.linspace(0, math.pi / 2, 32)[1:]]
    profile += [(1.0, z) for z in np.linspace(0.6, 2.5, 8)]
    across = np.linspace(-3, 3, 24)
    x = np.broadcast_to(across, (len(profile), len(across)))
    y, z = (np.broadcast_to(np.array([p[k] for p in profile])[:, None], x.shape) for k in (0, 1))
    heightfield(x, y, z, plaster(colour, 0.025, 0.00008, 0.75, 1.4))


def _studio(colour, tone, shade) -> Scene:
    """A softbox look and a hard-sun look; `shade(key)` hangs something between sun and paper."""
    soft = softbox(36, 46, 1.3, 0.55, 26.0)
    sun = key_light(32, 36, 5.0, "#ffedd4", 1.0)
    sky(flat="#e8ecf2", strength=0.30)
    _sweep(colour)
    shade(sun)
    tabletop(5.6)
    return Scene(
        [
            Look(
                "softbox",
                f"a softbox from the left on {tone} paper",
                soft,
                ev=0.35,
                mood=("clean", "minimal", "precise"),
            ),
            Look(
                "window",
                f"hard sun and shadows on {tone} paper",
                sun,
                1.0,
                (1.8, 1.8, 1.8),
                ev=0.4,
                mood=("graphic", "sunlit", "minimal"),
            ),
        ],
        gloss=0.02,
        rough=0.7,
    )


def _window_bars(sun):
    window(sun, 1.6, (3, 5), (0.24, 0.30), 0.024, (0.02, 0.16, 0.05))


def _palm(sun):
    fronds(sun, (0.10, 0.36, 0.10), 0.8, 4, 0.90, 52, 0.40)


def _fern(sun):
    fronds(sun, (0.0, 0.50, 0.16), 0.7, 4, 0.90, 77, 0.45)


def _slats(sun):
    blinds(sun, 1.4, 14, 0.10, 0.045, (0.0, 0.30, 0.08), 3.0)


_STUDIO_TAGS = "studio, sweep, backdrop, seamless paper, packshot, plain background, minimal, podium, "


@family("studio", about="seamless warm-white sweep", surface="paper", tags=_STUDIO_TAGS + "white, neutral", samples=10)
def studio_white() -> Scene:
    return _studio("#ece7df", "warm-white", _window_bars)


@family(
    "studio-blush",
    about="seamless blush sweep",
    surface="paper",
    tags=_STUDIO_TAGS + "pink, blush, rose, pastel",
    samples=10,
)
def studio_blush() -> Scene:
    return _studio("#e0b3a2", "blush", _palm)


@family(
    "studio-sage",
    about="seamless sage-green sweep",
    surface="paper",
    tags=_STUDIO_TAGS + "green, sage, olive",
    samples=10,
)
def studio_sage() -> Scene:
    return _studio("#a3ad8e", "sage-green", _fern)


@family(
    "studio-blue",
    about="seamless sky-blue sweep",
    surface="paper",
    tags=_STUDIO_TAGS + "blue, sky blue, cool",
    samples=10,
)
def studio_blue() -> Scene:
    return _studio("#8fb4cc", "sky-blue", _slats)


@family(
    "studio-charcoal",
    about="seamless charcoal sweep",
    surface="paper",
    tags=_STUDIO_TAGS + "black, dark, charcoal, grey, premium",
    samples=10,
)
def studio_charcoal() -> Scene:
    return _studio("#3b3c40", "charcoal", _window_bars)


@family(
    "vanity",
    about="white marble dressing table with blush wall and soft drapery",
    surface="marble",
    tags="vanity, dressing table, beauty, cosmetics, perfume, boudoir, bedroom, feminine, skincare",
)
def dressing_table() -> Scene:
    morning = key_light(34, 34, 5.6, "#ffe6cc", 1.6)
    soft = key_light(30, 46, 3.2, "#fff4ee", 12.0)
    sky(flat="#eee6e6", strength=0.72)
    box((0, -0.02, -0.02), (4, 1.0, 0.04), marble("#f3efec", "#e2dad6", "#a08c84", 0.14, 2.2), 0.006)
    box((0, 1.15, 0.6), (6, 0.2, 4), plaster("#dcb7a8", 0.08))
    x, z = np.meshgrid(np.linspace(-0.9, -0.16, 220), np.linspace(-0.3, 1.2, 12))
    heightfield(x, 0.92 + 0.035 * np.sin(x * 52 + 0.8 * np.sin(x * 9)), z, linen("#f0e4dc"))
    turned(
        (0.24, 0.48, 0),
        [(0.05, 0), (0.055, 0.01), (0.012, 0.03), (0.010, 0.12), (0.07, 0.145), (0.07, 0.15)],
        brushed_metal("#d9b27c", 0.25),
    )
    sphere((0.31, 0.30, 0.02), 0.02, plain("#f6ede4", 0.25), 24)
    sphere((0.27, 0.28, 0.013), 0.013, plain("#e9cdbd", 0.25), 24)
    cylinder((-0.24, 0.40, 0), 0.05, 0.05, plain("#e7c3b4", 0.25), 0.012)
    cylinder((-0.24, 0.40, 0.05), 0.052, 0.014, brushed_metal("#d9b27c", 0.25), 0.004)
    bush((0.24, 0.48, 0.19), (0.075, 0.06, 0.06), 150, leaf("#d6a79c", "#f3d9cf", 0.5), 13, (0.03, 0.05))
    fronds(morning, (0.05, 0.50, 0.16), 1.0, 4, 0.6, 61, 0.35)
    tabletop(5.6)
    return Scene(
        [
            Look("window", "warm sun with leaf shadows", morning, ev=0.4, mood=("delicate", "warm", "elegant")),
            Look("softbox", "soft frontal beauty light", soft, ev=0.5, mood=("clean", "delicate", "elegant")),
        ],
        gloss=0.14,
        rough=0.15,
    )
