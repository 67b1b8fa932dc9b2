"""The tools that make no run: search the library, check a picture made elsewhere."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import Field

from domain.assets import AssetKind
from domain.candidate import Finding, Severity, Verdict
from domain.rules import RuleVerdict
from domain.studio import Checked, FoundAsset
from domain.values import MarketCode, Model
from mcp_servers.studio.advice import here
from mcp_servers.studio.desk import Ctx, Desk
from mcp_servers.studio.pictures_in import ID_OR_PATH, asset_of
from mcp_servers.studio.results import TELLING, cut, data, few, image_uri, previews
from mcp_servers.studio.tool import KEEPS, READS, StudioTool
from mcp_servers.studio.waiting import meanwhile

MOST_FOUND = 10
PREVIEW_SIDE = 256


class Found(Model):
    """One asset of the brand's library."""

    id: str = Field(description="give this as product, background or picture")
    kind: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    score: float | None = Field(default=None, description="0..1, comparable within one search")
    why: str = ""
    confidential: bool = False
    embargo: str | None = Field(default=None, description="nothing that shows it is published before this moment")
    image: str = Field(description="resource with the picture")


class Library(Model):
    """What was found, best first."""

    assets: tuple[Found, ...] = ()
    next: str


class CheckResult(Model):
    """What the checks say of a picture: failed on any gate, unsure when the product was not found in it."""

    verdict: str = Field(description="passed, failed or unsure")
    quality: float = Field(description="technical quality 0..1; says nothing about rules")
    failed: tuple[str, ...] = Field(default=(), description="gates that failed")
    look_at: tuple[str, ...] = Field(default=(), description="what a person should look at")
    rules: tuple[str, ...] = Field(default=(), description="rules that are broken, need a look or want a label")
    not_checked: tuple[str, ...] = Field(default=(), description="what could not be checked, and why")
    passed: int = Field(description="how many checks passed")


LibraryOut = Annotated[CallToolResult, Library]
CheckOut = Annotated[CallToolResult, CheckResult]


def tools(desk: Desk) -> list[Tool]:
    """search_assets and check_image."""
    return [search(desk), check(desk)]


def search(desk: Desk) -> Tool:
    """search_assets."""

    async def search_assets(
        text: Annotated[str, Field(max_length=400, description="what to look for; empty lists the library")],
        ctx: Ctx,
        kind: Annotated[AssetKind | None, Field(description="only this kind")] = None,
        limit: Annotated[int, Field(ge=1, le=MOST_FOUND, description="how many at most")] = 5,
    ) -> LibraryOut:
        """Search the brand's products, backgrounds, themes and logos. What does not fit is not returned."""
        call = desk.call(ctx)
        searching = call.studio.search(call.caller, text, kind, limit)
        assets = (await meanwhile(call, "searching the library", searching))[:limit]
        found = Library(assets=tuple(as_found(asset) for asset in assets), next=after(bool(assets)))
        said = [f"{a.id}: {a.title} ({a.kind})" + (", confidential" if a.confidential else "") for a in found.assets]
        small = await previews(call, [asset.digest for asset in assets], PREVIEW_SIDE)
        linked = [ResourceLink(name=a.id, uri=a.image, mime_type="image/png", title=a.title) for a in found.assets]
        text_block = TextContent(text="\n".join([*(said or ["nothing in the library fits"]), f"next: {found.next}"]))
        return CallToolResult(content=[text_block, *small, *linked], structured_content=data(found))

    return StudioTool.of(search_assets, "Search the brand's library", READS)


def check(desk: Desk) -> Tool:
    """check_image."""
    async def check_image(
        picture: Annotated[str, Field(description=f"the picture: {ID_OR_PATH}")],
        ctx: Ctx,
        product: Annotated[str | None, Field(description=f"the product it should show: {ID_OR_PATH}")] = None,
        caption: Annotated[
            str, Field(max_length=1000, description="what the picture should show; rules are held against it")
        ] = "",
        markets: Annotated[
            list[MarketCode] | None, Field(description="markets whose rules to check, such as SE")
        ] = None,
    ) -> CheckOut:
        """Hold a picture made elsewhere against the measured checks and the rules of brand and markets."""
        call = desk.call(ctx)
        asset = await asset_of(call, picture, "picture", AssetKind.BACKGROUND)
        shown = await asset_of(call, product, "product", AssetKind.PRODUCT) if product else None
        checking = call.studio.check(call.caller, asset, product=shown, caption=caption, markets=tuple(markets or ()))
        result = as_check(await meanwhile(call, "checking the picture", checking))
        said = [f"{result.verdict}: {result.passed} checks passed"]
        said += [f"failed: {line}" for line in result.failed]
        said += [f"look at: {line}" for line in result.look_at]
        said += [f"rule: {line}" for line in result.rules]
        said += [f"not checked: {line}" for line in result.not_checked]
        return CallToolResult(content=[TextContent(text="\n".join(said))], structured_content=data(result))

    return StudioTool.of(check_image, "Check a picture", KEEPS)


def as_found(asset: FoundAsset) -> Found:
    """An asset, short."""
    return Found(
        id=asset.id,
        kind=asset.kind,
        title=cut(asset.title, 80),
        description=cut(asset.description),
        tags=asset.tags[:8],
        score=round(asset.score, 2) if asset.score is not None else None,
        why=cut(asset.why),
        confidential=asset.confidential,
        embargo=asset.embargo.isoformat() if asset.embargo else None,
        image=image_uri(asset.digest),
    )


def after(found: bool) -> str:
    """What to do with a search's result."""
    if found:
        return "Give an id as product or background of create_image, or as picture of check_image."
    return "Try other words, or an empty text to list the library; another product is never put in its place."


def as_check(checked: Checked) -> CheckResult:
    """What the checks say, short: gates that failed, what wants a look, what was not checked."""
    wrong = [f for f in checked.findings if f.verdict is Verdict.FAIL]
    open_ends = [f for f in checked.findings if f.verdict is Verdict.ABSTAIN]
    rules = [c for c in checked.rules_checked if c.verdict in TELLING]
    unheld = [f"{c.market}: {c.reason}" for c in checked.rules_checked if c.verdict is RuleVerdict.NOT_CHECKED]
    return CheckResult(
        verdict=checked.verdict,
        quality=round(checked.quality, 3),
        failed=few([line(f) for f in wrong if f.severity is Severity.GATE], 8),
        look_at=few([line(f) for f in wrong if f.severity in {Severity.REVIEW, Severity.WARN}]),
        rules=few([f"{c.market} {c.rule}: {c.verdict}, {c.reason}" for c in rules], 8),
        not_checked=few([*map(here, checked.notes), *unheld, *(line(f) for f in open_ends)]),
        passed=sum(f.verdict is Verdict.PASS for f in checked.findings),
    )


def line(finding: Finding) -> str:
    """A finding in a line."""
    return f"{finding.check}: {finding.reason}"
