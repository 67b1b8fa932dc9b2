"""Failed checks become edits; idle edits are refused; an edit is kept only if it helped and broke nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.critique import judged_edits, mended, with_findings
from agents.revise import apply_all, fresh, promising, read_field, revise, with_field
from agents.services import Services
from agents.state import Campaign
from domain.candidate import (
    Candidate,
    CandidateVerdict,
    Change,
    Edit,
    EditOutcome,
    EditTarget,
    Finding,
    Severity,
    Slot,
    Verdict,
)
from domain.composition import (
    Caption,
    Composition,
    ProductGeometry,
    Scene,
    SceneKind,
    SceneRef,
    TextAlign,
    TextBlock,
    TextPlace,
    Wording,
)
from domain.errors import IdleEdit
from domain.plan import Option, Plan, Prediction
from domain.run import RunRequest
from domain.values import ArtifactRef, Box, Light, Point, Size

CANVAS = Size(width=512, height=512)


def slot(name: str = "c0-01", scene: str = "plate:terrace-noon", **changes: object) -> Slot:
    values: dict[str, object] = {
        "id": name,
        "caption": Caption(subject="a can"),
        "scene": SceneRef(id=scene),
        "composition": Composition(canvas=CANVAS, scale=0.5, centre=Point(x=0.5, y=0.6)),
        "products": ("can",),
        "seed": 3,
    }
    return Slot(**{**values, **changes})


def test_a_reported_fault_that_is_taken_back_need_not_be_seen_gone() -> None:
    after = Finding(check="horizon", verdict=Verdict.ABSTAIN, severity=Severity.GATE, reason="no lines")
    for how, kept in (("reported", True), ("measured", False)):
        before = Finding(
            check="horizon", verdict=Verdict.FAIL, severity=Severity.GATE, reason="rolled", evidence={"how": how}
        )
        assert mended(candidate("c0-01", before), after) is kept
    assert not mended(candidate("c0-01", before), before)


def candidate(name: str, *findings: Finding, **changes: object) -> Candidate:
    drawn = Candidate(**slot(name, **changes).model_dump(), artifact=ArtifactRef(digest="0" * 64))
    return with_findings(drawn, findings, 0.5)


def gate(check: str, verdict: Verdict, *fixes: Change) -> Finding:
    return Finding(check=check, verdict=verdict, severity=Severity.GATE, reason=check, fixes=fixes)


def scene(name: str) -> Scene:
    return Scene(id=name, kind=SceneKind.PLATE, title=name, light=Light.NOON)


def state_with(*candidates: Candidate, edits: dict[str, Edit] | None = None) -> Campaign:
    scenes = ("plate:terrace-noon", "plate:beach-golden")
    slots = tuple(slot(f"c0-{n:02d}", name) for n, name in enumerate(scenes, start=1))
    option = Option(
        name="standard", title="", generator="compositor", slots=slots, prediction=Prediction(cost=0, seconds=1)
    )
    plan = Plan(
        products=(ProductGeometry(asset="can", size=CANVAS),),
        cutouts={"can": "0" * 64},
        scenes=tuple(scene(name) for name in scenes),
        options=(option,),
    )
    return {
        "request": RunRequest(request="a can"),
        "plan": plan,
        "round": 0,
        "shortlist": (),
        "candidates": {c.id: c for c in candidates},
        "edits": edits or {},
    }


class Bounds:
    """The two numbers revise reads of the services."""

    shortlist_size = 3


BOUNDS: Services = Bounds()  # type: ignore[assignment]
SMALLER = Change(target=EditTarget.COMPOSITION, field="scale", amount=0.8, relative=True, why="it leaves the frame")
GROUNDED = Change(target=EditTarget.COMPOSITION, field="lift", amount=0.0, why="it floats")
ELSEWHERE = Change(target=EditTarget.BACKGROUND, field="scene", why="it cannot be read here")


def test_one_failed_gate_fails_a_candidate_whatever_passes() -> None:
    passed = [gate(f"check{n}", Verdict.PASS) for n in range(20)]
    assert candidate("c", *passed).verdict is CandidateVerdict.PASSED
    assert candidate("c", *passed, gate("lock", Verdict.FAIL)).verdict is CandidateVerdict.FAILED


def test_a_check_that_cannot_tell_neither_passes_nor_fails() -> None:
    abstaining = candidate("c", gate("horizon", Verdict.ABSTAIN))
    assert abstaining.verdict is CandidateVerdict.PASSED
    assert not abstaining.failed_gates()


def test_a_failed_gate_becomes_one_child_with_its_best_fix() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER, ELSEWHERE))
    update = revise(state_with(parent), BOUNDS)
    (child,) = update["to_draw"]
    assert (child.parent, child.round) == ("c0-01", 1)
    assert child.composition.scale == pytest.approx(0.4)
    assert child.scene == parent.scene
    (edit,) = update["edits"].values()
    assert (edit.before, edit.after, edit.source) == (0.5, 0.4, "clipping")


def test_what_was_tried_on_a_candidate_is_not_tried_again_on_it() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER, ELSEWHERE))
    first = revise(state_with(parent), BOUNDS)
    second_round: Campaign = {**state_with(parent, edits=first["edits"]), "round": 1}
    again = revise(second_round, BOUNDS)
    (child,) = again["to_draw"]
    assert child.scene.id == "plate:beach-golden"
    exhausted = revise(state_with(parent, edits=first["edits"] | again["edits"]), BOUNDS)
    assert exhausted["exhausted"]
    assert not exhausted["to_draw"]


def test_an_edit_that_changes_nothing_is_refused_and_never_drawn() -> None:
    parent = candidate("c0-01", gate("floating", Verdict.FAIL, GROUNDED))
    update = revise(state_with(parent), BOUNDS)
    assert not update["to_draw"]
    assert [edit.outcome for edit in update["edits"].values()] == [EditOutcome.REFUSED]
    assert update["exhausted"]


def test_a_candidate_without_a_way_out_is_left_alone() -> None:
    update = revise(state_with(candidate("c0-01", gate("caption_agreement", Verdict.FAIL))), BOUNDS)
    assert not update["to_draw"]


def test_the_most_promising_candidates_come_first() -> None:
    bad = candidate("a", gate("x", Verdict.FAIL), gate("y", Verdict.FAIL))
    better = candidate("b", gate("x", Verdict.FAIL))
    fine = candidate("c", gate("x", Verdict.PASS))
    assert [c.id for c in promising([bad, fine, better])] == ["b", "a"]


def proposed(parent: Candidate, child: str, source: str) -> dict[str, Edit]:
    edit = Edit(
        id="e",
        target=EditTarget.COMPOSITION,
        field="scale",
        before=0.5,
        after=0.4,
        why="",
        source=source,
        parent=parent.id,
        child=child,
        round=1,
    )
    return {"e": edit}


@pytest.mark.parametrize(
    ("target_after", "other_after", "kept"),
    [
        (Verdict.PASS, Verdict.PASS, EditOutcome.KEPT),
        (Verdict.PASS, Verdict.FAIL, EditOutcome.DROPPED),
        (Verdict.FAIL, Verdict.PASS, EditOutcome.DROPPED),
        (Verdict.ABSTAIN, Verdict.PASS, EditOutcome.DROPPED),
    ],
)
def test_an_edit_is_kept_only_if_its_target_flips_and_no_passing_gate_breaks(
    target_after: Verdict, other_after: Verdict, kept: EditOutcome
) -> None:
    parent = candidate("p", gate("clipping", Verdict.FAIL), gate("halo", Verdict.PASS))
    child = candidate("k", gate("clipping", target_after), gate("halo", other_after))
    decided = judged_edits(proposed(parent, "k", "clipping"), {"p": parent, "k": child})
    assert decided["e"].outcome is kept


@given(
    st.sampled_from(["scale", "rotation", "roll", "lift", "centre.x", "centre.y"]),
    st.floats(min_value=0.05, max_value=0.95, allow_nan=False),
)
def test_a_field_reads_back_as_written_and_the_same_value_twice_is_idle(field: str, value: float) -> None:
    before = slot()
    state = state_with()
    if read_field(before, EditTarget.COMPOSITION, field) == value:
        return
    after = with_field(before, EditTarget.COMPOSITION, field, value, state)
    assert read_field(after, EditTarget.COMPOSITION, field) == pytest.approx(value)
    with pytest.raises(IdleEdit):
        with_field(after, EditTarget.COMPOSITION, field, value, state)


@pytest.mark.parametrize(
    "change",
    [
        Change(target=EditTarget.COMPOSITION, field="scale", amount=40.0, relative=True, why="larger"),
        Change(target=EditTarget.COMPOSITION, field="roll", amount=400.0, why="turned over"),
        Change(target=EditTarget.GENERATOR, field="exposure", amount=9.0, why="brighter than anything"),
    ],
)
def test_an_edit_beyond_what_a_field_can_be_is_refused_and_never_drawn(change: Change) -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, change))
    child, edits = apply_all(parent, [(change, "clipping")], state_with(parent), 1, 1)
    assert child is None
    assert [edit.outcome for edit in edits] == [EditOutcome.REFUSED]
    assert "cannot be" in edits[0].note


def test_an_edit_never_touches_identity_products_or_seed_of_the_other_targets() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER))
    child, _ = apply_all(parent, [(SMALLER, "clipping")], state_with(parent), 1, 1)
    assert child is not None
    assert child.products == parent.products
    assert child.seed == parent.seed
    assert child.caption == parent.caption


def test_words_are_edited_with_their_composition_and_stay_with_it_in_another_scene() -> None:
    worded = slot(composition=slot().composition.model_copy(update={"wording": Wording(texts=("Glow",))}))
    state = state_with(candidate("c0-01", gate("x", Verdict.FAIL)))
    moved = with_field(worded, EditTarget.COMPOSITION, "wording.place", "top", state)
    larger = with_field(moved, EditTarget.COMPOSITION, "wording.size", 1.25, state)
    elsewhere = with_field(larger, EditTarget.BACKGROUND, "scene", "plate:beach-golden", state)
    assert elsewhere.composition.wording == Wording(texts=("Glow",), place=TextPlace.TOP, size=1.25)
    assert read_field(elsewhere, EditTarget.COMPOSITION, "wording.place") == "top"
    with pytest.raises(IdleEdit):
        with_field(elsewhere, EditTarget.COMPOSITION, "wording.place", "top", state)
    largest = with_field(elsewhere, EditTarget.COMPOSITION, "wording.size", 50.0, state)
    assert largest.composition.wording.size == 4
    with pytest.raises(IdleEdit):
        with_field(largest, EditTarget.COMPOSITION, "wording.size", 60.0, state)


def test_words_as_set_are_forgotten_before_the_next_drawing() -> None:
    block = TextBlock(text="Glow", lines=("Glow",), box=Box(x=9, y=9, width=40, height=20), size=30,
                      face="Outfit-Medium", align=TextAlign.LEFT, colour="#ffffff")
    drawn = slot(composition=slot().composition.model_copy(update={"text_blocks": (block,)}))
    assert fresh(drawn).composition.text_blocks == ()
