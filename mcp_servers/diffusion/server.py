"""The diffusion server: every generator behind capabilities, layout, submit and result."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from mcp_servers.diffusion import contract as c
from mcp_servers.diffusion.jobs import Jobs
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import Workshop
from tools.imaging.layout import lay_out

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
DRAWS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

LONGEST_WAIT_S = 45.0
"""Shorter than what proxies allow a silent answer."""


def build(workshop: Workshop) -> MCPServer:
    """The server over a workshop."""
    server = MCPServer("diffusion", version="1.0", log_level="ERROR")
    jobs = Jobs(workshop)

    @server.tool(annotations=READS)
    @typed_errors
    async def describe_generators(request: c.DescribeGenerators) -> c.Capabilities:
        """Capability records of every generator: what it can draw, its limits, price and speed."""
        return c.Capabilities(generators=tuple(g.capability() for g in workshop.generators.values()))

    @server.tool(annotations=READS)
    @typed_errors
    def lay_out_scenes(request: c.LayOut) -> c.Layout:
        """Compositions for products in scenes: differing in scene, light, scale and position."""
        return laid_out(request)

    @server.tool(annotations=DRAWS)
    @typed_errors
    async def submit_job(request: c.SubmitJob) -> c.JobRef:
        """Start drawing slots that share a scene; returns at once. The same work is never drawn twice."""
        return c.JobRef(job=jobs.submit(request))

    @server.tool(annotations=READS)
    @typed_errors
    async def get_job(request: c.GetJob) -> c.JobState:
        """Wait up to `wait_seconds` for a job; results so far are kept whatever happens next."""
        job = await jobs.wait(request.job, min(request.wait_seconds, LONGEST_WAIT_S))
        return job.state(request.job)

    @server.tool(annotations=DRAWS)
    @typed_errors
    async def cancel_job(request: c.CancelJob) -> c.JobState:
        """Stop a job before its next drawing."""
        job = jobs.get(request.job)
        job.cancelled.set()
        return job.state(request.job)

    return server


def laid_out(request: c.LayOut) -> c.Layout:
    """Compositions as the layout engine makes them, and what found no room."""
    layout = lay_out(
        request.products,
        request.scenes,
        request.canvas,
        count=request.count,
        seed=request.seed,
        relations=indexed(request),
        counts=request.counts,
    )
    return c.Layout(
        settings=tuple(
            c.Setting(scene=slot.scene_ref, composition=slot.composition, settings=slot.settings)
            for slot in layout.slots
        ),
        left_out=layout.left_out,
    )


def indexed(request: c.LayOut) -> list[tuple[int, str, int]]:
    """Relations between products that are there, by their place in the request ("kettle" left of "mug": 1, 0)."""
    places = {noun: index for index, noun in reversed(list(enumerate(request.nouns)))}
    return [
        (places[r.subject], r.relation, places[r.object])
        for r in request.relations
        if r.subject in places and r.object in places
    ]
