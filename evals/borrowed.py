"""A home's library to work with, and nothing of the home changed but for new pictures in a brand's artifact store.

Runs, money, approvals and drawings are those of a scratch home: what is tried here is not in anybody's run table, and
there is no approval that could be delivered.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from domain.assets import Asset, AssetHit, AssetKind
from domain.errors import NotFound, Refused
from domain.ports import ArtifactStore, AssetLibrary, Image, Rulebook
from domain.values import ArtifactRef, BrandId, Digest
from evals.accounts import Account, OnAccountMeter, OnAccountModels
from mcp_servers.workshop import Workshop
from memory.artifacts import DirectoryStore
from memory.database import Database, open_database
from memory.drawings import DrawingStore
from memory.effects import Effects
from memory.home import Home
from memory.rulebook import YamlRulebook
from memory.runs import RunTable
from service.settings import Settings
from service.wiring import wire
from tools.judges.book import Book


class Nowhere:
    """A `Destination` that nothing goes to."""

    name = "nowhere"

    def find(self, key: str) -> str | None:
        """Nothing is there."""
        return None

    def deliver(self, key: str, files: Mapping[str, bytes]) -> str:
        """Refuse: a replay or fork never publishes (Promise 7)."""
        raise Refused("a fork never publishes", where="publish", hint="approve the real run: onbrand runs approve")

    def digests(self, path: str) -> Mapping[str, Digest] | None:
        """Whatever is out lies elsewhere."""
        return None

    def read(self, path: str, name: str) -> bytes | None:
        """Nothing is there."""
        return None


class Overlaid:
    """An `ArtifactStore` that reads from one store and keeps what is new in another."""

    def __init__(self, lower: ArtifactStore, upper: ArtifactStore) -> None:
        self._lower, self._upper = lower, upper

    def put(self, brand: BrandId, data: bytes, media_type: str) -> ArtifactRef:
        """Keep it in the upper store."""
        return self._upper.put(brand, data, media_type)

    def get(self, brand: BrandId, digest: Digest) -> bytes:
        """From whichever has it."""
        return self._holder(brand, digest).get(brand, digest)

    def ref(self, brand: BrandId, digest: Digest) -> ArtifactRef:
        """From whichever has it."""
        return self._holder(brand, digest).ref(brand, digest)

    def has(self, brand: BrandId, digest: Digest) -> bool:
        """Whether either has it."""
        return self._upper.has(brand, digest) or self._lower.has(brand, digest)

    def _holder(self, brand: BrandId, digest: Digest) -> ArtifactStore:
        return self._upper if self._upper.has(brand, digest) else self._lower


class Borrowed:
    """An `AssetLibrary` that reads a home's, and keeps in memory what is added to it."""

    def __init__(self, library: AssetLibrary) -> None:
        self._library = library
        self._own: dict[tuple[str, str], Asset] = {}

    def add(self, asset: Asset) -> Asset:
        """Keep it for as long as this library is open."""
        self._own[asset.brand, asset.id] = asset
        return asset

    def get(self, brand: BrandId, asset_id: str) -> Asset:
        """One asset; raises NotFound."""
        return self._own.get((brand, asset_id)) or self._library.get(brand, asset_id)

    def list(self, brand: BrandId, kind: AssetKind | None = None) -> Sequence[Asset]:
        """The home's assets with what was added."""
        held = {asset.id: asset for asset in self._library.list(brand, kind)}
        own = {a.id: a for (of, _), a in self._own.items() if of == brand and kind in {None, a.kind}}
        return tuple((held | own).values())

    def search(
        self, brand: BrandId, text: str, kind: AssetKind | None = None, limit: int = 5,
        filters: Mapping[str, str | bool] | None = None,
    ) -> Sequence[AssetHit]:
        """As the home's."""
        return self._library.search(brand, text, kind, limit, filters)

    def search_image(
        self, brand: BrandId, image: Image, kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[AssetHit]:
        """As the home's."""
        return self._library.search_image(brand, image, kind, limit)


@asynccontextmanager
async def borrowed(
    settings: Settings,
    brand: BrandId,
    account: Account,
    *,
    rules: Sequence[Path] = (),
    checks: Book | None = None,
    keep_pictures: bool = True,
) -> AsyncIterator[Workshop]:
    """A workshop over the library of the home that the settings name.

    Args:
        settings: which home.
        brand: whose library; raises NotFound where the home has no such brand.
        account: who pays for models that are asked.
        rules: market packs and brand books (YAML) that replace those of the same market or brand.
        checks: the book of measured checks; the shipped one if none.
        keep_pictures: put new pictures into the brand's artifact store, so that they can be looked at.
    """
    scratch = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="onbrand-evals-"))
    wired = await asyncio.to_thread(wire, settings, metered=partial(OnAccountMeter, account=account))
    database: Database | None = None
    try:
        home = Home(scratch)
        database = await asyncio.to_thread(open_database, home)
        workshop = replace(
            wired.workshop,
            artifacts=wired.workshop.artifacts
            if keep_pictures
            else Overlaid(wired.workshop.artifacts, DirectoryStore(home)),
            library=Borrowed(wired.library),
            rulebook=await asyncio.to_thread(rulebook, settings.home, scratch, rules),
            runs=RunTable(database),
            effects=Effects(database),
            drawings=DrawingStore(home),
            destination=Nowhere(),
            models=OnAccountModels(wired.models, account),
            checks=checks or wired.workshop.checks,
        )
        workshop.rulebook.brand(brand)
        yield workshop
    finally:
        if database is not None:
            await asyncio.to_thread(database.close)
        await asyncio.to_thread(wired.close)
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


def rulebook(home: Path, scratch: Path, rules: Sequence[Path]) -> Rulebook:
    """The home's rulebook with other packs and books in it. Raises Misconfigured for a file that is neither."""
    for number, path in enumerate(rules):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise NotFound(
                f"there is no rule file {path}", where="--rule", hint="give a market pack or a brand book"
            ) from error
        folder = scratch / "rules" / ("brands" if text.startswith("brand:") or "\nbrand:" in text else "markets")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}-{path.name}").write_text(text, encoding="utf-8")
    return YamlRulebook((home, scratch / "rules") if rules else (home,))
