"""Intervals, metrics and comparisons of suite runs, and how paths are matched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import BadInput
from evals.intervals import paired, ratio, wilson
from evals.matching import Match, matches
from evals.results import keep, markdown, newest, page
from evals.suite import SUITES, Case, Metric, SuiteRun, compare, measured, read_run, suite_named

METRICS = (Metric(name="right", of="right"), Metric(name="draws", of="draws", better="lower"))


def made(name: str, right: list[int], draws: list[int] | None = None, day: int = 1) -> SuiteRun:
    drawn = draws or [1] * len(right)
    cases = tuple(
        Case(id=str(n), scores={"right": float(r), "draws": float(d)}, says=() if r else ("wrong",))
        for n, (r, d) in enumerate(zip(right, drawn, strict=True))
    )
    return SuiteRun(
        suite=name, about="About.", scorer="Scored.", code="0+abc", at=datetime(2026, 1, day, tzinfo=UTC), seconds=1,
        metrics=METRICS, cases=cases, baselines={"coin": cases},
    )


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: 81 of 263 and 0 of 20.
    assert wilson(81, 263)[1:] == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20)[1:] == pytest.approx((0.0, 0.1611), abs=5e-5)
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


def test_a_share_of_cases_is_wilsons_and_a_ratio_of_sums_is_drawn_again() -> None:
    assert ratio([1, 0, 1, 1], [1, 1, 1, 1]) == wilson(3, 4)
    sums = ratio([3, 5, 2, 8], [4, 6, 2, 10])
    assert sums.value == pytest.approx(18 / 22)
    assert sums.low < sums.value < sums.high
    assert ratio([3, 5, 2, 8], [4, 6, 2, 10]) == sums, "the same numbers every time"
    assert ratio([4, 6], [4, 6]) == wilson(10, 10), "all right is no proof of always"


def test_a_pair_of_runs_is_compared_case_by_case() -> None:
    hard = [0, 0, 0, 0, 1, 1, 1, 1] * 5
    better = [1, 0, 0, 0, 1, 1, 1, 1] * 5
    ones = [1.0] * len(hard)
    grew = paired((hard, ones), (better, ones))
    assert grew.value == pytest.approx(1 / 8)
    assert grew.low > 0, "the same cases on both sides: what makes a case hard is not noise"


def test_comparing_says_better_worse_or_that_it_cannot_tell() -> None:
    a = made("captions", [0, 0, 1, 1] * 10, [4] * 40)
    b = made("captions", [1, 1, 1, 1] * 10, [6] * 40)
    by_name = {row.metric: row for row in compare(a, b)}
    assert by_name["right"].verdict == "better"
    assert by_name["draws"].verdict == "worse"
    assert all(row.verdict == "not told apart" for row in compare(a, a))
    with pytest.raises(BadInput, match="different suites"):
        compare(a, made("sets", [1]))


def test_a_run_is_kept_read_and_reported_with_its_newest(tmp_path: Path) -> None:
    keep(made("captions", [0, 1], day=1), tmp_path)
    path = keep(made("captions", [1, 1], day=2), tmp_path)
    keep(made("understanding", [1]), tmp_path)
    assert read_run(path).cases[0].scores["right"] == 1
    runs = newest([tmp_path])
    assert [run.suite for run in runs] == ["understanding", "captions"]
    assert runs[1].at.day == 2
    text = markdown(runs)
    assert "| right ↑ | 1.000 [0.342, 1.000] | 1.000 [0.342, 1.000] |" in text
    assert "<script" not in page([made("<script>", [0])])
    with pytest.raises(BadInput, match="no run"):
        read_run(tmp_path / "absent.json")


def test_a_metric_that_no_case_has_is_not_measured() -> None:
    assert measured(Metric(name="x", of="absent"), made("captions", [1]).cases) is None


@pytest.mark.parametrize("name", list(SUITES))
def test_every_suite_says_what_it_is_and_how_it_is_scored(name: str) -> None:
    suite = suite_named(name)
    assert suite.name == name
    assert suite.about and suite.scorer
    assert len({metric.name for metric in suite.metrics}) == len(suite.metrics)


@pytest.mark.parametrize(
    ("made", "expected", "match", "fits"),
    [
        ("abc", "abc", "strict", True), ("abc", "acb", "strict", False), ("abc", "acb", "unordered", True),
        ("abb", "ab", "unordered", False), ("abcd", "ac", "superset", True), ("abcd", "ca", "superset", False),
        ("ab", "abc", "subset", True), ("abd", "abc", "subset", False),
    ],
)
def test_paths_are_matched_in_order_in_any_at_least_or_at_most(
    made: str, expected: str, match: Match, fits: bool
) -> None:
    assert matches(list(made), list(expected), match) is fits
