"""Our suites as Inspect tasks: `inspect eval onbrand/understanding --limit 20`. No model is asked.

A sample is a case. The score `onbrand` holds the case's scores as our own scorer gives them, and each baseline has a
score of its own; metrics are the suite's ratios of sums over cases, with the bounds of their 95% intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inspect_ai import SampleSource, Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evals.inspect.bench import Bench, OpenBench, Together
from evals.intervals import Interval
from evals.suite import OURS, SUITES, Case, measured, suite_named

SIDES = "sides"
"""Where a sample's store holds how its case came out."""

DISTRIBUTION = "onbrand"


@metric(name="ratios")
def ratios(suite: str) -> Metric:
    """The suite's metrics over the cases of one side, as `onbrand evals run` has them."""

    def over_cases(scores: list[SampleScore]) -> dict[str, float]:
        return {name: interval.value for name, interval in intervals_of(suite, scores)}

    return over_cases


@metric(name="intervals")
def intervals(suite: str) -> Metric:
    """The bounds of the metrics' 95% intervals."""

    def over_cases(scores: list[SampleScore]) -> dict[str, float]:
        found = [(name, interval.low, interval.high) for name, interval in intervals_of(suite, scores)]
        return {f"{name}, {bound}": at for name, low, high in found for bound, at in (("low", low), ("high", high))}

    return over_cases


def intervals_of(suite: str, scores: list[SampleScore]) -> Iterator[tuple[str, Interval]]:
    """Every metric of the suite that these cases have."""
    cases = [
        Case(id=str(case.sample_id), scores={name: float(value or 0) for name, value in case.score.as_dict().items()})
        for case in scores
    ]
    for one in suite_named(suite).metrics:
        if (interval := measured(one, cases)) is not None:
            yield one.name, interval


@solver(name="case")
def case_solver(bench: Bench) -> Solver:
    """Has the suite score the sample's case; what was wrong is the output."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        sides = await bench.score(str(state.sample_id))
        ours = sides[OURS]
        state.output = ModelOutput.from_content(DISTRIBUTION, str(score_of(ours).answer))
        state.store.set(SIDES, {side: case.model_dump(mode="json") for side, case in sides.items()})
        state.scores = {side: score_of(case) for side, case in sides.items() if side != OURS}
        return state

    return solve


@scorer(metrics=[], name=OURS)
def case_scorer() -> Scorer:
    """The scores our own scorer gave the case."""

    async def score(state: TaskState, target: Target) -> Score:
        return score_of(Case.model_validate(state.store.get(SIDES)[OURS]))

    return score


def score_of(case: Case) -> Score:
    """A case's numbers, and in words what was wrong."""
    says = "\n".join(case.says)
    return Score(value=dict(case.scores), answer=says or "as it should", explanation=says or None)


class MadeTogether(SampleSource):
    """The cases of a suite that makes them all at once, as samples."""

    def __init__(self, cases: Together) -> None:
        self._cases: Together | None = cases

    async def next_samples(self) -> list[Sample] | None:
        """Every case, once the suite has run; then None."""
        cases, self._cases = self._cases, None
        return [Sample(id=name, input=name) for name in await cases.run()] if cases else None


def task_of(name: str) -> Callable[[int | None], Task]:
    """A suite's task. Its argument bounds the cases of a suite that makes them together too: `-T limit=3`."""

    def made(limit: int | None = None) -> Task:
        suite = suite_named(name)
        dataset: list[Sample] | SampleSource
        bench: OpenBench | Together
        if suite.each is not None:
            bench = OpenBench(suite.each)
            dataset = [Sample(id=case, input=words) for case, words in suite.each.asked().items()][:limit]
        else:
            bench = Together(suite, limit)
            dataset = MadeTogether(bench)
        return Task(
            dataset=dataset,
            solver=case_solver(bench),
            scorer=case_scorer(),
            metrics=[ratios(name), intervals(name)],
            model="none/none",
            name=name,
            description=suite.about,
            metadata={"scorer": suite.scorer, "better": {metric.name: metric.better for metric in suite.metrics}},
        )

    made.__name__ = made.__qualname__ = name
    # Inspect calls a task by the package its module is imported from, which is `evals`; ours go by what is installed.
    made.__module__ = DISTRIBUTION
    return task(name=f"{DISTRIBUTION}/{name}")(made)


TASKS = {name: task_of(name) for name in SUITES}
