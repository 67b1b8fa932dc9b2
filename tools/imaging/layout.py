"""Laying out: which compositions to draw of a product in the scenes at hand, so that they really differ.

Position, size, scene, side of light and finish are spread over the slots; the size follows from the product's real
size and the scene's camera, with the crop as the free parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as combinations
from math import cos, log, radians, sin

import numpy as np

from domain.composition import Composition, Placement, ProductGeometry, Scene, SceneKind, SceneRef, Settings
from domain.values import Model, Point, Size
from tools.imaging.figure import assumed_height, view_elevation
from tools.imaging.framing import Frame, frame, least_zoom
from tools.imaging.grouping import Arrangement, Member, Relation, arrange
from tools.imaging.match import LEAST, MOST, MOST_TRUE, may_mirror, mismatch, needs_mirror
from tools.imaging.scenes import view_of
from tools.imaging.stage import View

MARGIN = 0.05
"""Share of the canvas kept clear on every side of the products."""

_SOFT_ZOOM = 1.6
_MOST_SCENES = 5
"""Scenes a grid is spread over; more would leave each with one try."""

_STRAIN = 0.3
"""By how much showing the products may be harder in one scene than in another that is used with it."""

_GROUP_MOST = 0.78
_COLUMNS = (0.50, 0.36, 0.64)
_GROUP_COLUMNS = (0.50, 0.46, 0.54)
_SIZES = (0.46, 0.55, 0.39)
_TURNS = (-15.0, 0.0, 15.0)
_MOODS = (
    Settings(),
    Settings(exposure=0.12, warmth=0.22),
    Settings(exposure=-0.10, warmth=-0.18, contrast=1.05),
)


class Placed(Model):
    """One slot: the scene, where the products stand in it, and the finish."""

    scene_ref: SceneRef
    composition: Composition
    settings: Settings = Settings()


class Layout(Model):
    """What to draw, and which scenes were left out and why."""

    slots: tuple[Placed, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Setting:
    scene: Scene
    view: View
    mirrored: bool


def lay_out(
    products: Sequence[ProductGeometry], scenes: Sequence[Scene], canvas: Size, *, count: int = 9, seed: int = 7,
    relations: Sequence[Relation] = (), counts: Sequence[int] = (),
) -> Layout:
    """Lays out `count` compositions.

    Args:
        products: the first is the hero; several stand side by side in their true relative sizes.
        scenes: best first; those that do not go with the products are left out with a reason.
        canvas: size of the pictures.
        count: how many slots, at most.
        seed: the same seed gives the same layout.
        relations: (subject, relation, object) with indices into `products`; "left of", "right of", "in front of",
            "behind", "next to".
        counts: how many of each product; one each when empty.

    Returns:
        Fewer slots than `count` only when no scene fits: then none.
    """
    fitting, left_out = _fitting(products, scenes)
    roomy = [entry for entry in fitting if _has_room(arrange(products, relations, counts, 0.15), entry)]
    left_out += tuple(f"{s.title}: there is no room for all products side by side" for s in fitting if s not in roomy)
    if not roomy:
        return Layout(slots=(), left_out=left_out)
    fitting = _easiest(products, relations, counts, roomy, canvas, seed)
    rng = np.random.default_rng(seed)
    slots = []
    for i in range(count):
        entry = fitting[i % len(fitting)]
        turn = i // len(fitting)
        setting = _setting(products[0], entry, turn)
        group = arrange(products, relations, counts, assumed_height(setting.view))
        if entry.kind is SceneKind.FLAT_LAY:
            composition = _lying(group, canvas, i, turn, rng)
        else:
            composition, _ = _standing(group, setting, canvas, i, turn, rng)
        mood = _MOODS[turn % len(_MOODS)]
        slots.append(
            Placed(
                scene_ref=SceneRef(id=entry.id, mirrored=setting.mirrored),
                composition=composition.model_copy(update={"slot": f"{i + 1}"}),
                settings=mood,
            )
        )
    return Layout(slots=tuple(slots), left_out=left_out)


def _fitting(products: Sequence[ProductGeometry], scenes: Sequence[Scene]) -> tuple[list[Scene], tuple[str, ...]]:
    """The scenes every product goes with. Standing products lie flat only when no other scene was offered."""
    reasons: dict[str, str] = {}
    fitting = []
    for entry in scenes:
        why = next((reason for p in products if (reason := mismatch(p, entry))), None)
        if why is None:
            fitting.append(entry)
        else:
            reasons[entry.id] = why
    if not fitting and scenes and all(entry.kind is SceneKind.FLAT_LAY for entry in scenes):
        return list(scenes), ()
    return fitting, tuple(reasons.values())


def _has_room(group: Arrangement, entry: Scene) -> bool:
    """Whether a group stands wholly on the ground of a scene, wherever its row is centred."""
    view = view_of(entry)
    if view.from_above or len(group.members) == 1:
        return True
    x0, y0, x1, y1 = view.stand
    y = min(max(0.0, y0), y1)
    middle = (group.left + group.right) / 2
    if not view.clip and not view.clip_disc:
        return group.right - group.left <= 2 * (x1 - x0)
    return all(view.roomy(m.x - middle, y + m.y, m.radius) for m in group.members)


def _easiest(
    products: Sequence[ProductGeometry], relations: Sequence[Relation], counts: Sequence[int], scenes: list[Scene],
    canvas: Size, seed: int,
) -> list[Scene]:
    """The scenes in which the products are about as easily shown true in scale, in frame and sharp as in the easiest.

    A kettle and two mugs need a worktop seen from further away than a jar does; a view that far leaves the jar soft.
    """
    if scenes[0].kind is SceneKind.FLAT_LAY:
        return scenes[:_MOST_SCENES]
    strain: dict[str, float] = {}
    for entry in scenes:
        if entry.kind is not SceneKind.FLAT_LAY:
            setting = _setting(products[0], entry, 0)
            group = arrange(products, relations, counts, assumed_height(setting.view))
            _, strain[entry.id] = _standing(group, setting, canvas, 0, 0, np.random.default_rng(seed))
    least = min(strain.values())
    return [entry for entry in scenes if strain.get(entry.id, least) <= least + _STRAIN][:_MOST_SCENES]


def _setting(product: ProductGeometry, entry: Scene, turn: int) -> _Setting:
    mirrored = needs_mirror(product, entry) or (turn % 2 == 1 and may_mirror(product, entry))
    view = view_of(entry)
    return _Setting(entry, view.mirrored() if mirrored else view, mirrored)


def _standing(
    group: Arrangement, setting: _Setting, canvas: Size, i: int, turn: int, rng: np.random.Generator
) -> tuple[Composition, float]:
    """The best composition near the slot's column and size, and what speaks against it.

    Best is on the scene's ground, in frame, true in scale, and not too soft.
    """
    columns = _COLUMNS if len(group.members) == 1 else _GROUP_COLUMNS
    column = columns[(i + i // 3 + turn) % 3] + float(rng.uniform(-0.012, 0.012))
    size = _SIZES[(i // 3 + 2 * i + turn) % 3] * float(rng.uniform(0.97, 1.03))
    row = 0.80 if canvas.height == canvas.width else 0.77 if canvas.height > canvas.width else 0.86
    best: tuple[float, Composition] | None = None
    for grow, side, drop in _TRIES:
        dear = 0.6 * abs(log(grow)) + 1.5 * abs(side) + 0.8 * abs(drop)
        if best is not None and dear >= best[0]:
            continue
        composition, cost = _try(group, setting.view, canvas, size * grow, column + side, row + drop)
        if best is None or cost + dear < best[0]:
            best = cost + dear, composition
    assert best is not None
    return best[1], best[0]


_TRIES = sorted(
    combinations((1.0, 0.9, 1.12, 0.8, 1.25, 0.7, 1.4, 0.6), (0.0, 0.04, -0.04, 0.08, -0.08, 0.13, -0.13),
                 (0.0, 0.04, -0.05, -0.10)),
    key=lambda t: (0.6 * abs(log(t[0])) + 1.5 * abs(t[1]) + 0.8 * abs(t[2]), t),
)


def _try(
    group: Arrangement, view: View, canvas: Size, share: float, column: float, row: float
) -> tuple[Composition, float]:
    """One composition and how much speaks against it."""
    flat = cos(radians(view_elevation(view)))
    ppm = share * canvas.height / (group.tallest * flat)
    aside = group.lead.x - (group.left + group.right) / 2
    crop = frame(view, canvas, (column * canvas.width + aside * ppm, row * canvas.height), ppm)
    true = ppm / crop.ppm
    places = [_place(member, group, crop, view, canvas, true) for member in group.members]
    composition = Composition(
        canvas=canvas, scale=places[0].scale, centre=places[0].centre, others=tuple(places[1:])
    )
    spill = max(_spill(p, m, canvas) for p, m in zip(places, group.members, strict=True))
    tall = max(p.scale for p in places)
    soft = crop.zoom / max(_SOFT_ZOOM, least_zoom(view, canvas) * 1.05) - 1
    cost = 40 * spill + 3 * abs(log(true)) + 8 * crop.missed / canvas.height + 1.5 * max(0.0, soft)
    cost += 12 * max(0.0, abs(log(true)) - log(MOST_TRUE))
    cost += 6 * max(0.0, tall - (MOST if len(places) == 1 else _GROUP_MOST))
    if len(places) == 1:
        cost += 6 * max(0.0, LEAST - tall)
    if not all(view.roomy(*_foot(m, group, crop, true), m.radius * true) for m in group.members):
        cost += 4
    return composition, cost


def _foot(member: Member, group: Arrangement, crop: Frame, true: float) -> tuple[float, float]:
    """Where a member stands on the scene's ground, metres; drawn smaller than real, a group also stands closer."""
    lead = group.lead
    return crop.foot[0] + (member.x - lead.x) * true, crop.foot[1] + (member.y - lead.y) * true


def _place(member: Member, group: Arrangement, crop: Frame, view: View, canvas: Size, true: float) -> Placement:
    """A member on the canvas, at its own distance from the camera, drawn `true` times its real size."""
    x, y = _foot(member, group, crop, true)
    u, v = crop.camera.project(x, y)
    ppm = crop.camera.pixels_per_metre(x, y) * true
    tilt = radians(view_elevation(view))
    tall = member.height * cos(tilt) * ppm
    below = member.radius * sin(tilt) * ppm if member.shape == "round" else 0.0
    centre = Point(x=u / canvas.width, y=(v + below - tall / 2) / canvas.height)
    return Placement(product=member.asset, centre=centre, scale=min(tall / canvas.height, 1.0))


def _spill(place: Placement, member: Member, canvas: Size) -> float:
    """By how much a member reaches into the margin, share of the canvas."""
    tall = place.scale * canvas.height
    half_w, half_h = _half_extent(tall * member.width / member.height, tall, place.rotation)
    x, y = place.centre.x * canvas.width, place.centre.y * canvas.height
    edge = MARGIN * min(canvas.width, canvas.height)
    out = max(half_w + edge - x, x + half_w + edge - canvas.width, half_h + edge - y, y + half_h + edge - canvas.height)
    return max(out, 0.0) / min(canvas.width, canvas.height)


def _half_extent(width: float, height: float, rotation: float) -> tuple[float, float]:
    c, s = abs(cos(radians(rotation))), abs(sin(radians(rotation)))
    return (width * c + height * s) / 2, (width * s + height * c) / 2


def _lying(
    group: Arrangement, canvas: Size, i: int, turn: int, rng: np.random.Generator
) -> Composition:
    """Seen from above, everything turns freely: three places by three turns; a group turns as one."""
    rotation = _TURNS[(i + turn) % 3]
    size = (0.56, 0.50, 0.62)[(i // 3) % 3]
    column = _COLUMNS[(i // 3) % 3] + float(rng.uniform(-0.012, 0.012))
    row = (0.50, 0.53, 0.47)[(i // 3 + i) % 3]
    span = group.right - group.left
    edge = 2 * MARGIN * min(canvas.width, canvas.height)
    half_w, half_h = _half_extent(span, group.tallest, rotation)
    room = min((canvas.width - edge) / (2 * half_w), (canvas.height - edge) / (2 * half_h))
    ppm = min(size * canvas.height / group.tallest, room)
    free_x = max((canvas.width - edge) / 2 - half_w * ppm, 0.0)
    free_y = max((canvas.height - edge) / 2 - half_h * ppm, 0.0)
    x = canvas.width / 2 + float(np.clip((column - 0.5) * canvas.width, -free_x, free_x))
    y = canvas.height / 2 + float(np.clip((row - 0.5) * canvas.height, -free_y, free_y))
    middle = (group.left + group.right) / 2
    c, s = cos(radians(rotation)), sin(radians(rotation))
    places = [
        Placement(
            product=m.asset,
            centre=Point(
                x=(x + c * (m.x - middle) * ppm) / canvas.width, y=(y + s * (m.x - middle) * ppm) / canvas.height
            ),
            scale=min(m.height * ppm / canvas.height, 1.0),
            rotation=rotation,
        )
        for m in group.members
    ]
    return Composition(
        canvas=canvas, scale=places[0].scale, centre=places[0].centre, rotation=rotation, others=tuple(places[1:])
    )
