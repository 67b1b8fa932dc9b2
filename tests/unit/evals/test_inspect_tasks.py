"""Suites as tasks of Inspect AI: the same cases, scores and measures as our own command gives."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, EvalScore

from evals.inspect.bench import OpenBench
from evals.inspect.tasks import TASKS, task_of
from evals.suite import OURS, SUITES, Case, Metric, OneByOne, Scored, ScoreOne, Suite, measured, suite_named

pytestmark = [
    # Inspect 0.3.285 leaves a stream of anyio's to the garbage collector when an evaluation ends.
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObjectReceiveStream:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def ran(task: object, folder: Path, limit: int | None = None) -> EvalLog:
    (log,) = inspect_eval(task, display="none", log_dir=str(folder), limit=limit)  # type: ignore[arg-type]
    gc.collect()                     # here, where that stream is expected, and not in whatever test comes next
    return log


def scores_of(log: EvalLog) -> dict[str, EvalScore]:
    assert log.results is not None
    return {score.name: score for score in log.results.scores}


def assert_measures(score: EvalScore, metrics: tuple[Metric, ...], cases: tuple[Case, ...]) -> None:
    expected = {}
    for metric in metrics:
        if (interval := measured(metric, cases)) is not None:
            bounds = {f"{metric.name}, low": interval.low, f"{metric.name}, high": interval.high}
            expected |= {metric.name: interval.value, **bounds}
    assert {name: metric.value for name, metric in score.metrics.items()} == expected


def test_a_suite_by_its_registered_name_measures_what_our_command_does_case_by_case(tmp_path: Path) -> None:
    log = ran("onbrand/compliance", tmp_path, limit=12)
    assert log.status == "success"
    assert log.eval.model == "none/none", "no model is needed"
    suite = suite_named("compliance")
    own = asyncio.run(suite.run(12))
    scores = scores_of(log)
    assert set(scores) == {OURS, *own.baselines}
    assert_measures(scores[OURS], suite.metrics, own.cases)
    for name, cases in own.baselines.items():
        assert_measures(scores[name], suite.metrics, cases)
    assert log.samples is not None
    assert [sample.id for sample in log.samples] == [case.id for case in own.cases]
    for sample, case in zip(log.samples, own.cases, strict=True):
        assert sample.scores is not None
        assert sample.scores[OURS].value == case.scores
        assert (sample.scores[OURS].explanation or "") == "\n".join(case.says)


def test_every_suite_is_a_task() -> None:
    assert list(TASKS) == list(SUITES)


SOUND = tuple(Case(id=name, scores={"right": float(right)}) for name, right in (("a", 1), ("b", 0), ("c", 1)))
COIN = tuple(case.model_copy(update={"scores": {"right": 0.5}}) for case in SOUND)


async def together(limit: int | None) -> Scored:
    return Scored(cases=SOUND[:limit], baselines={"coin": COIN[:limit]})


SUITE = Suite(
    name="tiny", about="About.", scorer="Scored.", metrics=(Metric(name="right", of="right"),), run=together
)


def test_a_suite_that_makes_its_cases_together_is_a_task_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "tiny", __name__)
    log = ran(task_of("tiny")(), tmp_path)
    assert log.samples is not None
    assert [sample.id for sample in log.samples] == ["a", "b", "c"]
    assert_measures(scores_of(log)[OURS], SUITE.metrics, SOUND)
    assert_measures(scores_of(log)["coin"], SUITE.metrics, COIN)
    fewer = ran(task_of("tiny")(limit=2), tmp_path)
    assert_measures(scores_of(fewer)[OURS], SUITE.metrics, SOUND[:2])


def bench_of(opened: list[str], *, breaks: str = "") -> OpenBench:
    """A bench that writes down when it is opened and closed, over cases of which one breaks."""

    @asynccontextmanager
    async def held() -> AsyncIterator[ScoreOne]:
        opened.append("opened")
        if breaks == "opening":
            raise RuntimeError("no bench")

        async def score(name: str) -> dict[str, Case]:
            if name == breaks:
                raise ValueError(f"no case {name}")
            return {OURS: Case(id=name, scores={"at": float(len(opened))})}

        yield score
        opened.append("closed")

    return OpenBench(OneByOne(dict, held), idle=0.1)


async def test_a_bench_is_opened_once_closes_when_nobody_asks_and_opens_again() -> None:
    opened: list[str] = []
    bench = bench_of(opened)
    sides = await asyncio.gather(*(bench.score(name) for name in "abcdef"))
    assert [side[OURS].id for side in sides] == list("abcdef")
    assert opened == ["opened"]
    until = time.monotonic() + 5
    while opened[-1] != "closed" and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert opened == ["opened", "closed"]
    await bench.score("g")
    assert opened[:3] == ["opened", "closed", "opened"]


async def test_what_breaks_in_a_case_or_in_the_bench_reaches_whoever_asked() -> None:
    bench = bench_of([], breaks="b")
    with pytest.raises(ValueError, match="no case b"):
        await bench.score("b")
    assert (await bench.score("a"))[OURS].id == "a"
    broken = bench_of([], breaks="opening")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no bench"):
            await broken.score("a")
