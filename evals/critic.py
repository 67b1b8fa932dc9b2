"""Suite *critic*: sound pictures that must pass, and the same with a planted defect that must not.

Sound pictures are what the layout draws for the demo products in front of real photographs (of scikit-image and
scikit-learn, which come with the development extra) and on plates. Each check is asked about its own defects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from agents.generate import generate
from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part, ProductMention
from domain.candidate import Candidate, Slot, Verdict
from domain.composition import Caption, Composition, ProductGeometry, Scene
from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.plan import Plan
from domain.ports import Image
from domain.run import RunRequest
from domain.values import Model, Origin, Size
from evals.defects import FILLED_IN
from evals.homes import demo_home
from evals.planting import PLANTS
from evals.repair import Bench, bench_over
from evals.suite import Case, Metric, Scored, Suite
from mcp_servers.assets.contract import CutOut
from mcp_servers.diffusion.contract import LayOut
from mcp_servers.judges.contract import JudgeCandidate
from mcp_servers.judges.server import evidence_of
from tools.imaging.backdrop import tabletop_scene
from tools.imaging.scenes import scene as scene_by_id
from tools.judges import Evidence, checks_for, measure

LEVELS = ("weak", "medium", "strong")
CANVAS = Size(width=1024, height=1024)
TOOLS = frozenset({"assets.cut_out", "diffusion.lay_out_scenes"})


class Kind(Model):
    """One kind of defect; the fields are described at the head of suites/critic.yaml."""

    name: str
    check: str
    strengths: tuple[float, float, float]
    unit: str
    redraw: bool = False
    scenes: str = ""


class Critic(Model):
    """The committed set."""

    photographs: tuple[str, ...]
    plates: tuple[str, ...]
    products: tuple[str, ...]
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Sound:
    """One sound picture and what the checks know of it."""

    name: str
    candidate: Candidate
    evidence: Evidence
    plan: Plan


@lru_cache(maxsize=1)
def committed() -> Critic:
    """The cases."""
    text = resources.files("evals").joinpath("suites", "critic.yaml").read_text("utf-8")
    return Critic.model_validate(read_yaml(text))


def photograph(name: str) -> Image:
    """A real photograph, RGB. Raises Misconfigured without the development extra."""
    try:
        if name.endswith(".jpg"):
            from sklearn.datasets import load_sample_image  # type: ignore[import-untyped]  # noqa: PLC0415  dev extra

            return np.asarray(load_sample_image(name), np.uint8)
        from skimage import data  # noqa: PLC0415  the dev extra

        return np.asarray(getattr(data, name)(), np.uint8)[..., :3]
    except ImportError as error:
        raise Misconfigured(
            "the critic is tried on photographs of scikit-image and scikit-learn", where="evals run critic",
            hint='pip install "onbrand[dev]"',
        ) from error


def scenes(bench: Bench) -> Iterator[Scene]:
    """Every scene: photographs, put into the library, then plates."""
    workshop = bench.onbrand.workshop
    for name in committed().photographs:
        image = photograph(name)
        plain = name.partition(".")[0]
        asset = Asset(
            id=f"photo-{plain}", brand="demo", kind=AssetKind.BACKGROUND, title=plain, tags=(plain,),
            digest=workshop.pixels.put("demo", image).digest, size=Size(width=image.shape[1], height=image.shape[0]),
        )
        workshop.library.add(asset)
        yield tabletop_scene(asset, image)
    yield from (scene_by_id(name) for name in committed().plates)


def brief_for(product: str) -> Brief:
    """A request for the product and nothing else."""
    mention = ProductMention(text=product, noun=product.rpartition("-")[2], asset=product)
    return Brief(
        request=product, brand="demo", products=(Part[ProductMention](value=mention, origin=Origin.STATED),)
    )


async def sound(bench: Bench) -> list[Sound]:
    """Every product in every scene it goes with, as the layout sets it."""
    made = []
    held = list(scenes(bench))
    tools = bench.services.sessions.toolbox("evaluate", TOOLS)
    for product in committed().products:
        answer = await tools.assets.cut_out(CutOut(brand="demo", asset=product))
        plan = Plan(
            products=(answer.geometry,), cutouts={product: answer.cutout.digest}, scenes=tuple(held), options=()
        )
        for scene in held:
            slot = await slot_in(scene, answer.geometry, bench)
            if slot is not None:
                made.append(await drawn(f"{product} in {scene.id}", slot, plan, bench))
    return made


async def slot_in(scene: Scene, geometry: ProductGeometry, bench: Bench) -> Slot | None:
    """The layout's first composition in a scene; None where product and scene do not go together."""
    tools = bench.services.sessions.toolbox("evaluate", TOOLS)
    layout = await tools.diffusion.lay_out(
        LayOut(brand="demo", products=(geometry,), counts=(1,), scenes=(scene,), canvas=CANVAS, count=1)
    )
    if not layout.settings:
        return None
    setting = layout.settings[0]
    return Slot(
        id=f"{geometry.asset}-{scene.id}".replace(":", "-"), caption=Caption(subject=geometry.asset),
        scene=setting.scene, composition=setting.composition, settings=setting.settings, products=(geometry.asset,),
        seed=1,
    )


async def drawn(name: str, slot: Slot, plan: Plan, bench: Bench) -> Sound:
    """A slot drawn, with the evidence the judges would have of it."""
    group: Any = {"run_id": bench.run_id, "request": RunRequest(request="evaluation"), "plan": plan, "slots": (slot,)}
    candidate = (await generate(group, bench.services))["candidates"][slot.id]
    question = JudgeCandidate(
        brand="demo", candidate=candidate, brief=brief_for(slot.products[0]),
        scene=next(scene for scene in plan.scenes if scene.id == slot.scene.id), cutouts=dict(plan.cutouts),
        geometry=plan.products[0],
    )
    evidence = await asyncio.to_thread(evidence_of, bench.onbrand.workshop, question)
    return Sound(name, candidate, evidence, plan)


def redrawn(kind: Kind, strength: float, slot: Slot) -> Slot:
    """The slot with a defect of composition in it."""
    composition = slot.composition
    changes: dict[str, Any]
    if kind.name == "tiny":
        changes = {"scale": composition.scale * strength}
    elif kind.name == "rolled":
        changes = {"roll": strength}
    elif kind.name == "floating":
        changes = {"lift": strength * composition.canvas.height}
    else:
        across = (composition.box.width if composition.box else 0) / composition.canvas.width
        changes = {"centre": composition.centre.model_copy(update={"x": 1 - across / 2 + across * strength})}
    planted = Composition.model_validate({**composition.model_dump(), **FILLED_IN, **changes})
    return slot.model_copy(update={"id": f"{slot.id}-{kind.name}-{strength:g}", "composition": planted})


def verdict(evidence: Evidence, check: str) -> Verdict:
    """How one check comes out."""
    return measure(evidence, ocr=check == "unwanted_text", only=(check,))[0].verdict


def sound_case(one: Sound) -> Case:
    """A sound picture before every check: a failure is a false alarm."""
    findings = measure(one.evidence, ocr=True, only=checks_for(ocr=True))
    failed = [finding.check for finding in findings if finding.verdict is Verdict.FAIL and finding.severity == "gate"]
    scores = {f"{f.check}.false_fail": float(f.check in failed) for f in findings if f.severity == "gate"}
    scores |= {f"{f.check}.abstained": float(f.verdict is Verdict.ABSTAIN) for f in findings if f.severity == "gate"}
    return Case(
        id=f"sound: {one.name}", scores={**scores, "false_fail": float(bool(failed))},
        says=tuple(f"{f.check}: {f.reason}" for f in findings if f.check in failed),
    )


def planted_case(kind: Kind, level: str, name: str, came_out: Verdict) -> Case:
    """A planted defect before its check: a pass is a false pass."""
    passed, abstained = float(came_out is Verdict.PASS), float(came_out is Verdict.ABSTAIN)
    scores = {
        "false_pass": passed, f"false_pass.{level}": passed, f"{kind.name}.false_pass": passed,
        f"{kind.name}.false_pass.{level}": passed, f"{kind.name}.abstained": abstained, "planted_abstained": abstained,
    }
    says = () if came_out is Verdict.FAIL else (f"{kind.check} {came_out.value}ed",)
    return Case(id=f"{kind.name} {level}: {name}", scores=scores, says=says)


async def run(limit: int | None) -> Scored:
    """Every sound picture, and every defect at every strength in each; `limit` bounds the sound pictures."""
    cases: list[Case] = []
    async with demo_home() as onbrand, bench_over(onbrand) as bench:
        for one in (await sound(bench))[:limit]:
            cases.append(await asyncio.to_thread(sound_case, one))
            for kind in committed().kinds:
                if not one.candidate.scene.id.startswith(kind.scenes):
                    continue
                for level, strength in zip(LEVELS, kind.strengths, strict=True):
                    evidence = await planted(kind, strength, one, bench)
                    came_out = await asyncio.to_thread(verdict, evidence, kind.check)
                    cases.append(planted_case(kind, level, one.name, came_out))
    nobody = tuple(
        case.model_copy(update={"scores": {n: blind(n) for n in case.scores}, "says": ()}) for case in cases
    )
    return Scored(cases=tuple(cases), baselines={"no critic": nobody})


def blind(score: str) -> float:
    """What somebody who passes everything scores."""
    return float("false_pass" in score)


async def planted(kind: Kind, strength: float, one: Sound, bench: Bench) -> Evidence:
    """A sound picture's evidence with the defect in it."""
    if kind.redraw:
        slot = Slot(**{name: getattr(one.candidate, name) for name in Slot.model_fields})
        return (await drawn(one.name, redrawn(kind, strength, slot), one.plan, bench)).evidence
    evidence = one.evidence
    if evidence.mask is None or evidence.layer is None:
        raise Misconfigured("the generator gave no mask or layer", where=one.name)
    image = await asyncio.to_thread(PLANTS[kind.name], evidence.image, evidence.mask, evidence.layer, strength)
    return replace(evidence, image=image)


SUITE = Suite(
    name="critic",
    about="Planted defects of sixteen kinds at three strengths, in pictures before real photographs and on plates.",
    scorer=(
        "False pass is the share of planted pictures that the defect's own check passes, false fail the share of sound "
        "pictures that a gate fails; a check that abstains is counted apart. Baseline: passing everything."
    ),
    metrics=(
        Metric(name="false fail, any gate", of="false_fail", better="lower"),
        Metric(name="false pass", of="false_pass", better="lower"),
        *(Metric(name=f"false pass, {level}", of=f"false_pass.{level}", better="lower") for level in LEVELS),
        Metric(name="abstained on a defect", of="planted_abstained", better="lower"),
        *(
            Metric(name=f"{kind.name}: false pass, {level}", of=f"{kind.name}.false_pass.{level}", better="lower")
            for kind in committed().kinds
            for level in LEVELS
        ),
        *(
            Metric(name=f"{check}: false fail", of=f"{check}.false_fail", better="lower")
            for check in dict.fromkeys(kind.check for kind in committed().kinds)
        ),
    ),
    run=run,
)
