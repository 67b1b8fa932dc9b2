"""The judges server: measured checks, technical quality, ranking with forced difference; judges that look beside it."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from domain.assets import AssetKind
from domain.candidate import Candidate, Finding
from domain.ports import Image, Mask
from domain.values import ArtifactRef, BrandId
from mcp_servers.judges import contract as c
from mcp_servers.judges.looking import add_looking
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import Workshop
from tools.judges import Evidence, Views, descriptor, measure, quality, shortlist, without_words
from tools.judges.criteria import measure_criteria

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def build(workshop: Workshop) -> MCPServer:
    """The server over a workshop."""
    server = MCPServer("judges", version="1.0", log_level="ERROR")

    @server.tool(annotations=READS)
    @typed_errors
    def judge_candidate(request: c.JudgeCandidate) -> c.Judgement:
        """Hold every measured check against one candidate; each says pass, fail or cannot tell, with its numbers."""
        evidence = evidence_of(workshop, request)
        findings = measure(evidence, ocr=request.ocr, only=request.only or None, checks=workshop.checks)
        findings += kept_criteria(workshop, request, evidence, rest=not request.only)
        known = request.candidate.quality if request.only else None
        blocks = request.candidate.composition.text_blocks
        graded = quality(without_words(evidence.image, blocks), evidence.mask) if known is None else known
        return c.Judgement(findings=findings, quality=round(graded, 4))

    @server.tool(annotations=READS)
    @typed_errors
    def rank_candidates(request: c.RankCandidates) -> c.Ranking:
        """Order candidates that passed by technical quality and choose a shortlist that is forced to differ."""
        entries = [
            (
                candidate.id,
                candidate.quality or 0.0,
                descriptor(
                    without_words(picture(workshop, request.brand, candidate), candidate.composition.text_blocks)
                ),
                candidate.scene.id,
            )
            for candidate in request.candidates
        ]
        return c.Ranking(shortlist=shortlist(entries, request.size))

    @server.tool(annotations=READS)
    @typed_errors
    def judge_image(request: c.JudgeImage) -> c.Judgement:
        """Check a picture made elsewhere; with a product's cutout it is located and compared, else checks abstain."""
        image = workshop.pixels.load(request.brand, request.image)
        evidence = Evidence(
            image=image[..., :3],
            cutout=workshop.pixels.load(request.brand, request.cutout) if request.cutout else None,
            brief=request.brief,
            palette=request.palette,
            caption=request.caption or None,
        )
        findings = measure(evidence, ocr=request.ocr, checks=workshop.checks)
        findings += kept_criteria(workshop, request, evidence)
        return c.Judgement(findings=findings, quality=round(quality(evidence.image, None), 4))

    add_looking(server, workshop)
    return server


def kept_criteria(
    workshop: Workshop, request: c.JudgeCandidate | c.JudgeImage, evidence: Evidence, *, rest: bool = True
) -> tuple[Finding, ...]:
    """The brand's criteria held against a picture; its logo is the library's first."""
    if not request.criteria:
        return ()
    logo = next(iter(workshop.library.list(request.brand, AssetKind.LOGO)), None)
    mark = workshop.pixels.load(request.brand, logo.digest) if logo else None
    return measure_criteria(Views(evidence), request.criteria, mark, ocr=request.ocr, rest=rest)


def evidence_of(workshop: Workshop, request: c.JudgeCandidate) -> Evidence:
    """What the checks look at: the product is placed again from its cutout, not taken from the generator's word."""
    candidate, brand = request.candidate, request.brand
    cutouts = {name: workshop.pixels.load(brand, digest) for name, digest in request.cutouts.items()}
    first = candidate.products[0]
    return Evidence(
        image=picture(workshop, brand, candidate),
        slot=candidate,
        layer=loaded(workshop, brand, candidate.composition.product_layer),
        mask=mask_of(loaded(workshop, brand, candidate.composition.mask)),
        cutout=cutouts.get(first),
        cutouts={name: cutout for name, cutout in cutouts.items() if name != first},
        scene=request.scene,
        brief=request.brief,
        geometry=request.geometry,
        cannot_draw=request.cannot_draw,
        palette=request.palette,
    )


def picture(workshop: Workshop, brand: BrandId, candidate: Candidate) -> Image:
    """A candidate's picture, RGB."""
    image = loaded(workshop, brand, candidate.artifact)
    if image is None:
        raise ValueError(f"candidate {candidate.id} has no picture")
    return image[..., :3]


def loaded(workshop: Workshop, brand: BrandId, ref: ArtifactRef | None) -> Image | None:
    """The array behind a reference, if there is one."""
    return workshop.pixels.load(brand, ref.digest) if ref else None


def mask_of(image: Image | None) -> Mask | None:
    """One channel of a mask that was read back as a grey picture."""
    return image if image is None or image.ndim == 2 else image[..., 0]
