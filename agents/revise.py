"""Revise: failed checks and a person's feedback become typed edits, and edits become the next round's slots.

Which edits is the reviser's to say (`Language.revise`); whether they may be made is settled here and in `editing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from agents.critique import PERSON
from agents.editing import fresh, read_field, resolved, with_field
from agents.services import Services
from agents.state import Campaign
from agents.understand import markets_of
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
from domain.errors import IdleEdit, RefusedByRule
from domain.revision import FailedCandidate, Fix, Revision, permitted, rewords
from mcp_servers.assets.contract import CheckRules, GetAsset

STAGE = "revise"
TOOLS = frozenset({"assets.get_asset", "assets.check_rules"})
Wanted = Sequence[tuple[Change, str]]
"""Changes, each with the check it answers, or "person"."""


async def revise(state: Campaign, services: Services) -> Campaign:
    """Propose the next round: edits of the most promising failed candidates, as the reviser orders them.

    No more children are drawn than the shortlist still lacks, plus one in case an edit does not help.
    """
    number = state.get("round", 0) + 1
    lacking = services.shortlist_size - len(state.get("shortlist", ()))
    failed = [up_for_revision(candidate, state) for candidate in promising(state["candidates"].values())]
    revisions, notes = await proposed(failed, state, services)
    slots: list[Slot] = []
    edits: dict[str, Edit] = {}
    refused = 0
    for one in failed:
        if len(slots) > lacking:
            break
        child, made, note = child_of(one, revisions[one.candidate.id], state, number, len(slots) + 1, refused)
        edits |= {edit.id: edit for edit in made}
        notes += (note,) if note else ()
        refused = 0 if child else refused + len(made)
        if child:
            slots.append(child)
    update: Campaign = {"round": number, "to_draw": tuple(slots), "edits": edits, "exhausted": not slots}
    return {**update, "notes": notes} if notes else update


async def proposed(
    failed: Sequence[FailedCandidate], state: Campaign, services: Services
) -> tuple[dict[str, Revision], tuple[str, ...]]:
    """The reviser's word on each failed candidate, by id, and what was done otherwise than planned."""
    if not failed:
        return {}, ()
    plan = state["plan"]
    revisions = await asyncio.to_thread(
        services.language.revise, failed, state["brief"], plan.scenes, plan.caption_limit
    )
    by_id = {revision.parent: revision for revision in revisions}
    by_id, note = await lawful(by_id, failed, state, services)
    return by_id, (*services.told(), *((note,) if note else ()))


async def lawful(
    revisions: dict[str, Revision], failed: Sequence[FailedCandidate], state: Campaign, services: Services
) -> tuple[dict[str, Revision], str]:
    """The revisions with new captions held against every rule, as the plan's were: what a rule forbids is struck.

    Nothing is asked where no caption is worded anew.
    """
    captions = {
        one.candidate.id: one.candidate.caption.model_copy(update=words)
        for one in failed
        if (words := new_words(revisions[one.candidate.id]))
    }
    if not captions:
        return revisions, ""
    tools = services.sessions.toolbox(STAGE, TOOLS)
    brief, product = state["brief"], failed[0].candidate.products[0]
    asset = await tools.assets.get_asset(GetAsset(brand=services.brand, asset=product))
    request = CheckRules(
        brand=services.brand, brief=brief, captions=tuple(captions.values()), markets=markets_of(brief),
        sector=asset.sector or state["book"].sector,
    )
    try:
        cleared = (await tools.assets.check_rules(request)).captions
        note = ""
    except RefusedByRule as error:
        cleared = tuple(one.candidate.caption for one in failed if one.candidate.id in captions)
        note = f"new captions were left out: {error.message}"
    held = {
        name: with_words(revisions[name], caption.model_dump())
        for name, caption in zip(captions, cleared, strict=True)
    }
    return {**revisions, **held}, note


def new_words(revision: Revision) -> dict[str, Scalar]:
    """The elements of the caption that a revision words anew."""
    return {fix.change.field: fix.change.amount for fix in revision.fixes if rewords(fix.change)}


def with_words(revision: Revision, elements: dict[str, str]) -> Revision:
    """The revision with these elements in the place of its own words; one that is left empty is not worded anew."""

    def said(fix: Fix) -> Fix:
        change = fix.change.model_copy(update={"amount": elements[fix.change.field]})
        return fix.model_copy(update={"change": change, "after": change.amount})

    kept = (fix for fix in revision.fixes if not rewords(fix.change) or elements[fix.change.field])
    return revision.model_copy(update={"fixes": tuple(said(fix) if rewords(fix.change) else fix for fix in kept)})


def child_of(
    failed: FailedCandidate, revision: Revision, state: Campaign, number: int, nth: int, already: int
) -> tuple[Slot | None, list[Edit], str]:
    """A child by the revision, or by what it names otherwise; its edits, and a note where it was the latter.

    `already` counts edits refused under this number before.
    """
    parent = failed.candidate
    edits: list[Edit] = []
    for fixes in (revision.fixes, revision.otherwise):
        wanted = [(fix.change, fix.check) for fix in fixes]
        child, made = apply_all(
            parent, wanted, state, number, nth, start=already + len(edits) + 1, refuse=refusing(failed)
        )
        edits += made
        if child:
            changed = fixes is not revision.fixes
            note = f"nothing the reviser proposed for {parent.id} could be done; the built-in's order was taken"
            return child, edits, note if changed else ""
    return None, edits, ""


Refuse = Callable[[Change, str, Scalar], str]
"""Why a change may not be made, given the check it answers and the value it leads to; "" when it may."""


def nothing_refused(change: Change, check: str, after: Scalar) -> str:
    """Whatever is asked for may be made."""
    return ""


def refusing(failed: FailedCandidate) -> Refuse:
    """What a reviser may not do to this candidate: what was tried on it, and what is neither a fix nor its to say."""
    known = {(fix.check, fix.change.target, fix.change.field, fix.after) for fix in failed.open}
    tried = {(edit.target, edit.field, edit.after) for edit in failed.tried if edit.parent == failed.candidate.id}
    failures = {finding.check for finding in failed.candidate.failed_gates()}

    def refuse(change: Change, check: str, after: Scalar) -> str:
        if (check, change.target, change.field, after) in known or change.relative:
            return ""
        if check not in failures:
            return f"{check} has not failed"
        if (change.target, change.field, after) in tried:
            return "was tried on this candidate already"
        return "" if permitted(change) else f"a reviser cannot set {change.target} {change.field} to {after}"

    return refuse


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


def up_for_revision(parent: Candidate, state: Campaign) -> FailedCandidate:
    """A failed candidate with what is open for it and what was tried."""
    edits = state.get("edits", {}).values()
    return FailedCandidate(
        candidate=parent,
        open=tuple(fix for finding in parent.failed_gates() for fix in untried(finding, parent, state)),
        tried=tuple(edit for edit in edits if parent.id in {edit.parent, edit.child}),
    )


def untried(finding: Finding, parent: Candidate, state: Campaign) -> list[Fix]:
    """The fixes of this finding that were not already tried on this candidate, best first."""
    tried = {
        (edit.target, edit.field, edit.after)
        for edit in state.get("edits", {}).values()
        if edit.parent == parent.id and edit.source == finding.check
    }
    found = []
    for change in finding.fixes:
        after = resolved(change, parent, state["plan"], state)
        if after is not None and (change.target, change.field, after) not in tried:
            found.append(Fix(check=finding.check, change=change, after=after))
    return found


def apply_all(
    parent: Candidate, wanted: Wanted, state: Campaign, number: int, nth: int, *,
    start: int = 1, refuse: Refuse = nothing_refused,
) -> tuple[Slot | None, list[Edit]]:
    """A child slot with every change that does something, and the edits that led to it; idle ones are refused.

    Edits are numbered from `start`.
    """
    child_id = f"c{number}-{nth:02d}"
    slot: Slot = Slot(**{name: getattr(parent, name) for name in Slot.model_fields})
    slot = slot.model_copy(update={"id": child_id, "parent": parent.id, "round": number})
    edits: list[Edit] = []
    for index, (change, source) in enumerate(wanted, start=start):
        after = resolved(change, slot, state["plan"], state)
        edit = Edit(
            id=f"e{number}-{nth:02d}-{index}",
            target=change.target,
            field=change.field,
            before=read_field(slot, change.target, change.field),
            after=after,
            why=change.why,
            source=source,
            parent=parent.id,
            child=child_id,
            round=number,
        )
        try:
            if why_not := refuse(change, source, after):
                raise IdleEdit(why_not, where=slot.id)
            slot = with_field(slot, change.target, change.field, after, state)
        except IdleEdit as idle:
            edits.append(edit.model_copy(update={"child": None, "outcome": EditOutcome.REFUSED, "note": idle.message}))
        else:
            edits.append(edit)
    drawn = any(edit.outcome is EditOutcome.PROPOSED for edit in edits)
    return (fresh(slot) if drawn else None), edits
