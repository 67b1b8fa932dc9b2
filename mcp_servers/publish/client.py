"""Typed client of the publish server."""

from __future__ import annotations

from dataclasses import dataclass

from domain.run import ExportView
from mcp_servers import claims
from mcp_servers.publish import contract as c
from mcp_servers.wire import Session


@dataclass(frozen=True)
class PublishClient:
    """The publish server as one stage may use it."""

    session: Session
    stage: str
    allowed: frozenset[str]

    async def resolve_canvas(self, request: c.ResolveCanvas) -> c.Canvas:
        """Canvas for channels."""
        return await self.session.call(self.stage, self.allowed, "resolve_canvas", request, c.Canvas)

    async def render_export(self, request: c.RenderExport) -> ExportView:
        """A final file for approval."""
        return await self.session.call(
            self.stage, self.allowed, "render_export", request, ExportView, holds=lambda a: claims.export(request, a)
        )

    async def deliver_approved(self, request: c.DeliverApproved) -> c.Delivered:
        """Deliver what was approved, once. Never asked twice by itself: resuming the run looks up what is out first."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "deliver_approved",
            request,
            c.Delivered,
            once=True,
            holds=lambda a: claims.delivered(request, a),
        )

    async def monitor_published(self, request: c.MonitorPublished) -> c.MonitorReport:
        """Re-hash what is out there."""
        return await self.session.call(self.stage, self.allowed, "monitor_published", request, c.MonitorReport)
