"""Does the product stand on something?"""

from __future__ import annotations

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding
from domain.composition import SceneKind
from domain.values import Box
from tools.judges.book import Check
from tools.judges.colour import Floats, lab
from tools.judges.evidence import Views

_GROUNDED = (
    Change(target=EditTarget.COMPOSITION, field="lift", amount=0.0, why="stand the product on its ground line"),
    Change(target=EditTarget.GENERATOR, field="shadow", amount=1.0, why="the scene's own shadow under it"),
    Change(target=EditTarget.GENERATOR, field="occlusion", amount=1.0, why="contact darkening under its base"),
)


def floating(views: Views, check: Check) -> Finding:
    """Contact shadow: the ground just under the product's base is darker than the same ground further down.

    For each column of the base (silhouette within 2% of its lower convex hull's level part) the mean lightness of a
    strip 2 px under the base is divided by that of a strip 11-16% of the product's height further down; `value` is
    the median ratio. A standing product hides part of the sky from its ground, whatever the light, so the ratio is
    clearly under 1. Independently, a base drawn above its ground line (composition.lift) fails by geometry.
    """
    mask, box, evidence = views.mask, views.box, views.evidence
    if mask is None or box is None:
        return check.abstained("the product's outline is unknown")
    if evidence.slot is not None:
        lift = evidence.slot.composition.lift / max(box.height, 1)
        if lift > check.limit("lift"):
            return check.failed(
                f"the product stands {lift:.1%} of its height above its ground line",
                value=1 + lift,
                region=_base(box, views.height),
                evidence={"lift": lift},
                fixes=_GROUNDED,
            )
    if evidence.scene is not None and evidence.scene.kind is SceneKind.FLAT_LAY:
        return _lying(views, check)
    ratio, columns = _contact_ratio(views)
    if ratio is None:
        return check.abstained("no ground is visible under the product's base")
    facts = {"columns": columns}
    if ratio > check.limit("ratio"):
        return check.failed(
            f"no contact shadow: the ground under the base is {ratio:.2f} times as light as the ground before it",
            value=ratio,
            region=_base(box, views.height),
            evidence=facts,
            fixes=_GROUNDED[::-1],
        )
    return check.passed("the product stands on its ground", value=ratio, evidence=facts)


def _contact_ratio(views: Views) -> tuple[float | None, int]:
    """Median lightness under the base over lightness further down, and the number of base columns it rests on."""
    mask, box = views.mask, views.box
    if mask is None or box is None:
        return None, 0
    opaque = mask[:, box.x : box.x + box.width] > 127
    columns = np.flatnonzero(opaque.any(0))
    lowest = views.height - 1 - opaque[::-1][:, columns].argmax(0)
    hull = cv2.convexHull(np.stack([columns, lowest], 1).astype(np.int32))[:, 0]
    hull = hull[np.argsort(hull[:, 0])]
    level = np.interp(columns, hull[:, 0], hull[:, 1])
    at_base = (lowest > level - 0.015 * box.height) & (lowest > lowest.max() - 0.06 * box.height)
    top = max(0, int(lowest.max()) - int(0.1 * box.height))
    strip = lab(views.scenery[top : min(views.height, int(lowest.max()) + int(0.17 * box.height) + 2),
                            box.x : box.x + box.width])[..., 0]
    near, far = [], []
    reach = max(2, int(0.012 * box.height))
    for column, row in zip(columns[at_base], lowest[at_base] - top, strict=True):
        under = strip[row + 2 : row + 3 + reach, column]
        further = strip[row + int(0.11 * box.height) : row + int(0.16 * box.height) + 1, column]
        if under.size and further.size:
            near.append(float(under.mean()))
            far.append(float(further.mean()))
    if len(near) < 6:
        return None, len(near)
    return float(np.median((np.array(near) + 2) / (np.array(far) + 2))), len(near)


def _lying(views: Views, check: Check) -> Finding:
    """A product seen from above: a shadow on some side of its outline darkens the surface next to it."""
    profile = views.profile
    if profile is None:
        return check.abstained("the product's outline is unknown")
    near, far = profile.at(4), profile.at(50)
    known = profile.valid[:, near] & profile.valid[:, far]
    if int(known.sum()) < 60:
        return check.abstained("too little surface is visible around the product")
    light: Floats = (profile.colours[known, near, 0] + 2) / (profile.colours[known, far, 0] + 2)
    value = float(np.percentile(light, 25))
    if value > check.limit("lying_ratio"):
        return check.failed(
            f"nothing ties the product to the surface: no side of it is darker ({value:.2f})",
            value=value,
            region=views.box,
            evidence={"points": int(known.sum())},
            fixes=_GROUNDED[:0:-1],
        )
    return check.passed("the product lies on the surface", value=value)


def _base(box: Box, height: int) -> Box:
    """The strip around the product's base."""
    top = max(0, box.y + int(0.9 * box.height))
    return Box(x=box.x, y=top, width=box.width, height=max(1, min(height, box.y + int(1.15 * box.height)) - top))
