"""The tools of the judges server with which a model looks: at a picture, its product's parts, at several together.

Several together are measured as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from domain.assets import Asset, AssetKind
from domain.candidate import Finding
from domain.models import Payer
from domain.ports import Image
from domain.values import Box, BrandId, Digest
from mcp_servers.judges import contract as c
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import Workshop
from tools.judges.looking import (
    Bench,
    FeatureFinder,
    Reference,
    Sheet,
    compare_parts,
    gates_for,
    judge_set,
    look_at,
    placed_parts,
    prefer,
    rubric,
    sheet_of,
)
from tools.judges.rectified import Shown
from tools.judges.sets import judge_products

LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True)
REFERENCE_OF = "reference-of:"
"""Tag of a further photo of a product: "reference-of:<asset id>"."""

FOR_MARKET = "market:"
"""Tag of a photo that shows a product as it is sold in one market: "market:SE"."""

GREY = 200


def add_looking(server: MCPServer, workshop: Workshop) -> None:
    """Add the tools. Where no model is set for a role every finding of one abstains and says so."""

    @server.tool(annotations=LOOKS)
    @typed_errors
    def look_at_picture(request: c.LookAtPicture) -> c.LookedAt:
        """Have a model answer every question about one picture; words in it are covered and it is asked again."""
        gates = gates_for(request.brief, request.criteria, request.rules, reference=request.reference is not None)
        image = workshop.pixels.load(request.brand, request.image)[..., :3]
        verdicts = look_at(
            bench(workshop, request.brand, request.commission),
            image,
            gates=gates,
            scales=rubric("whole").scales,
            request=request.brief.request,
            reference=on_grey(workshop.pixels.load(request.brand, request.reference)) if request.reference else None,
            product=single(workshop.pixels.load(request.brand, request.mask)) if request.mask else None,
            policy=request.policy,
            threshold=request.threshold,
            sheet=sheet_for(workshop, request, image),
        )
        return c.LookedAt(findings=verdicts.findings, spent=verdicts.spent)

    @server.tool(annotations=LOOKS)
    @typed_errors
    def look_at_parts(request: c.LookAtParts) -> c.LookedAt:
        """Have a model compare a product's parts with reference photos, of the target market where there are any."""
        product = workshop.library.get(request.brand, request.product)
        image = workshop.pixels.load(request.brand, request.image)[..., :3]
        where = parts_in(workshop, request, product, image)
        sheet = sheet_of(image, where, references(workshop, product, request.commission.market), request.parts)
        verdicts = compare_parts(bench(workshop, request.brand, request.commission), sheet)
        return c.LookedAt(findings=verdicts.findings, spent=verdicts.spent)

    @server.tool(annotations=LOOKS)
    @typed_errors
    def prefer_pictures(request: c.PreferPictures) -> c.Preferred:
        """Have a model order pictures by pairwise preference, asked in both orders; what it contradicts is a tie."""
        order = prefer(
            bench(workshop, request.brand, request.commission),
            pictures(workshop, request),
            request.request,
            as_set=request.as_set,
        )
        return c.Preferred.model_validate(order.model_dump())

    @server.tool(name="judge_set", annotations=LOOKS)
    @typed_errors
    def judge_pictures_together(request: c.JudgeSet) -> c.LookedAt:
        """Judge pictures together, by measure and by a model: is the product the same in each of them?"""
        together = pictures(workshop, request)
        found: tuple[Finding, ...] = ()
        if request.cutout is not None:
            found = judge_products(workshop.pixels.load(request.brand, request.cutout), shown(request, together))
        if not request.looks:
            return c.LookedAt(findings=found)
        verdicts = judge_set(bench(workshop, request.brand, request.commission), together)
        return c.LookedAt(findings=(*found, *verdicts.findings), spent=verdicts.spent)


def sheet_for(workshop: Workshop, request: c.LookAtPicture, image: Image) -> Sheet | None:
    """The product's parts beside their references, where they are to be compared in a picture's own call."""
    if request.product is None or not request.parts:
        return None
    product = workshop.library.get(request.brand, request.product)
    wanted = {name: box for name, box in in_cutout(product).items() if name in request.parts}
    size = (image.shape[1], image.shape[0])
    where = placed_parts(wanted, request.affine, size) if request.affine else {}
    return sheet_of(image, where, references(workshop, product, request.commission.market), request.parts)


def bench(workshop: Workshop, brand: BrandId, commission: c.Commission) -> Bench:
    """What a judge works with. Whether the work is confidential is looked up here, not believed."""
    confidential = any(workshop.library.get(brand, asset).confidential for asset in commission.assets)
    payer = Payer(
        brand=brand,
        run_id=commission.run_id,
        stage=commission.stage,
        market=commission.market,
        budget=commission.budget,
        confidential=confidential,
    )
    return Bench(workshop.models, payer, workshop.known)


def pictures(workshop: Workshop, request: c.PreferPictures | c.JudgeSet) -> dict[str, Image]:
    """Pictures by name, RGB, in the order given."""
    return {name: rgb(workshop, request.brand, digest) for name, digest in request.pictures.items()}


def shown(request: c.JudgeSet, together: Mapping[str, Image]) -> dict[str, Shown]:
    """Pictures with what is known of where the product is in them."""
    nowhere = c.Placed()
    placed = {name: request.placed.get(name, nowhere) for name in together}
    return {name: Shown(image, placed[name].affine, placed[name].true_scale) for name, image in together.items()}


def parts_in(workshop: Workshop, request: c.LookAtParts, product: Asset, image: Image) -> Mapping[str, Box]:
    """Where the product's parts lie in the picture: by the known transform, else found by its features."""
    parts = {name: box for name, box in in_cutout(product).items() if name in request.parts}
    if request.affine is not None:
        return placed_parts(parts, request.affine, (image.shape[1], image.shape[0]))
    if request.cutout is None:
        return {}
    return FeatureFinder().find(image, workshop.pixels.load(request.brand, request.cutout), parts)


def in_cutout(product: Asset) -> dict[str, Box]:
    """A product's parts in the pixels of its cutout; those outside it are left out."""
    if product.cutout is None:
        return {}
    left, top = product.cutout.offset
    return {
        name: box.model_copy(update={"x": box.x - left, "y": box.y - top})
        for name, box in product.components.items()
        if box.x >= left and box.y >= top
    }


def references(workshop: Workshop, product: Asset, market: str) -> list[Reference]:
    """Photos of the real product: those of the target market where there are any, else its own and unmarked ones."""
    photos = [product]
    for asset in workshop.library.list(product.brand, AssetKind.PRODUCT):
        if REFERENCE_OF + product.id in asset.tags:
            photos.append(asset)
    marked = [photo for photo in photos if market and FOR_MARKET + market in photo.tags]
    unmarked = [photo for photo in photos if not any(tag.startswith(FOR_MARKET) for tag in photo.tags)]
    chosen = marked or unmarked or [product]
    return [
        Reference(photo.id, rgb(workshop, photo.brand, photo.digest), photo.components)
        for photo in chosen
        if photo.components
    ]


def rgb(workshop: Workshop, brand: BrandId, digest: Digest) -> Image:
    """A picture without its transparency."""
    image = workshop.pixels.load(brand, digest)
    return on_grey(image) if image.ndim == 3 and image.shape[2] == 4 else image[..., :3]


def on_grey(cutout: Image) -> Image:
    """A cutout over neutral grey, RGB."""
    if cutout.shape[2] == 3:
        return cutout
    alpha = cutout[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(cutout[..., :3] * alpha + GREY * (1 - alpha)), np.uint8)


def single(mask: Image) -> Image:
    """One channel of a mask that was read back as a picture."""
    return mask if mask.ndim == 2 else np.ascontiguousarray(mask[..., 0])
