"""Completions while a person types: market codes, run ids, assets. Only ever the caller's own."""

from __future__ import annotations

from mcp.types import CompleteRequestParams, CompleteResult, Completion

from domain.access import Caller
from mcp_servers.studio.port import Studio

MOST = 100
"""The protocol's own limit."""

RUNS_LOOKED_AT = 50
MARKETS = frozenset({"code", "market", "markets"})
ASSETS = frozenset({"product", "picture"})


async def complete(studio: Studio, caller: Caller, params: CompleteRequestParams) -> CompleteResult:
    """What the argument's value may become; nothing for arguments that are the person's own words."""
    argument = params.argument
    begun = argument.value.casefold()
    values = [value for value in await candidates(studio, caller, argument.name) if value.casefold().startswith(begun)]
    return CompleteResult(
        completion=Completion(values=values[:MOST], total=len(values), has_more=len(values) > MOST)
    )


async def candidates(studio: Studio, caller: Caller, name: str) -> list[str]:
    """Every value an argument of this name may have."""
    if name == "run_id":
        return [run.run_id for run in await studio.runs(caller, RUNS_LOOKED_AT)]
    if name in MARKETS:
        return list(await studio.market_codes(caller))
    if name in ASSETS:
        return [asset.id for asset in await studio.search(caller, "", None, MOST)]
    return []
