"""Generate: draw one scene group around intact cutouts, keeping each result as it finishes."""

from __future__ import annotations

import asyncio
import time

from agents.services import Services
from agents.state import Campaign, SlotGroup
from domain.candidate import Candidate, CandidateVerdict, Slot
from domain.errors import OperatorMustAct, ToolBroke, ToolFailed
from mcp_servers.diffusion.contract import DescribeGenerators, GetJob, JobState, SubmitJob
from mcp_servers.toolbox import Toolbox

STAGE = "generate"
TOOLS = frozenset({"diffusion.describe_generators", "diffusion.submit_job", "diffusion.get_job"})
POLL_SECONDS = 20.0
LEAST_POLL_SECONDS = 0.2
STALL_SECONDS = 300.0
"""A job that finishes no drawing for this long is taken to have no end."""

MOST_IN_A_JOB = 9


def groups(state: Campaign) -> list[SlotGroup]:
    """This round's slots by scene: a job of a scene shares its light, shadow and warp."""
    by_scene: dict[tuple[str, bool], list[Slot]] = {}
    for slot in state["to_draw"]:
        by_scene.setdefault((slot.scene.id, slot.scene.mirrored), []).append(slot)
    return [
        {
            "run_id": state["run_id"],
            "request": state["request"],
            "plan": state["plan"],
            "slots": tuple(slots[at : at + MOST_IN_A_JOB]),
        }
        for slots in by_scene.values()
        for at in range(0, len(slots), MOST_IN_A_JOB)
    ]


async def generate(group: SlotGroup, services: Services) -> Campaign:
    """Draw a group. Money is reserved before the job and booked after it, as attempts (Promise 5).

    Raises OverBudget when the job would exceed the run's budget.
    """
    tools = services.sessions.toolbox(STAGE, TOOLS)
    slots = group["slots"]
    capabilities = await tools.diffusion.describe_generators(DescribeGenerators(brand=services.brand))
    price = next(c.price_per_image for c in capabilities.generators if c.generator == slots[0].generator)
    ledger = services.ledger
    reservation = await asyncio.to_thread(
        ledger.reserve,
        group["run_id"],
        services.brand,
        STAGE,
        slots[0].generator,
        price * len(slots),
        group["request"].budget,
    )
    submitted = False
    try:
        job = await tools.diffusion.submit_job(
            SubmitJob(brand=services.brand, slots=slots, cutouts=dict(group["plan"].cutouts))
        )
        submitted = True
        state = await finished(job.job, slots, tools, services)
    except BaseException:
        # A submitted job may have cost money whatever became of its answer: attempts are booked, not successes.
        if submitted:
            await asyncio.to_thread(ledger.book, reservation, price * len(slots))
        else:
            await asyncio.to_thread(ledger.release, reservation)
        raise
    await asyncio.to_thread(ledger.book, reservation, state.cost)
    return {"candidates": {candidate.id: candidate for candidate in state.candidates}}


async def finished(job: str, slots: tuple[Slot, ...], tools: Toolbox, services: Services) -> JobState:
    """Wait for a job's end. Raises ToolFailed when it finishes no drawing for STALL_SECONDS."""
    drawn, since = -1, time.monotonic()
    while True:
        asked = time.monotonic()
        state = await tools.diffusion.get_job(GetJob(brand=services.brand, job=job, wait_seconds=POLL_SECONDS), slots)
        if state.status == "done":
            return state
        if len(state.candidates) > drawn:
            drawn, since = len(state.candidates), time.monotonic()
        elif time.monotonic() - since > STALL_SECONDS:
            raise ToolFailed(
                f"the generator has finished no drawing for {STALL_SECONDS:.0f} s",
                where=f"job {job[:12]}",
                hint="restart the diffusion tool server, then resume the run; finished drawings are not made again",
            )
        # A server that answers "working" at once is asked again at leisure.
        await asyncio.sleep(max(0.0, LEAST_POLL_SECONDS - (time.monotonic() - asked)))


def ends_the_attempt(error: Exception) -> bool:
    """Whether drawing must wait for the operator: the run stops here and is resumed. Else the group alone is broken."""
    return isinstance(error, OperatorMustAct) and not isinstance(error, ToolBroke)


def broken(group: SlotGroup, error: BaseException) -> Campaign:
    """What is kept when a group's generation fails: its candidates, marked broken with the reason."""
    return {
        "candidates": {
            slot.id: Candidate(**slot.model_dump(), verdict=CandidateVerdict.BROKEN, error=str(error))
            for slot in group["slots"]
        }
    }
