"""What a suite is: cases, a scorer, a baseline to beat; and how its scores become measures with intervals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from domain.errors import BadInput
from domain.values import Model, Seconds
from evals.intervals import Interval, paired, ratio
from service.heading import code_version

SUITES = {
    "understanding": "evals.understanding",
    "questions": "evals.asking",
    "captions": "evals.captioning",
    "compliance": "evals.compliance",
    "injection": "evals.injection",
    "trajectories": "evals.trajectories",
    "components": "evals.components",
    "critic": "evals.critic",
    "fidelity": "evals.fidelity",
    "revision": "evals.revision",
    "consistency": "evals.consistency",
}
"""The suites, in the order of a full run: those that need no picture first."""

OURS = "onbrand"
"""The system, beside the names of baselines."""

Better = Literal["higher", "lower"]


class Metric(Model):
    """A ratio of sums over cases: of the scores named `of` to those named `over`; `over` empty counts the cases that
    have the score. `better` says which way is good.
    """

    name: str
    of: str
    over: str = ""
    better: Better = "higher"
    about: str = ""


class Case(Model):
    """How one case came out: numbers by name, and in words what was wrong."""

    id: str
    scores: dict[str, float]
    says: tuple[str, ...] = ()


class Scored(Model):
    """Every case, by the system and by each baseline."""

    cases: tuple[Case, ...]
    baselines: dict[str, tuple[Case, ...]] = {}
    notes: tuple[str, ...] = ()


class SuiteRun(Model):
    """One run of a suite, kept so that another can be compared with it."""

    suite: str
    about: str
    scorer: str
    code: str
    at: datetime
    seconds: Seconds
    metrics: tuple[Metric, ...]
    cases: tuple[Case, ...]
    baselines: dict[str, tuple[Case, ...]] = {}
    notes: tuple[str, ...] = ()


ScoreOne = Callable[[str], Awaitable[Mapping[str, Case]]]
"""Scores the case of this id: how it came out for the system (OURS) and for every baseline."""


@dataclass(frozen=True)
class OneByOne:
    """Cases that are scored one after another. `asked` gives each id with what the case asks, in words and in order;
    `opened` opens what they are scored on. It is not to be asked for two cases at once.
    """

    asked: Callable[[], Mapping[str, str]]
    opened: Callable[[], AbstractAsyncContextManager[ScoreOne]]

    async def run(self, limit: int | None) -> Scored:
        """Score every case, or the first `limit`."""
        async with self.opened() as score:
            rows = [await score(case) for case in list(self.asked())[:limit]]
        sides = {side: tuple(row[side] for row in rows) for side in rows[0]}
        return Scored(cases=sides.pop(OURS), baselines=sides)


@dataclass(frozen=True)
class Suite:
    """A suite. `run` takes how many cases at most (None: all) and scores them; `scorer` says how, for people.

    `each` is there where cases can be scored one by one; elsewhere they are made together.
    """

    name: str
    about: str
    scorer: str
    metrics: tuple[Metric, ...]
    run: Callable[[int | None], Awaitable[Scored]]
    each: OneByOne | None = None


def suite_named(name: str) -> Suite:
    """A suite by name. Raises BadInput for a name there is not."""
    if name not in SUITES:
        raise BadInput(f"there is no suite {name!r}", where="SUITE", hint=f"one of {', '.join(SUITES)}")
    found: Suite = import_module(SUITES[name]).SUITE
    return found


async def run_suite(name: str, limit: int | None = None) -> SuiteRun:
    """Run a suite, or its first `limit` cases."""
    suite = suite_named(name)
    began = datetime.now(UTC)
    scored = await suite.run(limit)
    return SuiteRun(
        suite=suite.name, about=suite.about, scorer=suite.scorer, code=code_version(), at=began,
        seconds=round((datetime.now(UTC) - began).total_seconds(), 2), metrics=suite.metrics, cases=scored.cases,
        baselines=scored.baselines, notes=scored.notes,
    )


def measured(metric: Metric, cases: Sequence[Case]) -> Interval | None:
    """A metric over cases; None where no case has it."""
    top, bottom = columns(metric, cases)
    return ratio(top, bottom) if sum(bottom) > 0 else None


def columns(metric: Metric, cases: Sequence[Case]) -> tuple[list[float], list[float]]:
    """Numerator and denominator of a metric, case by case."""
    top = [case.scores.get(metric.of, 0.0) for case in cases]
    if metric.over:
        return top, [case.scores.get(metric.over, 0.0) for case in cases]
    return top, [1.0 if metric.of in case.scores else 0.0 for case in cases]


class Compared(Model):
    """One metric in two runs of a suite: how much it grew, with the interval of the growth over the same cases."""

    metric: str
    better: Better
    cases: int
    a: float
    b: float
    grew: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Better, worse, or not told apart by these cases."""
        if self.low <= 0 <= self.high:
            return "not told apart"
        return "better" if (self.grew > 0) == (self.better == "higher") else "worse"


def compare(a: SuiteRun, b: SuiteRun) -> list[Compared]:
    """Two runs of one suite, metric by metric, over the cases both have. Raises BadInput for different suites."""
    if a.suite != b.suite:
        raise BadInput(f"{a.suite} and {b.suite} are different suites", where="RUN", hint="compare runs of one suite")
    others = {case.id: case for case in b.cases}
    shared = [(case, others[case.id]) for case in a.cases if case.id in others]
    if not shared:
        raise BadInput("the two runs have no case in common", where="RUN")
    rows = []
    for metric in b.metrics:
        one, other = columns(metric, [pair[0] for pair in shared]), columns(metric, [pair[1] for pair in shared])
        if sum(one[1]) <= 0 or sum(other[1]) <= 0:
            continue
        grew = paired(one, other)
        rows.append(
            Compared(
                metric=metric.name, better=metric.better, cases=len(shared), a=sum(one[0]) / sum(one[1]),
                b=sum(other[0]) / sum(other[1]), grew=grew.value, low=grew.low, high=grew.high,
            )
        )
    return rows


def read_run(path: Path) -> SuiteRun:
    """A run from its file. Raises BadInput when it is none."""
    try:
        return SuiteRun.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BadInput(
            f"{path} is no run of a suite", where=str(path), hint="`onbrand evals run SUITE` writes one"
        ) from error
