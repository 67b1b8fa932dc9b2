"""The dossier page: the proof that travels with a publication, as one file that opens in any browser."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.assets import Asset
from domain.brief import Brief, Part, ProductMention
from domain.candidate import Candidate, CandidateVerdict, Edit, EditOutcome, Finding, Severity, Verdict
from domain.rules import MarketPack, RuleCheck, RuleVerdict
from domain.run import RunView
from domain.values import AssetId

_ORIGINS = {"stated": "said", "looked_up": "looked up", "remembered": "remembered", "assumed": "assumed",
            "answered": "answered"}
_RULE_GROUPS = (
    ("Not allowed", {RuleVerdict.BROKEN}),
    ("Not checked", {RuleVerdict.NOT_CHECKED}),
    ("For a person to decide", {RuleVerdict.NEEDS_REVIEW}),
    ("To be labelled", {RuleVerdict.LABEL}),
    ("Worth knowing", {RuleVerdict.WARNING}),
    ("Kept", {RuleVerdict.MET}),
    ("Does not apply here", {RuleVerdict.NOT_APPLICABLE}),
)
_STAGES = ("understand", "clarify", "plan", "choose", "generate", "critique", "revise", "shortlist", "review", "deploy",
           "monitor")
_ABSENT = "Not recorded"


@dataclass(frozen=True)
class BriefLine:
    """One value of the brief: what it is about, the value, where it comes from, the words it was said in."""

    field: str
    value: str
    origin: str
    said: str


@dataclass
class Branch:
    """One candidate in the tree of revisions, with the edits that led to its children."""

    candidate: Candidate
    steps: list[tuple[Edit, Branch | None]] = field(default_factory=list)


def words(name: str) -> str:
    """An identifier as words: "product_lock" is "product lock"."""
    return name.replace("_", " ").replace(".", " · ").replace("-", " ")


def number(value: float | None) -> str:
    """A measured number with three significant digits, without a needless tail: 0.0312, 4.5, 1200."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def moment(at: datetime) -> str:
    """A moment as people write it, in UTC: "21 November 2026, 13:04 UTC"."""
    held = at.astimezone(UTC) if at.tzinfo else at
    return f"{day(held)}, {held:%H:%M} UTC"


def day(at: date) -> str:
    """A day as people write it: "21 November 2026"."""
    return f"{at.day} {at:%B %Y}"


def _value_text(value: object) -> str:
    if isinstance(value, ProductMention):
        count = f"{value.count} × " if value.count > 1 else ""
        return count + (value.text or value.noun) + (f" (asset {value.asset})" if value.asset else "")
    return str(value)


def brief_lines(brief: Brief) -> list[BriefLine]:
    """Every value of the brief, one line each, in the order of its fields."""
    lines = []
    for name, held in brief:
        for part in held if isinstance(held, tuple) else (held,):
            if isinstance(part, Part):
                said = part.said if part.said.casefold() != str(part.value).casefold() else ""
                lines.append(BriefLine(words(name), _value_text(part.value), _ORIGINS[part.origin.value], said))
    lines += [BriefLine("relation", f"{r.subject} {r.relation} {r.object}", "said", "") for r in brief.relations]
    return lines


def revision_trees(view: RunView) -> list[Branch]:
    """A tree for each first-round candidate that was edited: edits in order, with the candidate each led to."""
    by_id = {candidate.id: candidate for candidate in view.candidates}
    edits: dict[str, list[Edit]] = {}
    for edit in view.edits:
        edits.setdefault(edit.parent, []).append(edit)
    children = {edit.child for edit in view.edits if edit.child}

    def grow(candidate: Candidate, above: frozenset[str]) -> Branch:
        branch = Branch(candidate)
        for edit in edits.get(candidate.id, ()):
            child = by_id.get(edit.child or "")
            seen = above | {candidate.id}
            branch.steps.append((edit, grow(child, seen) if child and child.id not in seen else None))
        return branch

    roots = [by_id[parent] for parent in edits if parent in by_id and parent not in children]
    return [grow(root, frozenset()) for root in roots]


def _rule_groups(checks: Sequence[RuleCheck]) -> list[tuple[str, list[RuleCheck]]]:
    groups = [(title, [check for check in checks if check.verdict in verdicts]) for title, verdicts in _RULE_GROUPS]
    return [(title, held) for title, held in groups if held]


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Failures first, gates before the rest, then as recorded."""
    verdicts = [Verdict.FAIL, Verdict.ABSTAIN, Verdict.PASS]
    severities = list(Severity)
    return sorted(findings, key=lambda f: (verdicts.index(f.verdict), severities.index(f.severity)))


def tally(findings: Sequence[Finding]) -> str:
    """How the checks came out, in a few words: "12 passed, 1 failed, 2 cannot tell"."""
    named = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.ABSTAIN: "cannot tell"}
    counts = [(sum(f.verdict is verdict for f in findings), name) for verdict, name in named.items()]
    return ", ".join(f"{count} {name}" for count, name in counts if count) or "nothing measured"


def why_rejected(candidate: Candidate) -> str:
    """In one line why a candidate is not on the shortlist."""
    if candidate.verdict is CandidateVerdict.BROKEN:
        return f"was not drawn: {candidate.error or 'its generation failed'}"
    failed = candidate.failed_gates()
    if failed:
        return "; ".join(f"{words(finding.check)}: {finding.reason}" for finding in failed)
    if candidate.verdict is CandidateVerdict.PENDING:
        return "was not judged"
    return "passed every gate; others ranked higher or were more different from each other"


@dataclass(frozen=True)
class Cost:
    """One stage in the table of time: seconds and their share of the whole, 0..100."""

    stage: str
    seconds: float
    share: float


def _stages(view: RunView) -> list[Cost]:
    total = sum(view.seconds.values()) or 1.0
    order = {stage: i for i, stage in enumerate(_STAGES)}
    ordered = sorted(view.seconds, key=lambda stage: (order.get(stage, len(order)), stage))
    return [Cost(stage, view.seconds[stage], 100 * view.seconds[stage] / total) for stage in ordered]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters |= {
        "words": words, "number": number, "moment": moment, "day": day, "ordered": _ordered,
        "why_rejected": why_rejected, "tally": tally,
    }
    return environment


def render_dossier(
    view: RunView, thumbnails: Mapping[str, bytes], *, assets: Mapping[AssetId, Asset] | None = None,
    packs: Sequence[MarketPack] = (), brand_name: str = "", approver: str = "", facts: Mapping[str, str] | None = None,
) -> str:
    """The run as one HTML page that asks nothing of a network and runs no script.

    Args:
        view: the run, whole.
        thumbnails: WebP bytes by candidate id; a candidate without one is described in words.
        assets: the library's rows of the assets the run used, for titles, licences and whether they are renderings.
        packs: the market packs that were checked, for their versions and dates.
        brand_name: the brand as people write it; its id where it is not given.
        approver: who approved, as signed in; empty before approval.
        facts: what else reproduces the run, in the order to show ("Generator version": "compositor 1.2").

    All text from requests, captions, file names and rules is escaped; a content security policy in the page forbids
    scripts and every outside address.
    """
    shortlist = [candidate for name in view.shortlist for candidate in view.candidates if candidate.id == name]
    used = dict.fromkeys(asset for candidate in view.candidates for asset in candidate.products)
    return _environment().get_template("dossier.html").render(
        view=view,
        brand=brand_name or view.brand,
        images={
            name: "data:image/webp;base64," + base64.b64encode(data).decode() for name, data in thumbnails.items()
        },
        shortlist=shortlist,
        others=[candidate for candidate in view.candidates if candidate.id not in view.shortlist],
        brief_lines=brief_lines(view.brief) if view.brief else [],
        assumed=view.brief.assumed() if view.brief else (),
        answers=view.answers,
        rule_groups=_rule_groups(view.rules_checked),
        unchecked=[check for check in view.rules_checked if check.verdict is RuleVerdict.NOT_CHECKED],
        trees=revision_trees(view),
        kept=sum(edit.outcome is EditOutcome.KEPT for edit in view.edits),
        assets={name: (assets or {}).get(name) for name in used} | dict(assets or {}),
        packs=packs,
        scenes={scene.id: scene for scene in view.scenes},
        stages=_stages(view),
        approver=approver,
        facts=dict(facts or {}),
        absent=_ABSENT,
        passed=sum(candidate.verdict is CandidateVerdict.PASSED for candidate in view.candidates),
    )
