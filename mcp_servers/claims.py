"""What a tool server may claim: answers held against the question they answer.

A contract says what an answer looks like; these say whether it can be one to this question. Each returns what is wrong,
or nothing. They keep a server of another version, or one that lies, from bringing in pictures nobody asked for,
verdicts it may not give, and silence in place of a check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.assets import Asset
from domain.candidate import Candidate, CandidateVerdict, Finding, Severity, Slot
from domain.rules import Criterion
from domain.run import ExportView
from mcp_servers.assets import contract as assets
from mcp_servers.diffusion import contract as diffusion
from mcp_servers.judges import contract as judges
from mcp_servers.publish import contract as publish
from tools.judges import book, checks_for
from tools.judges.criteria import PREFIX, criteria_checks
from tools.judges.looking import checks_of, checks_of_parts, checks_of_set, gates_for, rubric
from tools.judges.sets import checks_of_products

ASKED = tuple(name for name in Slot.model_fields if name != "composition")
"""What a generator takes over as it is; it fills in the composition."""


def assets_of(brand: str, found: Iterable[Asset]) -> str:
    """Assets of this brand and no other."""
    others = sorted({asset.id for asset in found if asset.brand != brand})
    return f"{', '.join(others)} is not this brand's" if others else ""


def named(asked: str, given: str) -> str:
    """The thing asked for."""
    return "" if given == asked else f"{given} was given for {asked}"


def cutout(request: assets.CutOut, answer: assets.CutOutAnswer) -> str:
    """The cutout of the asset asked for."""
    other = named(request.asset, answer.asset.id) or named(request.asset, answer.geometry.asset)
    return other or assets_of(request.brand, [answer.asset])


def rules(request: assets.CheckRules, answer: assets.RuleChecks) -> str:
    """A caption for each one given."""
    asked, given = len(request.captions), len(answer.captions)
    return "" if asked == given else f"{given} captions were given for {asked}"


def layout(request: diffusion.LayOut, answer: diffusion.Layout) -> str:
    """Compositions in the scenes and on the canvas asked for."""
    scenes = {scene.id for scene in request.scenes}
    if unknown := sorted({setting.scene.id for setting in answer.settings} - scenes):
        return f"no such scene was offered: {', '.join(unknown)}"
    wrong = any(setting.composition.canvas != request.canvas for setting in answer.settings)
    return "a composition is for another canvas" if wrong else ""


def drawings(job: str, slots: Sequence[Slot], answer: diffusion.JobState) -> str:
    """Drawings of the slots asked for, each once and not judged by who drew it; all of them when done."""
    if answer.job != job:
        return "it tells of another job"
    names = [candidate.id for candidate in answer.candidates]
    asked = {slot.id: slot for slot in slots}
    if unknown := sorted(set(names) - asked.keys()):
        return f"nobody asked for {', '.join(unknown)}"
    if len(names) != len(set(names)):
        return "a candidate is there twice"
    if answer.status == "done" and (missing := sorted(asked.keys() - set(names))):
        return f"the job is done, but {', '.join(missing)} is missing"
    return next((wrong for c in answer.candidates if (wrong := drawing(asked[c.id], c))), "")


def drawing(slot: Slot, candidate: Candidate) -> str:
    """One drawing of one slot."""
    changed = [name for name in ASKED if getattr(candidate, name) != getattr(slot, name)]
    if changed or candidate.composition.canvas != slot.composition.canvas:
        return f"{slot.id} was drawn otherwise than asked: {', '.join(changed) or 'canvas'}"
    if candidate.verdict is not CandidateVerdict.PENDING or candidate.findings:
        return f"{slot.id} is judged already"
    return "" if candidate.artifact else f"{slot.id} has no picture"


def judgement(
    answer: judges.Judgement, *, ocr: bool, only: tuple[str, ...] = (), criteria: Sequence[Criterion] = ()
) -> str:
    """One finding for each check asked for: a check that is not told of has not passed."""
    asked = criteria_checks(criteria, ocr=ocr, rest=not only)
    if wrong := exactly((*checks_for(only=only or None, ocr=ocr), *asked), answer.findings):
        return wrong
    severities = {name: check.severity for name, check in book().checks.items()}
    severities |= {PREFIX + criterion.id: criterion.severity for criterion in criteria}
    lowered = [f.check for f in answer.findings if f.severity not in {severities[f.check], Severity.REVIEW}]
    return f"{', '.join(lowered)} has another severity" if lowered else ""


def ranking(request: judges.RankCandidates, answer: judges.Ranking) -> str:
    """Some of the candidates asked about, each once."""
    if unknown := sorted(set(answer.shortlist) - {candidate.id for candidate in request.candidates}):
        return f"no such candidate was asked about: {', '.join(unknown)}"
    if len(answer.shortlist) != len(set(answer.shortlist)) or len(answer.shortlist) > request.size:
        return "the shortlist is longer than asked, or has a candidate twice"
    return ""


def looked(request: judges.LookAtPicture, answer: judges.LookedAt) -> str:
    """One finding for each question asked, none weaker than its question; for parts all or none."""
    gates = gates_for(request.brief, request.criteria, request.rules, reference=request.reference is not None)
    scales = rubric("whole").scales
    parts = checks_of_parts(request.parts)
    expected = checks_of(gates, scales, request.policy)
    compared = any(finding.check in parts for finding in answer.findings)
    wrong = exactly((*expected, *parts) if compared else expected, answer.findings)
    severities = {f"look:{gate.id}": gate.severity for gate in gates}
    severities |= {f"look:{scale.id}": scale.severity for scale in scales}
    lowered = [f.check for f in answer.findings if severities.get(f.check, f.severity) is not f.severity]
    return wrong or (f"{', '.join(lowered)} has another severity" if lowered else "")


def looked_at_parts(request: judges.LookAtParts, answer: judges.LookedAt) -> str:
    """One finding for each part asked about."""
    return exactly(checks_of_parts(request.parts), answer.findings)


def judged_set(request: judges.JudgeSet, answer: judges.LookedAt) -> str:
    """One finding for each scale of the set's rubric, and for each measure with a cutout; none for a set of one."""
    measured = checks_of_products() if request.cutout else ()
    expected = (*measured, *(checks_of_set() if request.looks else ()))
    return exactly(expected if len(request.pictures) > 1 else (), answer.findings)


def preferred(request: judges.PreferPictures, answer: judges.Preferred) -> str:
    """The pictures asked about, each once, and what was asked of them as a set."""
    if sorted(answer.order) != sorted(request.pictures):
        return "other pictures were ordered than asked about"
    return exactly(checks_of_set() if request.as_set and len(request.pictures) > 1 else (), answer.findings)


def exactly(expected: Sequence[str], findings: Sequence[Finding]) -> str:
    """Each expected check once, and no other: a check that is not told of has not passed."""
    made = [finding.check for finding in findings]
    if unknown := sorted(set(made) - set(expected)):
        return f"no such check was asked for: {', '.join(unknown)}"
    if missing := sorted(set(expected) - set(made)):
        return f"not checked: {', '.join(missing)}"
    return "a check is there twice" if len(made) != len(set(made)) else ""


def export(request: publish.RenderExport, answer: ExportView) -> str:
    """The file asked for."""
    fits = (answer.candidate, answer.channel) == (request.candidate.id, request.channel)
    return "" if fits else f"a file of {answer.candidate} for {answer.channel} was given"


def delivered(request: publish.DeliverApproved, answer: publish.Delivered) -> str:
    """Publications of this run."""
    return "" if all(p.run_id == request.run_id for p in answer.publications) else "it tells of another run"
