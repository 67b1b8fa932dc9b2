"""Revise: failed checks and a person's feedback become typed edits, and edits become the next round's slots."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pydantic import ValidationError

from agents.critique import PERSON
from agents.services import Services
from agents.state import Campaign
from domain.candidate import (
    Candidate,
    CandidateVerdict,
    Change,
    Edit,
    EditOutcome,
    EditTarget,
    Feedback,
    Finding,
    Scalar,
    Slot,
)
from domain.composition import (
    LARGEST_WORDS,
    SMALLEST_WORDS,
    Caption,
    Composition,
    SceneRef,
    Settings,
    TextPlace,
    Wording,
)
from domain.errors import IdleEdit
from domain.plan import Plan
from domain.values import Point

STAGE = "revise"
TOOLS: frozenset[str] = frozenset()


def revise(state: Campaign, services: Services) -> Campaign:
    """Propose the next round: for the most promising failed candidates, the best untried change per failed gate.

    No more children are drawn than the shortlist still lacks, plus one in case an edit does not help.
    """
    number = state.get("round", 0) + 1
    lacking = services.shortlist_size - len(state.get("shortlist", ()))
    slots: list[Slot] = []
    edits: dict[str, Edit] = {}
    for parent in promising(state["candidates"].values()):
        if len(slots) > lacking:
            break
        wanted = [
            (change, finding.check) for finding in parent.failed_gates() for change in untried(finding, parent, state)
        ]
        child, made = apply_all(parent, wanted, state, number, len(slots) + 1)
        edits |= {edit.id: edit for edit in made}
        if child:
            slots.append(child)
    return {"round": number, "to_draw": tuple(slots), "edits": edits, "exhausted": not slots}


async def adjust(state: Campaign, services: Services) -> Campaign:
    """The next round from a person's words at review; what was not understood is kept as a refused edit."""
    decision = state["decision"]
    number = state.get("round", 0) + 1
    shown = [state["candidates"][name] for name in state["shortlist"]]
    feedback = await asyncio.to_thread(
        services.language.read_feedback, decision.text, shown, state["plan"].scenes
    )
    about = decision.candidates or feedback.about or tuple(c.id for c in shown)
    slots: list[Slot] = []
    edits: dict[str, Edit] = {}
    for name in about:
        parent = state["candidates"].get(name)
        if parent is None:
            continue
        wanted = [(change, PERSON) for change in feedback.changes]
        child, made = apply_all(parent, wanted, state, number, len(slots) + 1)
        edits |= {edit.id: edit for edit in made}
        if child:
            slots.append(child)
    if not slots:
        edits |= {e.id: e for e in (not_understood(feedback, decision.text, about, number),)}
    return {
        "round": number,
        "round_limit": number + state["request"].rounds,
        "exhausted": not slots,
        "fresh_since": number,
        "previous": state["shortlist"],
        "to_draw": tuple(slots),
        "edits": edits,
        "notes": services.told(),
        "exports": (),
    }


def not_understood(feedback: Feedback, text: str, about: tuple[str, ...], number: int) -> Edit:
    """A record that a person's words led to no change."""
    return Edit(
        id=f"e{number}-said",
        target=EditTarget.CAPTION,
        field="",
        why=feedback.not_understood or text,
        source=PERSON,
        parent=about[0] if about else "",
        round=number,
        outcome=EditOutcome.REFUSED,
        note="no change could be read from these words",
    )


def promising(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Failed candidates, fewest failed gates first, then best quality. Beyond repair comes last by itself."""
    failed = [c for c in candidates if c.verdict is CandidateVerdict.FAILED]
    return sorted(failed, key=lambda c: (len(c.failed_gates()), -(c.quality or 0.0), c.id))


def untried(finding: Finding, parent: Candidate, state: Campaign) -> list[Change]:
    """The first fix of this finding that was not already tried on this candidate, if any."""
    tried = {
        (edit.target, edit.field, edit.after)
        for edit in state.get("edits", {}).values()
        if edit.parent == parent.id and edit.source == finding.check
    }
    for change in finding.fixes:
        target = resolved(change, parent, state["plan"], state)
        if target is not None and (change.target, change.field, target) not in tried:
            return [change]
    return []


def apply_all(
    parent: Candidate, wanted: list[tuple[Change, str]], state: Campaign, number: int, nth: int
) -> tuple[Slot | None, list[Edit]]:
    """A child slot with every change that does something, and the edits that led to it; idle ones are refused."""
    child_id = f"c{number}-{nth:02d}"
    slot: Slot = Slot(**{name: getattr(parent, name) for name in Slot.model_fields})
    slot = slot.model_copy(update={"id": child_id, "parent": parent.id, "round": number})
    edits: list[Edit] = []
    for index, (change, source) in enumerate(wanted, start=1):
        before = read_field(slot, change.target, change.field)
        after = resolved(change, slot, state["plan"], state)
        edit = Edit(
            id=f"e{number}-{nth:02d}-{index}",
            target=change.target,
            field=change.field,
            before=before,
            after=after,
            why=change.why,
            source=source,
            parent=parent.id,
            child=child_id,
            round=number,
        )
        try:
            slot = with_field(slot, change.target, change.field, after, state)
        except IdleEdit as idle:
            edits.append(edit.model_copy(update={"child": None, "outcome": EditOutcome.REFUSED, "note": idle.message}))
        else:
            edits.append(edit)
    drawn = any(edit.outcome is EditOutcome.PROPOSED for edit in edits)
    return (fresh(slot) if drawn else None), edits


def fresh(slot: Slot) -> Slot:
    """The slot without what the last drawing filled in."""
    empty = {
        "affine": None,
        "box": None,
        "contacts": (),
        "horizon": None,
        "light_from": None,
        "true_scale": None,
        "text_blocks": (),
        "product_layer": None,
        "mask": None,
    }
    others = tuple(other.model_copy(update={"affine": None}) for other in slot.composition.others)
    return slot.model_copy(update={"composition": slot.composition.model_copy(update={**empty, "others": others})})


def resolved(change: Change, slot: Slot, plan: Plan, state: Campaign) -> Scalar:
    """The value a change leads to: factors applied, "next best scene" looked up."""
    if change.target is EditTarget.BACKGROUND and change.field == "scene" and change.amount is None:
        return next_scene(slot, plan, state)
    if not change.relative:
        return change.amount
    before = read_field(slot, change.target, change.field)
    return round(float(before) * float(change.amount), 4) if before is not None and change.amount is not None else None


def next_scene(slot: Slot, plan: Plan, state: Campaign) -> str | None:
    """The planned scene with the fewest failures so far, other than this one and those tried for its line."""
    line = {slot.scene.id}
    ancestor = state.get("candidates", {}).get(slot.parent or "")
    while ancestor is not None:
        line.add(ancestor.scene.id)
        ancestor = state["candidates"].get(ancestor.parent or "")
    failures = {scene.id: 0 for scene in plan.scenes if scene.id not in line}
    for candidate in state.get("candidates", {}).values():
        if candidate.scene.id in failures and candidate.verdict is CandidateVerdict.FAILED:
            failures[candidate.scene.id] += 1
    return min(failures, key=lambda name: failures[name]) if failures else None


def read_field(slot: Slot, target: EditTarget, field: str) -> Scalar:
    """The current value of an editable field."""
    if target is EditTarget.COMPOSITION:
        owner, _, name = field.rpartition(".")
        held = getattr(slot.composition, owner) if owner in {"centre", "wording"} else slot.composition
        value: Scalar = getattr(held, name, None)
        return value.value if isinstance(value, TextPlace) else value
    if target is EditTarget.BACKGROUND:
        return slot.scene.id if field == "scene" else slot.scene.mirrored
    if target is EditTarget.GENERATOR:
        return slot.seed if field == "seed" else getattr(slot.settings, field, None)
    if target is EditTarget.CAPTION:
        return getattr(slot.caption, field, None)
    return None


def with_field(slot: Slot, target: EditTarget, field: str, value: Scalar, state: Campaign) -> Slot:
    """The slot with one field changed, validated.

    Raises IdleEdit when nothing would change (Promise 3), and when the value is beyond what the field can be: a change
    that is a factor of something large may well be.
    """
    try:
        return _with_field(slot, target, field, value, state)
    except ValidationError as error:
        first = error.errors()[0]
        raise IdleEdit(f"{target} {field} cannot be {value}: {first['msg']}", where=slot.id) from error


def _with_field(slot: Slot, target: EditTarget, field: str, value: Scalar, state: Campaign) -> Slot:
    if value is None or read_field(slot, target, field) == value:
        raise IdleEdit(f"{target} {field} would stay as it is", where=slot.id)
    if target is EditTarget.COMPOSITION:
        return slot.model_copy(update={"composition": edited_composition(slot.composition, field, value)})
    if target is EditTarget.BACKGROUND:
        return with_scene(slot, field, value, state)
    if target is EditTarget.GENERATOR and field == "seed":
        return slot.model_copy(update={"seed": int(value)})
    if target is EditTarget.GENERATOR and field in Settings.model_fields:
        return slot.model_copy(update={"settings": Settings(**{**slot.settings.model_dump(), field: value})})
    if target is EditTarget.CAPTION and field in Caption.model_fields:
        return slot.model_copy(update={"caption": Caption(**{**slot.caption.model_dump(), field: str(value)})})
    raise IdleEdit(f"{target} has no field {field!r} to edit", where=slot.id)


def edited_composition(composition: Composition, field: str, value: Scalar) -> Composition:
    """The composition with one field changed, validated."""
    if field.startswith("centre."):
        point = Point(**{**composition.centre.model_dump(), field.removeprefix("centre."): value})
        return composition.model_copy(update={"centre": point})
    if field in {"wording.place", "wording.size"}:
        name = field.removeprefix("wording.")
        kept = min(max(float(value), SMALLEST_WORDS), LARGEST_WORDS) if name == "size" and value else value
        wording = Wording.model_validate({**composition.wording.model_dump(), name: kept})
        if wording == composition.wording:
            raise IdleEdit(f"the words are as large or small as they can be: {composition.wording.size:g}")
        return composition.model_copy(update={"wording": wording})
    if field not in {"scale", "rotation", "roll", "lift"}:
        raise IdleEdit(f"a composition has no field {field!r} to edit")
    return Composition.model_validate({**composition.model_dump(), field: value})


def with_scene(slot: Slot, field: str, value: Scalar, state: Campaign) -> Slot:
    """The slot in another scene, mirrored or with its own words in that scene's caption and composition."""
    if field == "mirrored":
        return slot.model_copy(update={"scene": SceneRef(id=slot.scene.id, mirrored=bool(value))})
    planned = [s for option in state["plan"].options for s in option.slots if s.scene.id == value]
    if not planned:
        raise IdleEdit(f"the scene {value!r} is not among the planned ones", where=slot.id)
    model = planned[0]
    return slot.model_copy(
        update={
            "scene": model.scene,
            "caption": model.caption,
            "composition": model.composition.model_copy(update={"wording": slot.composition.wording}),
            "settings": model.settings,
        }
    )
