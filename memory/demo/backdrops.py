"""The demo brand's backdrops and mood boards, painted with numpy: soft, photographic in tone, and free of licences.

They stand out of focus behind a table, so they hold large shapes of light and colour and no detail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.assets import AssetKind
from domain.ports import Image
from domain.values import Light

Canvas = npt.NDArray[np.float32]

WIDTH, HEIGHT = 1200, 900


@dataclass(frozen=True)
class Backdrop:
    """One picture to paint and what the library records about it."""

    id: str
    kind: AssetKind
    title: str
    description: str
    tags: tuple[str, ...]
    colours: tuple[str, ...]
    palette: tuple[str, ...]
    paint: Callable[[], Image]
    light: Light | None = None
    light_side: float | None = None


def _grove() -> Image:
    """Sun through citrus leaves, far out of focus."""
    canvas = _gradient(["#dfe3a8", "#b9c47a", "#8aa052", "#5f7a3a", "#4d6232"])
    canvas = _discs(canvas, 7, 260, (18, 70), ["#4a6a2c", "#6d8b3c", "#87a24c", "#35501f"], 0.35, (0.05, 1.0))
    canvas = _discs(canvas, 8, 70, (14, 44), ["#fff6cf", "#f7e7a0", "#fffbe8"], 0.45, (0.0, 0.55))
    canvas = _discs(canvas, 9, 26, (22, 40), ["#f08a2e", "#f4a63f", "#e8622c"], 0.8, (0.2, 0.8))
    return _finish(canvas, glow=(0.25, 0.05), seed=10)


def _sea() -> Image:
    """The sea at golden hour: sky, a low sun, and its glitter as soft discs."""
    sky = _gradient(["#7f9db8", "#b9bcc0", "#e8c9a4", "#f6cf94", "#f4b878"])[: HEIGHT * 55 // 100 * 2 : 2]
    water = _gradient(["#d9a679", "#8f8f92", "#57707f", "#3e5a6c"])[: (HEIGHT - len(sky)) * 2 : 2]
    canvas = _blur(np.vstack([sky, water, water[-1:].repeat(max(0, HEIGHT - len(sky) - len(water)), 0)])[:HEIGHT], 6)
    for band in range(9):
        # Glitter: a path under the sun that coarsens and widens towards the viewer.
        top = 0.56 + 0.045 * band
        canvas = _discs(
            canvas, 21 + band, 44, (2 + band, 6 + 2 * band), ["#ffe6b8", "#fff3d8", "#ffd28a"], 0.34 - 0.02 * band,
            (top, top + 0.09), (0.7, 0.05 + 0.016 * band),
        )
    return _finish(canvas, glow=(0.7, 0.5), seed=22)


def _wall() -> Image:
    """A limewashed wall in raking light with the blurred shadow of a branch."""
    canvas = _gradient(["#efe3d0", "#e9dcc9", "#e2d2bb"])
    wash = np.random.default_rng(31).normal(0, 1, (HEIGHT // 10, WIDTH // 10)).astype(np.float32)
    washed = cv2.resize(_blur(wash, 3), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    canvas *= 1 + 0.05 * np.asarray(washed, np.float32)[..., None]
    shade = np.zeros((HEIGHT, WIDTH), np.float32)
    random = np.random.default_rng(32)
    for stem in range(5):
        joint = np.array([WIDTH * (0.58 + 0.11 * stem), -30.0])
        heading = np.deg2rad(random.uniform(98, 122))
        for leaf in range(12):
            heading += np.deg2rad(random.uniform(-1, 4))
            following = joint + 46 * np.array([np.cos(heading), np.sin(heading)])
            cv2.line(shade, _pixel(joint), _pixel(following), 1.0, 5, cv2.LINE_AA)
            joint = following
            for side in (-1, 1):
                angle = np.rad2deg(heading) + side * random.uniform(30, 48)
                length = 62 - 3 * leaf
                middle = joint + length * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
                cv2.ellipse(shade, _pixel(middle), (length, 13), angle, 0, 360, 1.0, -1, cv2.LINE_AA)
    depth = 0.34 * np.clip(_blur(shade, 9), 0, 1)[..., None] * np.array([0.85, 0.95, 1.0], np.float32)
    canvas = np.asarray(canvas * (1 - depth), np.float32)
    return _finish(canvas, glow=(0.15, 0.2), seed=33)


def _board(colours: Sequence[str], seed: int) -> Callable[[], Image]:
    """A mood board: swatches of a palette on paper, with soft shadows."""

    def paint() -> Image:
        canvas = _gradient(["#fbf9f5", "#f3eee6"])
        wide, gap = WIDTH // 2, 36
        for place, colour in enumerate(colours):
            column, row = place % 2, place // 2
            tall = (HEIGHT - gap) // ((len(colours) + 1) // 2)
            left, top = gap + column * (wide - gap // 2), gap + row * tall
            right, bottom = left + wide - gap * 3 // 2, top + tall - gap
            mask = np.zeros((HEIGHT, WIDTH), np.float32)
            cv2.rectangle(mask, (left, top), (right, bottom), 1.0, -1)
            shadow = _blur(np.roll(mask, (8, 5), (0, 1)), 9)
            canvas *= 1 - 0.22 * np.clip(shadow - mask, 0, 1)[..., None]
            canvas = canvas * (1 - mask[..., None]) + _rgb(colour) * mask[..., None]
        return _finish(canvas, glow=None, seed=seed)

    return paint


BACKDROPS: tuple[Backdrop, ...] = (
    Backdrop(
        "solara-backdrop-grove", AssetKind.BACKGROUND, "Citrus grove in the sun, out of focus",
        "Sunlight through the leaves of orange trees, thrown far out of focus",
        ("citrus grove", "orchard", "garden", "leaves", "summer", "outdoor", "sunny", "bokeh"), ("green", "orange"),
        ("#dfe3a8", "#8aa052", "#4d6232", "#f08a2e"), _grove, Light.NOON, -0.4,
    ),
    Backdrop(
        "solara-backdrop-sea", AssetKind.BACKGROUND, "Sea at golden hour, out of focus",
        "A low sun over the sea and its glitter on the water, thrown out of focus",
        ("sea", "beach", "horizon", "sunset", "golden hour", "summer", "outdoor", "bokeh"), ("orange", "blue"),
        ("#f6cf94", "#e8c9a4", "#8f8f92", "#3e5a6c"), _sea, Light.GOLDEN, 0.4,
    ),
    Backdrop(
        "solara-backdrop-wall", AssetKind.BACKGROUND, "Limewashed wall with the shadow of a branch",
        "A warm plaster wall in raking light",
        ("wall", "plaster", "minimal", "shadow", "calm", "mediterranean", "neutral"), ("beige",),
        ("#efe3d0", "#e2d2bb", "#c9b79d"), _wall, Light.GOLDEN, -0.6,
    ),
    Backdrop(
        "solara-theme-citrus-summer", AssetKind.THEME, "Citrus summer",
        "Long sunny days, fruit cut open, bright and generous",
        ("summer", "citrus", "sunny", "fresh", "holiday"), ("orange", "yellow"),
        ("#e8622c", "#f4b740", "#faf7f2", "#8aa052", "#f2937a", "#1e4b52"),
        _board(("#e8622c", "#f4b740", "#faf7f2", "#8aa052", "#f2937a", "#1e4b52"), 41),
    ),
    Backdrop(
        "solara-theme-quiet-winter", AssetKind.THEME, "Quiet winter",
        "Wool, candlelight and a hot mug; muted and calm",
        ("winter", "cosy", "calm", "candles", "home"), ("grey", "blue"),
        ("#1e4b52", "#6f8a8f", "#d9d4cb", "#b98d63", "#4a4642", "#faf7f2"),
        _board(("#1e4b52", "#6f8a8f", "#d9d4cb", "#b98d63", "#4a4642", "#faf7f2"), 42),
    ),
)
"""Everything painted for the demo brand, in order."""


def _pixel(point: npt.NDArray[np.float64]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _rgb(colour: str) -> Canvas:
    return np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)], np.float32)


def _gradient(stops: Sequence[str]) -> Canvas:
    """A vertical gradient through evenly spaced colours, top to bottom, in square-root light so that it stays even."""
    rows = np.linspace(0, len(stops) - 1, HEIGHT)
    colours = np.array([_rgb(stop) for stop in stops]) ** 2
    channels = [np.interp(rows, np.arange(len(stops)), colours[:, channel]) for channel in range(3)]
    column = np.sqrt(np.stack(channels, -1)).astype(np.float32)
    return np.asarray(np.repeat(column[:, None], WIDTH, 1), np.float32)


def _blur(canvas: Canvas, sigma: float) -> Canvas:
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), sigma), np.float32)


def _discs(
    canvas: Canvas, seed: int, count: int, radius: tuple[int, int], colours: Sequence[str], strength: float,
    rows: tuple[float, float], gathered: tuple[float, float] | None = None,
) -> Canvas:
    """Lay out-of-focus points over a canvas: discs with a slightly brighter rim, as a lens draws them.

    `rows` bounds them in shares of the height; `gathered` is the middle and spread of a normal distribution across.
    """
    random = np.random.default_rng(seed)
    for _ in range(count):
        size = int(random.integers(*radius))
        across = random.normal(*gathered) if gathered else random.uniform(0, 1)
        x, y = int(across * WIDTH), int(random.uniform(*rows) * HEIGHT)
        left, top = max(0, x - size - 4), max(0, y - size - 4)
        right, bottom = min(WIDTH, x + size + 5), min(HEIGHT, y + size + 5)
        if right <= left or bottom <= top:
            continue
        away = np.hypot(np.arange(left, right)[None] - x, np.arange(top, bottom)[:, None] - y) / size
        cover = np.clip((1 - away) * size / 3, 0, 1) * (0.8 + 0.2 * np.clip(away, 0, 1) ** 6)
        amount = (cover * strength * random.uniform(0.4, 1)).astype(np.float32)[..., None]
        colour = _rgb(colours[int(random.integers(len(colours)))])
        canvas[top:bottom, left:right] = canvas[top:bottom, left:right] * (1 - amount) + colour * amount
    return canvas


def _finish(canvas: Canvas, glow: tuple[float, float] | None, seed: int) -> Image:
    """A veil of light around a point with a slight fall-off to the corners, if any, and grain against banding."""
    if glow:
        x, y = np.meshgrid(np.linspace(0, 1, WIDTH, dtype=np.float32), np.linspace(0, 1, HEIGHT, dtype=np.float32))
        veil = np.exp(-((x - glow[0]) ** 2 + (y - glow[1]) ** 2) / 0.12)[..., None]
        lit = 1 - (1 - canvas) * (1 - 0.3 * veil * np.array([1.0, 0.93, 0.8], np.float32))
        canvas = np.asarray(lit * (1 - 0.25 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)[..., None]), np.float32)
    grain = np.random.default_rng(seed).normal(0, 0.006, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return np.asarray(np.round(np.clip(canvas + grain, 0, 1) * 255), np.uint8)
