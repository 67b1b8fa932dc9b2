"""Typed client of the diffusion server."""

from __future__ import annotations

from dataclasses import dataclass

from domain.candidate import Slot
from mcp_servers import claims
from mcp_servers.diffusion import contract as c
from mcp_servers.wire import Session


@dataclass(frozen=True)
class DiffusionClient:
    """The diffusion server as one stage may use it."""

    session: Session
    stage: str
    allowed: frozenset[str]

    async def describe_generators(self, request: c.DescribeGenerators) -> c.Capabilities:
        """Capability records."""
        return await self.session.call(self.stage, self.allowed, "describe_generators", request, c.Capabilities)

    async def lay_out(self, request: c.LayOut) -> c.Layout:
        """Compositions for products in scenes."""
        return await self.session.call(
            self.stage, self.allowed, "lay_out_scenes", request, c.Layout, holds=lambda a: claims.layout(request, a)
        )

    async def submit_job(self, request: c.SubmitJob) -> c.JobRef:
        """Start drawing; returns at once."""
        return await self.session.call(self.stage, self.allowed, "submit_job", request, c.JobRef)

    async def get_job(self, request: c.GetJob, slots: tuple[Slot, ...]) -> c.JobState:
        """Progress and results of a job that was to draw these slots."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "get_job",
            request,
            c.JobState,
            holds=lambda a: claims.drawings(request.job, slots, a),
        )

    async def cancel_job(self, request: c.CancelJob) -> c.JobState:
        """Stop a job."""
        return await self.session.call(self.stage, self.allowed, "cancel_job", request, c.JobState)
