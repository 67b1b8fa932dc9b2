"""Drawing jobs: one scene group each, in a thread of its own; what is finished is kept and never drawn twice."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from dataclasses import dataclass, field

from domain.candidate import Candidate, CandidateVerdict, Slot
from domain.errors import OnbrandError, ToolBroke, ToolFailed
from domain.ports import Drawn, Generator, Image
from domain.values import BrandId, Seconds
from mcp_servers.diffusion import contract as c
from mcp_servers.workshop import Workshop
from memory.drawings import drawing_key

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


class Jobs:
    """The jobs of one server, by the digest of what each was asked to draw."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._jobs: dict[str, Job] = {}

    def submit(self, request: c.SubmitJob) -> str:
        """Start a job in the background; one that runs, or drew everything, is not started again."""
        name = hashlib.sha256(request.model_dump_json().encode()).hexdigest()[:32]
        if name not in self._jobs or self._jobs[name].fell_short:
            for old in [name for name, job in self._jobs.items() if job.ended][:-MOST_ENDED_JOBS]:
                del self._jobs[old]
            job = self._jobs[name] = Job(request)
            job.task = asyncio.create_task(asyncio.to_thread(draw, self._workshop, job))
        return name

    def get(self, name: str) -> Job:
        """A job; raises ToolFailed for one this server does not know."""
        if name not in self._jobs:
            raise stopped(name)
        return self._jobs[name]

    async def wait(self, name: str, patience: Seconds) -> Job:
        """A job once it ended, or after so many seconds. Raises what went wrong in it."""
        job = self.get(name)
        if job.task is not None and not job.task.done():
            await asyncio.wait({job.task}, timeout=patience)
        if job.task is not None and job.task.done() and (failed := job.task.exception()):
            raise failed
        if job.error:
            raise job.error
        if job.fell_short:
            raise stopped(name)
        return job


def stopped(job: str) -> ToolFailed:
    """The error for a job this server does not go on with, or never heard of."""
    return ToolFailed(
        "the generator does not go on with this job: it was stopped or restarted",
        where=f"job {job[:12]}",
        hint="resume the run; finished drawings are not made again",
    )


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
