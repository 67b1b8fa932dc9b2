"""What a run knows between two steps. Digests and models only, never bytes."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.brief import Brief, Question
from domain.candidate import Candidate, Edit, Slot
from domain.plan import Plan
from domain.remembered import Earlier, Remembered
from domain.rules import BrandBook, RuleCheck
from domain.run import ExportView, Failure, PublicationView, ReviewDecision, RunRequest, RunStatus
from domain.values import Size


def merge_candidates(old: dict[str, Candidate], new: dict[str, Candidate]) -> dict[str, Candidate]:
    """Later writes of the same candidate win; fan-out steps write different ones."""
    return {**old, **new}


def merge_edits(old: dict[str, Edit], new: dict[str, Edit]) -> dict[str, Edit]:
    """Later writes of the same edit win."""
    return {**old, **new}


def merge_notes(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """What was done otherwise than planned, each once, in order."""
    return tuple(dict.fromkeys((*old, *new)))


class Campaign(TypedDict, total=False):
    """State of the campaign graph. `to_draw` is this round's work; `asked` includes questions already answered;
    `remembered` are the defaults used, `learned` those that this request's own words added to memory.

    `round_limit` bounds the loop; `exhausted` says a round proposed nothing new. After a person's feedback, candidates
    from round `fresh_since` on come first and the shortlist before it, `previous`, fills what is left.
    """

    run_id: str
    request: RunRequest
    book: BrandBook
    brief: Brief
    canvas: Size
    questions: tuple[Question, ...]
    asked: tuple[Question, ...]
    answers: dict[str, str]
    earlier: Earlier | None
    remembered: tuple[Remembered, ...]
    learned: tuple[Remembered, ...]
    rules: tuple[RuleCheck, ...]
    plan: Plan
    chosen: str
    round: int
    round_limit: int
    exhausted: bool
    fresh_since: int
    previous: tuple[str, ...]
    to_draw: tuple[Slot, ...]
    candidates: Annotated[dict[str, Candidate], merge_candidates]
    edits: Annotated[dict[str, Edit], merge_edits]
    shortlist: tuple[str, ...]
    relaxed: tuple[str, ...]
    notes: Annotated[tuple[str, ...], merge_notes]
    exports: tuple[ExportView, ...]
    not_exported: tuple[str, ...]
    decision: ReviewDecision
    publications: tuple[PublicationView, ...]
    monitored: tuple[RuleCheck, ...]
    status: RunStatus
    failure: Failure | None


class SlotGroup(TypedDict):
    """What one fan-out branch of generate gets: slots that share a scene."""

    run_id: str
    request: RunRequest
    plan: Plan
    slots: tuple[Slot, ...]


class CandidateGroup(TypedDict):
    """What one fan-out branch of critique gets: candidates that share a scene."""

    brief: Brief
    book: BrandBook
    plan: Plan
    candidates: tuple[Candidate, ...]
