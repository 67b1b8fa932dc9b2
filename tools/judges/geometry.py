"""Where the product stands and how large: measured on the placed outline, not on what was asked for."""

from __future__ import annotations

import numpy as np

from domain.candidate import Change, EditTarget, Finding
from domain.composition import SceneKind
from tools.judges.book import Check
from tools.judges.evidence import Views


def clipping(views: Views, check: Check) -> Finding:
    """Does the product touch or cross the frame, or stand too close to it?

    From the outline of the cutout carried through the affine (so that parts beyond the frame count), else from the mask
    in the picture. `value` is the smallest margin as a share of the canvas's shorter side, negative when it crosses.
    The fix moves the product inside, or shrinks it where it does not fit.
    """
    bounds = _bounds(views)
    if bounds is None:
        return check.abstained("the product's outline is unknown")
    left, top, right, bottom = bounds
    short = min(views.width, views.height)
    margins = {
        "left": left / short,
        "top": top / short,
        "right": (views.width - 1 - right) / short,
        "bottom": (views.height - 1 - bottom) / short,
    }
    side = min(margins, key=lambda name: margins[name])
    value = margins[side]
    outside = max((p.outside for p in (views.placed, *views.others) if p is not None), default=0.0)
    facts = {**margins, "outside": outside}
    if value >= check.limit("margin"):
        return check.passed("the product stands clear of the frame", value=value, evidence=facts)
    beyond = value <= 0 or outside > 0.001
    reason = f"the product {'crosses' if beyond else 'stands too close to'} the {side} edge of the frame"
    return check.failed(
        reason,
        value=value,
        region=views.box,
        evidence=facts,
        fixes=_inside(views, bounds, check.limit("margin_wanted") * short),
    )


def _bounds(views: Views) -> tuple[float, float, float, float] | None:
    if views.placed is not None:
        all_bounds = np.array([p.bounds for p in (views.placed, *views.others)])
        low, high = all_bounds.min(0), all_bounds.max(0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])
    box = views.box
    return None if box is None else (box.x, box.y, box.x + box.width - 1, box.y + box.height - 1)


def _inside(views: Views, bounds: tuple[float, float, float, float], margin: float) -> tuple[Change, ...]:
    """Changes that bring the outline inside with the wanted margin; first the one that does it alone, if any does.

    One change touches one field: where both directions are off, shrinking about the middle puts both right if the
    middle is well inside, else the larger move comes first and the rest is left to the next round.
    """
    left, top, right, bottom = bounds
    composition = views.evidence.slot.composition if views.evidence.slot else None
    moves: list[tuple[float, Change]] = []
    fit = shrink = 1.0
    for name, low, high, length in (("x", left, right, views.width), ("y", top, bottom, views.height)):
        middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
        room = min(middle, length - 1 - middle) - margin
        shrink, fit = min(shrink, room / half), min(fit, (length - 1 - 2 * margin) / (2 * half))
        shift = max(0.0, margin - low) - max(0.0, high - (length - 1 - margin))
        if abs(shift) >= 0.5:
            now = (composition.centre.x if name == "x" else composition.centre.y) if composition else middle / length
            change = Change(
                target=EditTarget.COMPOSITION, field=f"centre.{name}", amount=round(now + shift / length, 4),
                why="move it inside the frame",
            )
            moves.append((abs(shift) / length, change))
    smaller = Change(
        target=EditTarget.COMPOSITION, field="scale", amount=round(0.98 * max(shrink, 0.5 * fit, 0.2), 3),
        relative=True, why="small enough to stand clear of the frame",
    )
    ordered = tuple(change for _, change in sorted(moves, key=lambda move: -move[0]))
    move_alone = fit >= 1 and len(moves) == 1
    return (*ordered, smaller) if move_alone or (fit >= 1 and shrink < 0.6) else (smaller, *ordered)


def size_plausibility(views: Views, check: Check) -> Finding:
    """Is the product as large as its real size and the scene's camera say, and a sensible part of the picture?

    `value` is `composition.true_scale` (drawn height over the height that follows from real size and camera) where
    both are on record; a surface seen from above says little of the camera's distance, so a flat lay is held less
    strictly. The outline's share of the canvas is held against limits in any case.
    """
    box = views.box
    if box is None:
        if views.placed is not None:
            fixes = _inside(views, views.placed.bounds, 0)
            return check.failed("the product is not in the picture", value=0.0, fixes=fixes)
        return check.abstained("the product's outline is unknown")
    height, area = box.height / views.height, views.share
    facts = {"height_share": height, "area_share": area}
    slot = views.evidence.slot
    true_scale = slot.composition.true_scale if slot is not None else None
    value = true_scale if true_scale is not None else height
    scene = views.evidence.scene
    lying = scene is not None and scene.kind is SceneKind.FLAT_LAY
    tolerance = check.limit("tolerance_lying" if lying else "tolerance")
    problem = _implausible(true_scale, tolerance, area, max(height, box.width / views.width), check)
    if problem is not None:
        reason, factor = problem
        fits = check.limit("area_min") <= area * factor**2 <= check.limit("area_max")
        fixes = _resize(factor) if fits else _resize(factor)[::-1]
        return check.failed(reason, value=value, region=box, evidence=facts, fixes=fixes)
    if true_scale is None:
        return check.passed("a sensible part of the picture; real size or camera unknown", value=height, evidence=facts)
    return check.passed("as large as its real size says", value=true_scale, evidence=facts)


def _implausible(
    true_scale: float | None, tolerance: float, area: float, largest: float, check: Check
) -> tuple[str, float] | None:
    """What is wrong with the size and by which factor to put it right, or None. `largest`: share of the larger side."""
    if true_scale is not None and not 1 / tolerance <= true_scale <= tolerance:
        direction = "small" if true_scale < 1 else "large"
        return f"the product is {true_scale:.2f} times its real size in this scene: too {direction}", 1 / true_scale
    if area < check.limit("area_min") or largest < check.limit("side_min"):
        factor = max((check.limit("area_min") / max(area, 1e-4)) ** 0.5, check.limit("side_min") / largest) * 1.2
        return f"the product covers only {area:.1%} of the picture", factor
    if area > check.limit("area_max"):
        factor = 0.9 * (check.limit("area_max") / area) ** 0.5
        return f"the product covers {area:.0%} of the picture: no scene is left", factor
    return None


def _resize(factor: float) -> tuple[Change, ...]:
    return (
        Change(
            target=EditTarget.COMPOSITION, field="scale", amount=round(factor, 3), relative=True,
            why="its real size in this scene",
        ),
        Change(target=EditTarget.BACKGROUND, field="scene", why="a scene for things of this size"),
    )
