"""Product parts: cut out of the picture and out of reference photos, and held against each other part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.candidate import Finding, Severity, Verdict
from domain.looking import Grade, PartGrades, PartsLooked, Scale, Verdicts
from domain.models import AskPart, ModelRole, TextPart
from domain.ports import Image
from domain.values import Affine, Box
from tools.judges.locate import locate
from tools.judges.looking.asking import REFERENCE_SIDE, Bench, ask, data_block, datum, shown
from tools.judges.looking.sheets import rubric

PREFIX = "look:part:"
MOST_REFERENCES = 3
"""Reference crops shown of one part."""

MOST_PARTS = 12
MARGIN = 0.15
"""Room shown around a part, share of its longer side: what it sits next to tells position and proportion."""

REACH = 0.6
LEAST_AGREEMENT, LEAST_GAIN = 0.5, 0.05
"""Correlation from which a part is believed to stand elsewhere than it was carried to, and what it must gain there."""

LEAST_SIDE, LEAST_PIXELS = 4, 144
"""A part of fewer pixels, across or in all, cannot be judged; a line of words or a rim is thin, and yet to be seen."""

LARGER = 2.0
"""How much larger than the part a reference is shown at most: detail the picture has no room for is no difference."""

TOKENS_A_PART = 420


@dataclass(frozen=True)
class Reference:
    """A photo of the real product, and where its parts are in it, in pixels."""

    name: str
    image: Image
    parts: Mapping[str, Box]


def placed_parts(parts: Mapping[str, Box], affine: Affine, canvas: tuple[int, int]) -> dict[str, Box]:
    """Where parts of a cutout lie on the canvas (width, height): the box around their corners under the affine.

    `parts` are in cutout pixels. A part of which less than half lies on the canvas is left out.
    """
    matrix = np.vstack([np.asarray(affine, np.float64), [0, 0, 1]])
    return _carried(parts, matrix, canvas)


class FeatureFinder:
    """Implements `domain.ports.PartFinder` by matching the cutout's features: for pictures made elsewhere."""

    def find(self, image: Image, cutout: Image, parts: Mapping[str, Box]) -> dict[str, Box]:
        """Where the parts lie in the picture; empty where the product is not found.

        One homography carries the whole product; parts nearer to the camera or farther away moved more or less, so
        each is then sought around where it was carried.
        """
        located = locate(cutout, image)
        if located is None:
            return {}
        height, width = image.shape[:2]
        carried = _carried(parts, located.homography, (width, height))
        over = np.asarray(cv2.warpPerspective(cutout[..., :3], located.homography, (width, height)), np.uint8)
        return {name: _sought(over, image[..., :3], box) for name, box in carried.items()}


def _sought(carried: Image, image: Image, box: Box) -> Box:
    """A part's box moved to where the picture agrees best with the carried product, within `REACH` of its size."""
    height, width = image.shape[:2]
    reach = round(REACH * max(box.width, box.height))
    top, left = max(0, box.y - reach), max(0, box.x - reach)
    bottom, right = min(height, box.y + box.height + reach), min(width, box.x + box.width + reach)
    part = np.ascontiguousarray(carried[box.y : box.y + box.height, box.x : box.x + box.width])
    scores = cv2.matchTemplate(np.ascontiguousarray(image[top:bottom, left:right]), part, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    here = float(scores[box.y - top, box.x - left])
    if not np.isfinite(best) or best < LEAST_AGREEMENT or best - here < LEAST_GAIN:
        return box
    return box.model_copy(update={"x": left + x, "y": top + y})


def _carried(
    parts: Mapping[str, Box], matrix: npt.NDArray[np.float64], canvas: tuple[int, int]
) -> dict[str, Box]:
    width, height = canvas
    found = {}
    for name, box in parts.items():
        x, y, right, bottom = box.x - 0.5, box.y - 0.5, box.x + box.width - 0.5, box.y + box.height - 0.5
        corners = np.array([[x, y], [right, y], [right, bottom], [x, bottom]], np.float64)
        quad = cv2.perspectiveTransform(corners[None], matrix)[0] + 0.5
        low, high = quad.min(0), quad.max(0)
        inside_low, inside_high = np.clip(low, 0, (width, height)), np.clip(high, 0, (width, height))
        area = float(np.prod(high - low))
        kept = float(np.prod(np.maximum(inside_high - inside_low, 0)))
        if area <= 0 or kept < area / 2:
            continue
        left, top = np.floor(inside_low).astype(int)
        far, low_edge = np.ceil(inside_high).astype(int)
        found[name] = Box(x=int(left), y=int(top), width=max(1, int(far - left)), height=max(1, int(low_edge - top)))
    return found


def checks_of_parts(parts: Sequence[str]) -> tuple[str, ...]:
    """The checks that comparing these parts makes."""
    return tuple(PREFIX + name for name in parts)


@dataclass(frozen=True)
class Sheet:
    """What a judge is shown of a product's parts. `asked` are compared; `abstained` say why a part is not."""

    wanted: tuple[str, ...]
    asked: tuple[str, ...]
    shown: tuple[AskPart, ...]
    where: Mapping[str, Box]
    abstained: Mapping[str, Finding]

    @property
    def longest(self) -> int:
        """Room for the answer, tokens."""
        return TOKENS_A_PART * len(self.asked)

    @property
    def data(self) -> dict[str, object]:
        """The questions."""
        scales = rubric("parts").scales
        return {
            "parts": list(self.asked),
            "scales": [{"id": scale.id, "question": scale.question} for scale in scales],
        }

    def findings(self, graded: Sequence[PartGrades], why_not: str) -> tuple[Finding, ...]:
        """One finding a part, in the order wanted."""
        scales = rubric("parts").scales
        given = {one.part: {grade.id: grade for grade in one.grades} for one in graded}
        found = {
            name: part_finding(name, scales, given.get(name, {}), self.where[name], why_not) for name in self.asked
        }
        return tuple((found | dict(self.abstained))[name] for name in self.wanted)


def sheet_of(
    image: Image, where: Mapping[str, Box], references: Sequence[Reference], wanted: Sequence[str]
) -> Sheet:
    """Every wanted part beside its reference photos.

    A part that was not found in the picture or on any reference, or is too small to be judged, abstains and says so.

    Args:
        image: RGB picture.
        where: parts found in the picture, in pixels.
        references: photos of the real product for this market, those nearest to the picture's viewpoint first.
        wanted: names of the parts to compare, in order; at most `MOST_PARTS` are.
    """
    abstained: dict[str, Finding] = {}
    beside: list[AskPart] = []
    asked = []
    for name in wanted[:MOST_PARTS]:
        known = [reference for reference in references if name in reference.parts][:MOST_REFERENCES]
        if why_not := _why_not(name, where, known):
            abstained[name] = _abstained(name, why_not)
            continue
        asked.append(name)
        label = datum(name)
        beside.append(TextPart(text=f"Part “{label}”, to be judged."))
        judged = crop(image, where[name])
        beside.append(shown(judged, REFERENCE_SIDE))
        largest = min(REFERENCE_SIDE, round(LARGER * max(judged.shape[:2])))
        for reference in known:
            beside.append(TextPart(text=f"Part “{label}”, reference."))
            beside.append(shown(crop(reference.image, reference.parts[name]), largest))
    for name in wanted[MOST_PARTS:]:
        abstained[name] = _abstained(name, f"only {MOST_PARTS} parts are compared")
    return Sheet(tuple(wanted), tuple(asked), tuple(beside), where, abstained)


def compare_parts(bench: Bench, sheet: Sheet) -> Verdicts:
    """Hold every part of a sheet against its reference photos, all in one call; one finding a part."""
    if not sheet.asked:
        return Verdicts(findings=sheet.findings((), ""))
    parts = (*sheet.shown, data_block(**sheet.data))
    told = ask(bench, ModelRole.COMPONENT_JUDGE, "look_parts", parts, PartsLooked, 100 + sheet.longest)
    return Verdicts(findings=sheet.findings(told.value.parts if told.value else (), told.why_not), spent=told.spent)


def part_finding(
    name: str, scales: Sequence[Scale], given: Mapping[str, Grade], box: Box, why_not: str = ""
) -> Finding:
    """One part: a grade under its least on a scale that is a gate fails it, whatever the others are (Promise 2)."""
    missing = [scale.id for scale in scales if scale.id not in given or given[scale.id].grade > scale.best]
    if len(missing) == len(scales):
        return _abstained(name, why_not or "the judge gave no grades")
    low = [scale for scale in scales if scale.id not in missing and given[scale.id].grade < scale.least]
    gates = [scale for scale in low if scale.severity is Severity.GATE]
    reasons = "; ".join(f"{one.id} {given[one.id].grade} of {one.best}: {given[one.id].reason}" for one in low)
    worst = min(given[scale.id].grade for scale in scales if scale.id not in missing)
    if low:
        verdict, said = Verdict.FAIL, reasons
    elif missing:
        verdict, said = Verdict.ABSTAIN, f"not graded: {', '.join(missing)}"
    else:
        verdict, said = Verdict.PASS, f"agrees with its reference photos; lowest grade {worst}"
    return Finding(
        check=PREFIX + name,
        verdict=verdict,
        severity=Severity.GATE if gates or not low else Severity.REVIEW,
        reason=said,
        value=float(worst),
        threshold=3.0,
        unit="lowest grade of 5",
        region=box,
        evidence={scale.id: given[scale.id].grade for scale in scales if scale.id not in missing},
    )


def crop(image: Image, box: Box) -> Image:
    """A part with some room around it."""
    room = round(MARGIN * max(box.width, box.height))
    height, width = image.shape[:2]
    top, left = max(0, box.y - room), max(0, box.x - room)
    bottom, right = min(height, box.y + box.height + room), min(width, box.x + box.width + room)
    return np.ascontiguousarray(image[top:bottom, left:right, :3])


def _why_not(name: str, where: Mapping[str, Box], known: Sequence[Reference]) -> str:
    if not known:
        return "no reference photo shows this part"
    if name not in where:
        return "the part was not found in the picture"
    if too_small(where[name]):
        return f"too small to be judged: {where[name].width}x{where[name].height} pixels"
    return ""


def too_small(box: Box) -> bool:
    """Whether a part has too few pixels to be judged."""
    return min(box.width, box.height) < LEAST_SIDE or box.width * box.height < LEAST_PIXELS


def _abstained(name: str, why: str) -> Finding:
    return Finding(check=PREFIX + name, verdict=Verdict.ABSTAIN, severity=Severity.GATE, reason=why)
