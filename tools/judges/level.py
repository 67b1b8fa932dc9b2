"""Is the camera level? Reported where a generator reports it, and measured where the picture's own lines say."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.candidate import Change, EditTarget, Finding, Scalar, Severity
from domain.composition import SceneKind
from tools.judges.book import Check
from tools.judges.evidence import Views

SIDE = 256
"""Pixels of the longer side the lines are looked for at: horizons and table edges are out of focus more often than not,
and a blurred edge is a line only when the picture is small."""

SHORTEST = 0.04
"""Share of that side below which a segment has no direction worth a vote."""

SPREAD, ALIKE = 0.7, 1.0
"""Degrees: width of a vote, and distance from the peak within which lines agree with it."""

AROUND = 25
"""Pixels around the product whose lines are the product's own, its shadow's or its reflection's."""


@dataclass(frozen=True)
class Lines:
    """What near-level or near-upright lines agree on.

    tilt     : degrees their direction is turned by, where most of their length points.
    agreeing : share of their votes within a degree of that.
    length   : their length there, in widths of the picture.
    """

    tilt: float
    agreeing: float
    length: float


NONE = Lines(0.0, 0.0, 0.0)


def horizon(views: Views, check: Check) -> Finding:
    """Camera roll. What a generator reports and what the picture shows must both be level.

    A roll that is reported beyond the limit blocks. A level camera that is reported is only a claim, so the picture's
    straight lines (LSD, von Gioi et al. 2010) are asked in any case. They are believed where near-level lines agree
    with each other, as horizons, shelves and table edges do, or where near-level and near-upright ones are turned
    alike, which only a rolled camera does to both; dunes, folds and slanting shadows point in all directions. A
    measured tilt asks for review, and where lines do not agree the check abstains. A flat lay has no horizon.
    """
    evidence = views.evidence
    if evidence.scene is not None and evidence.scene.kind is SceneKind.FLAT_LAY:
        return check.abstained("a flat lay has no horizon")
    fixes = (Change(target=EditTarget.COMPOSITION, field="roll", amount=0.0, why="level the camera"),)
    reported = evidence.slot.composition.roll if evidence.slot is not None else None
    facts: dict[str, Scalar] = {} if reported is None else {"reported": reported}
    if reported is not None and abs(reported) > check.limit("roll"):
        said = f"the camera is rolled by {reported:+.1f} degrees"
        return check.failed(said, value=abs(reported), evidence={**facts, "how": "reported"}, fixes=fixes)
    level, upright = straight_lines(views, check.limit("within"))
    facts |= {"agreeing": level.agreeing, "length": level.length, "uprights": upright.length}
    if not readable(level, upright, check):
        claim = "" if reported is None else f"; the generator reports {reported:+.1f} degrees"
        return check.abstained(f"no lines to judge the horizon by{claim}", evidence=facts)
    facts["how"] = "measured"
    if abs(level.tilt) > check.limit("tilt"):
        said = f"level lines tilt by {level.tilt:+.1f} degrees"
        return check.failed(said, value=abs(level.tilt), evidence=facts, fixes=fixes, severity=Severity.REVIEW)
    return check.passed("level lines are level", value=abs(level.tilt), evidence=facts)


def readable(level: Lines, upright: Lines, check: Check) -> bool:
    """Whether the picture's lines say how the camera was held."""
    if level.length < check.limit("length"):
        return False
    if level.agreeing >= check.limit("agreeing"):
        return True
    firm = upright.length >= check.limit("uprights_length") and upright.agreeing >= check.limit("uprights_agreeing")
    return firm and abs(level.tilt - upright.tilt) < check.limit("apart")


def straight_lines(views: Views, within: float) -> tuple[Lines, Lines]:
    """Near-level and near-upright lines outside the product, those at most `within` degrees off."""
    k = SIDE / max(views.width, views.height)
    size = (round(views.width * k), round(views.height * k))
    gray = np.asarray(cv2.resize(views.gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = cv2.createLineSegmentDetector(1).detect(gray)[0]
    if found is None:
        return NONE, NONE
    segments = outside(views, np.asarray(found, np.float32).reshape(-1, 4), size)
    vector = segments[:, 2:] - segments[:, :2]
    length = np.hypot(vector[:, 0], vector[:, 1]) / SIDE
    angle = np.degrees(np.arctan2(vector[:, 1], vector[:, 0]))
    return agreed((angle + 90) % 180 - 90, length, within), agreed(angle % 180 - 90, length, within)


def outside(views: Views, segments: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The segments that do not touch the product or what lies close around it."""
    if views.mask is None:
        return segments
    reach = 2 * round(AROUND * views.unit / 2) + 1
    near = cv2.resize(cv2.dilate(views.mask, np.ones((reach, reach), np.uint8)), size) > 10
    ends = segments.reshape(-1, 2, 2)
    places = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1).astype(int)
    places = places.clip(0, np.array([size[0] - 1, size[1] - 1]))
    return np.asarray(segments[~near[places[..., 1], places[..., 0]].any(axis=1)], np.float32)


def agreed(off: npt.NDArray[np.float32], length: npt.NDArray[np.float32], within: float) -> Lines:
    """The direction most lines take: a vote of each, weighted by its length to the power 1.5."""
    held = (np.abs(off) < within) & (length > SHORTEST)
    if not held.any():
        return NONE
    off, length = off[held], length[held]
    grid = np.linspace(-within, within, round(20 * within) + 1)
    weight = length**1.5
    votes = (weight * np.exp(-(((grid[:, None] - off) / SPREAD) ** 2))).sum(1)
    peak = grid[int(votes.argmax())]
    alike = np.abs(off - peak) < ALIKE
    return Lines(-float(peak), float(weight[alike].sum() / weight.sum()), float(length[alike].sum()))
