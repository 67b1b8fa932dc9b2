"""The assets server: search, cutout, brand books and market packs."""

from __future__ import annotations

from datetime import date

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from domain.assets import Asset, AssetKind, Cutout, CutoutMethod
from domain.composition import ProductGeometry, Scene
from domain.values import Size
from mcp_servers.assets import contract as c
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import UPLOAD_TAG, Workshop
from tools.imaging.backdrop import photo_scene, tabletop_scene
from tools.imaging.product import measure
from tools.imaging.scenes import brand_scenes, catalogue
from tools.rules import settle
from tools.search import find_products as rank_products
from tools.search import search_scenes
from tools.segment import THRESHOLD, CutoutResult, cut_out, overlay, suggest_box
from tools.segment.shape import shape

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
KEEPS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def build(workshop: Workshop) -> MCPServer:
    """The server over a workshop."""
    server = MCPServer("assets", version="1.0", log_level="ERROR")

    @server.tool(annotations=READS)
    @typed_errors
    def get_asset(request: c.GetAsset) -> Asset:
        """One row of the brand's library."""
        return workshop.library.get(request.brand, request.asset)

    @server.tool(annotations=READS)
    @typed_errors
    def read_rules(request: c.ReadRules) -> c.Rules:
        """The brand book, and which of these markets have a pack."""
        known = tuple(code for code in request.markets if workshop.rulebook.market(code))
        return c.Rules(
            book=workshop.rulebook.brand(request.brand),
            known=known,
            missing=tuple(code for code in request.markets if code not in known),
            packs=tuple(pack.market for pack in workshop.rulebook.markets()),
        )

    @server.tool(annotations=READS)
    @typed_errors
    def check_rules(request: c.CheckRules) -> c.RuleChecks:
        """Hold a brief and its captions against every rule; refuses what a blocking rule forbids."""
        packs = [pack for code in request.markets if (pack := workshop.rulebook.market(code))]
        found = {pack.market for pack in packs}
        checks, captions = settle(
            request.brief,
            request.captions,
            workshop.rulebook.brand(request.brand),
            packs,
            [code for code in request.markets if code not in found],
            sector=request.sector,
            today=date.today(),
            trained_model=False,
        )
        return c.RuleChecks(checks=checks, captions=captions)

    add_search(server, workshop)
    add_cutout(server, workshop)
    return server


def add_search(server: MCPServer, workshop: Workshop) -> None:
    """The tools that look for products and scenes."""

    @server.tool(annotations=READS)
    @typed_errors
    def find_products(request: c.FindProducts) -> c.Hits:
        """Products that fit a mention, five with scores; near misses are listed apart and never used."""
        products = [a for a in workshop.library.list(request.brand, AssetKind.PRODUCT) if UPLOAD_TAG not in a.tags]
        fitting, near = rank_products(request.mention, products, workshop.embedder, limit=request.limit)
        return c.Hits(hits=fitting, near=near)

    @server.tool(annotations=READS)
    @typed_errors
    def find_scenes(request: c.FindScenes) -> c.SceneHits:
        """Scenes for a brief: plates, procedural sets and the brand's own backgrounds, best first."""
        book = workshop.rulebook.brand(request.brand)
        if request.background:
            asset = workshop.library.get(request.brand, request.background)
            chosen = scenes_of(workshop, asset)
            return c.SceneHits(hits=tuple(c.SceneHit(scene=s, score=1.0, why="chosen by you") for s in chosen))
        own = [
            scene
            for asset in workshop.library.list(request.brand, AssetKind.BACKGROUND)
            if UPLOAD_TAG not in asset.tags
            for scene in scenes_of(workshop, asset)
        ]
        scenes = (*catalogue(), *brand_scenes([colour.hex for colour in book.colours]), *own)
        found = search_scenes(
            request.brief, scenes, workshop.embedder, preferred=book.preferred_scenes, limit=request.limit
        )
        return c.SceneHits(hits=tuple(c.SceneHit(scene=h.scene, score=h.score, why=h.why, fits=h.fits) for h in found))


def scenes_of(workshop: Workshop, asset: Asset) -> list[Scene]:
    """What a photograph of the library can be: ground to stand on where its geometry is known, and a backdrop."""
    image = workshop.pixels.load(asset.brand, asset.digest)[..., :3]
    ground = photo_scene(asset, image)
    return [*([ground] if ground else []), tabletop_scene(asset, image)]


def add_cutout(server: MCPServer, workshop: Workshop) -> None:
    """The tool that frees a product from its photo."""

    @server.tool(name="cut_out", annotations=KEEPS)
    @typed_errors
    def cut_out_product(request: c.CutOut) -> c.CutOutAnswer:
        """A product's cutout and what placing needs to know of it; `confident` says whether a person must look."""
        asset = workshop.library.get(request.brand, request.asset)
        if asset.cutout is not None and request.box is None:
            rgba = workshop.pixels.load(request.brand, asset.cutout.digest)
            measured = measure(asset, rgba)
            return c.CutOutAnswer(
                asset=asset,
                cutout=asset.cutout,
                geometry=measured,
                threshold=THRESHOLD,
                confident=asset.cutout.confidence >= THRESHOLD,
            )
        photo = workshop.pixels.load(request.brand, asset.digest)
        return answer(workshop, request, asset, cut_out(photo, box=request.box))


def answer(workshop: Workshop, request: c.CutOut, asset: Asset, result: CutoutResult) -> c.CutOutAnswer:
    """A fresh cutout under its digest: kept on the asset's row when certain, else shown to a person over the photo."""
    ref = workshop.pixels.put(request.brand, result.rgba)
    height, width = result.rgba.shape[:2]
    cutout = Cutout(
        digest=ref.digest,
        size=Size(width=width, height=height),
        method=CutoutMethod(result.method),
        confidence=result.confidence,
        reason=result.reason,
        source=asset.digest,
        offset=result.offset,
    )
    if result.confidence < THRESHOLD:
        photo = workshop.pixels.load(request.brand, asset.digest)[..., :3]
        unplaced = ProductGeometry(asset=asset.id, size=asset.size, real_height=asset.real_height)
        return c.CutOutAnswer(
            asset=asset,
            cutout=cutout,
            geometry=unplaced,
            confident=False,
            threshold=THRESHOLD,
            overlay=workshop.pixels.put(request.brand, overlay(photo, result.mask)),
            suggested_box=suggest_box(photo, result.mask),
        )
    known = asset.model_copy(update={"cutout": cutout, "shape": shape(result.rgba)})
    workshop.library.add(known)
    return c.CutOutAnswer(
        asset=known, cutout=cutout, geometry=measure(known, result.rgba), confident=True, threshold=THRESHOLD
    )
