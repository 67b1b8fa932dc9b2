"""What the compositor draws from a sound layout passes every gate: no false alarms on real composites."""

from __future__ import annotations

import pytest

from domain.candidate import Severity, Verdict
from tests.unit.judges.conftest import Compose
from tools.judges import measure

SCENES = (
    "plate:terrace-noon", "plate:garden-noon", "plate:beach-golden", "plate:courtyard-noon", "plate:marble-window",
    "plate:bathroom-window", "plate:arches-noon", "plate:alpine-morning", "studio:sweep", "studio:arch",
    "studio:podium", "studio:window",
)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("position", [0, 4])
def test_a_sound_candidate_passes_every_gate(compose: Compose, scene: str, position: int) -> None:
    findings = measure(compose("can", scene, position).evidence)
    failed = [(f.check, f.reason) for f in findings if f.verdict is Verdict.FAIL and f.severity is Severity.GATE]
    assert failed == []


def test_checks_pass_by_measuring_and_not_by_default(compose: Compose) -> None:
    findings = measure(compose("can", "plate:beach-golden", 0).evidence)
    passed = {f.check for f in findings if f.verdict is Verdict.PASS}
    assert passed >= {
        "product_lock", "edge_halo", "edge_seam", "floating", "shadow_direction", "clipping", "duplicate_product",
        "object_growth", "size_plausibility", "legibility", "exposure", "sharpness", "noise", "composition",
    }
    assert all(f.value is not None for f in findings if f.check in passed)


def test_a_cutout_from_a_photograph_passes_the_lock_and_its_edges(compose: Compose) -> None:
    findings = {f.check: f for f in measure(compose("cup", "studio:podium", 0).evidence)}
    for check in ("product_lock", "edge_halo", "edge_seam", "object_growth", "clipping", "duplicate_product"):
        assert findings[check].verdict is Verdict.PASS, (check, findings[check].reason)
