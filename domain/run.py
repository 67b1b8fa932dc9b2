"""A Run as the world sees it: the document `--json`, the API and MCP return. Its JSON Schema is published."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.brief import Brief, Question
from domain.candidate import Candidate, Edit
from domain.composition import Scene
from domain.errors import OperatorMustAct, subclasses
from domain.plan import Prediction
from domain.rules import RuleCheck
from domain.values import ArtifactRef, BrandId, Digest, MarketCode, Model, Money, RunId, Seconds

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class RunStatus(StrEnum):
    """Where a run stands. A run is finished when the run table says so, never by inference (Promise 7)."""

    WORKING = "working"
    NEEDS_INPUT = "needs_input"
    REVIEW = "review"
    PUBLISHED = "published"
    NOTHING_PASSED = "nothing_passed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


FINISHED = frozenset(
    {RunStatus.PUBLISHED, RunStatus.NOTHING_PASSED, RunStatus.REFUSED, RunStatus.CANCELLED, RunStatus.FAILED}
)


class RunRequest(Model):
    """What a person asked for, as given: the words and the explicit choices beside them."""

    request: str
    brand: BrandId = "demo"
    product: str | None = Field(default=None, description="asset id, or digest of an uploaded photo")
    product_upload: Digest | None = None
    product_box: tuple[int, int, int, int] | None = None
    background: str | None = None
    background_upload: Digest | None = None
    markets: tuple[MarketCode, ...] = ()
    channels: tuple[str, ...] = ()
    answers: dict[str, str] = {}
    option: str | None = None
    rounds: int = Field(default=2, ge=0, le=8)
    budget: Money = 1.0
    seed: int = Field(default=7, ge=0, le=2**31 - 1)
    size: str | None = None
    assume: bool = Field(default=False, description="--yes: ask nothing, take defaults and the recommended option")


class Costs(Model):
    """Money and time, predicted and actual."""

    predicted: Money = 0.0
    actual: Money = 0.0
    budget: Money = 0.0


class OptionView(Model):
    """An option as shown to a person."""

    name: str
    title: str
    generator: str
    candidates: int
    prediction: Prediction


class PublicationView(Model):
    """One delivery: what, where, and the key that makes it happen once."""

    key: str
    run_id: str = ""
    digest: Digest
    channel: str
    market: str
    destination: str
    path: str
    dossier: str = ""
    published_at: datetime


class ExportView(Model):
    """The final file of one candidate for one channel, as a person approves it; `pixels` digests its decoded pixels."""

    candidate: str
    channel: str
    artifact: ArtifactRef
    pixels: Digest


class ReviewAction(StrEnum):
    """What a person does at review."""

    APPROVE = "approve"
    FEEDBACK = "feedback"
    FINISH = "finish"


class ReviewDecision(Model):
    """A person's answer at review. `candidates` are ids; approvals were recorded before the graph is resumed."""

    action: ReviewAction
    candidates: tuple[str, ...] = ()
    text: str = ""
    approver: str = ""


class Failure(Model):
    """Why a run ended without a shortlist."""

    code: str
    message: str
    where: str = ""
    hint: str = ""


def can_go_on(status: RunStatus, failure: Failure | None) -> bool:
    """Whether a run that failed goes on when resumed: what stopped it was the machine's, and an operator mends that."""
    return status is RunStatus.FAILED and failure is not None and failure.code in subclasses(OperatorMustAct)


class RunView(Model):
    """A run, whole. `shortlist` holds candidate ids, best first; `seconds` is wall time by stage."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    run_id: RunId
    brand: BrandId
    status: RunStatus
    request: RunRequest
    created_at: datetime
    updated_at: datetime
    brief: Brief | None = None
    questions: tuple[Question, ...] = ()
    asked: tuple[Question, ...] = Field(default=(), description="every question of this run, answered ones too")
    answers: dict[str, str] = Field(default={}, description="answers by question id, defaults included")
    options: tuple[OptionView, ...] = ()
    chosen_option: str | None = None
    scenes: tuple[Scene, ...] = ()
    left_out: tuple[str, ...] = ()
    cannot_draw: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    edits: tuple[Edit, ...] = ()
    shortlist: tuple[str, ...] = ()
    relaxed: tuple[str, ...] = Field(default=(), description="flexible rules relaxed in the open")
    notes: tuple[str, ...] = Field(default=(), description="done otherwise than planned, such as without a model")
    rules_checked: tuple[RuleCheck, ...] = ()
    costs: Costs = Costs()
    seconds: dict[str, Seconds] = {}
    exports: tuple[ExportView, ...] = ()
    not_exported: tuple[str, ...] = ()
    publications: tuple[PublicationView, ...] = ()
    dossier: ArtifactRef | None = None
    out_dir: str = ""
    failure: Failure | None = None
    trace_path: str = ""
