"""Another implementation of the API's port, in memory: every state a run can be in, without drawing anything.

Rights are held to as the real one does it, by the roles of `domain/access.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from domain.access import Action, Caller
from domain.assets import AssetKind
from domain.errors import BadInput, Conflict, NotFound
from domain.rules import BrandBook, MarketPack
from domain.run import FINISHED, RunRequest, RunStatus, RunView
from domain.studio import (
    ApprovalRequest,
    Checked,
    FinalFile,
    FoundAsset,
    NewRun,
    Offer,
    Picture,
    RunEvent,
    RunRowView,
    RunSummary,
    Usage,
)
from domain.values import ArtifactRef, AssetId, BrandId, Digest, MarketCode, RunId, Seconds, Size
from memory.rulebook import YamlRulebook
from memory.runs import new_run_id
from tools.imaging.decode import decode, encode_png
from tools.publish import preview

EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


def png(side: int = 96, shade: int = 90) -> bytes:
    """A picture with some noise in it, so that its bytes are many and its own."""
    pixels = np.random.default_rng(shade).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return encode_png(cv2.GaussianBlur(pixels, (3, 3), 0).astype(np.uint8))


class ActingStudio:
    """Runs, assets and artifacts by brand. `put_run` sets a run into a state; `tell` adds an event to its log."""

    def __init__(self) -> None:
        self.rows: dict[tuple[BrandId, RunId], RunSummary] = {}
        self.logs: defaultdict[RunId, list[RunEvent]] = defaultdict(list)
        self.news = asyncio.Condition()
        self.bytes: dict[tuple[BrandId, Digest], tuple[str, bytes]] = {}
        self.library: dict[tuple[BrandId, AssetId], FoundAsset] = {}
        self.approvals: list[tuple[RunId, tuple[str, ...]]] = []
        self.created = 0
        self.fails: Exception | None = None
        self.slow: Seconds = 0.0
        self.rulebook = YamlRulebook()

    # ---- what a test does behind the API's back

    def keep(self, brand: BrandId, data: bytes, media_type: str = "image/png") -> Digest:
        digest = hashlib.sha256(data).hexdigest()
        self.bytes[brand, digest] = (media_type, data)
        return digest

    def put_run(self, brand: BrandId, status: RunStatus, by: str = "", pictures: int = 0) -> RunSummary:
        run_id = new_run_id()
        at = EPOCH + timedelta(seconds=len(self.rows))
        shown = tuple(self._picture(brand, number) for number in range(pictures))
        row = RunSummary(
            run_id=run_id, brand=brand, status=status, request="our can on a terrace", created_at=at, updated_at=at,
            created_by=by, pictures=shown,
        )
        self.rows[brand, run_id] = row
        return row

    def put_asset(self, brand: BrandId, asset_id: AssetId, shade: int = 60) -> FoundAsset:
        digest = self.keep(brand, png(shade=shade))
        made = FoundAsset(
            id=asset_id, kind="product", title=asset_id.replace("-", " "), digest=digest, size=Size(width=96, height=96)
        )
        self.library[brand, asset_id] = made
        return made

    async def tell(self, run_id: RunId, event: str, **data: object) -> None:
        n = len(self.logs[run_id]) * 2
        self.logs[run_id].append(RunEvent.model_validate({"n": n, "event": event, "at": float(n), "data": data}))
        async with self.news:
            self.news.notify_all()

    def _picture(self, brand: BrandId, number: int) -> Picture:
        digest = self.keep(brand, png(shade=number + 1))
        file = FinalFile(channel="instagram", digest=digest, media_type="image/png", bytes=1)
        return Picture(
            candidate=f"c{number}", scene="terrace", caption="a can on a terrace", digest=digest,
            size=Size(width=96, height=96), files=(file,),
        )

    def _seen(self, caller: Caller, run_id: RunId) -> RunSummary:
        row = self.rows.get((caller.brand, run_id))
        if row is None or not (caller.allowed(Action.READ) or row.created_by == caller.principal.id):
            raise NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")
        return row

    def _own(self, caller: Caller, run_id: RunId) -> RunSummary:
        row = self._seen(caller, run_id)
        caller.must(Action.CREATE if row.created_by == caller.principal.id else Action.ADMINISTER)
        return row

    def _move(self, row: RunSummary, status: RunStatus) -> RunSummary:
        moved = row.model_copy(update={"status": status})
        self.rows[row.brand, row.run_id] = moved
        return moved

    # ---- the port

    async def create(self, caller: Caller, new: NewRun, run_id: RunId | None = None) -> RunSummary:
        caller.must(Action.CREATE)
        await asyncio.sleep(self.slow)
        if self.fails:
            raise self.fails
        if run_id is not None and (caller.brand, run_id) in self.rows:
            return self.rows[caller.brand, run_id]
        self.created += 1
        made = self.put_run(caller.brand, RunStatus.WORKING, caller.principal.id)
        del self.rows[caller.brand, made.run_id]
        made = made.model_copy(update={"request": new.request, "run_id": run_id or made.run_id})
        self.rows[caller.brand, made.run_id] = made
        await self.tell(made.run_id, "run.started", request=new.request)
        return made

    async def run(self, caller: Caller, run_id: RunId) -> RunSummary:
        return self._seen(caller, run_id)

    async def runs(
        self, caller: Caller, limit: int = 20, before: RunId | None = None, status: RunStatus | None = None
    ) -> Sequence[RunRowView]:
        seen = [
            row for (brand, _), row in reversed(self.rows.items())
            if brand == caller.brand and (caller.allowed(Action.READ) or row.created_by == caller.principal.id)
        ]
        if before is not None:
            self._seen(caller, before)
            seen = seen[[row.run_id for row in seen].index(before) + 1 :]
        fields = set(RunRowView.model_fields)
        rows = [row for row in seen if status in (None, row.status)][:limit]
        return [RunRowView(**{name: value for name, value in row if name in fields}) for row in rows]

    async def wait(self, caller: Caller, run_id: RunId, seconds: Seconds) -> RunSummary:
        return self._seen(caller, run_id)

    async def events(self, caller: Caller, run_id: RunId, after: int = -1) -> AsyncIterator[RunEvent]:
        self._seen(caller, run_id)
        seen = after
        while True:
            for event in [event for event in self.logs[run_id] if event.n > seen]:
                seen = event.n
                yield event
            if self.rows[caller.brand, run_id].status in FINISHED:
                return
            async with self.news:
                await self.news.wait()

    async def answer(self, caller: Caller, run_id: RunId, answers: Mapping[str, str]) -> RunSummary:
        row = self._own(caller, run_id)
        if row.status is not RunStatus.NEEDS_INPUT:
            raise Conflict("the run does not wait for this", where=run_id, hint="see `onbrand runs show`")
        return self._move(row, RunStatus.WORKING)

    async def refine(
        self, caller: Caller, run_id: RunId, feedback: str, candidates: Sequence[str] = ()
    ) -> RunSummary:
        row = self._own(caller, run_id)
        if row.status is not RunStatus.REVIEW:
            raise Conflict("the run does not wait for this", where=run_id)
        return self._move(row, RunStatus.WORKING)

    async def approvable(
        self, caller: Caller, run_id: RunId, candidates: Sequence[str] = (), markets: Sequence[MarketCode] = ()
    ) -> ApprovalRequest:
        row = self._seen(caller, run_id)
        if row.status not in {RunStatus.REVIEW, RunStatus.PUBLISHED}:
            raise Conflict("the run is not in review", where=run_id)
        wanted = tuple(candidates) or tuple(picture.candidate for picture in row.pictures[:1])
        files = tuple(file for picture in row.pictures if picture.candidate in wanted for file in picture.files)
        if not files:
            raise NotFound("nothing to approve under this", where=run_id, hint=f"see `onbrand runs show {run_id}`")
        return ApprovalRequest(
            run_id=run_id, candidates=wanted, files=files, markets=tuple(markets) or ("SE",), destination="folder"
        )

    async def approve(self, caller: Caller, yes: ApprovalRequest) -> RunSummary:
        row = self._seen(caller, yes.run_id)
        caller.must(Action.APPROVE)
        self.approvals.append((yes.run_id, tuple(file.digest for file in yes.files)))
        return self._move(row, RunStatus.PUBLISHED)

    async def cancel(self, caller: Caller, run_id: RunId) -> RunSummary:
        row = self._own(caller, run_id)
        if row.status in FINISHED:
            raise Conflict("the run is finished", where=run_id)
        moved = self._move(row, RunStatus.CANCELLED)
        await self.tell(run_id, "run.ended", status="cancelled")
        return moved

    async def resume(self, caller: Caller, run_id: RunId) -> RunSummary:
        row = self._own(caller, run_id)
        if row.status is not RunStatus.FAILED:
            raise Conflict("the run does not go on by itself", where=run_id)
        return self._move(row, RunStatus.WORKING)

    async def document(self, caller: Caller, run_id: RunId) -> RunView:
        row = self._seen(caller, run_id)
        return RunView(
            run_id=run_id, brand=row.brand, status=row.status, request=RunRequest(request=row.request, brand=row.brand),
            created_at=row.created_at, updated_at=row.updated_at, out_dir="/srv/secret/out", failure=row.failure,
            trace_path="/srv/secret/trace.jsonl",
        )

    async def dossier(self, caller: Caller, run_id: RunId) -> str:
        row = self._seen(caller, run_id)
        if not row.pictures:
            raise Conflict("the run has drawn nothing yet", where=run_id)
        return "<!doctype html><title>Dossier</title><script>alert(1)</script>"

    async def options(self, caller: Caller, new: NewRun) -> Offer:
        caller.must(Action.CREATE)
        await asyncio.sleep(self.slow)
        return Offer(
            understood={"product": "can"}, assumed=(), questions=(), options=(), cannot_draw=(), left_out=(), rules=()
        )

    async def usage(self, caller: Caller, since: datetime) -> Usage:
        caller.must(Action.ADMINISTER)
        return Usage(since=since, runs=len(self.rows), spent=0.0, reserved=0.0, by_stage={})

    async def search(
        self, caller: Caller, text: str = "", kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[FoundAsset]:
        mine = [asset for (brand, _), asset in self.library.items() if brand == caller.brand]
        fits = [asset for asset in mine if kind in (None, asset.kind) and text.lower() in asset.title]
        return fits[:limit]

    async def asset(self, caller: Caller, asset_id: AssetId) -> FoundAsset:
        found = self.library.get((caller.brand, asset_id))
        if found is None:
            raise NotFound(f"There is no asset {asset_id!r}.", hint="List your assets: onbrand assets list")
        return found

    async def check(
        self, caller: Caller, picture: AssetId, *, product: AssetId | None = None, caption: str = "",
        markets: Sequence[MarketCode] = (),
    ) -> Checked:
        caller.must(Action.CREATE)
        await self.asset(caller, picture)
        if product is not None:
            await self.asset(caller, product)
        return Checked(verdict="passed", quality=0.5, findings=(), notes=("nothing was held against anything",))

    async def upload(
        self, caller: Caller, data: bytes, name: str, *, kind: AssetKind = AssetKind.PRODUCT, title: str = "",
        keep: bool = False,
    ) -> FoundAsset:
        caller.must(Action.CREATE)
        image = (await asyncio.to_thread(decode, data, name=name)).image
        digest = self.keep(caller.brand, encode_png(image))
        made = FoundAsset(
            id=f"upload-{digest[:16]}", kind=kind.value, title=title or name, digest=digest,
            size=Size(width=image.shape[1], height=image.shape[0]),
        )
        self.library[caller.brand, made.id] = made
        return made

    async def artifact(self, caller: Caller, digest: Digest) -> tuple[ArtifactRef, bytes]:
        found = self.bytes.get((caller.brand, digest))
        if found is None:
            raise NotFound(f"There is no artifact {digest[:12]}.", where=digest)
        return ArtifactRef(digest=digest, media_type=found[0], path="/srv/secret", bytes=len(found[1])), found[1]

    async def preview(self, caller: Caller, digest: Digest, side: int = 768, most_bytes: int = 150_000) -> bytes:
        ref, data = await self.artifact(caller, digest)
        if not ref.media_type.startswith("image/"):
            raise BadInput("this is no picture", where=digest)
        return preview(decode(data).image, side, most_bytes)

    async def brand_book(self, caller: Caller) -> BrandBook:
        return self.rulebook.brand("demo").model_copy(update={"brand": caller.brand})

    async def market_pack(self, caller: Caller, code: MarketCode) -> MarketPack:
        pack = self.rulebook.market(code)
        if pack is None:
            raise NotFound(f"There is no market pack {code!r}.", where="market")
        return pack

    async def market_codes(self, caller: Caller) -> Sequence[MarketCode]:
        return [pack.market for pack in self.rulebook.markets()]
