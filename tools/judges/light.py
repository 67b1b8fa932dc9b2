"""Does the light on the product agree with the light of the scene?"""

from __future__ import annotations

import math

import numpy as np

from domain.candidate import Change, EditTarget, Finding
from tools.judges.book import Check
from tools.judges.evidence import Views


def shadow_direction(views: Views, check: Check) -> Finding:
    """The product's lit side against the side the scene's key light comes from.

    The product keeps the light of its own photo: `geometry.light_side` and `light_ratio` where known, else measured
    from the cutout as the ratio of linear luminance left and right of its middle. The key light's side is the
    horizontal part of `composition.light_from`, which cast the shadow, else the scene's `light_side` (mirrored with
    it). Two strong lights from opposite sides disagree: `value` is minus the product of the two signed strengths, each
    the log2 of the bright over the dark side. A light too even to have a side agrees with every other; the check
    abstains when a light is unknown.
    """
    scene_side, scene_strength = _scene_light(views)
    if scene_side is None:
        return check.abstained("the scene's key light is not on record")
    product = _product_light(views)
    if product is None:
        return check.abstained("the product's own light is unknown")
    facts = {"scene_side": scene_side, "scene_strength": scene_strength, "product_side": product}
    if abs(product) < check.limit("product_even") or scene_strength * abs(scene_side) < check.limit("scene_even"):
        return check.passed("product or scene is lit evenly: no side to disagree on", value=0.0, evidence=facts)
    value = -math.copysign(1.0, scene_side) * product * scene_strength
    if value > check.limit("disagreement"):
        lit, cast = ("left", "right") if product < 0 else ("right", "left")
        mirrored = not (views.evidence.slot.scene.mirrored if views.evidence.slot else False)
        fixes = [Change(target=EditTarget.BACKGROUND, field="scene", why="a scene lit from the product's own side")]
        if views.evidence.scene is None or views.evidence.scene.mirrorable:
            flip = Change(
                target=EditTarget.BACKGROUND, field="mirrored", amount=mirrored, why=f"bring the key light to the {lit}"
            )
            fixes.insert(0, flip)
        return check.failed(
            f"the product is lit from the {lit}, the scene from the {cast}",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=tuple(fixes),
        )
    return check.passed("product and scene are lit from compatible sides", value=value, evidence=facts)


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
