"""Plan: cutouts, scenes, captions and compositions, laid out as options with a predicted price, time and pass rate."""

from __future__ import annotations

import asyncio

from agents.services import Services
from agents.state import Campaign
from agents.understand import canvas_of, markets_of
from domain.brief import Brief
from domain.candidate import Slot
from domain.composition import Caption, Wording
from domain.errors import NoProduct, NothingPassed, OverBudget, UnsureCutout
from domain.plan import Capability, Option, Plan, Prediction
from domain.rules import BrandBook
from domain.run import RunRequest
from domain.values import AssetId, Box, Edges
from mcp_servers.assets.contract import CheckRules, CutOut, CutOutAnswer, FindScenes, SceneHit
from mcp_servers.diffusion.contract import DescribeGenerators, LayOut, Setting
from mcp_servers.toolbox import Toolbox

STAGE = "plan"
TOOLS = frozenset(
    {
        "assets.cut_out",
        "assets.find_scenes",
        "assets.check_rules",
        "diffusion.describe_generators",
        "diffusion.lay_out_scenes",
        "publish.resolve_canvas",
    }
)
HISTORY_NEEDED = 20
"""Recorded runs below which no pass probability is shown."""

SCORE_MARGIN = 0.05
"""How far below the best scene's score another may lie and still be drawn."""

MOST_SCENES = 10
"""Scenes offered to the layout, which takes those that show the products best."""

JUDGE_SECONDS = 0.4
"""Time of the measured checks a candidate, before there is history (docs/performance.md)."""


async def plan(state: Campaign, services: Services) -> Campaign:
    """Decide everything that can be decided before drawing.

    Raises NoProduct when a product is still open, UnsureCutout when an outline is not certain enough,
    RefusedByRule when a blocking rule forbids the brief, OverBudget when no option fits the budget.
    """
    tools = services.sessions.toolbox(STAGE, TOOLS)
    request, brief = state["request"], state["brief"]
    canvas = await canvas_of(brief, tools)
    cut = await cut_products(brief, request, tools)
    generator = (await tools.diffusion.describe_generators(DescribeGenerators(brand=services.brand))).generators[0]
    found = await tools.assets.find_scenes(FindScenes(brand=services.brand, brief=brief, background=request.background))
    fitting = worth_drawing(found.hits)
    layout = await tools.diffusion.lay_out(
        LayOut(
            brand=services.brand,
            products=tuple(answer.geometry for answer in cut),
            counts=tuple(part.value.count for part in brief.products),
            nouns=tuple(part.value.noun for part in brief.products),
            scenes=tuple(hit.scene for hit in fitting),
            canvas=canvas.size,
            count=services.grid,
            seed=request.seed,
            relations=brief.relations,
        )
    )
    if not layout.settings:
        raise no_scene(layout.left_out)
    scenes = {hit.scene.id: hit.scene for hit in fitting}
    written = await asyncio.to_thread(
        services.language.captions, brief, tuple(scenes.values()), cut[0].asset, generator.caption_limit
    )
    captions = dict(zip(scenes, written, strict=True))
    checks = await tools.assets.check_rules(
        CheckRules(
            brand=services.brand,
            brief=brief,
            captions=tuple(captions.values()),
            markets=markets_of(brief),
            sector=cut[0].asset.sector or state["book"].sector,
        )
    )
    captions = dict(zip(captions, checks.captions, strict=True))
    wording = wording_of(brief, generator, state["book"], canvas.covered)
    products = tuple(answer.geometry.asset for answer in cut)
    slots = slots_from(layout.settings, captions, products, request.seed, wording)
    history = await asyncio.to_thread(services.history.pass_rates, services.brand, generator.generator)
    return {
        "canvas": canvas.size,
        "rules": checks.checks,
        "plan": Plan(
            products=tuple(answer.geometry for answer in cut),
            cutouts={answer.geometry.asset: answer.cutout.digest for answer in cut},
            scenes=tuple(scenes[scene] for scene in dict.fromkeys(slot.scene.id for slot in slots)),
            left_out=layout.left_out,
            cannot_draw=beyond(brief, generator, fitting),
            options=affordable(options_from(slots, generator, history), request),
            caption_limit=generator.caption_limit,
        ),
        "notes": services.told(),
        "round": 0,
        "round_limit": request.rounds,
    }


def worth_drawing(hits: tuple[SceneHit, ...]) -> tuple[SceneHit, ...]:
    """The scenes that fit about as well as the best one; where none fits, the nearest, which will be failed for it.

    A scene that merely could pass is not mixed in for variety: a person who says "terrace" gets terraces.
    """
    fitting = [hit for hit in hits if hit.fits]
    near = [hit for hit in fitting if hit.score >= fitting[0].score - SCORE_MARGIN]
    return tuple(near[:MOST_SCENES]) or hits[:MOST_SCENES]


async def cut_products(brief: Brief, request: RunRequest, tools: Toolbox) -> tuple[CutOutAnswer, ...]:
    """One cutout a product, each certain enough to go on without a person's look."""
    answers: list[CutOutAnswer] = []
    for index, part in enumerate(brief.products):
        if not part.value.asset:
            raise NoProduct(
                f"no product in the library is “{part.value.text}”",
                where="the request",
                hint="give its photo: --product FILE (see `onbrand assets list` for what there is)",
            )
        box = Box.parse(",".join(map(str, request.product_box))) if request.product_box and index == 0 else None
        answer = await tools.assets.cut_out(CutOut(brand=brief.brand, asset=part.value.asset, box=box))
        if not answer.confident:
            raise unsure(answer)
        answers.append(answer)
    if not answers:
        raise NoProduct(
            "the request names no product", where="the request", hint="name it, or give its photo: --product FILE"
        )
    return tuple(answers)


def unsure(answer: CutOutAnswer) -> UnsureCutout:
    """The refusal for an uncertain outline, with a box to try."""
    box = answer.suggested_box
    size = answer.asset.size
    flag = f"{box.x},{box.y},{box.width},{box.height}" if box else f"0,0,{size.width},{size.height}"
    return UnsureCutout(
        f"the outline of “{answer.asset.title}” is not certain enough "
        f"({answer.cutout.confidence:.2f}, needed {answer.threshold:.2f}): {answer.cutout.reason}",
        where=f"mask: {answer.overlay.path}" if answer.overlay else answer.asset.id,
        hint=f"look at the mask, then draw a box around the product and run again with --product-box {flag}",
    )


def no_scene(left_out: tuple[str, ...]) -> NothingPassed:
    """Product and scenes that do not match in viewpoint, size or light are not combined."""
    return NothingPassed(
        "no scene goes with this product: " + "; ".join(left_out[:4]),
        where="plan",
        hint="name another place, give a --background, or a product photo from another height",
    )


def wording_of(brief: Brief, generator: Capability, book: BrandBook, covered: Edges) -> Wording:
    """The words to set; none where the generator cannot set them all, which `beyond` names."""
    texts = tuple(part.value for part in brief.text)
    if words_beyond(texts, generator):
        return Wording()
    return Wording(texts=texts, colours=tuple(colour.hex for colour in book.colours), covered=covered)


def words_beyond(texts: tuple[str, ...], generator: Capability) -> tuple[str, ...]:
    """The words a generator cannot set, and why."""
    if generator.text is None:
        return tuple(f"the words “{text}”" for text in texts)
    return generator.text.beyond(texts)


def slots_from(
    settings: tuple[Setting, ...],
    captions: dict[str, Caption],
    products: tuple[AssetId, ...],
    seed: int,
    wording: Wording,
) -> tuple[Slot, ...]:
    """One slot a composition, with the words to set on it; the seed makes every slot's own."""
    return tuple(
        Slot(
            id=f"c0-{number:02d}",
            caption=captions[setting.scene.id],
            scene=setting.scene,
            composition=setting.composition.model_copy(update={"wording": wording}),
            settings=setting.settings,
            products=products,
            seed=(seed * 1009 + number) % 2**31,
        )
        for number, setting in enumerate(settings, start=1)
    )


def beyond(brief: Brief, generator: Capability, hits: tuple[SceneHit, ...]) -> tuple[str, ...]:
    """What the brief asks for and this generator cannot draw, named before anything is spent."""
    shown = [" ".join((*hit.scene.tags, hit.scene.title)).lower() for hit in hits]
    missing = [part.value for part in brief.props if not all(part.value.lower() in scene for scene in shown)]
    missing += words_beyond(tuple(part.value for part in brief.text), generator)
    if brief.background and not any(hit.fits for hit in hits):
        missing.append(f"the place “{brief.background.value}”")
    return tuple(missing)


def options_from(slots: tuple[Slot, ...], generator: Capability, history: tuple[int, int]) -> tuple[Option, ...]:
    """A standard grid, and a quick look at its first three."""
    sizes = {"standard": ("the full grid", len(slots)), "quick": ("a quick look", min(3, len(slots)))}
    return tuple(
        Option(
            name=name,
            title=f"{title}: {count} candidates",
            generator=generator.generator,
            slots=slots[:count],
            prediction=predict(count, generator, history),
        )
        for name, (title, count) in sizes.items()
        if count
    )


def predict(count: int, generator: Capability, history: tuple[int, int]) -> Prediction:
    """Cost and time from the capability record, pass probability from how many of 20 or more recorded runs passed."""
    runs, passed = history
    return Prediction(
        cost=round(count * generator.price_per_image, 4),
        seconds=round(count * (generator.seconds_per_image + JUDGE_SECONDS), 1),
        pass_probability=passed / runs if runs >= HISTORY_NEEDED else None,
        history=runs,
    )


def affordable(options: tuple[Option, ...], request: RunRequest) -> tuple[Option, ...]:
    """The options within the budget; raises OverBudget when there is none."""
    fitting = tuple(option for option in options if option.prediction.cost <= request.budget)
    if options and not fitting:
        cheapest = min(option.prediction.cost for option in options)
        raise OverBudget(
            f"the cheapest way to do this is predicted at ${cheapest:.2f}, the budget is ${request.budget:.2f}",
            where="--budget",
            hint=f"raise it to at least {cheapest:.2f}, or ask for less",
        )
    return fitting


def choose(state: Campaign, name: str | None) -> Campaign:
    """Take an option by name; the first is the recommended one."""
    options = state["plan"].options
    option = next((o for o in options if o.name == name), options[0])
    return {"chosen": option.name, "to_draw": option.slots}
