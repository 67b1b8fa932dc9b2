"""The library side of the studio: search, uploads, checks, pictures and rules, for a caller and its brand."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from domain.access import Action, Caller
from domain.assets import Asset, AssetKind
from domain.errors import NotFound, UnusableImage
from domain.rules import BrandBook, MarketPack
from domain.studio import Checked, FoundAsset
from domain.values import ArtifactRef, AssetId, BrandId, Digest, MarketCode
from mcp_servers.workshop import UPLOAD_TAG
from service.checking import check_picture
from service.orchestrator import Onbrand
from service.summary import found_asset
from service.uploads import take_in
from tools.imaging.decode import MAX_BYTES
from tools.publish import preview

PREVIEWS_KEPT = 64
"""Previews are asked for again and again while people look at a shortlist; each is at most some 100 kB."""


class ServedLibrary:
    """What a caller can see of its brand's library, artifacts and rules, and add to it."""

    def __init__(self, onbrand: Onbrand) -> None:
        self._onbrand = onbrand
        self._previews: OrderedDict[tuple[BrandId, Digest, int, int], bytes] = OrderedDict()

    async def search(
        self, caller: Caller, text: str = "", kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[FoundAsset]:
        """Assets that fit the words, best first, none when nothing fits; without words the library, by id."""
        library = self._onbrand.workshop.library
        await asyncio.to_thread(self._onbrand.prepare, caller.brand)
        if text.strip():
            hits = await asyncio.to_thread(library.search, caller.brand, text, kind, limit)
            return [found_asset(hit.asset, hit) for hit in hits]
        assets = await asyncio.to_thread(library.list, caller.brand, kind)
        return [found_asset(asset) for asset in assets if UPLOAD_TAG not in asset.tags][:limit]

    async def asset(self, caller: Caller, asset_id: AssetId) -> FoundAsset:
        """One asset of the library."""
        return found_asset(await self._asset(caller, asset_id))

    async def check(
        self,
        caller: Caller,
        picture: AssetId,
        *,
        product: AssetId | None = None,
        caption: str = "",
        markets: Sequence[MarketCode] = (),
    ) -> Checked:
        """Hold a picture of the library against measured checks and rules."""
        caller.must(Action.CREATE)
        asset = await self._asset(caller, picture)
        return await check_picture(
            self._onbrand, caller.brand, asset, product=product, caption=caption, markets=tuple(markets)
        )

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
        """Take a picture in. Raises UnusableImage; nothing is left half-written."""
        caller.must(Action.CREATE)
        if len(data) > MAX_BYTES:
            raise UnusableImage(
                f"the picture is larger than {MAX_BYTES // 2**20} MB", where=name, hint="give a smaller version"
            )
        return found_asset(
            await asyncio.to_thread(
                lambda: take_in(
                    self._onbrand.workshop,
                    caller.brand,
                    data,
                    Path(name).name or "picture",
                    kind=kind.value,
                    title=title,
                    for_one_run=not keep,
                )
            )
        )

    async def artifact(self, caller: Caller, digest: Digest) -> tuple[ArtifactRef, bytes]:
        """Bytes of the brand under a digest."""
        artifacts = self._onbrand.workshop.artifacts
        ref = await asyncio.to_thread(artifacts.ref, caller.brand, digest)
        return ref, await asyncio.to_thread(artifacts.get, caller.brand, digest)

    async def preview(self, caller: Caller, digest: Digest, side: int = 768, most_bytes: int = 150_000) -> bytes:
        """A WebP of a picture, `side` pixels at its longest and at most `most_bytes` long."""
        key = (caller.brand, digest, side, most_bytes)
        if key not in self._previews:
            image = await asyncio.to_thread(self._onbrand.workshop.pixels.load, caller.brand, digest)
            self._previews[key] = await asyncio.to_thread(preview, image, side, most_bytes)
            while len(self._previews) > PREVIEWS_KEPT:
                self._previews.popitem(last=False)
        return self._previews[key]

    async def brand_book(self, caller: Caller) -> BrandBook:
        """The caller's brand book."""
        return self._onbrand.workshop.rulebook.brand(caller.brand)

    async def market_pack(self, caller: Caller, code: MarketCode) -> MarketPack:
        """A market's rules. Raises NotFound for a market without a pack."""
        pack = self._onbrand.workshop.rulebook.market(code)
        if pack is None:
            codes = ", ".join(await self.market_codes(caller))
            raise NotFound(f"There is no market pack {code!r}.", where="market", hint=f"there are: {codes}")
        return pack

    async def market_codes(self, caller: Caller) -> Sequence[MarketCode]:
        """The markets there are packs for."""
        return [pack.market for pack in self._onbrand.workshop.rulebook.markets()]

    async def _asset(self, caller: Caller, asset_id: AssetId) -> Asset:
        await asyncio.to_thread(self._onbrand.prepare, caller.brand)
        return await asyncio.to_thread(self._onbrand.workshop.library.get, caller.brand, asset_id)
