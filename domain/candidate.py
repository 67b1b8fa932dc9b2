"""Candidates and what is found out about them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from domain.composition import Caption, Composition, SceneRef, Settings
from domain.values import ArtifactRef, AssetId, Box, Model

Scalar = str | float | int | bool | None


class Verdict(StrEnum):
    """Pass, fail, or cannot tell."""

    PASS = "pass"
    FAIL = "fail"
    ABSTAIN = "abstain"


class Severity(StrEnum):
    """What a failed check does: a gate blocks; review asks a person; warn is shown; rank only orders."""

    GATE = "gate"
    REVIEW = "review"
    WARN = "warn"
    RANK = "rank"


class EditTarget(StrEnum):
    """What an Edit changes."""

    CAPTION = "caption"
    COMPOSITION = "composition"
    BACKGROUND = "background"
    PRODUCT = "product"
    GENERATOR = "generator"


class Change(Model):
    """A proposed change of one field of one target: `amount` is the new value or, with `relative`, a factor."""

    target: EditTarget
    field: str
    amount: Scalar = None
    relative: bool = False
    why: str = ""


class Finding(Model):
    """One check on one candidate. `value` and `threshold` are in the check's own unit, named in `unit`."""

    check: str
    verdict: Verdict
    severity: Severity
    reason: str
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    region: Box | None = None
    evidence: dict[str, Scalar] = {}
    fixes: tuple[Change, ...] = Field(default=(), description="changes that would put it right, best first")
    source: str = ""


class CandidateVerdict(StrEnum):
    """Where a candidate stands."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"          # its generation failed; `error` says why


class Slot(Model):
    """A candidate before it is drawn: what the generator is asked for."""

    id: str
    caption: Caption
    scene: SceneRef
    composition: Composition
    settings: Settings = Settings()
    products: tuple[AssetId, ...]
    seed: int = Field(ge=0, le=2**31 - 1)
    generator: str = "compositor"
    parent: str | None = None
    round: int = Field(default=0, ge=0)


class Candidate(Slot):
    """One image: the slot it was drawn from, the artifact, and what was found out about it."""

    artifact: ArtifactRef | None = None
    findings: tuple[Finding, ...] = ()
    verdict: CandidateVerdict = CandidateVerdict.PENDING
    quality: float | None = Field(default=None, description="technical quality 0..1; orders, never gates")
    error: str = ""
    seconds: float = 0.0
    cost: float = 0.0

    def failed_gates(self) -> tuple[Finding, ...]:
        """The findings that keep this candidate from the shortlist."""
        return tuple(f for f in self.findings if f.verdict is Verdict.FAIL and f.severity is Severity.GATE)


class EditOutcome(StrEnum):
    """What became of an Edit."""

    PROPOSED = "proposed"
    KEPT = "kept"              # its target flipped and no passing gate broke
    DROPPED = "dropped"        # drawn, and not better
    REFUSED = "refused"        # idle, or against a rule: never drawn


class Edit(Model):
    """A typed change to one candidate, from a finding or from a person's feedback."""

    id: str
    target: EditTarget
    field: str
    before: Scalar = None
    after: Scalar = None
    why: str
    source: str = Field(description="check id, or 'person'")
    parent: str
    child: str | None = None
    round: int
    outcome: EditOutcome = EditOutcome.PROPOSED
    note: str = ""


class Feedback(Model):
    """A person's words about candidates, as changes. `about` holds candidate ids; empty means the whole shortlist."""

    changes: tuple[Change, ...] = ()
    about: tuple[str, ...] = ()
    understood: str = ""
    not_understood: str = ""
