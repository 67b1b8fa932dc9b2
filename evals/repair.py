"""Does the loop repair? Planted defects through draw, critique and revise, against re-rolling with new seeds.

    python -m evals.repair [--json] [--only ID]...

Repaired means: within two rounds some candidate of the case passes every gate. What is counted is candidates drawn
after the planted one. The baseline and its limit stand in suites/defects.yaml, written before anything was tuned.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import critique, generate
from agents.revise import revise
from agents.services import Services
from agents.state import Campaign
from domain.brief import Brief
from domain.candidate import Candidate, CandidateVerdict, Slot, Verdict
from domain.composition import Caption, Scene, SceneRef
from domain.plan import Option, Plan, Prediction
from domain.rules import BrandBook
from domain.run import RunRequest
from evals.defects import Defect, copy_slot, photograph, planted, rerolled, suite
from mcp_servers.assets.contract import CutOut
from mcp_servers.connect import open_sessions
from mcp_servers.diffusion.contract import LayOut
from memory.runs import new_run_id
from service.orchestrator import Onbrand
from service.settings import Settings
from tools.imaging.backdrop import photo_scene
from tools.imaging.scenes import catalogue
from tools.imaging.scenes import scene as scene_by_id

ROUNDS = 2
TOOLS = frozenset({"assets.cut_out", "diffusion.lay_out_scenes"})


class Unrecorded:
    """Nothing of an evaluation is kept as a trace."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


@dataclass(frozen=True)
class Outcome:
    """How one case went. `draws` are candidates after the planted one; None: never passed within the bound."""

    case: str
    check: str
    detected: bool
    loop_draws: int
    loop_repaired: bool
    reroll_draws: int
    reroll_repaired: bool


@dataclass(frozen=True)
class Bench:
    """What a case is run on."""

    services: Services
    onbrand: Onbrand
    run_id: str
    book: BrandBook


@asynccontextmanager
async def bench_over(onbrand: Onbrand) -> AsyncIterator[Bench]:
    """What stages are run on by themselves, over an open home."""
    async with open_sessions(onbrand.servers, Unrecorded()) as sessions:
        row = onbrand.workshop.runs.create(RunRequest(request="evaluation"), new_run_id())
        services = Services(
            brand="demo",
            sessions=sessions,
            language=onbrand.language,
            ledger=onbrand.driver.ledger,
            history=onbrand.workshop.runs,
            shortlist_size=1,
        )
        yield Bench(services, onbrand, row.run_id, onbrand.workshop.rulebook.brand("demo"))


async def evaluate(only: Sequence[str] = ()) -> list[Outcome]:
    """Run the suite in a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with Onbrand.open(Settings(home=Path(folder))) as onbrand:
            onbrand.prepare("demo", lambda text, share: None)
            async with bench_over(onbrand) as bench:
                return [await run_case(case, bench) for case in suite().cases if not only or case.id in only]


@dataclass(frozen=True)
class Broken:
    """A case with its defect drawn and judged, and what may be drawn instead."""

    case: Defect
    first: Candidate
    slot: Slot
    sound: dict[str, tuple[Slot, ...]]
    plan: Plan
    brief: Brief

    @property
    def detected(self) -> bool:
        """Whether the check that should fail did."""
        return any(f.check == self.case.check and f.verdict is Verdict.FAIL for f in self.first.findings)


async def broken_case(case: Defect, bench: Bench) -> Broken:
    """Plant a case's defect, draw it and judge it."""
    plan, sound = await planned(case, bench)
    model = sound_slot(case, sound)
    brief = case.as_brief()
    photo, plan = await with_photo(case, model, plan, bench)
    slot = planted(case, model, photo).model_copy(update={"id": f"{case.id}-c0-01"})
    first = (await judged((slot,), plan, brief, bench))[0]
    return Broken(case, first, slot, sound, plan, brief)


async def run_case(case: Defect, bench: Bench) -> Outcome:
    """One defect through the loop and through the baseline."""
    broken = await broken_case(case, bench)
    loop = await repair(broken.first, broken.plan, broken.brief, bench)
    baseline = await reroll(case, broken.slot, broken.sound, broken.plan, broken.brief, bench)
    return Outcome(case.id, case.check, broken.detected, *loop, *baseline)


def sound_slot(case: Defect, sound: dict[str, tuple[Slot, ...]]) -> Slot:
    """The slot to break. Where the layout refuses the scene (it does not go with the product), another's is set in it:
    that is the defect.
    """
    own = sound.get(case.scene)
    slots = own or next(iter(sound.values()))
    slot = slots[case.position % len(slots)]
    return slot if own else slot.model_copy(update={"scene": SceneRef(id=case.scene)})


async def planned(case: Defect, bench: Bench) -> tuple[Plan, dict[str, tuple[Slot, ...]]]:
    """The plan a run would have, and its sound slots by scene."""
    tools = bench.services.sessions.toolbox("evaluate", TOOLS)
    answer = await tools.assets.cut_out(CutOut(brand="demo", asset=case.product))
    shipped = {scene.id for scene in catalogue()}
    scenes = [scene_by_id(name) for name in dict.fromkeys((case.scene, *case.offered)) if name in shipped]
    sound = {scene.id: await slots_of(scene, answer.geometry, case, bench) for scene in scenes}
    sound = {name: slots for name, slots in sound.items() if slots}
    option = Option(
        name="standard",
        title="",
        generator="compositor",
        slots=tuple(slots[case.position % len(slots)] for slots in sound.values()),
        prediction=Prediction(cost=0, seconds=1),
    )
    plan = Plan(
        products=(answer.geometry,),
        cutouts={case.product: answer.cutout.digest},
        scenes=tuple(scene for scene in scenes if scene.id in sound or scene.id == case.scene),
        options=(option,),
    )
    return plan, sound


async def slots_of(scene: Scene, geometry: Any, case: Defect, bench: Bench) -> tuple[Slot, ...]:
    """Nine sound slots of one scene."""
    tools = bench.services.sessions.toolbox("evaluate", TOOLS)
    layout = await tools.diffusion.lay_out(
        LayOut(brand="demo", products=(geometry,), counts=(1,), scenes=(scene,), canvas=suite().canvas)
    )
    caption = Caption(subject=case.product.replace("-", " "), environment=scene.title)
    return tuple(
        Slot(
            id=f"{case.id}-{scene.id}-{number}",
            caption=caption,
            scene=setting.scene,
            composition=setting.composition,
            settings=setting.settings,
            products=(case.product,),
            seed=number,
        )
        for number, setting in enumerate(layout.settings)
    )


async def with_photo(case: Defect, model: Slot, plan: Plan, bench: Bench) -> tuple[str | None, Plan]:
    """For cases with the product already in the background: that photograph, made and put into the library."""
    if case.photo is None:
        return None, plan
    workshop = bench.onbrand.workshop
    product = workshop.library.get("demo", case.product)
    cutout = workshop.pixels.load("demo", plan.cutouts[case.product])
    (drawn,) = workshop.generators["compositor"].draw(
        [copy_slot(case, model)], {case.product: cutout}, {case.product: product}, {}
    )
    asset, picture = photograph(case, drawn.slot, drawn.image, product, scene_by_id(case.scene))
    asset = asset.model_copy(update={"digest": workshop.pixels.put("demo", picture).digest})
    workshop.library.add(asset)
    scene = photo_scene(asset, picture)
    return asset.id, plan.model_copy(update={"scenes": (*((scene,) if scene else ()), *plan.scenes)})


async def judged(slots: tuple[Slot, ...], plan: Plan, brief: Brief, bench: Bench) -> list[Candidate]:
    """Slots drawn and judged by the stages themselves."""
    request = RunRequest(request="evaluation")
    drawn = await generate.generate(
        {"run_id": bench.run_id, "request": request, "plan": plan, "slots": slots}, bench.services
    )
    update = await critique.critique(
        {"brief": brief, "book": bench.book, "plan": plan, "candidates": tuple(drawn["candidates"].values())},
        bench.services,
    )
    return list(update["candidates"].values())


Feedback = Callable[[Candidate], Candidate]
"""What the reviser is told of a candidate: its findings as they are, or otherwise."""


def as_found(candidate: Candidate) -> Candidate:
    """The findings as they are."""
    return candidate


async def repair(
    first: Candidate, plan: Plan, brief: Brief, bench: Bench, feedback: Feedback = as_found
) -> tuple[int, bool]:
    """Revise for at most ROUNDS rounds: candidates drawn, and whether one passed."""
    first = feedback(first)
    state: Campaign = {
        "request": RunRequest(request="evaluation"),
        "brief": brief,
        "plan": plan,
        "round": 0,
        "shortlist": (),
        "candidates": {first.id: first},
        "edits": {},
    }
    draws = 0
    for _ in range(ROUNDS):
        update = await revise(state, bench.services)
        state = {**state, **update, "edits": {**state["edits"], **update["edits"]}}
        for slot in update["to_draw"]:
            named = slot.model_copy(update={"id": f"{first.id}-{slot.id}"})
            (child,) = await judged((named,), plan, brief, bench)
            draws += 1
            state["candidates"] = {**state["candidates"], child.id: feedback(child)}
            if child.verdict is CandidateVerdict.PASSED:
                return draws, True
        if not update["to_draw"]:
            break
    return draws, False


async def reroll(
    case: Defect, broken: Slot, sound: dict[str, tuple[Slot, ...]], plan: Plan, brief: Brief, bench: Bench
) -> tuple[int, bool]:
    """The baseline: candidates drawn until one passes every gate, at most its limit."""
    baseline = suite().reroll
    for draw in range(1, baseline.limit + 1):
        slot = rerolled(case, broken, sound, draw, baseline)
        (candidate,) = await judged((slot,), plan, brief, bench)
        if candidate.verdict is CandidateVerdict.PASSED:
            return draw, True
    return baseline.limit, False


def main() -> None:
    """Print a line a case and the totals, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    outcomes = asyncio.run(evaluate(options.only))
    totals = {
        "cases": len(outcomes),
        "detected": sum(o.detected for o in outcomes),
        "repaired_in_two_rounds": sum(o.loop_repaired for o in outcomes),
        "loop_draws": sum(o.loop_draws for o in outcomes),
        "reroll_passed": sum(o.reroll_repaired for o in outcomes),
        "reroll_draws": sum(o.reroll_draws for o in outcomes),
    }
    ratio = round(totals["reroll_draws"] / max(totals["loop_draws"], 1), 2)
    if options.json:
        print(json.dumps({"totals": {**totals, "ratio": ratio}, "cases": [vars(o) for o in outcomes]}))
        return
    for o in outcomes:
        mark = "repaired" if o.loop_repaired else "NOT repaired"
        found = "" if o.detected else "  (not detected)"
        base = f"re-roll {o.reroll_draws}{'' if o.reroll_repaired else ' (never)'}"
        print(f"{o.case:42} {o.check:20} {mark:13} {o.loop_draws} draws, {base}{found}")
    print(totals, f"ratio {ratio}")


if __name__ == "__main__":
    main()
