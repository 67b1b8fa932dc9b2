"""Suite *questions*: a simulated user who knows the whole brief, says part of it, and answers only what is asked.

The hidden brief has four facts: product, place, market, channel. A case says some of them in its request; what is left
is to be recovered by questions. Held against asking everything, and against asking nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product as combinations

from agents.services import Services
from agents.state import Campaign
from agents.understand import MOST_QUESTIONS, answer_question, clarify, understand
from domain.brief import Brief, Question
from domain.run import RunRequest
from evals.paper import paper
from evals.suite import OURS, Case, Metric, OneByOne, ScoreOne, Suite

FACTS = ("products", "background", "markets", "channels")

WORDS = {
    "solara-blood-orange-can": "the blood orange can", "solara-lemon-can": "the lemon can",
    "solara-iced-tea-bottle": "the iced tea bottle", "aurelia-serum": "the serum",
    "aurelia-face-cream": "the face cream", "solara-mug-red": "the red mug", "solara-mug-blue": "the blue mug",
    "solara-kettle-blue": "the kettle", "aurelia-candle": "the candle",
}
PLACES = ("beach", "kitchen", "forest", "rooftop", "garden", "desert", "courtyard", "gym", "market")
MARKETS = (("SE", "Sweden"), ("DE", "Germany"), ("FR", "France"), ("US", "the US"), ("NO", "Norway"))
CHANNELS = (("instagram", "Instagram"), ("linkedin", "LinkedIn"), ("tiktok", "TikTok"), ("web-hero", "website hero"))


@dataclass(frozen=True)
class Hidden:
    """One case: the facts, and which of them the request says."""

    id: str
    product: str
    place: str
    market: tuple[str, str]
    channel: tuple[str, str]
    said: frozenset[str]

    @property
    def facts(self) -> dict[str, str]:
        """The whole brief by field."""
        return dict(zip(FACTS, (self.product, self.place, self.market[0], self.channel[0]), strict=True))

    @property
    def request(self) -> str:
        """What is said of it."""
        words = WORDS[self.product] if "products" in self.said else "something"
        place = f" in a {self.place}" if "background" in self.said else ""
        market = f", for {self.market[1]}" if "markets" in self.said else ""
        channel = f", {self.channel[1]}" if "channels" in self.said else ""
        return f"A picture of {words}{place}{market}{channel}"

    def answer(self, question: Question) -> str | None:
        """What the user says to a question; None about what is not in the brief."""
        return self.facts.get(question.field)


def cases() -> tuple[Hidden, ...]:
    """Every product with every subset of facts said: 144 cases."""
    found: list[Hidden] = []
    for row, name in enumerate(WORDS):
        for mask in combinations((False, True), repeat=len(FACTS)):
            said = frozenset(fact for fact, shown in zip(FACTS, mask, strict=True) if shown)
            number = len(found)
            found.append(
                Hidden(
                    id=f"{name}+{'+'.join(sorted(said)) or 'nothing'}",
                    product=name,
                    place=PLACES[(row + number) % len(PLACES)],
                    market=MARKETS[number % len(MARKETS)],
                    channel=CHANNELS[number % len(CHANNELS)],
                    said=said,
                )
            )
    return tuple(found)


def held(brief: Brief, hidden: Hidden) -> dict[str, bool]:
    """Which facts of the hidden brief the brief has."""
    product = brief.products[0].value.asset if brief.products else None
    place = brief.background or brief.surface
    return {
        "products": product == hidden.product,
        "background": place is not None and hidden.place in place.value,
        "markets": [part.value for part in brief.markets] == [hidden.market[0]],
        "channels": [part.value for part in brief.channels] == [hidden.channel[0]],
    }


def scored(hidden: Hidden, brief: Brief, asked: tuple[Question, ...], before: Brief) -> Case:
    """One case by its brief in the end, the questions, and the brief before they were answered."""
    unsaid = set(FACTS) - hidden.said
    now, then = held(brief, hidden), held(before, hidden)
    about_said = [question.field for question in asked if question.field in hidden.said]
    return Case(
        id=hidden.id,
        scores={
            "recovered": sum(now[fact] for fact in unsaid),
            "unsaid": len(unsaid),
            "asked": len(asked),
            "won": sum(now[fact] and not then[fact] for fact in FACTS),
            "too_many": float(len(asked) > MOST_QUESTIONS),
            "about_said": float(bool(about_said)),
            "twice": float(len({question.id for question in asked}) < len(asked)),
            "said_kept": sum(now[fact] for fact in hidden.said),
            "said": len(hidden.said),
        },
        says=tuple(f"asked about {field}, which was said" for field in about_said),
    )


async def ours(hidden: Hidden, services: Services) -> Case:
    """The stage itself: at most two questions, answered by the user."""
    state: Campaign = {"run_id": "run-00000000", "request": RunRequest(request=hidden.request)}
    told = await understand(state, services)
    asked = told["questions"]
    answers = {question.id: answer for question in asked if (answer := hidden.answer(question)) is not None}
    answered = await clarified(told, answers, services)
    return scored(hidden, answered, asked, told["brief"])


async def clarified(told: Campaign, answers: dict[str, str], services: Services) -> Brief:
    """The brief after answers; whether the stage waits for anything is its own affair."""
    found = clarify(told, answers, services)
    return found["brief"]


async def nothing(hidden: Hidden, services: Services) -> Case:
    """The baseline that asks nothing and takes every default."""
    state: Campaign = {"run_id": "run-00000000", "request": RunRequest(request=hidden.request, assume=True)}
    told = await understand(state, services)
    return scored(hidden, told["brief"], (), told["brief"])


async def everything(hidden: Hidden, services: Services) -> Case:
    """The baseline that goes through the form: all four questions, whatever was said."""
    state: Campaign = {"run_id": "run-00000000", "request": RunRequest(request=hidden.request)}
    told = await understand(state, services)
    brief = told["brief"]
    form = tuple(Question(id=f"form-{field}", text=field, why="", field=field, gain=0.5) for field in FACTS)
    for question in form:
        named = question.model_copy(update={"id": "product"}) if question.field == "products" else question
        brief = answer_question(brief, named, hidden.facts[question.field], services)
    return scored(hidden, brief, form, told["brief"])


def asked() -> dict[str, str]:
    """What each user says at first."""
    return {hidden.id: hidden.request for hidden in cases()}


@asynccontextmanager
async def opened() -> AsyncIterator[ScoreOne]:
    """The stage and both baselines."""
    users = {hidden.id: hidden for hidden in cases()}
    ways = {OURS: ours, "ask nothing": nothing, "ask everything": everything}
    async with paper() as bench:

        async def score(name: str) -> dict[str, Case]:
            return {side: await way(users[name], bench.services) for side, way in ways.items()}

        yield score


EACH = OneByOne(asked, opened)

SUITE = Suite(
    name="questions",
    about="A user with a whole brief in mind says part of it; every subset of product, place, market and channel.",
    scorer=(
        "A fact is recovered if the brief in the end has it. `won a question` is facts that a question brought over "
        "questions asked. The last three are shares of cases that break a promise: more than two questions, one about "
        "what was said, one twice. Baselines: no question with every default taken, and the whole form."
    ),
    metrics=(
        Metric(name="unsaid facts recovered", of="recovered", over="unsaid"),
        Metric(name="said facts kept", of="said_kept", over="said"),
        Metric(name="questions a case", of="asked", better="lower"),
        Metric(name="won a question", of="won", over="asked"),
        Metric(name="more than two", of="too_many", better="lower"),
        Metric(name="about what was said", of="about_said", better="lower"),
        Metric(name="asked twice", of="twice", better="lower"),
    ),
    run=EACH.run,
    each=EACH,
)
