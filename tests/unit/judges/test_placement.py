"""Ground, light, frame, size and horizon: both verdicts, and the first fix puts it right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from domain.candidate import Verdict
from evals.planting import tilted
from tests.unit.judges.conftest import Compose, applied, photograph, verdict
from tools.judges import Evidence

BROKEN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("floating", "plate:terrace-noon", {"composition.lift": 30.0}),
    ("floating", "plate:beach-golden", {"settings.shadow": 0.0, "settings.occlusion": 0.0}),
    ("floating", "studio:arch", {"composition.lift": 12.0}),
    ("shadow_direction", "plate:arches-noon", {"scene.mirrored": True}),
    ("shadow_direction", "plate:courtyard-noon", {"settings.shadow": 0.0}),
    ("clipping", "plate:garden-noon", {"composition.centre.x": 0.97}),
    ("clipping", "plate:terrace-noon", {"composition.centre.x": 0.03}),
    ("size_plausibility", "plate:terrace-noon", {"composition.scale": 0.05}),
    ("exposure", "plate:terrace-noon", {"settings.exposure": 1.7}),
    ("exposure", "plate:garden-noon", {"settings.exposure": -2.0}),
    ("noise", "plate:terrace-noon", {"settings.grain": 3.0}),
)


@pytest.mark.parametrize(("check", "scene", "changes"), BROKEN)
def test_the_defect_is_found_and_its_first_fix_removes_it(
    compose: Compose, check: str, scene: str, changes: dict[str, Any]
) -> None:
    drawn = compose("can", scene, 0, changes)
    finding = verdict(drawn.evidence, check)
    assert finding.verdict is Verdict.FAIL, finding.reason
    slot = drawn.evidence.slot
    assert slot is not None
    mended = compose("can", scene, 0, {**changes, **applied(slot, finding)})
    after = verdict(mended.evidence, check)
    if after.verdict is Verdict.FAIL:
        assert mended.evidence.slot is not None
        mended = compose("can", scene, 0, {**changes, **applied(slot, finding), **applied(mended.evidence.slot, after)})
        after = verdict(mended.evidence, check)
    assert after.verdict is Verdict.PASS, after.reason


@pytest.mark.parametrize("check", ["floating", "clipping", "size_plausibility", "shadow_direction"])
def test_without_product_or_scene_placement_checks_abstain(check: str) -> None:
    finding = verdict(Evidence(image=photograph("china.jpg")), check)
    assert finding.verdict is Verdict.ABSTAIN
    assert finding.reason


@pytest.mark.parametrize(("scene", "roll"), [("plate:beach-golden", 9.0), ("plate:kitchen-window", -5.0)])
def test_a_reported_roll_blocks_and_its_fix_takes_it_back(compose: Compose, scene: str, roll: float) -> None:
    drawn = compose("can", scene, 0, {"composition.roll": roll})
    finding = verdict(drawn.evidence, "horizon")
    assert (finding.verdict, finding.severity.value) == (Verdict.FAIL, "gate")
    assert drawn.evidence.slot is not None
    mended = compose("can", scene, 0, {"composition.roll": roll, **applied(drawn.evidence.slot, finding)})
    assert verdict(mended.evidence, "horizon").verdict is not Verdict.FAIL


@pytest.mark.parametrize("degrees", [-6.0, 3.0, 12.0])
def test_a_tilt_nobody_reports_is_seen_in_the_picture(compose: Compose, degrees: float) -> None:
    drawn = compose("can", "plate:kitchen-window")
    level = verdict(drawn.evidence, "horizon")
    assert (level.verdict, level.evidence["how"]) == (Verdict.PASS, "measured")
    assert drawn.evidence.mask is not None
    image = tilted(drawn.evidence.image, drawn.evidence.mask, drawn.evidence.image, degrees)
    finding = verdict(drawn.but(image=image), "horizon")
    assert finding.verdict is Verdict.FAIL
    assert float(finding.value or 0) == pytest.approx(abs(degrees), abs=0.6)


def test_slanting_shadows_are_no_horizon_and_a_report_alone_is_no_proof(compose: Compose) -> None:
    finding = verdict(compose("can", "plate:marble-window").evidence, "horizon")
    assert finding.verdict is Verdict.ABSTAIN
    assert "reports +0.0" in finding.reason


def test_a_measured_tilt_asks_for_review_and_does_not_block() -> None:
    image = np.full((768, 768, 3), 200, np.uint8)
    for row in range(60, 720, 40):
        image[row : row + 14] = 60
    import cv2

    turned = cv2.warpAffine(
        image, cv2.getRotationMatrix2D((384, 384), 6, 1.2), (768, 768), borderMode=cv2.BORDER_REFLECT_101
    )
    finding = verdict(Evidence(image=turned), "horizon")
    assert finding.verdict is Verdict.FAIL
    assert finding.severity.value == "review"
    assert abs(float(finding.value or 0) - 6) < 0.6
    assert verdict(Evidence(image=image), "horizon").verdict is Verdict.PASS


def test_no_fix_proposes_what_already_is(compose: Compose) -> None:
    drawn = compose("can", "plate:terrace-noon", 0, {"composition.lift": 30.0})
    finding = verdict(drawn.evidence, "floating")
    assert [c.field for c in finding.fixes] == ["lift"], "shadow and occlusion are already at 1"
