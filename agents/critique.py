"""Critique: measured checks on every candidate, what became of the edits, and the shortlist."""

from __future__ import annotations

from agents import looking
from agents.services import Services
from agents.state import Campaign, CandidateGroup
from domain.brief import Brief
from domain.candidate import (
    Candidate,
    CandidateVerdict,
    Edit,
    EditOutcome,
    Finding,
    Severity,
    Verdict,
)
from domain.models import ModelRole
from domain.rules import BrandBook, Criterion, CriterionMethod
from mcp_servers.judges.contract import JudgeCandidate, RankCandidates
from mcp_servers.toolbox import Toolbox

STAGE = "critique"
TOOLS = frozenset({"judges.judge_candidate", "judges.rank_candidates"}) | looking.TOOLS
PERSON = "person"
TEXT_CHECK = "unwanted_text"
LATE = (TEXT_CHECK, "look:", "brand:")
"""Checks that are held against finalists only, or may be."""


def groups(state: Campaign) -> list[CandidateGroup]:
    """Drawn candidates nobody has judged yet, by scene."""
    by_scene: dict[str, list[Candidate]] = {}
    for candidate in state.get("candidates", {}).values():
        if candidate.verdict is CandidateVerdict.PENDING:
            by_scene.setdefault(candidate.scene.id, []).append(candidate)
    return [
        {"brief": state["brief"], "book": state["book"], "plan": state["plan"], "candidates": tuple(candidates)}
        for candidates in by_scene.values()
    ]


async def critique(group: CandidateGroup, services: Services) -> Campaign:
    """Judge a group of candidates; text is read later, on finalists only."""
    tools = services.sessions.toolbox(STAGE, TOOLS)
    judged = {}
    for candidate in group["candidates"]:
        judgement = await tools.judges.judge_candidate(question_about(candidate, group, services))
        judged[candidate.id] = with_findings(candidate, judgement.findings, judgement.quality)
    return {"candidates": judged}


def question_about(candidate: Candidate, group: CandidateGroup, services: Services) -> JudgeCandidate:
    """What the judges need to know of one candidate."""
    plan = group["plan"]
    return JudgeCandidate(
        brand=services.brand,
        candidate=candidate,
        brief=group["brief"],
        scene=next((scene for scene in plan.scenes if scene.id == candidate.scene.id), None),
        cutouts=dict(plan.cutouts),
        geometry=next((g for g in plan.products if g.asset == candidate.products[0]), None),
        cannot_draw=plan.cannot_draw,
        palette=tuple(colour.hex for colour in group["book"].colours),
        criteria=measured_criteria(group["book"], group["brief"], services),
    )


def measured_criteria(book: BrandBook, brief: Brief, services: Services) -> tuple[Criterion, ...]:
    """The brand's criteria that are not left to a model that looks."""
    looks = ModelRole.GATE_JUDGE in services.looking
    return tuple(
        criterion
        for criterion in looking.criteria_for(book, brief)
        if not (looks and criterion.method is CriterionMethod.VLM)
    )


def with_findings(candidate: Candidate, findings: tuple[Finding, ...], quality: float) -> Candidate:
    """The candidate with its verdict: one failed gate fails it, whatever the rest (Promise 2)."""
    failed = any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in findings)
    verdict = CandidateVerdict.FAILED if failed else CandidateVerdict.PASSED
    return candidate.model_copy(update={"findings": findings, "quality": quality, "verdict": verdict})


async def settle(state: Campaign, services: Services) -> Campaign:
    """Decide what became of this round's edits, then rank what passed and read the finalists' text.

    Where a model looks, it looks at finalists only: they passed every measured gate, and one it vetoes is replaced. The
    shortlist is full at `services.shortlist_size` candidates, or holds what there is.
    """
    tools = services.sessions.toolbox(STAGE, TOOLS)
    candidates = dict(state["candidates"])
    shortlist, place = await finalists(state, candidates, tools, services)
    relaxed: tuple[str, ...] = ()
    if not shortlist and last_round(state):
        relaxed = looking.relaxed(candidates, eligible(state, candidates), state)
        if relaxed:
            shortlist, place = await finalists(state, candidates, tools, services)
    if len(shortlist) >= services.shortlist_size or last_round(state):
        candidates |= await looking.compared(shortlist, candidates, state, tools, services)
        shortlist = looking.preferred(shortlist, candidates, first=place)
    edits = judged_edits(state.get("edits", {}), candidates)
    settled: Campaign = {"candidates": candidates, "edits": edits, "shortlist": shortlist}
    return {**settled, "relaxed": relaxed} if relaxed else settled


async def finalists(
    state: Campaign, candidates: dict[str, Candidate], tools: Toolbox, services: Services
) -> tuple[tuple[str, ...], frozenset[str]]:
    """The shortlist after its text was read and models looked at it, and those who show the very place.

    Who fails there is replaced by the next best, until nobody does. `candidates` are brought up to date.
    """
    group: CandidateGroup = {
        "brief": state["brief"],
        "book": state["book"],
        "plan": state["plan"],
        "candidates": (),
    }
    while True:
        shortlist, place = await chosen(state, candidates, tools, services)
        unread = [candidates[name] for name in shortlist if not has_read_text(candidates[name])]
        for candidate in unread:
            question = question_about(candidate, group, services).model_copy(
                update={"ocr": True, "only": (TEXT_CHECK,)}
            )
            judgement = await tools.judges.judge_candidate(question)
            findings = (*candidate.findings, *judgement.findings)
            candidates[candidate.id] = with_findings(candidate, findings, judgement.quality)
        if services.looking:
            candidates |= await looking.looked_at([candidates[c.id] for c in unread], state, tools, services)
        if all(candidates[c.id].verdict is CandidateVerdict.PASSED for c in unread):
            return shortlist, place


async def looked_again(candidate: Candidate, state: Campaign, services: Services) -> Candidate:
    """A finalist's drawing for another canvas with what models that look find in it; as it was where none does."""
    if not services.looking:
        return candidate
    tools = services.sessions.toolbox(STAGE, TOOLS)
    found = await looking.looked_at([candidate], state, tools, services)
    return found.get(candidate.id, candidate)


async def chosen(
    state: Campaign, candidates: dict[str, Candidate], tools: Toolbox, services: Services
) -> tuple[tuple[str, ...], frozenset[str]]:
    """The shortlist as it stands, and those who show the very place the brief names: they come first."""
    entered = eligible(state, candidates)
    shortlist = await ranked(entered, tools, services)
    place = in_named_place(entered, state)
    named = frozenset(c.id for c in place)
    if not named & set(shortlist):
        shortlist = (*(await ranked(place, tools, services))[:1], *shortlist)[: services.shortlist_size]
    # What the person named comes first, however well its like came out.
    shortlist = tuple(sorted(shortlist, key=lambda name: name not in named))
    return filled(shortlist, state, candidates, services.shortlist_size), named


def last_round(state: Campaign) -> bool:
    """Whether nothing more will be drawn before a person looks."""
    return bool(state.get("exhausted")) or state.get("round", 0) >= state.get("round_limit", 0)


def eligible(state: Campaign, candidates: dict[str, Candidate]) -> tuple[Candidate, ...]:
    """All candidates on the run's canvas, or after a person's feedback those that came of it."""
    since = state.get("fresh_since", 0)
    return tuple(c for c in candidates.values() if c.round >= since and c.composition.canvas == state["canvas"])


def filled(shortlist: tuple[str, ...], state: Campaign, candidates: dict[str, Candidate], size: int) -> tuple[str, ...]:
    """The shortlist topped up from the one before a person's feedback."""
    parents = {candidates[name].parent for name in shortlist}
    rest = (name for name in state.get("previous", ()) if name not in shortlist and name not in parents)
    return (*shortlist, *rest)[:size]


def in_named_place(candidates: tuple[Candidate, ...], state: Campaign) -> tuple[Candidate, ...]:
    """Candidates in the very place the brief names: a courtyard may pass for a terrace, but a terrace is one."""
    brief = state["brief"]
    words = {word for part in (brief.background, brief.surface) if part for word in part.value.lower().split()}
    named = {scene.id for scene in state["plan"].scenes if scene.tags and scene.tags[0] in words}
    return tuple(c for c in candidates if c.scene.id in named)


async def ranked(candidates: tuple[Candidate, ...], tools: Toolbox, services: Services) -> tuple[str, ...]:
    """The shortlist among candidates that passed every gate."""
    passed = tuple(c for c in candidates if c.verdict is CandidateVerdict.PASSED)
    if not passed:
        return ()
    ranking = await tools.judges.rank_candidates(
        RankCandidates(brand=services.brand, candidates=passed, size=services.shortlist_size)
    )
    return ranking.shortlist


def has_read_text(candidate: Candidate) -> bool:
    """Whether the OCR check has run on this candidate, to whatever verdict."""
    return any(f.check == TEXT_CHECK for f in candidate.findings)


def judged_edits(edits: dict[str, Edit], candidates: dict[str, Candidate]) -> dict[str, Edit]:
    """Outcome of each edit whose child is judged: kept only if its target flipped and no passing gate broke."""
    decided = {}
    for edit in edits.values():
        child = candidates.get(edit.child or "")
        parent = candidates.get(edit.parent)
        open_ = edit.outcome is EditOutcome.PROPOSED and child is not None and parent is not None
        if not open_ or child is None or parent is None or child.verdict is CandidateVerdict.PENDING:
            continue
        decided[edit.id] = edit.model_copy(update=outcome(edit, parent, child))
    return decided


def outcome(edit: Edit, parent: Candidate, child: Candidate) -> dict[str, object]:
    """Kept or dropped, with the reason in `note`."""
    if child.verdict is CandidateVerdict.BROKEN:
        return {"outcome": EditOutcome.DROPPED, "note": f"could not be drawn: {child.error}"}
    after = {f.check: f for f in child.findings}
    passed_before = {f.check for f in parent.findings if f.severity is Severity.GATE and f.verdict is Verdict.PASS}
    broken = sorted(n for n in passed_before if n in after and after[n].verdict is Verdict.FAIL)
    if broken:
        return {"outcome": EditOutcome.DROPPED, "note": "broke " + ", ".join(broken)}
    if edit.source not in after and edit.source.startswith(LATE):
        return {"outcome": EditOutcome.DROPPED, "note": f"others came before it, so {edit.source} was not held again"}
    if edit.source != PERSON and not mended(parent, after.get(edit.source)):
        return {"outcome": EditOutcome.DROPPED, "note": f"{edit.source} still does not pass"}
    return {"outcome": EditOutcome.KEPT, "note": "asked for by a person" if edit.source == PERSON else "now passes"}


def mended(parent: Candidate, after: Finding | None) -> bool:
    """Whether a check passes now; or, where it failed on what the generator itself reported, does so no longer.

    A roll that was reported and is taken back leaves a picture that may show no line to measure it by.
    """
    if after is None or after.verdict is Verdict.FAIL:
        return False
    before = next((f for f in parent.findings if f.check == after.check), None)
    reported = before is not None and before.evidence.get("how") == "reported"
    return after.verdict is Verdict.PASS or reported


def enough(state: Campaign, services: Services) -> bool:
    """Whether the shortlist is full."""
    return len(state.get("shortlist", ())) >= services.shortlist_size
