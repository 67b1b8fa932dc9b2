"""The publish server: canvases, final files, delivery of what a person approved, and the look at what is out."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from domain.composition import SceneKind
from domain.rules import RuleCheck
from domain.run import ExportView, PublicationView, RunView
from domain.values import BrandId, Size
from mcp_servers.publish import contract as c
from mcp_servers.publish.delivery import deliver_run
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import Workshop
from tools.publish import (
    Provenance,
    canvas_for,
    channel,
    covered_by,
    decode,
    embargoes,
    export,
    file_channel,
    media_type,
    moved_rules,
    pixel_digest,
    rehash,
    source_type,
)

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
KEEPS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
DELIVERS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)


def build(workshop: Workshop) -> MCPServer:
    """The server over a workshop."""
    server = MCPServer("publish", version="1.0", log_level="ERROR")

    @server.tool(annotations=READS)
    @typed_errors
    def resolve_canvas(request: c.ResolveCanvas) -> c.Canvas:
        """The canvas that serves the channels or a stated size."""
        stated = Size.parse(request.size) if request.size else None
        size = canvas_for(request.channels, stated)
        why = "as stated" if stated else f"for {request.channels[0]}" if request.channels else "no channel was named"
        covered = covered_by(request.channels, size)
        return c.Canvas(width=size.width, height=size.height, why=why, covered=covered)

    @server.tool(annotations=KEEPS)
    @typed_errors
    def render_export(request: c.RenderExport) -> ExportView:
        """The final file of one candidate for one channel, kept under its digest for a person to approve."""
        artifact = request.candidate.artifact
        if artifact is None:
            raise ValueError(f"candidate {request.candidate.id} has no picture")
        image = workshop.pixels.load(request.brand, artifact.digest)[..., :3]
        height, width = image.shape[:2]
        size = Size(width=width, height=height)
        target = file_channel(size) if request.channel == "file" else channel(request.channel)
        product = workshop.library.get(request.brand, request.candidate.products[0])
        kind = SceneKind(request.candidate.scene.id.partition(":")[0])
        data = export(
            image,
            target,
            Provenance(
                source=source_type(kind, product_rendered=product.rendering),
                run_id=request.run_id,
                candidate=request.candidate.id,
                artifact=artifact.digest,
                generator=request.candidate.generator,
            ),
            keep=request.candidate.composition.kept_box(),
        )
        return ExportView(
            candidate=request.candidate.id,
            channel=request.channel,
            artifact=workshop.artifacts.put(request.brand, data, media_type(data)),
            pixels=pixel_digest(decode(data)),
        )

    @server.tool(annotations=DELIVERS)
    @typed_errors
    def deliver_approved(request: c.DeliverApproved) -> c.Delivered:
        """Deliver every approved file of this run, each exactly once; without an approval nothing happens."""
        return c.Delivered(publications=deliver_run(workshop, request.brand, request.run_id))

    @server.tool(annotations=READS)
    @typed_errors
    def monitor_published(request: c.MonitorPublished) -> c.MonitorReport:
        """Re-hash everything this brand has out."""
        publications = workshop.effects.publications(request.brand)
        findings = (*rehash(publications, workshop.destination), *watched(workshop, request.brand, publications))
        return c.MonitorReport(checked=len(publications), findings=findings, at=datetime.now(UTC))

    return server


def watched(workshop: Workshop, brand: BrandId, publications: list[PublicationView]) -> tuple[RuleCheck, ...]:
    """What is out and should be looked at again: rules past their review day, assets that came under embargo."""
    packs = {pack.market: pack for pack in workshop.rulebook.markets()}
    single = [p.model_copy(update={"market": code}) for p in publications for code in p.market.split(", ")]
    late = [p for p in single if p.market in packs]
    views = {p.run_id: workshop.runs.view(brand, p.run_id) for p in publications if p.run_id}
    shown = {
        p.key: [workshop.library.get(brand, name) for name in products_shown(views.get(p.run_id), p)]
        for p in publications
    }
    return (*moved_rules(late, packs, {}, date.today()), *embargoes(publications, shown, datetime.now(UTC)))


def products_shown(view: RunView | None, publication: PublicationView) -> tuple[str, ...]:
    """The products in a published file."""
    if view is None:
        return ()
    names = {e.candidate for e in view.exports if e.artifact.digest == publication.digest}
    return tuple(sorted({product for c in view.candidates if c.id in names for product in c.products}))
