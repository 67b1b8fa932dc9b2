"""Understand: the request as a Brief, after looking in the library and the rules, and the few questions left."""

from __future__ import annotations

import asyncio
import re

from agents.remember import learn_choices, read_with_memory, recollect
from agents.services import Services
from agents.state import Campaign
from domain.assets import AssetHit
from domain.brief import Brief, Part, ProductMention, Question, QuickReply
from domain.errors import NotFound
from domain.rules import BrandBook
from domain.run import RunRequest, RunStatus
from domain.values import BrandId, Origin, Size
from mcp_servers.assets.contract import FindProducts, FindScenes, GetAsset, ReadRules
from mcp_servers.publish.contract import Canvas, ResolveCanvas
from mcp_servers.toolbox import Toolbox

STAGE = "understand"
TOOLS = frozenset(
    {
        "assets.find_products",
        "assets.find_scenes",
        "assets.get_asset",
        "assets.read_rules",
        "publish.resolve_canvas",
    }
)
MOST_QUESTIONS = 2
SAME_SCORE = 0.02
"""Products whose search scores differ by less fit a request equally well."""

ASSET_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}")


async def understand(state: Campaign, services: Services) -> Campaign:
    """Read the request, remember, look everything up, and keep the few questions worth asking.

    At most two: those whose answers would change the plan most. Raises BadInput for a request without words, NotFound
    for a product, channel or market that is not there.
    """
    request = state["request"]
    tools = services.sessions.toolbox(STAGE, TOOLS)
    read, earlier = await read_with_memory(request, state["run_id"], services)
    memory = await recollect(with_choices(read, request), earlier, state["run_id"], services)
    brief = memory.brief
    rules = await tools.assets.read_rules(ReadRules(brand=services.brand, markets=markets_of(brief)))
    await canvas_of(brief, tools)  # an unknown channel is told before anything is asked
    brief, hits, open_products = await look_up_products(brief, request, tools)
    scenes = await tools.assets.find_scenes(FindScenes(brand=services.brand, brief=brief))
    possible = await asyncio.to_thread(
        services.language.questions,
        brief,
        product_hits=hits,
        background_hits=tuple(hit.scene for hit in scenes.hits if hit.fits),
        known_markets=rules.packs,
        book=rules.book,
    )
    wanted = open_products + tuple(q for q in possible if q.field != "products" and worth_asking(q, brief, rules.book))
    brief, rest = take_answers(brief, wanted, request, services)
    asked = rest[:MOST_QUESTIONS]
    answers = {question.id: request.answers[question.id] for question in wanted if question not in rest}
    await learn_choices(wanted, answers, state["run_id"], services)
    if request.assume:
        brief, answers = with_defaults(brief, asked, answers, services)
    return {
        "brief": brief,
        "book": rules.book,
        "questions": tuple(q for q in asked if q.required or not request.assume),
        "asked": (*(question for question in wanted if question not in rest), *asked),
        "answers": answers,
        "earlier": memory.earlier,
        "remembered": memory.used,
        "learned": memory.learned,
        "notes": services.told(),
        "status": RunStatus.WORKING,
    }


def with_choices(brief: Brief, request: RunRequest) -> Brief:
    """The brief with what was chosen beside the words (options of the command line, fields of the API)."""
    changes: dict[str, object] = {}
    if request.markets:
        changes["markets"] = tuple(Part(value=code, origin=Origin.STATED) for code in request.markets)
    if request.channels:
        changes["channels"] = tuple(Part(value=channel, origin=Origin.STATED) for channel in request.channels)
    if request.size:
        changes["size"] = Part(value=Size.parse(request.size), origin=Origin.STATED)
    return brief.model_copy(update=changes)


def markets_of(brief: Brief) -> tuple[str, ...]:
    """Target markets, in the order named."""
    return tuple(part.value for part in brief.markets)


async def canvas_of(brief: Brief, tools: Toolbox) -> Canvas:
    """The canvas for a brief's channels and size. Raises NotFound for an unknown channel."""
    return await tools.publish.resolve_canvas(
        ResolveCanvas(
            brand=brief.brand,
            channels=tuple(part.value for part in brief.channels),
            size=str(brief.size.value) if brief.size else None,
        )
    )


async def look_up_products(
    brief: Brief, request: RunRequest, tools: Toolbox
) -> tuple[Brief, tuple[AssetHit, ...], tuple[Question, ...]]:
    """Find each mentioned product in the library; what is not found becomes a required question.

    A product given by the person is the first mentioned one; with no mention at all it is the only one.
    """
    parts = list(brief.products)
    if request.product:
        asset = await tools.assets.get_asset(GetAsset(brand=brief.brand, asset=request.product))
        if not parts:
            mention = ProductMention(text=asset.title, noun=asset.title.split()[-1].lower(), asset=asset.id)
            parts = [Part(value=mention, origin=Origin.STATED)]
        else:
            parts[0] = parts[0].model_copy(update={"value": parts[0].value.model_copy(update={"asset": asset.id})})
    hits: list[AssetHit] = []
    open_questions: list[Question] = []
    for index, part in enumerate(parts):
        if part.value.asset and await still_there(part, brief.brand, tools):
            continue
        found = await tools.assets.find_products(FindProducts(brand=brief.brand, mention=part.value))
        hits += found.hits
        if found.hits:
            value = part.value.model_copy(update={"asset": found.hits[0].asset.id})
            parts[index] = part.model_copy(update={"value": value})
            if len(found.hits) > 1 and found.hits[1].score >= found.hits[0].score - SAME_SCORE:
                open_questions.append(which_of(part.value, index, found.hits))
        else:
            open_questions.append(product_question(part.value, index, found.near))
    if not parts:
        near = await tools.assets.find_products(
            FindProducts(brand=brief.brand, mention=ProductMention(text=brief.request, noun=""))
        )
        open_questions.append(product_question(None, 0, near.hits + near.near))
    return brief.model_copy(update={"products": tuple(parts)}), tuple(hits), tuple(open_questions)


async def still_there(part: Part[ProductMention], brand: BrandId, tools: Toolbox) -> bool:
    """Whether a product taken over from earlier work is still in the library; one just named is not doubted here."""
    if part.origin is not Origin.REMEMBERED or part.value.asset is None:
        return True
    try:
        await tools.assets.get_asset(GetAsset(brand=brand, asset=part.value.asset))
    except NotFound:
        return False
    return True


def which_of(mention: ProductMention, index: int, hits: tuple[AssetHit, ...]) -> Question:
    """Several products fit the words equally well: the first is taken unless a person says otherwise."""
    return Question(
        id=question_id(index),
        text=f"Several products are “{mention.text}”. Which one is it?",
        why="they fit the words equally well",
        field="products",
        replies=tuple(QuickReply(value=hit.asset.id, label=hit.asset.title) for hit in hits),
        default=hits[0].asset.id,
        gain=0.9,
    )


def question_id(index: int) -> str:
    """The id of the question about the product at this place of the brief."""
    return "product" if index == 0 else f"product-{index + 1}"


def product_question(mention: ProductMention | None, index: int, near: tuple[AssetHit, ...]) -> Question:
    """Which product is meant? Required: another product is never put in its place."""
    text = f"I have no product that is “{mention.text}”. Which one is it?" if mention else "Which product is it?"
    return Question(
        id=question_id(index),
        text=text + " Give a photo with --product FILE, or choose one of the library's.",
        why="the product in the picture must be exactly yours",
        field="products",
        replies=tuple(QuickReply(value=hit.asset.id, label=hit.asset.title) for hit in near[:5]),
        gain=1.0,
        required=True,
    )


def worth_asking(question: Question, brief: Brief, book: BrandBook) -> bool:
    """Never about what was said, nor about what the brand book already answers."""
    value = getattr(brief, question.field, None)
    if isinstance(value, Part):
        return value.origin is Origin.ASSUMED
    if question.field == "markets" and book.default_markets:
        return False
    return not value or question.field in {"props", "avoid"}


def take_answers(
    brief: Brief, wanted: tuple[Question, ...], request: RunRequest, services: Services
) -> tuple[Brief, tuple[Question, ...]]:
    """Apply answers that came with the request; returns the questions still open."""
    rest = []
    for question in wanted:
        if question.id in request.answers:
            brief = answer_question(brief, question, request.answers[question.id], services)
        else:
            rest.append(question)
    return brief, tuple(rest)


def with_defaults(
    brief: Brief, questions: tuple[Question, ...], answers: dict[str, str], services: Services
) -> tuple[Brief, dict[str, str]]:
    """The brief and answers when nobody is to be asked: every default there is."""
    taken = dict(answers)
    for question in questions:
        if question.default is not None and not question.required:
            brief = answer_question(brief, question, question.default, services)
            taken[question.id] = question.default
    return brief, taken


def answer_question(brief: Brief, question: Question, answer: str, services: Services) -> Brief:
    """The brief after one answer; product answers name an asset of the library."""
    if question.field != "products":
        return services.language.apply_answer(brief, question, answer)
    if not ASSET_ID.fullmatch(answer):
        raise NotFound(f"there is no product {answer[:60]!r}", where=question.id, hint="give an asset id, or a photo")
    index = 0 if question.id == "product" else int(question.id.partition("-")[2]) - 1
    parts = list(brief.products)
    if index < len(parts) and parts[index].value.asset == answer:
        return brief  # the default that was already taken
    if index < len(parts):
        # The person has said which product it is: what the words said of it no longer has to be found on it.
        value = parts[index].value.model_copy(update={"asset": answer, "colours": (), "attributes": ()})
        parts[index] = parts[index].model_copy(update={"value": value, "origin": Origin.ANSWERED})
    else:
        parts.append(Part(value=ProductMention(text=answer, noun="product", asset=answer), origin=Origin.ANSWERED))
    return brief.model_copy(update={"products": tuple(parts)})


def clarify(state: Campaign, answers: dict[str, str], services: Services) -> Campaign:
    """The brief after a person's (or a default's) answers; a question left open keeps its default."""
    brief = state["brief"]
    taken = dict(state.get("answers", {}))
    for question in state["questions"]:
        answer = answers.get(question.id, question.default)
        if answer is not None:
            brief = answer_question(brief, question, answer, services)
            taken[question.id] = answer
    return {"brief": brief, "questions": (), "answers": taken}
