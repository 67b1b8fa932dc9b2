"""Does the light on the product agree with the light of the scene?"""

from __future__ import annotations

import math

import numpy as np

from domain.candidate import Change, EditTarget, Finding, Scalar
from domain.composition import SceneKind
from domain.values import Light
from tools.judges.book import Check
from tools.judges.colour import lab
from tools.judges.evidence import Views

_HARD = frozenset({Light.NOON, Light.MORNING, Light.GOLDEN, Light.WINDOW})


def shadow_direction(views: Views, check: Check) -> Finding:
    """The product's lit side, the side the scene's key light comes from, and the side the cast shadow falls on.

    The product keeps the light of its own photo: `geometry.light_side` and `light_ratio` where known, else measured
    from the cutout as the ratio of linear luminance left and right of its middle. The key light's side is the
    horizontal part of `composition.light_from`, else the scene's `light_side` (mirrored with it). Two strong lights
    from opposite sides disagree: `value` is minus the product of the two signed strengths, each the log2 of the bright
    over the dark side. A light too even to have a side agrees with every other; the check abstains when a light is
    unknown. Under a hard key light the cast shadow is looked for as well (`_cast_ratio`): a shadow that is missing, or
    falls towards the light, fails; where the generator was told to leave it out, less evidence is asked for.
    """
    scene_side, scene_strength = _scene_light(views)
    if scene_side is None:
        return check.abstained("the scene's key light is not on record")
    product = _product_light(views)
    if product is None:
        return check.abstained("the product's own light is unknown")
    facts: dict[str, Scalar] = {
        "scene_side": scene_side, "scene_strength": scene_strength, "product_side": product
    }
    sided = scene_strength * abs(scene_side) >= check.limit("scene_even")
    strong = sided and abs(product) >= check.limit("product_even")
    value = -math.copysign(1.0, scene_side) * product * scene_strength if strong else 0.0
    if value > check.limit("disagreement"):
        return _opposed(views, check, value, facts, product)
    cast = _cast_ratio(views, scene_side) if _casts(views, scene_strength, check) else None
    facts["cast"] = cast
    slot = views.evidence.slot
    left_out = slot is not None and slot.settings.shadow < 0.5
    if cast is not None and cast > check.limit("cast_left_out" if left_out else "cast"):
        return check.failed(
            f"no shadow falls away from the key light: the ground there is {cast:.2f} times as light as around it",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=(
                Change(target=EditTarget.GENERATOR, field="shadow", amount=1.0, why="the key light's own shadow"),
                Change(target=EditTarget.BACKGROUND, field="scene", why="a scene that takes the shadow"),
            ),
        )
    if not strong:
        return check.passed("product or scene is lit evenly: no side to disagree on", value=0.0, evidence=facts)
    return check.passed("product and scene are lit from compatible sides", value=value, evidence=facts)


def _opposed(views: Views, check: Check, value: float, facts: dict[str, Scalar], product: float) -> Finding:
    lit, cast = ("left", "right") if product < 0 else ("right", "left")
    slot, scene = views.evidence.slot, views.evidence.scene
    fixes = [Change(target=EditTarget.BACKGROUND, field="scene", why="a scene lit from the product's own side")]
    if scene is None or scene.mirrorable:
        mirrored = not (slot.scene.mirrored if slot is not None else False)
        why = f"bring the key light to the {lit}"
        fixes.insert(0, Change(target=EditTarget.BACKGROUND, field="mirrored", amount=mirrored, why=why))
    return check.failed(
        f"the product is lit from the {lit}, the scene from the {cast}",
        value=value,
        region=views.box,
        evidence=facts,
        fixes=tuple(fixes),
    )


def _casts(views: Views, strength: float, check: Check) -> bool:
    """Whether a hard key light from the side must throw a shadow here that can be seen."""
    scene, slot = views.evidence.scene, views.evidence.slot
    if scene is None or slot is None or slot.composition.light_from is None or slot.composition.others:
        return False
    sideways = abs(slot.composition.light_from.x) >= check.limit("sideways")
    standing = scene.kind is not SceneKind.FLAT_LAY
    return standing and sideways and scene.light in _HARD and strength >= check.limit("hard")


def _cast_ratio(views: Views, scene_side: float) -> float | None:
    """How dark the ground is beside the base on the side away from the light; about 1 where no shadow falls.

    Lightness of the darkest row band (3% of the product's height) from its base up to 11% above, 4-42% of its height
    to the side, over the ground 6-12% before it. That ratio on the shadow side is averaged geometrically with its
    quotient to the same on the lit side, which cancels ground that grows lighter or darker into the depth. None
    where either side is out of the frame.
    """
    box = views.box
    if box is None:
        return None
    height, base = box.height, box.y + box.height - 1
    away = -1 if scene_side > 0 else 1
    top, bottom = base - int(0.12 * height), min(views.height, base + int(0.12 * height))
    if top < 0 or bottom - base < 0.08 * height:
        return None
    ratios = []
    for side in (away, -away):
        start = box.x + box.width if side > 0 else box.x
        columns = start + side * np.arange(int(0.04 * height), int(0.42 * height))
        columns = columns[(columns >= 0) & (columns < views.width)]
        if columns.size < 0.15 * height:
            return None
        strip = lab(views.scenery[top:bottom, columns.min() : columns.max() + 1])[..., 0]
        bands = [
            strip[base - int(up * height) - top : base - int((up - 0.03) * height) - top].mean(0)
            for up in (0.03, 0.05, 0.07, 0.09, 0.11)
        ]
        before = strip[base + int(0.06 * height) - top :].mean(0)
        ratios.append(float(np.median((np.min(bands, axis=0) + 2) / (before + 2))))
    return math.sqrt(ratios[0] * ratios[0] / max(ratios[1], 1e-3))


def _scene_light(views: Views) -> tuple[float | None, float]:
    """(-1 left to +1 right, strength as log2 of bright over dark side)."""
    slot, scene = views.evidence.slot, views.evidence.scene
    strength = math.log2(max(scene.light_ratio, 1 / scene.light_ratio)) if scene is not None else 1.0
    if slot is not None and slot.composition.light_from is not None:
        return max(-1.0, min(1.0, slot.composition.light_from.x)), strength
    if scene is None or slot is None:
        return None, strength
    return (-scene.light_side if slot.scene.mirrored else scene.light_side), strength


def _product_light(views: Views) -> float | None:
    """Signed log2 of the bright over the dark side of the product; negative when lit from the left."""
    geometry, cutout = views.evidence.geometry, views.evidence.cutout
    if geometry is not None and geometry.light_side != 0.0:
        return math.copysign(math.log2(max(geometry.light_ratio, 1 / geometry.light_ratio)), geometry.light_side)
    if cutout is None:
        return None
    step = max(1, max(cutout.shape[:2]) // 256)
    small = cutout[::step, ::step]
    solid = small[..., 3] > 250
    columns = np.flatnonzero(solid.any(0))
    if columns.size < 8:
        return None
    middle = int(columns[0] + columns[-1]) // 2
    linear = np.where(
        small[..., :3] <= 10, small[..., :3] / (255 * 12.92), ((small[..., :3] / 255 + 0.055) / 1.055) ** 2.4
    )
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    left, right = luminance[:, :middle][solid[:, :middle]], luminance[:, middle:][solid[:, middle:]]
    if not left.size or not right.size:
        return None
    return float(math.log2((right.mean() + 0.02) / (left.mean() + 0.02)))
