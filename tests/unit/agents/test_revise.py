"""Failed checks become edits; idle edits are refused; an edit is kept only if it helped and broke nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.critique import judged_edits, mended, with_findings
from agents.editing import fresh, read_field, with_field
from agents.revise import apply_all, promising, revise
from agents.services import Services, nothing
from agents.state import Campaign
from domain.brief import Brief
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
from domain.revision import FREE, EditField, Fix, Revision, Span, permitted
from domain.run import RunRequest
from domain.values import ArtifactRef, Box, Light, Point, Size
from service.wiring import BuiltinLanguage

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
        "brief": Brief(brand="demo", request="a can"),
        "plan": plan,
        "round": 0,
        "shortlist": (),
        "candidates": {c.id: c for c in candidates},
        "edits": edits or {},
    }


class Bounds:
    """What revise reads of the services."""

    shortlist_size = 3
    told = staticmethod(nothing)

    def __init__(self, *said: Revision) -> None:
        self.language = Saying(said) if said else BuiltinLanguage()


class Saying:
    """A reviser that says what it was told to."""

    def __init__(self, said: tuple[Revision, ...]) -> None:
        self.said = said

    def revise(self, failed: Any, brief: Any, scenes: Any, limit: int) -> tuple[Revision, ...]:
        return self.said


def services(*said: Revision) -> Services:
    return Bounds(*said)  # type: ignore[return-value]


BOUNDS = services()
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


async def test_a_failed_gate_becomes_one_child_with_its_best_fix() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER, ELSEWHERE))
    update = await revise(state_with(parent), BOUNDS)
    (child,) = update["to_draw"]
    assert (child.parent, child.round) == ("c0-01", 1)
    assert child.composition.scale == pytest.approx(0.4)
    assert child.scene == parent.scene
    (edit,) = update["edits"].values()
    assert (edit.before, edit.after, edit.source) == (0.5, 0.4, "clipping")


async def test_what_was_tried_on_a_candidate_is_not_tried_again_on_it() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER, ELSEWHERE))
    first = await revise(state_with(parent), BOUNDS)
    second_round: Campaign = {**state_with(parent, edits=first["edits"]), "round": 1}
    again = await revise(second_round, BOUNDS)
    (child,) = again["to_draw"]
    assert child.scene.id == "plate:beach-golden"
    exhausted = await revise(state_with(parent, edits=first["edits"] | again["edits"]), BOUNDS)
    assert exhausted["exhausted"]
    assert not exhausted["to_draw"]


async def test_an_edit_that_changes_nothing_is_refused_and_never_drawn() -> None:
    parent = candidate("c0-01", gate("floating", Verdict.FAIL, GROUNDED))
    update = await revise(state_with(parent), BOUNDS)
    assert not update["to_draw"]
    assert [edit.outcome for edit in update["edits"].values()] == [EditOutcome.REFUSED]
    assert update["exhausted"]


async def test_a_candidate_without_a_way_out_is_left_alone() -> None:
    update = await revise(state_with(candidate("c0-01", gate("caption_agreement", Verdict.FAIL))), BOUNDS)
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


def fix(field: EditField, value: Any, check: str = "clipping") -> Fix:
    change = Change(target=field.target, field=field.field, amount=value, why="the reviser's choice")
    return Fix(check=check, change=change, after=value)


def revision(*fixes: Fix, otherwise: tuple[Fix, ...] = ()) -> Revision:
    return Revision(parent="c0-01", fixes=fixes, otherwise=otherwise)


async def test_what_a_reviser_says_is_made_in_its_order_in_one_child() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER))
    said = revision(fix(EditField.DOWN, 0.5), fix(EditField.SCALE, 0.45), fix(EditField.SHADOW, 0.8))
    update = await revise(state_with(parent), services(said))
    (child,) = update["to_draw"]
    assert (child.composition.centre.y, child.composition.scale, child.settings.shadow) == (0.5, 0.45, 0.8)
    assert [edit.field for edit in update["edits"].values()] == ["centre.y", "scale", "shadow"]
    assert "notes" not in update


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (fix(EditField.ACROSS, 7.0), "cannot set"),
        (fix(EditField.SCALE, 3.0), "cannot set"),
        (fix(EditField.EXPOSURE, "brighter"), "cannot set"),
        (fix(EditField.WORDS_PLACE, "none"), "cannot set"),
        (fix(EditField.LETTERING, "BUY NOW, 50% off"), "cannot set"),
        (fix(EditField.SEED, 7), "cannot set"),
        (fix(EditField.SCALE, 0.5), "would stay as it is"),
        (fix(EditField.SCENE, "plate:nowhere"), "not among the planned"),
        (fix(EditField.SCALE, 0.45, "halo"), "halo has not failed"),
    ],
)
async def test_what_a_reviser_may_not_do_is_refused_on_record_and_the_built_in_order_taken(
    wrong: Fix, said: str
) -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL, SMALLER), gate("halo", Verdict.PASS))
    usual = Fix(check="clipping", change=SMALLER, after=0.4)
    update = await revise(state_with(parent), services(revision(wrong, otherwise=(usual,))))
    refused, made = update["edits"].values()
    assert (refused.outcome, refused.child) == (EditOutcome.REFUSED, None)
    assert said in refused.note
    assert (made.outcome, made.after) == (EditOutcome.PROPOSED, 0.4)
    (child,) = update["to_draw"]
    assert child.composition.scale == pytest.approx(0.4)
    assert "built-in's order" in " ".join(update["notes"])


async def test_what_was_tried_is_refused_to_a_reviser_too_whichever_check_it_was_for() -> None:
    parent = candidate("c0-01", gate("clipping", Verdict.FAIL), gate("size", Verdict.FAIL))
    tried = proposed(parent, "c1-01", "size")
    update = await revise(state_with(parent, edits=tried), services(revision(fix(EditField.SCALE, 0.4))))
    assert not update["to_draw"]
    (edit,) = update["edits"].values()
    assert "tried on this candidate already" in edit.note


async def test_refused_edits_of_one_parent_are_not_lost_among_those_of_the_next() -> None:
    first = candidate("c0-01", gate("floating", Verdict.FAIL, GROUNDED))
    second = candidate("c0-02", gate("floating", Verdict.FAIL, GROUNDED))
    update = await revise(state_with(first, second), BOUNDS)
    assert sorted(edit.parent for edit in update["edits"].values()) == ["c0-01", "c0-02"]


@pytest.mark.parametrize("field", sorted(FREE))
def test_whatever_a_reviser_may_say_is_something_the_field_can_be(field: EditField) -> None:
    span = FREE[field]
    values = (span.least, span.most) if isinstance(span, Span) else span.values or ("plate:beach-golden",)
    state = state_with(candidate("c0-01", gate("x", Verdict.FAIL)))
    before = slot(composition=slot().composition.model_copy(update={"wording": Wording(texts=("Glow",))}))
    for value in values:
        assert permitted(Change(target=field.target, field=field.field, amount=value))
        if read_field(before, field.target, field.field) != value:
            after = with_field(before, field.target, field.field, value, state)
            assert read_field(after, field.target, field.field) == value
    outside = span.most + 1 if isinstance(span, Span) else 17
    assert not permitted(Change(target=field.target, field=field.field, amount=outside))
