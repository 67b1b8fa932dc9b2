"""Suite *understanding*: requests to Brief fields, against a keyword reader with the same word lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from importlib import resources

from domain.documents import read_yaml
from evals import briefs
from evals.suite import OURS, Case, Metric, OneByOne, ScoreOne, Suite

ALL = "all"


@lru_cache(maxsize=1)
def requests() -> tuple[briefs.Case, ...]:
    """Every request: ten trades of `requests.yaml`, then both splits of `briefs.yaml`."""
    text = resources.files("evals").joinpath("suites", "requests.yaml").read_text("utf-8")
    trades = read_yaml(text)
    own = [
        briefs.Case.model_validate({"id": f"{trade}-{number:02d}", **case})
        for trade, cases in trades.items()
        for number, case in enumerate(cases, start=1)
    ]
    return (*own, *briefs.load("held_out"), *briefs.load("dev"))


def scored(case: briefs.Case, read: briefs.Read) -> Case:
    """Right, predicted and expected values of every field of one request."""
    by_field, lines = briefs.score([case], read)
    scores: dict[str, float] = {}
    for field, score in by_field.items():
        scores[f"{field}.right"] = score.right
        scores[f"{field}.predicted"] = score.predicted
        scores[f"{field}.expected"] = score.expected
        scores[f"{field}.twice_right"] = 2 * score.right
        scores[f"{field}.both"] = score.predicted + score.expected
    scores["whole"] = float(not lines)
    return Case(id=case.id, scores=scores, says=tuple(lines))


def asked() -> dict[str, str]:
    """Every request by its id."""
    return {case.id: case.request for case in requests()}


@asynccontextmanager
async def opened() -> AsyncIterator[ScoreOne]:
    """The reader and the keyword baseline."""
    cases = {case.id: case for case in requests()}
    readers = {OURS: briefs.grammar_reader(), "keywords": briefs.keyword_reader()}

    async def score(name: str) -> dict[str, Case]:
        return {side: await asyncio.to_thread(scored, cases[name], read) for side, read in readers.items()}

    yield score


EACH = OneByOne(asked, opened)

SUITE = Suite(
    name="understanding",
    about="Requests of ten trades to the fields of a Brief: counts, colours, relations and negation among them.",
    scorer=(
        "A predicted value is right if all words of one of the expected alternatives are in it and at most two are "
        "added. Precision, recall and F1 are over values; `whole` is the share of requests with nothing missed and "
        "nothing made up. Baseline: the same word lists without a grammar."
    ),
    metrics=(
        Metric(name="F1", of="all.twice_right", over="all.both"),
        Metric(name="precision", of="all.right", over="all.predicted"),
        Metric(name="recall", of="all.right", over="all.expected"),
        Metric(name="whole", of="whole"),
        *(Metric(name=f"{f}: F1", of=f"{f}.twice_right", over=f"{f}.both") for f in briefs.FIELDS),
        *(Metric(name=f"{f}: precision", of=f"{f}.right", over=f"{f}.predicted") for f in briefs.FIELDS),
        *(Metric(name=f"{f}: recall", of=f"{f}.right", over=f"{f}.expected") for f in briefs.FIELDS),
    ),
    run=EACH.run,
    each=EACH,
)
