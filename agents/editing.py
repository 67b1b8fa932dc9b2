"""Editing: one field of a slot read, or set to another value; what changes nothing is refused (Promise 3)."""

from __future__ import annotations

from pydantic import ValidationError

from agents.state import Campaign
from domain.candidate import CandidateVerdict, Change, EditTarget, Scalar, Slot
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
