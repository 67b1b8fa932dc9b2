"""Product parts: cut out by the known transform or found by features, and held against several reference photos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from domain.candidate import Severity, Verdict
from domain.ports import Image
from domain.values import Affine, Box
from evals.scripted_eye import Look, all_well, eyes, served
from tests.unit.judges.conftest import photograph
from tools.judges.looking import (
    FeatureFinder,
    Reference,
    checks_of_parts,
    compare_parts,
    placed_parts,
    rubric,
    sheet_of,
)
from tools.judges.looking.parts import MOST_PARTS

PARTS = {"cap": Box(x=20, y=0, width=60, height=30), "label": Box(x=10, y=40, width=80, height=90)}


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(0, across) * max(0, down)
    return both / (one.width * one.height + other.width * other.height - both)


def placed(scale: float, degrees: float, x: float, y: float) -> Affine:
    matrix = cv2.getRotationMatrix2D((0, 0), degrees, scale)
    matrix[:, 2] += (x, y)
    first, second = matrix
    return (float(first[0]), float(first[1]), float(first[2])), (float(second[0]), float(second[1]), float(second[2]))


def test_every_annotated_part_is_located_where_the_transform_is_known() -> None:
    """The parts are drawn, the whole is placed by OpenCV, and each is sought where it says: 120 placements."""
    located = 0
    total = 0
    for n in range(120):
        scale, degrees = 0.6 + (n % 7) * 0.35, (n % 11 - 5) * 4.0
        affine = placed(scale, degrees, 260 + 3 * n, 180 + n)
        found = placed_parts(PARTS, affine, (1024, 1024))
        for name, box in PARTS.items():
            total += 1
            mask = np.zeros((200, 120), np.uint8)
            mask[box.y : box.y + box.height, box.x : box.x + box.width] = 255
            drawn = cv2.warpAffine(mask, np.array(affine), (1024, 1024), flags=cv2.INTER_NEAREST)
            x, y, width, height = cv2.boundingRect(drawn)
            located += name in found and overlap(found[name], Box(x=x, y=y, width=width, height=height)) > 0.9
    assert total == 240
    assert located / total >= 0.95


def test_a_part_that_is_mostly_outside_the_picture_is_not_located() -> None:
    found = placed_parts(PARTS, placed(1.0, 0, -60, 0), (200, 200))
    assert "cap" not in found


MOTORCYCLE = {
    "headlight": Box(x=214, y=107, width=60, height=60),
    "front wheel": Box(x=80, y=250, width=150, height=170),
    "tank": Box(x=285, y=130, width=120, height=80),
    "engine": Box(x=300, y=230, width=130, height=120),
}
"""Parts of a motorcycle on the left picture of a calibrated stereo pair (Scharstein et al., GCPR 2014)."""


def test_parts_are_found_on_a_real_second_viewpoint() -> None:
    """The right picture is taken 193 mm beside the left; where a part went follows from its disparity."""
    left, right = photograph("motorcycle_left.png"), photograph("motorcycle_right.png")
    cutout = np.dstack([left[..., :3], np.full(left.shape[:2], 255, np.uint8)])
    found = FeatureFinder().find(right[..., :3], cutout, MOTORCYCLE)
    assert set(found) == set(MOTORCYCLE)
    for name, box in found.items():
        truth = nearest_match(left, right, MOTORCYCLE[name])
        assert overlap(box, truth) > 0.5, f"{name}: {box} for {truth}"


def nearest_match(left: Image, right: Image, box: Box) -> Box:
    """Where a part lies on the rectified right picture: the same rows, moved left by its disparity."""
    template = left[box.y : box.y + box.height, box.x : box.x + box.width, :3]
    strip = right[box.y : box.y + box.height, max(0, box.x - 80) : box.x + box.width, :3]
    scores = cv2.matchTemplate(np.ascontiguousarray(strip), np.ascontiguousarray(template), cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, _) = cv2.minMaxLoc(scores)
    return box.model_copy(update={"x": max(0, box.x - 80) + x})


def test_nothing_is_found_in_a_picture_without_the_product() -> None:
    left = photograph("motorcycle_left.png")
    cutout = np.dstack([left[..., :3], np.full(left.shape[:2], 255, np.uint8)])
    assert FeatureFinder().find(photograph("flower.jpg")[..., :3], cutout, MOTORCYCLE) == {}


def product() -> Image:
    return np.ascontiguousarray(cv2.resize(photograph("motorcycle_left.png")[..., :3], (741, 500)))


def references() -> list[Reference]:
    return [Reference("own", product(), MOTORCYCLE), Reference("studio", product()[:, ::1].copy(), MOTORCYCLE)]


def test_all_parts_go_into_one_call_each_with_its_references_and_nine_named_scales(tmp_path: Path) -> None:
    looks: list[Look] = []

    def noting(look: Look) -> dict[str, Any]:
        looks.append(look)
        return all_well(look)

    with served(noting) as url, eyes(tmp_path, url) as seen:
        verdicts = compare_parts(seen.bench, sheet_of(product(), MOTORCYCLE, references(), tuple(MOTORCYCLE)))
        assert len(seen.called) == 1
    assert looks[0].data["parts"] == list(MOTORCYCLE)
    assert len(looks[0].files) == len(MOTORCYCLE) * 3
    assert 8 <= len(rubric("parts").scales) <= 10
    assert tuple(f.check for f in verdicts.findings) == checks_of_parts(tuple(MOTORCYCLE))
    assert all(f.verdict is Verdict.PASS and len(f.evidence) == 9 for f in verdicts.findings)


def test_one_low_grade_on_one_scale_fails_the_part_with_its_reason_and_place(tmp_path: Path) -> None:
    def wrong_wheel(look: Look) -> dict[str, Any]:
        answer = all_well(look)
        wheel = next(part for part in answer["parts"] if part["part"] == "front wheel")
        wheel["grades"] = [
            {**g, "grade": 1, "reason": "five spokes instead of ten"} if g["id"] == "number" else g
            for g in wheel["grades"]
        ]
        return answer

    with served(wrong_wheel) as url, eyes(tmp_path, url) as seen:
        verdicts = compare_parts(seen.bench, sheet_of(product(), MOTORCYCLE, references(), tuple(MOTORCYCLE)))
    failed = [f for f in verdicts.findings if f.verdict is Verdict.FAIL]
    (wheel,) = failed
    assert wheel.check == "look:part:front wheel"
    assert wheel.severity is Severity.GATE
    assert "five spokes instead of ten" in wheel.reason
    assert wheel.region == MOTORCYCLE["front wheel"]


def test_what_cannot_be_compared_abstains_and_is_not_asked_about(tmp_path: Path) -> None:
    where = {"engine": MOTORCYCLE["engine"], "tank": Box(x=1, y=1, width=5, height=5)}
    wanted = ("engine", "tank", "headlight", "mirror")
    with served(all_well) as url, eyes(tmp_path, url) as seen:
        verdicts = compare_parts(seen.bench, sheet_of(product(), where, references(), wanted))
    reasons = {f.check.rpartition(":")[2]: (f.verdict, f.reason) for f in verdicts.findings}
    assert reasons["engine"][0] is Verdict.PASS
    assert reasons["tank"] == (Verdict.ABSTAIN, "too small to be judged: 5x5 pixels")
    assert reasons["headlight"] == (Verdict.ABSTAIN, "the part was not found in the picture")
    assert reasons["mirror"] == (Verdict.ABSTAIN, "no reference photo shows this part")


def test_a_thin_part_is_compared_and_its_reference_shown_hardly_larger(tmp_path: Path) -> None:
    looks: list[Look] = []

    def noting(look: Look) -> dict[str, Any]:
        looks.append(look)
        return all_well(look)

    where = {"engine": Box(x=300, y=230, width=60, height=6)}
    with served(noting) as url, eyes(tmp_path, url) as seen:
        [finding] = compare_parts(seen.bench, sheet_of(product(), where, references()[:1], ("engine",))).findings
    assert finding.verdict is Verdict.PASS
    judged, reference = (max(picture.shape[:2]) for picture in looks[0].pictures)
    assert judged < reference <= 2 * judged + 1


@pytest.mark.parametrize("missing", ["part", "grade"])
def test_grades_that_are_not_given_are_not_passed(tmp_path: Path, missing: str) -> None:
    def forgetful(look: Look) -> dict[str, Any]:
        answer = all_well(look)
        if missing == "part":
            answer["parts"] = answer["parts"][1:]
        else:
            answer["parts"][0]["grades"] = answer["parts"][0]["grades"][1:]
        return answer

    with served(forgetful) as url, eyes(tmp_path, url) as seen:
        verdicts = compare_parts(seen.bench, sheet_of(product(), MOTORCYCLE, references(), tuple(MOTORCYCLE)))
    assert verdicts.findings[0].verdict is Verdict.ABSTAIN


def test_more_parts_than_fit_in_a_call_are_told(tmp_path: Path) -> None:
    many = {f"part {n}": Box(x=100 + 20 * n, y=100, width=40, height=40) for n in range(MOST_PARTS + 2)}
    with served(all_well) as url, eyes(tmp_path, url) as seen:
        sheet = sheet_of(product(), many, [Reference("own", product(), many)], tuple(many))
        verdicts = compare_parts(seen.bench, sheet)
    assert [f.verdict for f in verdicts.findings].count(Verdict.ABSTAIN) == 2
