"""The product's edge: fringes of the old background, visible seams, and products that grew."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from domain.candidate import Change, EditTarget, Finding
from tools.judges.book import Check
from tools.judges.colour import Floats, lab
from tools.judges.evidence import Views
from tools.judges.silhouette import Profile, sample

_RECUT = Change(target=EditTarget.PRODUCT, field="cutout", why="cut the product again with a cleaner edge")
_REDRAW = Change(target=EditTarget.GENERATOR, field="seed", why="draw the surroundings again")
_ELSEWHERE = Change(target=EditTarget.BACKGROUND, field="scene", why="a background closer to the product's own edge")

_RIM = (2, 1, 0, -1)
"""Offsets of the rim in pixels of a 1024-pixel picture, outermost first."""


def edge_halo(views: Views, check: Check) -> Finding:
    """Fringe: an edge pixel should lie on the line between the colours inside and outside.

    For every outline point the CIELAB colours 2 px outside to 1 px inside are projected on the segment between the
    colour 5 px inside and the colour 5 px outside; `value` is the mean over points of the largest distance to it. A
    rim of another colour (a light fringe kept from a studio backdrop, a dark one from bad blending) stands off the
    line; correct antialiasing lies on it. A glazed or glass product has a bright rim of its own: where the cutout is
    known, a rim that is in the cutout counts for `own_rim` of its distance, one that is not counts in full.
    """
    profile = views.profile
    if profile is None:
        return check.abstained("the product's outline is unknown")
    inside, outside = profile.colours[:, profile.at(-5)], profile.colours[:, profile.at(5)]
    known = profile.valid[:, profile.at(-5)] & profile.valid[:, profile.at(5)]
    if int(known.sum()) < check.limit("points"):
        return check.abstained("too little of the outline lies inside the frame")
    line = inside - outside
    expected = _expected_edge(views, profile)
    residual: list[Floats] = []
    for offset in _RIM:
        colour = profile.colours[:, profile.at(offset)]
        along = ((colour - outside) * line).sum(-1) / ((line * line).sum(-1) + 1)
        off_line = np.linalg.norm(colour - (outside + np.clip(along, 0, 1)[:, None] * line), axis=-1)
        if expected is not None:
            off_cutout = np.linalg.norm(colour - expected[:, _RIM.index(offset)], axis=-1)
            off_line = np.minimum(off_line, np.maximum(off_cutout, check.limit("own_rim") * off_line))
        residual.append(np.asarray(off_line, np.float32))
    distance = np.stack(residual)[:, known].max(0)
    value, share = float(distance.mean()), float((distance > check.limit("strong")).mean())
    facts = {"strong_share": share, "points": int(known.sum())}
    if value > check.limit("mean") or share > check.limit("strong_share"):
        return check.failed(
            f"a fringe around the product: {share:.0%} of its edge is off the colours on both sides",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=(_RECUT, _ELSEWHERE),
        )
    return check.passed("the edge blends product and background", value=value, evidence=facts)


def _expected_edge(views: Views, profile: Profile) -> Floats | None:
    """CIELAB colours (n, rim offsets, 3) of the cutout composited over the colour just outside it; None if unknown."""
    placed = views.placed
    if placed is None:
        return None
    straight = np.asarray(cv2.GaussianBlur(placed.pixels.astype(np.float32), (0, 0), 0.7), np.float32)
    offsets = np.array(_RIM, np.float32) * np.float32(views.unit)
    where = profile.points[:, None] + profile.normals[:, None] * offsets[None, :, None]
    pixels = sample(straight, where - np.array([placed.x, placed.y], np.float32))
    outside = profile.colours[:, profile.at(5)]
    backdrop = np.asarray(cv2.cvtColor(outside[None], cv2.COLOR_LAB2RGB), np.float32)[0] * 255
    alpha = pixels[..., 3:] / 255
    return lab(pixels[..., :3] * alpha + backdrop[:, None] * (1 - alpha))


def edge_seam(views: Views, check: Check) -> Finding:
    """Seam: a step in the background that follows the outline at a constant distance.

    A background does not know the product's outline, so the signed CIELAB step between neighbouring distances, taken
    in median over the outline's upper part (contact shadow and occlusion lie below), is near zero at every distance
    from 4 to 30 px; farther out, windows and walls line up with upright products by chance. A pasted patch or an
    inpainting border makes it coherent. `value` is the largest median step, less the trend, which a wide soft gradient
    around the product has as well: that over all distances and that on both sides of the step, whichever explains
    more, for a gradient that levels off leaves the first behind where distances are sampled wide apart.
    """
    profile = views.profile
    if profile is None:
        return check.abstained("the product's outline is unknown")
    upper = profile.normals[:, 1] < check.limit("normal_y")
    starts = range(profile.at(4), profile.at(26))
    found = [_coherent_step(profile, upper, j, j + 2, int(check.limit("points"))) for j in starts]
    known = [(j, *step) for j, step in zip(starts, found, strict=True) if step is not None]
    if len(known) < 5:
        return check.abstained("too little background around the product to look for a seam")
    spans = np.array([profile.offsets[j + 2] - profile.offsets[j] for j, _, _ in known], np.float32)[:, None]
    medians = np.stack([median for _, median, _ in known])
    rates = {j: median / span for (j, median, _), span in zip(known, spans, strict=True)}
    trend = np.median(np.stack(list(rates.values())), axis=0)
    beside = np.stack([_beside(profile, upper, j, rates, trend, check) for j, _, _ in known])
    sizes = np.minimum(*(np.linalg.norm(medians - rate * spans, axis=1) for rate in (trend, beside)))
    worst = int(sizes.argmax())
    start, _, agreeing = known[worst]
    value, distance = float(sizes[worst]), float(profile.offsets[start + 1])
    facts = {"distance": distance, "agreeing": agreeing}
    if value > check.limit("step") and agreeing > check.limit("agreeing"):
        return check.failed(
            f"a seam follows the product's outline {distance:.0f} px away",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=(_REDRAW, _ELSEWHERE),
        )
    return check.passed("no seam follows the outline", value=value, evidence=facts)


def _beside(
    profile: Profile, upper: npt.NDArray[np.bool_], start: int, rates: Mapping[int, Floats], trend: Floats, check: Check
) -> Floats:
    """CIELAB per pixel just inside and just outside the interval that begins at `start`: the mean of what is known."""
    sides = [rates[start - 2]] if start - 2 in rates else []
    if start + 2 in rates:
        sides.append(rates[start + 2])
    elif start + 4 < len(profile.offsets):
        beyond = _coherent_step(profile, upper, start + 2, start + 4, int(check.limit("points")))
        if beyond is not None:
            sides.append(beyond[0] / (profile.offsets[start + 4] - profile.offsets[start + 2]))
    return np.asarray(np.mean(sides, axis=0), np.float32) if sides else trend


def _coherent_step(
    profile: Profile, upper: npt.NDArray[np.bool_], start: int, end: int, least: int
) -> tuple[Floats, float] | None:
    """Median CIELAB step between two distances and the share of points that step that way; None with too few points."""
    known = upper & profile.valid[:, start] & profile.valid[:, end]
    if int(known.sum()) < least:
        return None
    step = profile.colours[known, end] - profile.colours[known, start]
    median = np.median(step, axis=0)
    alike = (step @ median) / (np.linalg.norm(step, axis=-1) * np.linalg.norm(median) + 1e-3)
    return np.asarray(median, np.float32), float((alike > 0.7).mean())


def object_growth(views: Views, check: Check) -> Finding:
    """Growth: product-coloured content continuing outward past the silhouette.

    Per outline point (not those facing down, where shadow and reflection lie): the colours 5, 9 and 14 px inside, the
    colours 6-16 px outside, and the colour 50 px out, where the scene is itself again. Grown when the near outside is
    like the inside and unlike the far outside. `value` is the share of such points among those where inside and far
    differ enough to tell; the check abstains where too few do.

    That is seen along the normals only, and a horizon or a garment of the product's colour that passes behind it is
    like the inside near the outline and gone 50 px out as well. Growth ends near the product on every side: what goes
    on through the picture beyond that reach is scenery, and its points do not count.
    """
    profile = views.profile
    if profile is None:
        return check.abstained("the product's outline is unknown")
    inner, far = profile.at(-5), profile.at(50)
    near = [profile.at(v) for v in (6, 8, 10, 12, 14, 16)]
    known = profile.valid[:, inner] & profile.valid[:, far] & profile.valid[:, near].all(1)
    known &= profile.normals[:, 1] < check.limit("normal_y")
    inside, beyond = profile.colours[:, inner], profile.colours[:, far]
    apart = np.linalg.norm(inside - beyond, axis=-1)
    telling = known & (apart > check.limit("apart"))
    if int(telling.sum()) < check.limit("points"):
        return check.abstained("product and background are too alike around the outline to see growth")
    outside = profile.colours[:, near]
    depths = [profile.at(v) for v in (-5, -9, -14)]
    distances = np.stack([np.linalg.norm(outside - profile.colours[:, None, j], axis=-1).mean(1) for j in depths])
    to_product = np.where(profile.valid[:, depths].T, distances, np.inf).min(0)
    to_scene = np.linalg.norm(outside - beyond[:, None], axis=-1).mean(1)
    grown = telling & (to_product < check.limit("alike")) & (to_scene > 2 * to_product)
    grown &= ~_scenery(views, profile, grown, check)
    value = float(grown.sum() / telling.sum())
    run = _longest_run(profile, grown) / max(len(profile.points), 1)
    facts = {"longest_run": run, "telling": int(telling.sum())}
    if value > check.limit("share") and run > check.limit("run"):
        return check.failed(
            f"product-coloured content continues past {value:.0%} of the product's outline",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=(_REDRAW, _ELSEWHERE),
        )
    return check.passed("the product ends at its outline", value=value, evidence=facts)


def _scenery(
    views: Views, profile: Profile, grown: npt.NDArray[np.bool_], check: Check
) -> npt.NDArray[np.bool_]:
    """Which of the grown points touch something of one colour that reaches farther out than growth does."""
    passing = np.zeros_like(grown)
    if views.half_mask is None or not grown.any():
        return passing
    near = profile.at(10)
    places = profile.points + profile.normals * (profile.offsets[near] * views.unit)
    height, width = views.half_mask.shape
    places = (places / 2).astype(int).clip(0, np.array([width - 1, height - 1]))
    outside = (views.half_mask < 16).astype(np.uint8)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
    reach = float(profile.offsets[-1]) * views.unit / 2
    for run in _runs(grown):
        colour = np.median(profile.colours[run, near], axis=0)
        alike = (np.linalg.norm(views.half_lab - colour, axis=-1) < check.limit("one_colour")) & (outside == 1)
        _, labels = cv2.connectedComponents(alike.astype(np.uint8))
        touched = labels[places[run, 1], places[run, 0]]
        far = np.unique(labels[(away > reach) & alike])
        passing[run] = np.isin(touched, far[far > 0])
    return passing


def _runs(flags: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int64]]:
    """The unbroken stretches of flagged outline, as indices."""
    places = np.flatnonzero(flags)
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []


def _longest_run(profile: Profile, flags: npt.NDArray[np.bool_]) -> int:
    """Length in points of the longest unbroken stretch of flagged outline (gaps of two points are bridged)."""
    longest = current = gap = 0
    for flag in flags:
        if flag:
            current, gap = current + 1 + gap, 0
            longest = max(longest, current)
        elif current and gap < 2:
            gap += 1
        else:
            current = gap = 0
    return longest
