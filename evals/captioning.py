"""Suite *captions*: what is written for an image model, against handing it the request as it was typed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache

from domain.assets import Asset, AssetKind
from domain.brief import Brief
from domain.composition import Caption, Scene
from domain.errors import BadInput
from domain.values import Size
from evals.paper import NO_PICTURE
from evals.suite import OURS, Case, Metric, OneByOne, ScoreOne, Suite
from evals.understanding import requests
from service.wiring import BuiltinLanguage
from tools.imaging.scenes import catalogue
from tools.language.lexicon import Kind, load_lexicon
from tools.language.tokens import key
from tools.search import StaticEmbedder, search_scenes

LIMIT = 1024
ELEMENTS = ("subject", "reference", "environment", "light", "camera", "style")
INSTRUCTION = re.compile(
    r"\b(please|make|create|generate|design|draw|render|add|put|place|show|include|ensure|must|should|need|want|"
    r"give me|can you|could you|let'?s|i'?d like|use)\b",
    re.I,
)
NEGATION = re.compile(
    r"\b(no|not|without|never|none|nothing|don'?t|doesn'?t|avoid|instead of|neither|nor|except)\b", re.I
)
CHANGE = re.compile(
    r"\b(recolou?red|redesigned|rebranded|new label|different (label|colou?r|shape)|altered|changed|modified)\b", re.I
)


@lru_cache(maxsize=1)
def things() -> dict[str, Kind]:
    """Words that name a thing one could see: goods, props, people."""
    seen = (Kind.GOODS, Kind.PROP, Kind.PERSON)
    return {
        keys[0]: next(kind for kind in seen if kind in senses)
        for keys, senses in load_lexicon().phrases.items()
        if len(keys) == 1 and any(kind in senses for kind in seen)
    }


def words(texts: Iterable[str]) -> set[str]:
    """The keys of all words."""
    return {key(word) for text in texts for word in re.findall(r"[\w'-]+", text.lower().replace("-", " "))}


def product_of(brief: Brief) -> Asset:
    """A row for the first product a request names, with nothing in it but its words."""
    mention = brief.products[0].value
    return Asset(
        id="case", brand="demo", kind=AssetKind.PRODUCT, title=mention.text, tags=(mention.noun,),
        colours=mention.colours, digest=NO_PICTURE, size=Size(width=64, height=64),
    )


def scored(case: str, text: str, caption: Caption | None, brief: Brief, scene: Scene, product: Asset) -> Case:
    """One caption; `caption` is None for a text without elements."""
    known = words(
        [brief.request, product.title, *product.tags, *product.colours, scene.title, scene.surface, *scene.tags]
    )
    seen = words([caption.subject, caption.reference, caption.environment, caption.pose] if caption else [text])
    invented = sorted({word for word in seen if word in things() and word not in known})
    avoided = sorted(words(part.value for part in brief.avoid) & seen & set(things()))
    colours = {word for (word, *rest), senses in load_lexicon().phrases.items() if not rest and Kind.COLOUR in senses}
    painted = words([caption.subject if caption else text]) & colours
    repainted = sorted(painted - words([product.title, *product.colours]))
    told = [element for element in ELEMENTS if caption is not None and getattr(caption, element)]
    wrong = {
        "topology": [element for element in ELEMENTS if element not in told],
        "limit": [f"{len(text)} characters"] if len(text) > LIMIT else [],
        "instruction": INSTRUCTION.findall(text),
        "negation": NEGATION.findall(text),
        "invention": invented,
        "avoided": avoided,
        "change": [*map(str, CHANGE.findall(text)), *repainted],
    }
    return Case(
        id=case,
        scores={**{name: float(not found) for name, found in wrong.items()}, "sound": float(not any(wrong.values()))},
        says=tuple(f"{name}: {', '.join(map(str, found))}" for name, found in wrong.items() if found),
    )


@lru_cache(maxsize=1)
def told() -> dict[str, Brief]:
    """Every request that names a product, as the built-in reader has it."""
    language, briefs = BuiltinLanguage(), {}
    for case in requests():
        try:
            brief = language.read(case.request, "demo")
        except BadInput:
            continue
        if brief.products:
            briefs[case.id] = brief
    return briefs


def asked() -> dict[str, str]:
    """What each caption is for."""
    return {name: brief.request for name, brief in told().items()}


@asynccontextmanager
async def opened() -> AsyncIterator[ScoreOne]:
    """The writer, in the scene that fits each request best, and the request as it was typed."""
    language, embedder, scenes = BuiltinLanguage(), StaticEmbedder(), catalogue()

    def work(name: str) -> dict[str, Case]:
        brief = told()[name]
        scene, product = search_scenes(brief, scenes, embedder, limit=1)[0].scene, product_of(brief)
        (caption,) = language.captions(brief, [scene], product, LIMIT)
        return {
            OURS: scored(name, caption.text(), caption, brief, scene, product),
            "the request as typed": scored(name, brief.request, None, brief, scene, product),
        }

    async def score(name: str) -> dict[str, Case]:
        return await asyncio.to_thread(work, name)

    yield score


EACH = OneByOne(asked, opened)

SUITE = Suite(
    name="captions",
    about="Captions for every request of the understanding suite that names a product, each in its best scene.",
    scorer=(
        "Shares of captions that keep each rule: every element there (subject, reference, environment, light, camera, "
        "style), at most 1,024 characters, no word of instruction, no negation, no thing that neither request nor "
        "scene nor product has (by the lexicon of goods, props and people), nothing that was to be avoided, and the "
        "product in no colour but its own. Baseline: the request as it was typed."
    ),
    metrics=(
        Metric(name="sound", of="sound"),
        Metric(name="topology present", of="topology"),
        Metric(name="limit kept", of="limit"),
        Metric(name="no instruction", of="instruction"),
        Metric(name="no negation", of="negation"),
        Metric(name="nothing invented", of="invention"),
        Metric(name="nothing avoided shown", of="avoided"),
        Metric(name="product unchanged", of="change"),
    ),
    run=EACH.run,
    each=EACH,
)
