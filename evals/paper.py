"""A bench for stages that need no picture: the real tool servers over a library of rows without photographs."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from agents.services import Services
from domain.assets import Asset, AssetHit, AssetKind
from domain.errors import NotFound
from domain.ports import Recorder
from domain.values import BrandId, Size
from evals.borrowed import Nowhere
from evals.offline import Purse, RecordedHistory
from evals.recompute import Unheard
from mcp_servers.connect import Servers, open_sessions
from service.settings import Settings
from service.wiring import BuiltinLanguage, wire
from tools.imaging.packshot_spec import catalogue

NO_PICTURE = "0" * 64


def demo_products() -> tuple[Asset, ...]:
    """The demo brand's products as rows, without their pictures."""
    return tuple(
        Asset(
            id=spec.id, brand="demo", kind=AssetKind.PRODUCT, title=spec.title, description=spec.description,
            tags=spec.tags, colours=spec.colours, digest=NO_PICTURE, size=Size(width=64, height=64),
            real_height=spec.real_height, depth=spec.depth, shape=spec.shape, sector=spec.sector,
        )
        for spec in catalogue()
    )


class Rows:
    """An `AssetLibrary` of rows in memory."""

    def __init__(self, assets: Sequence[Asset]) -> None:
        self._assets = {(asset.brand, asset.id): asset for asset in assets}

    def add(self, asset: Asset) -> Asset:
        """Keep a row."""
        self._assets[asset.brand, asset.id] = asset
        return asset

    def get(self, brand: BrandId, asset_id: str) -> Asset:
        """One row; raises NotFound."""
        try:
            return self._assets[brand, asset_id]
        except KeyError:
            raise NotFound(f"there is no asset {asset_id!r}", where="asset") from None

    def list(self, brand: BrandId, kind: AssetKind | None = None) -> Sequence[Asset]:
        """A brand's rows."""
        return [a for (of, _), a in self._assets.items() if of == brand and kind in {None, a.kind}]

    def search(self, *arguments: object, **named: object) -> Sequence[AssetHit]:
        """No stage searches here."""
        return ()

    def search_image(self, *arguments: object, **named: object) -> Sequence[AssetHit]:
        """No stage searches here."""
        return ()


@asynccontextmanager
async def paper(
    assets: Sequence[Asset] | None = None, recorder: Recorder | None = None, brand: BrandId = "demo"
) -> AsyncIterator[Services]:
    """Services of a run over these rows (the demo brand's products if none), in a home that is thrown away."""
    rows = list(demo_products() if assets is None else assets)
    with tempfile.TemporaryDirectory(prefix="onbrand-evals-") as folder:
        wired = await asyncio.to_thread(wire, Settings(home=Path(folder)))
        try:
            workshop = replace(wired.workshop, library=Rows(rows), destination=Nowhere())
            titles = [asset.title for asset in rows if asset.kind is AssetKind.PRODUCT and asset.brand == brand]
            async with open_sessions(Servers.over(workshop), recorder or Unheard()) as sessions:
                yield Services(
                    brand=brand, sessions=sessions, language=BuiltinLanguage(lambda name: titles), ledger=Purse(),
                    history=RecordedHistory(),
                )
        finally:
            await asyncio.to_thread(wired.close)
