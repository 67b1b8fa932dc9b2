"""What a model would change of pictures that failed, as fixes; its words are held to the rules of every caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.brief import Brief
from domain.candidate import Change, Edit, EditTarget, Finding, Scalar
from domain.composition import Caption, Scene, TextPlace
from domain.revision import FREE, WORDED, EditField, FailedCandidate, Fix, OneOf, Revision, Span
from domain.values import Model
from tools.language.by_model.captions import Invented, checked, invented, wanted_of, words_of
from tools.language.lexicon import Kind
from tools.language.revising import first_fixes
from tools.language.writer import described

MOST_PICTURES = 6
"""Pictures asked about in one call, the most promising: no round draws as many children."""

MOST_CHANGES = 6
LONGEST_REASON = 200
TOKENS_A_PICTURE = 260
NAMING = (Kind.PERSON, Kind.TRADEMARK, Kind.PROP, Kind.GOODS)
"""What new wording may not bring in: it says otherwise what was there."""


class ProposedChange(Model):
    """One field set to one value, and the failed check it answers."""

    check: str
    field: EditField
    value: bool | float | str


class NewWording(Model):
    """Elements of the caption worded anew; an empty one stays as it is."""

    check: str
    reference: str = ""
    environment: str = ""
    pose: str = ""
    style: str = ""


class RevisedPicture(Model):
    """What to change of one picture, the most important first."""

    number: int
    why: str = ""
    changes: tuple[ProposedChange, ...] = ()
    caption: NewWording | None = None


class RevisedPictures(Model):
    """What a model answers as reviser."""

    pictures: tuple[RevisedPicture, ...]


def to_revise(
    failed: Sequence[FailedCandidate], brief: Brief, scenes: Sequence[Scene], limit: int
) -> dict[str, Any]:
    """What the model is given: words and numbers, no pictures."""
    return {
        "wanted": wanted_of(brief),
        "avoid": [part.value for part in brief.avoid],
        "longest": limit,
        "fields": [{"field": field.value, **_range(span)} for field, span in FREE.items() if span != OneOf()],
        "scenes": [{"id": scene.id, "about": ", ".join((scene.title, *scene.tags))} for scene in scenes],
        "pictures": [_picture(number, one) for number, one in enumerate(failed, start=1)],
    }


def _range(span: Span | OneOf) -> dict[str, Any]:
    return {"from": span.least, "to": span.most} if isinstance(span, Span) else {"one_of": list(span.values)}


def _picture(number: int, failed: FailedCandidate) -> dict[str, Any]:
    return {
        "number": number,
        "caption": {name: text for name, text in failed.candidate.caption if text},
        "now": _now(failed),
        "failed": [_failure(finding) for finding in failed.candidate.failed_gates()],
        "suggested": [
            {"check": fix.check, "field": field.value, "value": fix.after, "why": _short(fix.change.why)}
            for fix in failed.open
            if (field := EditField.of(fix.change)) is not None
        ],
        "tried": [_attempt(edit, failed.candidate.id) for edit in failed.tried],
    }


def _now(failed: FailedCandidate) -> dict[str, Scalar]:
    """How the picture is composed and finished."""
    slot = failed.candidate
    set_as = slot.composition
    now: dict[str, Scalar] = {
        EditField.SCENE: slot.scene.id,
        EditField.MIRRORED: slot.scene.mirrored,
        EditField.SCALE: round(set_as.scale, 4),
        EditField.ACROSS: round(set_as.centre.x, 4),
        EditField.DOWN: round(set_as.centre.y, 4),
        EditField.ROTATION: set_as.rotation,
        EditField.ROLL: set_as.roll,
    }
    if set_as.wording.texts and set_as.wording.place is not TextPlace.NONE:
        now[EditField.WORDS_PLACE] = set_as.wording.place.value if set_as.wording.place else "the calmest"
        now[EditField.WORDS_SIZE] = set_as.wording.size
    now |= {f"{EditTarget.GENERATOR.value}.{name}": value for name, value in slot.settings}
    return {str(name): value for name, value in now.items()}


def _failure(finding: Finding) -> dict[str, Any]:
    said: dict[str, Any] = {"check": finding.check, "reason": _short(finding.reason)}
    if finding.value is not None:
        said |= {"measured": round(finding.value, 4), "limit": finding.threshold, "unit": finding.unit}
    return said


def _attempt(edit: Edit, candidate: str) -> dict[str, Any]:
    """An edit and what came of it; one that this candidate itself came of says what the field was before."""
    made = {"check": edit.source, "field": f"{edit.target.value}.{edit.field}", "value": edit.after}
    if edit.child == candidate:
        made["was"] = edit.before
    return {**made, "came_of_it": _short(f"{edit.outcome.value}: {edit.note}" if edit.note else edit.outcome.value)}


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_REASON else plain[: LONGEST_REASON - 1] + "…"


def revisions_from(
    answer: RevisedPictures, failed: Sequence[FailedCandidate], brief: Brief, scenes: Sequence[Scene], limit: int
) -> tuple[tuple[Revision, ...], int]:
    """A Revision for each failed candidate, and for how many the built-in's order holds: the model's was of no use.

    Where nothing can be done of what the model wants, the built-in's order is there to be taken.
    """
    by_number = {picture.number: picture for picture in answer.pictures}
    known = words_of([brief.request, *(text for scene in scenes for text in (scene.title, scene.surface, *scene.tags))])
    avoided = words_of(part.value for part in brief.avoid)
    revisions, kept = [], 0
    for number, one in enumerate(failed, start=1):
        usual, picture = first_fixes(one), by_number.get(number)
        fixes = fixes_from(picture, one, avoided, invented(known, NAMING), limit) if picture else ()
        kept += not fixes
        revisions.append(Revision(parent=one.candidate.id, fixes=fixes or usual, otherwise=usual if fixes else ()))
    return tuple(revisions), kept


def fixes_from(
    picture: RevisedPicture, failed: FailedCandidate, avoided: set[str], is_invented: Invented, limit: int
) -> tuple[Fix, ...]:
    """The changes as fixes, another scene first: it brings its own caption and composition, which are then changed.

    A value that a fix leads to is that fix. What may not be is left in: it is refused where edits are made, on record.
    """
    why = described(picture.why)[:LONGEST_REASON]
    fixes = [_fix(change, failed, why) for change in picture.changes[:MOST_CHANGES]]
    moved = any(fix.change.target is EditTarget.BACKGROUND and fix.change.field == "scene" for fix in fixes)
    if picture.caption is not None and not moved:
        fixes += reworded(picture.caption, failed.candidate.caption, avoided, is_invented, limit, why)
    unique = {(fix.change.target, fix.change.field): fix for fix in reversed(fixes)}
    in_order = list(unique.values())[::-1]
    return tuple(sorted(in_order, key=lambda fix: fix.change.field != "scene"))


def _fix(change: ProposedChange, failed: FailedCandidate, why: str) -> Fix:
    value = _value(change)
    for fix in failed.open:
        if fix.check == change.check and EditField.of(fix.change) is change.field and fix.after == value:
            return fix
    made = Change(target=change.field.target, field=change.field.field, amount=value, why=why or "the reviser's choice")
    return Fix(check=change.check, change=made, after=value)


def _value(change: ProposedChange) -> Scalar:
    """The value as the field has it: small models write numbers and truths as words."""
    value, span = change.value, FREE.get(change.field)
    if isinstance(value, bool) and change.field is not EditField.MIRRORED:
        return value
    if isinstance(span, Span) or change.field in {EditField.LIFT, EditField.SEED}:
        try:
            number = round(float(value), 4)
        except ValueError:
            return value
        return int(number) if change.field is EditField.SEED else number
    if change.field is EditField.MIRRORED and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    return value.strip() if isinstance(value, str) else value


def reworded(
    wording: NewWording, caption: Caption, avoided: set[str], is_invented: Invented, limit: int, why: str
) -> list[Fix]:
    """The elements that differ once the wording has kept the rules. What was not worded anew stays as it is: where the
    caption would have to give it up to fit the limit, there is no new wording.
    """
    written = {name: text for name in WORDED if (text := getattr(wording, name).strip())}
    after = checked(written, caption, avoided, is_invented, limit).model_dump()
    if any(after[name] != text for name, text in caption if name not in written):
        return []
    return [
        Fix(
            check=wording.check,
            change=Change(target=EditTarget.CAPTION, field=name, amount=after[name], why=why or "worded anew"),
            after=after[name],
        )
        for name in written
        if after[name] and after[name] != getattr(caption, name)
    ]
