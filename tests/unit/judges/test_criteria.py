"""A brand's criteria held against pictures: colours, logo size, clear space and words by measurement, the rest told."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from domain.candidate import Severity, Verdict
from domain.ports import Image
from domain.rules import (
    BrandBook,
    Certainty,
    Criterion,
    CriterionMethod,
    Measure,
    Signature,
    criteria_digest,
)
from domain.values import Box
from tests.unit.judges.conftest import photograph
from tools.imaging.plate import plate_stage
from tools.judges import Evidence, Views
from tools.judges.criteria import criteria_checks, measure_criteria
from tools.judges.marks import find_mark, free_room


def criterion(measure: Measure | None, threshold: float | None, **more: Any) -> Criterion:
    fields = {
        "id": "c1", "quote": "as the guideline says", "document": "guide.pdf", "page": 4, "method": "pixel",
        "question": "Is it kept?", "severity": "gate", "certainty": "A", "measure": measure, "threshold": threshold,
    }  # fmt: skip
    return Criterion.model_validate(fields | more)


@lru_cache(maxsize=1)
def logo() -> Image:
    """A mark with shape and lettering, on transparency."""
    cover = np.zeros((160, 420), np.uint8)
    cv2.circle(cover, (80, 80), 64, 255, 14)
    cv2.ellipse(cover, (80, 80), (34, 50), 30, 0, 360, 255, -1)
    cv2.putText(cover, "SOLARA", (165, 105), cv2.FONT_HERSHEY_DUPLEX, 2.0, 255, 6, cv2.LINE_AA)
    return np.dstack([np.full((160, 420, 3), (30, 75, 82), np.uint8), cover])


def with_logo(scene: str, box: Box, *, white: bool = False) -> Image:
    """A plate with the logo in it, in its own colour or in white."""
    image = plate_stage(scene).beauty.copy()
    mark = cv2.resize(logo(), (box.width, box.height), interpolation=cv2.INTER_AREA)
    cover = mark[..., 3:].astype(np.float32) / 255
    ink = np.full(3, 255.0, np.float32) if white else mark[..., :3].astype(np.float32)
    window = image[box.y : box.y + box.height, box.x : box.x + box.width]
    window[:] = np.rint(window * (1 - cover) + ink * cover).astype(np.uint8)
    return image


def judged(image: Image, one: Criterion, mark: Image | None = None, **evidence: Any):
    (finding,) = measure_criteria(Views(Evidence(image=image, **evidence)), [one], mark, ocr=True)
    return finding


@pytest.mark.parametrize("scene", ["studio-softbox", "terrace-noon", "beach-noon"])
@pytest.mark.parametrize("white", [False, True])
def test_the_logo_is_found_where_it_stands_in_its_own_colour_and_in_white(scene: str, white: bool) -> None:
    placed = Box(x=60, y=70, width=315, height=120)
    found = find_mark(logo(), with_logo(scene, placed, white=white))
    assert found is not None
    ink = np.flatnonzero(logo()[..., 3].max(0) > 16)
    factor = placed.width / logo().shape[1]
    assert found.box.x == pytest.approx(placed.x + ink[0] * factor, abs=6)
    assert found.box.width == pytest.approx((ink[-1] - ink[0] + 1) * factor, rel=0.04)


@pytest.mark.parametrize(
    "scene", ["terrace-noon", "kitchen-window", "street-night", "forest-morning", "marble-noon", "market-golden"]
)
def test_no_logo_is_found_in_scenes_without_one(scene: str) -> None:
    assert find_mark(logo(), plate_stage(scene).beauty) is None


def test_size_of_the_logo_is_measured_against_the_guideline() -> None:
    image = with_logo("studio-softbox", Box(x=60, y=70, width=315, height=120))
    share = 315 / image.shape[1]
    assert judged(image, criterion(Measure.LOGO_PIXELS_MIN, 250), logo()).verdict is Verdict.PASS
    small = judged(image, criterion(Measure.LOGO_PIXELS_MIN, 500), logo())
    assert (small.verdict, small.severity) == (Verdict.FAIL, Severity.GATE)
    assert small.region is not None
    assert "guide.pdf, page 4" in small.source
    assert judged(image, criterion(Measure.LOGO_WIDTH_MIN, share * 0.7), logo()).verdict is Verdict.PASS
    assert judged(image, criterion(Measure.LOGO_WIDTH_MAX, share * 0.7), logo()).verdict is Verdict.FAIL


def test_clear_space_is_what_is_free_of_edge_product_and_words_not_of_the_scene() -> None:
    box = Box(x=200, y=120, width=315, height=120)
    image = with_logo("studio-softbox", box)
    wide = judged(image, criterion(Measure.CLEAR_SPACE, 0.8), logo())
    assert wide.verdict is Verdict.PASS
    product = np.zeros(image.shape[:2], np.uint8)
    product[box.y + box.height + 20 : box.y + box.height + 300, 200:500] = 255
    near = judged(image, criterion(Measure.CLEAR_SPACE, 0.8), logo(), mask=product)
    assert near.verdict is Verdict.FAIL
    assert near.value == pytest.approx(20 / 120, abs=0.1)


def test_free_room_is_the_nearest_of_everything() -> None:
    box = Box(x=100, y=100, width=100, height=40)
    assert free_room(box, [], None, (1000, 1000)) == 100
    assert free_room(box, [Box(x=230, y=180, width=10, height=10)], None, (1000, 1000)) == 50
    product = np.zeros((1000, 1000), np.uint8)
    product[120:130, 150:160] = 255
    assert free_room(box, [], product, (1000, 1000)) == 0


def test_what_cannot_be_measured_abstains_and_says_what_is_missing() -> None:
    image = plate_stage("studio-softbox").beauty
    assert "has no logo" in judged(image, criterion(Measure.LOGO_WIDTH_MIN, 0.1)).reason
    assert "not found" in judged(image, criterion(Measure.LOGO_WIDTH_MIN, 0.1), logo()).reason
    assert "outline is unknown" in judged(image, criterion(Measure.PRODUCT_SHARE_MIN, 0.1)).reason
    assert "no colours" in judged(image, criterion(Measure.PALETTE, 0.1)).reason
    for method in (CriterionMethod.VLM, CriterionMethod.PERSON):
        finding = judged(image, criterion(None, None, method=method))
        assert finding.verdict is Verdict.ABSTAIN
        assert "a person decides" in finding.reason


def test_brand_colours_are_measured_where_they_are_and_where_they_are_not() -> None:
    orange = np.full((300, 300, 3), (232, 98, 44), np.uint8)
    grey = np.full((300, 300, 3), 120, np.uint8)
    kept = judged(orange, criterion(Measure.PALETTE, 0.05), palette=("#e8622c",))
    broken = judged(grey, criterion(Measure.PALETTE, 0.05), palette=("#e8622c",))
    assert (kept.verdict, kept.value) == (Verdict.PASS, 1.0)
    assert (broken.verdict, broken.value) == (Verdict.FAIL, 0.0)


def test_the_share_of_the_product_is_measured_and_the_fix_leads_towards_it() -> None:
    mask = np.zeros((200, 200), np.uint8)
    mask[80:120, 80:120] = 255
    image = np.full((200, 200, 3), 120, np.uint8)
    finding = judged(image, criterion(Measure.PRODUCT_SHARE_MIN, 0.08), mask=mask)
    assert (finding.verdict, finding.value) == (Verdict.FAIL, pytest.approx(0.04, abs=0.002))
    (fix,) = finding.fixes
    assert fix.field == "scale"
    assert fix.amount == pytest.approx(2**0.5, abs=0.02)


def test_banned_words_are_read_in_the_picture_and_others_are_not_taken_for_them() -> None:
    image = np.ascontiguousarray(cv2.resize(photograph("grass.png"), (640, 480)))[..., :3]
    image = np.full_like(image, 235)
    cv2.putText(image, "SO HEALTHY", (60, 240), cv2.FONT_HERSHEY_DUPLEX, 2.2, (30, 30, 30), 5, cv2.LINE_AA)
    banned = criterion(Measure.WORDS_BANNED, None, method="ocr", words=("healthy",))
    finding = judged(image, banned)
    assert finding.verdict is Verdict.FAIL
    assert "healthy" in finding.reason
    assert judged(image, banned.model_copy(update={"words": ("heal", "detox")})).verdict is Verdict.PASS


def test_reading_is_left_to_finalists() -> None:
    reads = criterion(Measure.WORDS_BANNED, None, method="ocr", words=("x",))
    other = criterion(Measure.PALETTE, 0.1, id="c2")
    assert criteria_checks([reads, other], ocr=False) == ("brand:c2",)
    assert criteria_checks([reads, other], ocr=True, rest=False) == ("brand:c1",)


def test_only_what_a_guideline_says_outright_may_be_a_gate() -> None:
    with pytest.raises(ValidationError, match="may not be a gate"):
        criterion(Measure.PALETTE, 0.1, certainty="B")


def test_criteria_gate_while_they_are_as_they_were_signed_and_only_ask_for_review_otherwise() -> None:
    gate = criterion(Measure.PALETTE, 0.1)
    book = BrandBook(brand="demo", name="D", version="1", dated=date(2026, 1, 1), criteria=(gate,))
    assert [c.severity for c in book.criteria_in_force()] == [Severity.REVIEW]
    signature = Signature(by="ann", on=date(2026, 1, 2), digest=criteria_digest(book.criteria))
    signed = book.model_copy(update={"signed": signature})
    assert [c.severity for c in signed.criteria_in_force()] == [Severity.GATE]
    loosened = gate.model_copy(update={"threshold": 0.01})
    changed = signed.model_copy(update={"criteria": (loosened,)})
    assert [c.severity for c in changed.criteria_in_force()] == [Severity.REVIEW]
    assert Certainty.A is gate.certainty
