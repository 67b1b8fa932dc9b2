"""A small studio in memory: another implementation of the port, whose runs take the steps a test writes down."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from PIL import Image as Pillow

from domain.access import Action, Caller, Principal, Role
from domain.assets import AssetKind
from domain.brief import Question, QuickReply
from domain.candidate import Finding, Severity, Verdict
from domain.errors import BadInput, Conflict, NotFound, UnusableImage
from domain.plan import Prediction
from domain.rules import BrandBook, Certainty, MarketPack, RuleCheck, RuleVerdict
from domain.run import Costs, Failure, OptionView, RunRequest, RunStatus, RunView
from domain.studio import (
    ApprovalRequest,
    Checked,
    FinalFile,
    FoundAsset,
    NewRun,
    Picture,
    Publication,
    RunRowView,
    RunSummary,
    Step,
)
from domain.values import ArtifactRef, Size
from tools.publish import preview

SQUARE = Size(width=900, height=900)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUESTIONS = (
    Question(
        id="background",
        text="Where should it stand?",
        why="the place decides most",
        field="background",
        replies=(QuickReply(value="terrace", label="Terrace: at noon"), QuickReply(value="beach", label="Beach")),
        default="terrace",
        gain=0.6,
    ),
    Question(
        id="market",
        text="Which market is it for?",
        why="each has its own rules",
        field="markets",
        replies=(QuickReply(value="SE", label="Sweden"), QuickReply(value="none", label="None yet")),
        default="none",
        gain=0.5,
    ),
)
PRODUCT_QUESTION = Question(
    id="product",
    text="Which product is it? Give a photo with --product FILE, or choose one of the library's.",
    why="it must be yours",
    field="products",
    replies=(QuickReply(value="can-orange", label="Blood orange can"),),
    gain=1.0,
    required=True,
)
OPTIONS = tuple(
    OptionView(
        name=name,
        title=title,
        generator="compositor",
        candidates=count,
        prediction=Prediction(cost=cost, seconds=seconds, pass_probability=None, history=3),
    )
    for name, title, count, cost, seconds in (("standard", "Nine", 9, 0.2, 20.0), ("quick", "Three", 3, 0.1, 8.0))
)


def principal(name: str, *roles: Role, brand: str = "demo") -> Caller:
    """A principal at work for a brand."""
    who = Principal(id=f"key:{name}", name=name, kind="key", grants={brand: frozenset(roles)})
    return Caller(principal=who, brand=brand)


ANNA = principal("anna", Role.VIEWER, Role.CREATOR, Role.APPROVER)
BEN = principal("ben", Role.CREATOR)
EVE = principal("eve", Role.ADMIN, brand="rival")


@functools.cache
def noise(seed: int, size: int = 900) -> bytes:
    """A PNG that compresses badly."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    Pillow.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@functools.cache
def small(data: bytes, side: int, most_bytes: int) -> bytes:
    """A preview; noise takes long to press into few bytes, so it is made once."""
    return preview(np.asarray(Pillow.open(io.BytesIO(data))), side, most_bytes)


@dataclass
class Kept:
    """One run: what it still has to go through, when the next step is reached, and what it became."""

    owner: Caller
    new: NewRun
    steps: list[str]
    due: float
    status: RunStatus = RunStatus.WORKING
    at: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    feedback: list[str] = field(default_factory=list)
    published: list[ApprovalRequest] = field(default_factory=list)


class PretendStudio:
    """Runs go through `steps` ("questions", "product", "options", "stuck", "nothing", "review"), `pause` s apart."""

    def __init__(self, *steps: str, pause: float = 0.01) -> None:
        self.steps = steps or ("review",)
        self.pause = pause
        self.runs_kept: dict[str, Kept] = {}
        self.artifacts = {hashlib.sha256(data).hexdigest(): data for data in map(noise, range(3))}
        self.uploads: dict[str, bytes] = {}
        self.moved = ""

    async def create(self, caller: Caller, new: NewRun) -> RunSummary:
        caller.must(Action.CREATE)
        if not new.request.strip():
            raise BadInput("the request is empty", where="request", hint="say what you need: onbrand create \"...\"")
        run_id = f"run-{len(self.runs_kept):012x}"
        steps = [s for s in self.steps if not (new.assume and s in {"questions", "options"})]
        self.runs_kept[run_id] = Kept(caller, new, steps, time.monotonic() + self.pause)
        return self.summary(run_id)

    def seen(self, caller: Caller, run_id: str) -> Kept:
        kept = self.runs_kept.get(run_id)
        mine = kept is not None and kept.owner.principal.id == caller.principal.id
        if kept is None or kept.owner.brand != caller.brand or not (mine or caller.allowed(Action.READ)):
            raise NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")
        return kept

    def step(self, kept: Kept) -> None:
        if kept.status is not RunStatus.WORKING or time.monotonic() < kept.due:
            return
        kept.at = kept.steps.pop(0) if kept.steps else "review"
        kept.status = {
            "review": RunStatus.REVIEW, "nothing": RunStatus.NOTHING_PASSED, "published": RunStatus.PUBLISHED
        }.get(kept.at, RunStatus.NEEDS_INPUT)

    def on(self, kept: Kept) -> None:
        kept.status, kept.due = RunStatus.WORKING, time.monotonic() + self.pause

    def picture(self, number: int, digest: str, kept: Kept) -> Picture:
        remark = Finding(
            check="ocr", verdict=Verdict.ABSTAIN, severity=Severity.REVIEW, reason="read “Nordfj” where words were set"
        )
        return Picture(
            candidate=f"c-{number}",
            scene="Terrace at golden hour",
            caption="a can on a terrace",
            digest=digest,
            size=SQUARE,
            quality=0.8,
            files=(FinalFile(channel="instagram", digest=digest, media_type="image/png", bytes=2_000_000),),
            remarks=(remark,) * 4,
            published=any(f"c-{number}" in yes.candidates for yes in kept.published),
        )

    def summary(self, run_id: str) -> RunSummary:
        kept = self.runs_kept[run_id]
        self.step(kept)
        done = kept.status in {RunStatus.REVIEW, RunStatus.PUBLISHED}
        asked = {"questions": QUESTIONS, "product": (PRODUCT_QUESTION,)}.get(kept.at, ())
        waits = kept.status is RunStatus.NEEDS_INPUT
        failed = kept.status is RunStatus.NOTHING_PASSED or (waits and kept.at == "stuck")
        return RunSummary(
            run_id=run_id,
            brand=kept.owner.brand,
            status=kept.status,
            request=kept.new.request,
            created_at=NOW,
            updated_at=NOW,
            step=Step(stage="generate", doing="drawing", share=0.5) if kept.status is RunStatus.WORKING else None,
            assumed=tuple(f"field {n}: {'a long value ' * 30}" for n in range(20)) if done else (),
            questions=asked if waits else (),
            options=OPTIONS if waits and kept.at == "options" else (),
            pictures=tuple(self.picture(n, d, kept) for n, d in enumerate(self.artifacts, 1)) if done else (),
            rules=(RuleCheck(market="SE", rule="r1", verdict=RuleVerdict.LABEL, reason="an advert " * 40),) * 9,
            publications=tuple(
                Publication(
                    key="0" * 64, digest=y.files[0].digest, channel="instagram", market="SE", destination="folder",
                    published_at=NOW,
                )
                for y in kept.published
            ),
            costs=Costs(actual=0.02, budget=kept.new.budget),
            failure=(
                Failure(code="nothing_passed", message="nothing passed", hint="try more --rounds") if failed else None
            ),
        )

    async def run(self, caller: Caller, run_id: str) -> RunSummary:
        self.seen(caller, run_id)
        return self.summary(run_id)

    async def runs(self, caller: Caller, limit: int = 20) -> Sequence[RunRowView]:
        mine = {name: kept for name, kept in self.runs_kept.items() if kept.owner == caller}
        return [
            RunRowView(run_id=name, status=kept.status, request=kept.new.request, created_at=NOW, updated_at=NOW)
            for name, kept in mine.items()
        ]

    async def wait(self, caller: Caller, run_id: str, seconds: float) -> RunSummary:
        kept = self.seen(caller, run_id)
        if self.summary(run_id).status is RunStatus.WORKING:
            await asyncio.sleep(max(0.0, min(seconds, kept.due - time.monotonic())))
        return self.summary(run_id)

    async def answer(self, caller: Caller, run_id: str, answers: Mapping[str, str]) -> RunSummary:
        kept = self.seen(caller, run_id)
        if kept.status is not RunStatus.NEEDS_INPUT:
            raise Conflict(f"run {run_id} is not waiting", where=run_id, hint=f"see `onbrand runs show {run_id}`")
        if "nowhere" in answers.values():
            raise BadInput("“nowhere” is no market I know", where="market", hint="give a country")
        if kept.at == "product" and "product" not in answers:
            raise BadInput("'product' is not answered", where=run_id, hint="give --answer ID=VALUE for each")
        kept.answers |= answers
        self.on(kept)
        return self.summary(run_id)

    async def refine(self, caller: Caller, run_id: str, feedback: str, candidates: Sequence[str] = ()) -> RunSummary:
        kept = self.seen(caller, run_id)
        if kept.status is not RunStatus.REVIEW:
            raise Conflict("nothing is in review", where=run_id, hint=f"see `onbrand runs show {run_id}`")
        kept.feedback.append(feedback)
        self.on(kept)
        return self.summary(run_id)

    async def approvable(
        self, caller: Caller, run_id: str, candidates: Sequence[str] = (), markets: Sequence[str] = ()
    ) -> ApprovalRequest:
        kept = self.seen(caller, run_id)
        summary = self.summary(run_id)
        wanted = tuple(candidates) or ("c-1",)
        files = tuple(f for p in summary.pictures if p.candidate in wanted for f in p.files)
        if not files:
            raise NotFound("nothing to approve", where=run_id, hint=f"see `onbrand runs show {run_id}`")
        return ApprovalRequest(
            run_id=run_id,
            candidates=wanted,
            files=files,
            markets=tuple(markets) or kept.new.markets or ("SE",),
            destination=f"folder{self.moved}",
        )

    async def approve(self, caller: Caller, yes: ApprovalRequest) -> RunSummary:
        kept = self.seen(caller, yes.run_id)
        caller.must(Action.APPROVE)
        if yes != await self.approvable(caller, yes.run_id, yes.candidates, yes.markets):
            raise Conflict("the files are no longer those shown", where=yes.run_id)
        kept.published.append(yes)
        kept.steps.insert(0, "published")
        self.on(kept)
        return self.summary(yes.run_id)

    async def cancel(self, caller: Caller, run_id: str) -> RunSummary:
        self.seen(caller, run_id).status = RunStatus.CANCELLED
        return self.summary(run_id)

    async def document(self, caller: Caller, run_id: str) -> RunView:
        kept = self.seen(caller, run_id)
        return RunView(
            run_id=run_id,
            brand=caller.brand,
            status=kept.status,
            request=RunRequest(request=kept.new.request, brand=caller.brand),
            created_at=NOW,
            updated_at=NOW,
            dossier=ArtifactRef(digest="0" * 64, path="/srv/secret/place"),
            out_dir="/srv/secret/out",
            trace_path="/srv/secret/trace",
        )

    async def dossier(self, caller: Caller, run_id: str) -> str:
        self.seen(caller, run_id)
        return "<h1>Dossier</h1>"

    async def search(
        self, caller: Caller, text: str = "", kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[FoundAsset]:
        if text == "broken":
            raise RuntimeError("the password is hunter2")
        found = [
            FoundAsset(id=f"asset-{n}", kind="product", title=f"Asset {n}", digest=digest, size=SQUARE)
            for n, digest in enumerate(self.artifacts)
        ]
        return [] if text == "nothing" else found[:limit]

    async def check(
        self,
        caller: Caller,
        picture: str,
        *,
        product: str | None = None,
        caption: str = "",
        markets: Sequence[str] = (),
    ) -> Checked:
        await asyncio.sleep(self.pause)
        finding = Finding(check="edges", verdict=Verdict.FAIL, severity=Severity.GATE, reason="a halo of 3 px")
        sound = Finding(check="colour", verdict=Verdict.PASS, severity=Severity.GATE, reason="fine")
        rule = RuleCheck(market="SE", rule="r1", verdict=RuleVerdict.BROKEN, reason="no", certainty=Certainty.A)
        note = f"no --product given for {picture}"
        return Checked(verdict="failed", quality=0.5, findings=(finding, sound), rules_checked=(rule,), notes=(note,))

    async def upload(
        self, caller: Caller, data: bytes, name: str, *, kind: AssetKind = AssetKind.PRODUCT, title: str = "",
        keep: bool = False,
    ) -> FoundAsset:
        try:
            Pillow.open(io.BytesIO(data)).verify()
        except Exception as error:
            raise UnusableImage(f"{name} is no picture", where=name, hint="give a PNG") from error
        digest = hashlib.sha256(data).hexdigest()
        asset = FoundAsset(id=f"upload-{digest[:16]}", kind=kind, title=name, digest=digest, size=SQUARE)
        self.uploads[asset.id] = data
        return asset

    async def artifact(self, caller: Caller, digest: str) -> tuple[ArtifactRef, bytes]:
        if caller.brand != "demo" or digest not in self.artifacts:
            raise NotFound(f"There is no artifact {digest[:12]}.")
        data = self.artifacts[digest]
        return ArtifactRef(digest=digest, media_type="image/png", bytes=len(data)), data

    async def preview(self, caller: Caller, digest: str, side: int = 768, most_bytes: int = 150_000) -> bytes:
        _, data = await self.artifact(caller, digest)
        return small(data, side, most_bytes)

    async def brand_book(self, caller: Caller) -> BrandBook:
        return BrandBook(brand=caller.brand, name=caller.brand.title(), version="1", dated=NOW.date())

    async def market_pack(self, caller: Caller, code: str) -> MarketPack:
        if code != "SE":
            raise NotFound(f"There is no market {code!r}.", hint="one of SE")
        return MarketPack(market="SE", name="Sweden", version="1", dated=NOW.date())

    async def market_codes(self, caller: Caller) -> Sequence[str]:
        return ["SE"]
