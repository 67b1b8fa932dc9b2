"""Typed client of the assets server."""

from __future__ import annotations

from dataclasses import dataclass

from domain.assets import Asset
from mcp_servers import claims
from mcp_servers.assets import contract as c
from mcp_servers.wire import Session


@dataclass(frozen=True)
class AssetsClient:
    """The assets server as one stage may use it."""

    session: Session
    stage: str
    allowed: frozenset[str]

    async def find_products(self, request: c.FindProducts) -> c.Hits:
        """Products that fit a mention."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "find_products",
            request,
            c.Hits,
            holds=lambda a: claims.assets_of(request.brand, [hit.asset for hit in (*a.hits, *a.near)]),
        )

    async def find_scenes(self, request: c.FindScenes) -> c.SceneHits:
        """Scenes that fit a brief."""
        return await self.session.call(self.stage, self.allowed, "find_scenes", request, c.SceneHits)

    async def get_asset(self, request: c.GetAsset) -> Asset:
        """One asset."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "get_asset",
            request,
            Asset,
            holds=lambda a: claims.assets_of(request.brand, [a]) or claims.named(request.asset, a.id),
        )

    async def cut_out(self, request: c.CutOut) -> c.CutOutAnswer:
        """A product's cutout and geometry."""
        return await self.session.call(
            self.stage, self.allowed, "cut_out", request, c.CutOutAnswer, holds=lambda a: claims.cutout(request, a)
        )

    async def read_rules(self, request: c.ReadRules) -> c.Rules:
        """Brand book and packs."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "read_rules",
            request,
            c.Rules,
            holds=lambda a: claims.named(request.brand, a.book.brand),
        )

    async def check_rules(self, request: c.CheckRules) -> c.RuleChecks:
        """Rules held against brief and captions."""
        return await self.session.call(
            self.stage, self.allowed, "check_rules", request, c.RuleChecks, holds=lambda a: claims.rules(request, a)
        )
