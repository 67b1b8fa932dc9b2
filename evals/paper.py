"""A bench for stages that need no picture: the real tool servers over a library of rows without photographs."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agents.services import Services
from domain.assets import Asset, AssetHit, AssetKind
from domain.errors import NotFound
from domain.values import BrandId, Size
from evals.borrowed import Nowhere
from evals.offline import Kept, Purse, RecordedHistory
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


@dataclass(frozen=True)
class Paper:
    """Services of a run, the rows they look in, and what they record."""

    services: Services
    rows: Rows
    recorder: Kept


@asynccontextmanager
async def paper(assets: Sequence[Asset] | None = None, brand: BrandId = "demo") -> AsyncIterator[Paper]:
    """The bench over these rows (the demo brand's products if none), in a home that is thrown away."""
    rows, recorder = Rows(demo_products() if assets is None else assets), Kept()
    with tempfile.TemporaryDirectory(prefix="onbrand-evals-") as folder:
        wired = await asyncio.to_thread(wire, Settings(home=Path(folder)))
        try:
            workshop = replace(wired.workshop, library=rows, destination=Nowhere())
            async with open_sessions(Servers.over(workshop), recorder) as sessions:
                services = Services(
                    brand=brand, sessions=sessions, ledger=Purse(), history=RecordedHistory(),
                    language=BuiltinLanguage(lambda name: [a.title for a in rows.list(name, AssetKind.PRODUCT)]),
                )
                yield Paper(services, rows, recorder)
        finally:
            await asyncio.to_thread(wired.close)
