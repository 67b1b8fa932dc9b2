"""What a caller of Onbrand is shown of a run: short, without file paths, with an idea of what to do next.

The HTTP API and the MCP server carry these; each adds its own links to the digests. `RunView` is the whole story.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from domain.brief import Question
from domain.candidate import Finding
from domain.rules import RuleCheck
from domain.run import Costs, Failure, OptionView, RunStatus
from domain.values import AssetId, BrandId, Digest, MarketCode, Model, Money, RunId, Seconds, Size


class NewRun(Model):
    """What a caller asks for. The brand is not in it: it comes from the caller (Promise 8)."""

    request: str = Field(min_length=1, max_length=4000, description="what is needed, in plain words")
    product: AssetId | None = Field(default=None, description="asset id of the product, if the words do not name it")
    product_box: tuple[int, int, int, int] | None = Field(
        default=None, description="x, y, width, height in pixels around the product in a cluttered photo"
    )
    background: AssetId | None = Field(default=None, description="asset id of a background photo to use")
    markets: tuple[MarketCode, ...] = Field(default=(), description="where it is to be published, instead of the words")
    channels: tuple[str, ...] = Field(default=(), description="for which channels, instead of the words")
    size: str | None = Field(default=None, pattern=r"^\d{3,4}x\d{3,4}$", description="WIDTHxHEIGHT in pixels")
    answers: dict[str, str] = Field(default={}, description="answers given ahead, by question id")
    option: str | None = Field(default=None, max_length=40, description="option to take: standard or quick")
    rounds: int = Field(default=2, ge=0, le=8, description="revision rounds at most")
    budget: Money = Field(default=1.0, le=1000, description="US dollars at most")
    seed: int = Field(default=7, ge=0, le=2**31 - 1, description="the same seed gives the same pictures")
    assume: bool = Field(default=False, description="ask nothing: take every default and the recommended option")


class FinalFile(Model):
    """The final file of a picture for one channel: what a person approves and what is published."""

    channel: str
    digest: Digest
    media_type: str
    bytes: int


class Picture(Model):
    """One finalist. `remarks` are the findings worth a look; a failed gate would have kept it from here."""

    candidate: str
    scene: str
    caption: str
    digest: Digest = Field(description="of the picture itself, PNG")
    size: Size
    quality: float | None = Field(default=None, description="technical quality 0..1; orders, never gates")
    files: tuple[FinalFile, ...] = ()
    remarks: tuple[Finding, ...] = ()
    published: bool = False


class Step(Model):
    """Where the work is: the stage, what that means in words, and a rough share 0..1 of the way to review."""

    stage: str
    doing: str
    share: float = Field(ge=0, le=1)


class Publication(Model):
    """One delivery, without the destination's file paths."""

    key: Digest
    digest: Digest
    channel: str
    market: str
    destination: str
    published_at: datetime


class RunSummary(Model):
    """A run as its caller needs it. `next` says what can be done now, in one sentence."""

    run_id: RunId
    brand: BrandId
    status: RunStatus
    request: str
    created_at: datetime
    updated_at: datetime
    created_by: str = ""
    step: Step | None = Field(default=None, description="while working")
    understood: dict[str, str] = Field(default={}, description="parts of the brief, each with its origin")
    assumed: tuple[str, ...] = ()
    questions: tuple[Question, ...] = Field(default=(), description="waiting for these answers")
    options: tuple[OptionView, ...] = Field(default=(), description="waiting for one of these to be chosen")
    pictures: tuple[Picture, ...] = Field(default=(), description="the shortlist, best first; at most three")
    candidates: int = Field(default=0, description="how many were drawn")
    failed_checks: dict[str, int] = Field(default={}, description="gates that kept candidates out, and how many")
    left_out: tuple[str, ...] = Field(default=(), description="scenes not used for this product, and why")
    cannot_draw: tuple[str, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="done otherwise than planned, such as without a model")
    rules: tuple[RuleCheck, ...] = Field(default=(), description="rules that block or want a person's look")
    publications: tuple[Publication, ...] = ()
    costs: Costs = Costs()
    seconds: dict[str, Seconds] = {}
    failure: Failure | None = None
    next: str = ""


class RunEvent(Model):
    """One thing that happened to a run. `n` is its number in the run's log, rising, with gaps; `at` seconds since the
    run began. After "run.status" and "run.ended" the run's summary is up to date.
    """

    n: int
    event: Literal[
        "run.started", "stage.started", "stage.finished", "run.waiting", "run.answered", "run.status", "run.ended"
    ]
    at: Seconds
    data: dict[str, Any] = {}


class RunRowView(Model):
    """A run in a list."""

    run_id: RunId
    status: RunStatus
    request: str
    created_at: datetime
    updated_at: datetime
    created_by: str = ""


class ApprovalRequest(Model):
    """What a yes would publish: exactly these files, for these markets, to this destination."""

    run_id: RunId
    candidates: tuple[str, ...]
    files: tuple[FinalFile, ...]
    markets: tuple[MarketCode, ...]
    destination: str


class Offer(Model):
    """What a request would be understood as, ask and cost, without running it."""

    understood: dict[str, str]
    assumed: tuple[str, ...]
    questions: tuple[Question, ...]
    options: tuple[OptionView, ...]
    cannot_draw: tuple[str, ...]
    left_out: tuple[str, ...]
    rules: tuple[RuleCheck, ...]


class FoundAsset(Model):
    """One asset of the library. `score` 0..1 and `why` come with searches only."""

    id: AssetId
    kind: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    digest: Digest
    size: Size
    real_height: float | None = Field(default=None, description="metres")
    confidential: bool = False
    embargo: datetime | None = None
    rendering: bool = False
    licence: str = ""
    score: float | None = None
    why: str = ""


class Checked(Model):
    """What the checks say of a picture: failed on any gate, unsure when the product it should show was not found in it.

    `notes` name what could not be held against anything, and why.
    """

    verdict: Literal["passed", "failed", "unsure"]
    quality: float
    findings: tuple[Finding, ...]
    rules_checked: tuple[RuleCheck, ...] = ()
    notes: tuple[str, ...] = ()


class Usage(Model):
    """What a brand spent since a moment, by run stage."""

    since: datetime
    runs: int
    spent: Money
    reserved: Money
    by_stage: dict[str, Money]
