"""The diffusion server: every generator behind capabilities, layout, submit and result."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from dataclasses import dataclass, field

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from domain.candidate import Candidate, CandidateVerdict, Slot
from domain.errors import OnbrandError, ToolBroke, ToolFailed
from domain.ports import Drawn, Generator, Image
from domain.values import BrandId
from mcp_servers.diffusion import contract as c
from mcp_servers.wire import typed_errors
from mcp_servers.workshop import Workshop
from memory.drawings import drawing_key
from tools.imaging.layout import lay_out

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
DRAWS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


MOST_ENDED_JOBS = 64
"""Jobs remembered after their end, for clients that still ask; their drawings are kept for good elsewhere."""


@dataclass
class Job:
    """One scene group being drawn in a thread of its own."""

    request: c.SubmitJob
    candidates: list[Candidate] = field(default_factory=list)
    reused: int = 0
    cost: float = 0.0
    error: OnbrandError | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing is being drawn any more."""
        return self.task is None or self.task.done()

    @property
    def fell_short(self) -> bool:
        """Whether the job ended without all it was to draw; asking for the same work starts it again."""
        return self.ended and len(self.candidates) < len(self.request.slots)

    def state(self, job: str) -> c.JobState:
        """What a client sees."""
        return c.JobState(
            job=job,
            status="done" if self.ended else "working",
            candidates=tuple(self.candidates),
            reused=self.reused,
            cost=self.cost,
        )


def build(workshop: Workshop) -> MCPServer:
    """The server over a workshop."""
    server = MCPServer("diffusion", version="1.0", log_level="ERROR")
    jobs: dict[str, Job] = {}

    def known(job: str) -> Job:
        if job not in jobs:
            raise stopped(job)
        return jobs[job]

    @server.tool(annotations=READS)
    @typed_errors
    async def describe_generators(request: c.DescribeGenerators) -> c.Capabilities:
        """Capability records of every generator: what it can draw, its limits, price and speed."""
        return c.Capabilities(generators=tuple(g.capability() for g in workshop.generators.values()))

    @server.tool(annotations=READS)
    @typed_errors
    def lay_out_scenes(request: c.LayOut) -> c.Layout:
        """Compositions for products in scenes: differing in scene, light, scale and position."""
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

    @server.tool(annotations=DRAWS)
    @typed_errors
    async def submit_job(request: c.SubmitJob) -> c.JobRef:
        """Start drawing slots that share a scene; returns at once. The same work is never drawn twice."""
        name = hashlib.sha256(request.model_dump_json().encode()).hexdigest()[:32]
        if name not in jobs or jobs[name].fell_short:
            for old in [name for name, job in jobs.items() if job.ended][:-MOST_ENDED_JOBS]:
                del jobs[old]
            job = jobs[name] = Job(request)
            job.task = asyncio.create_task(asyncio.to_thread(draw, workshop, job))
        return c.JobRef(job=name)

    @server.tool(annotations=READS)
    @typed_errors
    async def get_job(request: c.GetJob) -> c.JobState:
        """Wait up to `wait_seconds` for a job; results so far are kept whatever happens next."""
        job = known(request.job)
        if job.task is not None and not job.task.done():
            await asyncio.wait({job.task}, timeout=min(request.wait_seconds, 45.0))
        if job.task is not None and job.task.done() and (failed := job.task.exception()):
            raise failed
        if job.error:
            raise job.error
        if job.fell_short:
            raise stopped(request.job)
        return job.state(request.job)

    @server.tool(annotations=DRAWS)
    @typed_errors
    async def cancel_job(request: c.CancelJob) -> c.JobState:
        """Stop a job before its next drawing."""
        job = known(request.job)
        job.cancelled.set()
        return job.state(request.job)

    return server


def stopped(job: str) -> ToolFailed:
    """The error for a job this server does not go on with, or never heard of."""
    return ToolFailed(
        "the generator does not go on with this job: it was stopped or restarted",
        where=f"job {job[:12]}",
        hint="resume the run; finished drawings are not made again",
    )


def indexed(request: c.LayOut) -> list[tuple[int, str, int]]:
    """Relations between products that are there, by their place in the request ("kettle" left of "mug": 1, 0)."""
    places = {noun: index for index, noun in reversed(list(enumerate(request.nouns)))}
    return [
        (places[r.subject], r.relation, places[r.object])
        for r in request.relations
        if r.subject in places and r.object in places
    ]


def draw(workshop: Workshop, job: Job) -> None:
    """Draw a job's slots in order, each kept as it finishes; finished ones of an earlier attempt are taken over."""
    request = job.request
    try:
        generator = workshop.generators[request.slots[0].generator]
        version = generator.capability().version
        open_slots = []
        for slot in request.slots:
            found = workshop.drawings.find(request.brand, drawing_key(slot, request.cutouts, version))
            if found is not None and has_pictures(workshop, request.brand, found):
                job.candidates.append(adopted(found, slot))
                job.reused += 1
            else:
                open_slots.append(slot)
        if open_slots:
            draw_open(workshop, job, generator, open_slots)
    except ToolFailed as error:
        job.error = ToolBroke(error.message, where=error.where, hint=error.hint)  # the generator, not this server
    except OnbrandError as error:
        job.error = error


def draw_open(workshop: Workshop, job: Job, generator: Generator, slots: list[Slot]) -> None:
    """Draw what is not finished yet."""
    request, capability = job.request, generator.capability()
    cutouts = {name: workshop.pixels.load(request.brand, digest) for name, digest in request.cutouts.items()}
    photos = photos_of(workshop, request.brand, slots)
    assets = {name: workshop.library.get(request.brand, name) for name in (*request.cutouts, *photos)}
    started = time.perf_counter()
    for drawn in generator.draw(slots, cutouts, assets, photos):
        asked = next(slot for slot in slots if slot.id == drawn.slot.id)
        candidate = kept(workshop, request.brand, drawn, time.perf_counter() - started, capability.price_per_image)
        workshop.drawings.keep(request.brand, drawing_key(asked, request.cutouts, capability.version), candidate)
        job.candidates.append(candidate)
        job.cost += capability.price_per_image
        if job.cancelled.is_set() or workshop.stopping.is_set():
            return
        started = time.perf_counter()


def kept(workshop: Workshop, brand: BrandId, drawn: Drawn, seconds: float, cost: float) -> Candidate:
    """A drawing as a candidate: picture, placed product and mask under their digests."""
    composition = drawn.slot.composition.model_copy(
        update={
            "product_layer": workshop.pixels.put(brand, drawn.layer),
            "mask": workshop.pixels.put(brand, drawn.mask),
        }
    )
    slot = drawn.slot.model_copy(update={"composition": composition})
    return Candidate(
        **{name: getattr(slot, name) for name in Slot.model_fields},
        artifact=workshop.pixels.put(brand, drawn.image),
        seconds=round(seconds, 3),
        cost=cost,
    )


def has_pictures(workshop: Workshop, brand: BrandId, found: Candidate) -> bool:
    """Whether what a record names is still there: a damaged picture is deleted to have it drawn again."""
    pictures = (found.artifact, found.composition.product_layer, found.composition.mask)
    return all(ref is not None and workshop.artifacts.has(brand, ref.digest) for ref in pictures)


def adopted(found: Candidate, slot: Slot) -> Candidate:
    """An earlier drawing under this slot's name."""
    return found.model_copy(
        update={
            "id": slot.id,
            "parent": slot.parent,
            "round": slot.round,
            "findings": (),
            "quality": None,
            "verdict": CandidateVerdict.PENDING,
            "cost": 0.0,
        }
    )


def photos_of(workshop: Workshop, brand: BrandId, slots: list[Slot]) -> dict[str, Image]:
    """Retrieved photographs these slots' scenes are made of, by asset id."""
    names = {slot.scene.id.partition(":")[2] for slot in slots if slot.scene.id.startswith(("photo:", "tabletop:"))}
    return {name: workshop.pixels.load(brand, workshop.library.get(brand, name).digest)[..., :3] for name in names}
