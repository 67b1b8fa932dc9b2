"""The committed set of planted defects: well formed, planted where it says, and found by the check it names."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.candidate import Slot, Verdict
from domain.errors import BadInput
from evals.defects import Defect, copy_slot, photograph, planted, rerolled, suite
from tests.unit.judges.conftest import Compose, product
from tools.generators import Compositor
from tools.imaging.product import measure as geometry_of
from tools.imaging.scenes import photo_scene
from tools.judges import CHECKS, Evidence, book, measure

KNOWN_MISSES = {"fog-of-contrast-marble", "no-grounding-bathroom"}
"""Defects no check finds yet: lifted blacks cannot be told from a scene that is light throughout, and the bathroom's
window bars shade the shelf where a contact shadow would be.
"""


def _case(name: str) -> Defect:
    return next(case for case in suite().cases if case.id == name)


def test_the_set_is_large_varied_and_names_gates() -> None:
    cases = suite().cases
    assert len(cases) >= 24
    assert len({case.id for case in cases}) == len(cases)
    checks = Counter(case.check for case in cases)
    assert len(checks) >= 8
    assert all(book().checks[check].severity == "gate" for check in checks)
    assert set(checks) <= set(CHECKS)


@pytest.mark.parametrize("case", [c for c in suite().cases if c.photo is None], ids=lambda c: c.id)
def test_the_planted_defect_is_found(compose: Compose, case: Defect) -> None:
    try:
        slot = compose("can", case.scene, case.position).evidence.slot
    except IndexError:
        slot = compose("can", "plate:terrace-noon", 0).evidence.slot
        assert slot is not None
        slot = slot.model_copy(update={"scene": slot.scene.model_copy(update={"id": case.scene})})
    assert slot is not None
    drawn = _drawn(planted(case, slot), case)
    (finding,) = measure(drawn, only=[case.check])
    expected = Verdict.PASS if case.id in KNOWN_MISSES else Verdict.FAIL
    assert finding.verdict is expected, finding.reason
    if finding.verdict is Verdict.FAIL:
        assert finding.fixes


def _drawn(slot: Slot, case: Defect) -> Evidence:
    from tools.imaging.scenes import scene

    cutout, row = product("can")
    done = next(Compositor().draw([slot], {"can": cutout}, {"can": row}, {}))
    return Evidence(
        image=done.image, slot=done.slot, layer=done.layer, cutout=cutout, scene=scene(slot.scene.id),
        brief=case.as_brief(), geometry=geometry_of(row, cutout),
    )


@pytest.mark.parametrize("case", [c for c in suite().cases if c.photo is not None], ids=lambda c: c.id)
def test_a_product_already_in_the_photograph_is_found(compose: Compose, case: Defect) -> None:
    sound = compose("can", case.scene, case.position).evidence
    assert sound.slot is not None
    assert sound.scene is not None
    cutout, row = product("can")
    copy = next(Compositor().draw([copy_slot(case, sound.slot)], {"can": cutout}, {"can": row}, {}))
    photo, pixels = photograph(case, copy.slot, copy.image, row, sound.scene)
    slot = planted(case, sound.slot, photo.id)
    done = next(Compositor().draw([slot], {"can": cutout}, {"can": row, photo.id: photo}, {photo.id: pixels}))
    evidence = Evidence(image=done.image, slot=done.slot, cutout=cutout, scene=photo_scene(photo, pixels))
    (finding,) = measure(evidence, only=["duplicate_product"])
    assert finding.verdict is Verdict.FAIL
    assert case.photo is not None
    assert finding.evidence["mirrored"] is case.photo.mirrored


def test_planting_changes_only_what_the_case_names(compose: Compose) -> None:
    slot = compose("can", "plate:terrace-noon", 0).evidence.slot
    assert slot is not None
    broken = planted(_case("lifted-30-terrace"), slot)
    assert broken.composition.lift == 30
    assert broken.composition.centre == slot.composition.centre
    assert broken.settings == slot.settings
    assert broken.composition.affine is None, "what the last drawing filled in is cleared"


def test_a_photograph_case_needs_its_photograph(compose: Compose) -> None:
    slot = compose().evidence.slot
    assert slot is not None
    with pytest.raises(BadInput, match="photograph"):
        planted(_case("product-already-in-the-photo"), slot)


def test_rerolling_changes_seed_and_place_but_not_the_planted_settings(compose: Compose) -> None:
    case = _case("no-grounding-beach")
    slot = compose("can", "plate:beach-golden", 0).evidence.slot
    assert slot is not None
    broken = planted(case, slot)
    sound = {
        name: [slot.model_copy(update={"scene": slot.scene.model_copy(update={"id": name})})] for name in case.offered
    }
    draws = [rerolled(case, broken, sound, n, suite().reroll) for n in (1, 2, 3, 4)]
    assert all(d.settings == broken.settings for d in draws)
    assert len({d.seed for d in draws}) == 4
    assert rerolled(case, broken, sound, 1, suite().reroll) == draws[0]


def test_a_case_with_an_unknown_field_is_refused() -> None:
    good = _case("lifted-30-terrace").model_dump()
    with pytest.raises(ValueError, match=r"no 'composition\.tilt'"):
        Defect.model_validate({**good, "plant": {"composition.tilt": 3}})
