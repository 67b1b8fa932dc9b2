"""What the studio server needs of the service behind it. Every call is made for a caller, who was established before.

Every method raises NotFound for what is not there and for what is not the caller's, in the same words; Forbidden where
no role allows it; and OperatorMustAct errors when storage or a tool server fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.access import Caller
from domain.assets import AssetKind
from domain.rules import BrandBook, MarketPack
from domain.run import RunView
from domain.studio import ApprovalRequest, Checked, FoundAsset, NewRun, RunRowView, RunSummary
from domain.values import ArtifactRef, AssetId, Digest, MarketCode, RunId, Seconds


class Studio(Protocol):
    """What a caller can do with Onbrand. Everything returns at once except `wait` and `check`."""

    async def create(self, caller: Caller, new: NewRun) -> RunSummary:
        """Write a run down and have it worked on. Raises BadInput for a request without words, TooManyRequests."""

    async def run(self, caller: Caller, run_id: RunId) -> RunSummary:
        """Where a run stands."""

    async def runs(self, caller: Caller, limit: int = 20) -> Sequence[RunRowView]:
        """The newest runs the caller may see."""

    async def wait(self, caller: Caller, run_id: RunId, seconds: Seconds) -> RunSummary:
        """The run once its step or status changes, or after `seconds`; at once when it is not being worked on."""

    async def answer(self, caller: Caller, run_id: RunId, answers: Mapping[str, str]) -> RunSummary:
        """Answer the open questions, or choose an option by {"option": NAME}. Kept before this returns.

        Questions left out take their default. Raises Conflict when the run does not wait for an answer, BadInput for
        an answer that cannot be used.
        """

    async def refine(
        self, caller: Caller, run_id: RunId, feedback: str, candidates: Sequence[str] = ()
    ) -> RunSummary:
        """A person's words about the shortlist, or about some of it. Raises Conflict when nothing is in review."""

    async def approvable(
        self, caller: Caller, run_id: RunId, candidates: Sequence[str] = (), markets: Sequence[MarketCode] = ()
    ) -> ApprovalRequest:
        """What a yes would publish; the first finalist's files if none is named.

        Raises BadInput when no market is named anywhere, RefusedByRule for a market whose rules were not checked.
        """

    async def approve(self, caller: Caller, yes: ApprovalRequest) -> RunSummary:
        """Write a person's yes to exactly these files down; delivery follows. Saying yes again changes nothing.

        Raises Forbidden without the approver role, Conflict when the files are no longer those of the run.
        """

    async def cancel(self, caller: Caller, run_id: RunId) -> RunSummary:
        """End a run: at once when it waits, at its next step when it works. Raises Conflict when it is finished."""

    async def document(self, caller: Caller, run_id: RunId) -> RunView:
        """The whole run: every candidate, finding and edit."""

    async def dossier(self, caller: Caller, run_id: RunId) -> str:
        """The run's dossier as a page of HTML."""

    async def search(
        self, caller: Caller, text: str = "", kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[FoundAsset]:
        """Assets that fit the words, best first, none when nothing fits; without words the library, by id."""

    async def check(
        self,
        caller: Caller,
        picture: AssetId,
        *,
        product: AssetId | None = None,
        caption: str = "",
        markets: Sequence[MarketCode] = (),
    ) -> Checked:
        """Hold a picture of the library against measured checks and rules. `picture` and `product` are asset ids."""

    async def upload(
        self,
        caller: Caller,
        data: bytes,
        name: str,
        *,
        kind: AssetKind = AssetKind.PRODUCT,
        title: str = "",
        keep: bool = False,
    ) -> FoundAsset:
        """Take a picture in: PNG, JPEG or WebP, re-encoded without metadata. Not kept means: for one piece of work,
        not found by search. Raises UnusableImage; nothing is left half-written.
        """

    async def artifact(self, caller: Caller, digest: Digest) -> tuple[ArtifactRef, bytes]:
        """Bytes of the brand under a digest."""

    async def preview(self, caller: Caller, digest: Digest, side: int = 768, most_bytes: int = 150_000) -> bytes:
        """A WebP of a picture, `side` pixels at its longest and at most `most_bytes` long."""

    async def brand_book(self, caller: Caller) -> BrandBook:
        """The caller's brand book."""

    async def market_pack(self, caller: Caller, code: MarketCode) -> MarketPack:
        """A market's rules."""

    async def market_codes(self, caller: Caller) -> Sequence[MarketCode]:
        """The markets there are packs for."""
