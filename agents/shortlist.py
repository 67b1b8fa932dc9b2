"""Shortlist: the final file of every finalist for every channel, rendered and checked before a person looks."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from agents import critique, generate
from agents.services import Services
from agents.state import Campaign
from domain.candidate import Candidate, CandidateVerdict, Slot
from domain.run import ExportView, Failure, RunStatus
from domain.values import Size
from mcp_servers.diffusion.contract import LayOut
from mcp_servers.publish.contract import Canvas, RenderExport, ResolveCanvas
from mcp_servers.toolbox import Toolbox

STAGE = "shortlist"
TOOLS = frozenset({"publish.resolve_canvas", "publish.render_export", "diffusion.lay_out_scenes"})
UNNAMED_CHANNEL = "file"
"""Where no channel is named the final file is the picture itself."""

SAME_ASPECT = 0.02
"""Relative difference of aspects that scaling may bridge; a channel further away gets a drawing of its own."""

REFRAMES = 3
"""Compositions tried for a finalist on a channel of another aspect."""


async def prepare_review(state: Campaign, services: Services) -> Campaign:
    """Render what a person then approves: exactly the files that go out.

    A channel of another aspect than the canvas is drawn anew in the same scene and judged like every candidate; where
    no such drawing passes, that finalist has no file for the channel and `not_exported` says why.
    """
    finalists = [state["candidates"][name] for name in state.get("shortlist", ())]
    if not finalists:
        return nothing_passed(state)
    tools = services.sessions.toolbox(STAGE, TOOLS)
    made = []
    for channel in tuple(part.value for part in state["brief"].channels) or (UNNAMED_CHANNEL,):
        canvas = await canvas_of(channel, state, services, tools)
        files = (final_file(finalist, channel, canvas, state, services, tools) for finalist in finalists)
        made += await asyncio.gather(*files)
    exports = [file.export for file in made if file.export]
    missing = [file.missing for file in made if file.missing]
    drawn = {candidate.id: candidate for file in made for candidate in file.drawn}
    return {
        "candidates": drawn,
        "exports": tuple(exports),
        "not_exported": tuple(missing),
        "status": RunStatus.REVIEW,
    }


class FinalFile(NamedTuple):
    """One finalist on one channel: its file, or why it has none, and what was drawn for it."""

    export: ExportView | None
    missing: str = ""
    drawn: tuple[Candidate, ...] = ()


async def final_file(
    finalist: Candidate, channel: str, canvas: Canvas, state: Campaign, services: Services, tools: Toolbox
) -> FinalFile:
    """Render a finalist for a channel, drawing it anew where the aspect differs."""
    shown: Candidate = finalist
    tried: tuple[Candidate, ...] = ()
    if not alike(canvas.size, state["canvas"]):
        tried = await reframed(finalist, channel, canvas, state, services, tools)
        passed = [c for c in tried if c.verdict is CandidateVerdict.PASSED]
        if not passed:
            return FinalFile(None, f"{finalist.id} for {channel}: {why_not(tried)}", tried)
        shown = passed[0]
    request = RenderExport(brand=services.brand, run_id=state["run_id"], candidate=shown, channel=channel)
    export = await tools.publish.render_export(request)
    return FinalFile(export.model_copy(update={"candidate": finalist.id}), drawn=tried)


async def canvas_of(channel: str, state: Campaign, services: Services, tools: Toolbox) -> Canvas:
    """The size of a channel's files, and what it covers of them; a stated size is everybody's."""
    if channel == UNNAMED_CHANNEL or state["brief"].size is not None:
        return Canvas(width=state["canvas"].width, height=state["canvas"].height, why="as drawn")
    return await tools.publish.resolve_canvas(ResolveCanvas(brand=services.brand, channels=(channel,)))


def alike(one: Size, other: Size) -> bool:
    """Whether a picture of one size only has to be scaled to be of the other."""
    first, second = one.width / one.height, other.width / other.height
    return abs(first - second) <= SAME_ASPECT * second and one.width <= other.width * 1.25


async def reframed(
    finalist: Candidate, channel: str, canvas: Canvas, state: Campaign, services: Services, tools: Toolbox
) -> tuple[Candidate, ...]:
    """The finalist's scene, finish and words on another canvas, drawn and judged."""
    plan = state["plan"]
    wording = finalist.composition.wording.model_copy(update={"covered": canvas.covered})
    scene = next(scene for scene in plan.scenes if scene.id == finalist.scene.id)
    layout = await tools.diffusion.lay_out(
        LayOut(
            brand=services.brand,
            products=plan.products,
            counts=tuple(part.value.count for part in state["brief"].products),
            nouns=tuple(part.value.noun for part in state["brief"].products),
            scenes=(scene,),
            canvas=canvas.size,
            count=REFRAMES,
            seed=finalist.seed % 1000,
            relations=state["brief"].relations,
        )
    )
    tried: list[Candidate] = []
    for number, setting in enumerate(layout.settings, start=1):
        slot = Slot(**{name: getattr(finalist, name) for name in Slot.model_fields}).model_copy(
            update={
                "id": f"{finalist.id}-{channel}-{number}",
                "parent": finalist.id,
                "scene": setting.scene,
                "composition": setting.composition.model_copy(update={"wording": wording}),
            }
        )
        tried.append(await drawn_and_judged(slot, state, services))
        if tried[-1].verdict is CandidateVerdict.PASSED:
            break
    return tuple(tried)


async def drawn_and_judged(slot: Slot, state: Campaign, services: Services) -> Candidate:
    """One slot through the stages that draw and judge every candidate."""
    plan = state["plan"]
    drawn = await generate.generate(
        {"run_id": state["run_id"], "request": state["request"], "plan": plan, "slots": (slot,)}, services
    )
    judged = await critique.critique(
        {"brief": state["brief"], "book": state["book"], "plan": plan, "candidates": (drawn["candidates"][slot.id],)},
        services,
    )
    return await critique.looked_again(judged["candidates"][slot.id], state, services)


def why_not(tried: tuple[Candidate, ...]) -> str:
    """Which gates kept a finalist from a channel."""
    gates = sorted({finding.check for candidate in tried for finding in candidate.failed_gates()})
    return f"failed {', '.join(gates)}" if gates else "its scene has no room on that canvas"


def nothing_passed(state: Campaign) -> Campaign:
    """The end of a run without a shortlist, saying which gates failed how often."""
    counts: dict[str, int] = {}
    for candidate in state["candidates"].values():
        for finding in candidate.failed_gates():
            counts[finding.check] = counts.get(finding.check, 0) + 1
    worst = sorted(counts.items(), key=lambda item: -item[1])
    reasons = ", ".join(f"{check} ({count} of {len(state['candidates'])})" for check, count in worst[:3])
    broken = next((c.error for c in state["candidates"].values() if c.error), "nothing could be drawn")
    beyond = state["plan"].cannot_draw
    return {
        "status": RunStatus.NOTHING_PASSED,
        "failure": Failure(
            code="nothing_passed",
            message=f"no candidate passed every gate: {reasons or broken}",
            where="critique",
            hint=f"this generator cannot draw {', '.join(beyond)}: leave it out of the request"
            if beyond
            else "try another scene or product photo, or more --rounds",
        ),
    }
