"""Stage times, and where a run stands after an error."""

from __future__ import annotations

import time

import pytest

from domain.errors import BadInput, NoProduct, NothingPassed, OnbrandError, OverBudget, StorageFailed, UnsureCutout
from domain.run import RunStatus
from service.driver import status_after
from service.steps import StageClock, summary_of

STEP = 0.04


def test_branches_that_overlap_are_counted_once() -> None:
    clock = StageClock({})
    clock.start("generate")
    time.sleep(STEP)
    clock.start("generate")
    time.sleep(STEP)
    clock.stop("generate")
    time.sleep(STEP)
    began = time.perf_counter()
    clock.stop("generate")
    assert 3 * STEP <= clock.seconds["generate"] < 4 * STEP + 0.5
    time.sleep(STEP)
    assert clock.seconds["generate"] < 3 * STEP + (time.perf_counter() - began) + 0.5
    assert not clock.running["generate"]


def test_a_gap_between_two_rounds_is_not_counted_and_rounds_add_up() -> None:
    clock = StageClock({"critique": 5.0})
    for _ in range(2):
        clock.start("critique")
        time.sleep(STEP)
        clock.stop("critique")
        time.sleep(10 * STEP)
    assert 5.0 + 2 * STEP <= clock.seconds["critique"] < 5.0 + 10 * STEP


def test_stages_that_run_beside_each_other_have_their_own_time() -> None:
    clock = StageClock({})
    clock.start("generate")
    clock.start("critique")
    clock.stop("critique")
    time.sleep(STEP)
    clock.stop("generate")
    assert clock.seconds["generate"] >= STEP > clock.seconds["critique"]


def test_a_stage_that_ends_without_having_begun_adds_nothing() -> None:
    clock = StageClock({})
    clock.stop("plan")
    assert clock.seconds == {}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoProduct("none"), RunStatus.NEEDS_INPUT),
        (UnsureCutout("unsure"), RunStatus.NEEDS_INPUT),
        (OverBudget("too much"), RunStatus.REFUSED),
        (NothingPassed("none"), RunStatus.NOTHING_PASSED),
        (BadInput("wrong"), RunStatus.FAILED),
        (StorageFailed("full"), RunStatus.FAILED),
    ],
)
def test_an_error_leaves_the_run_where_a_person_would_expect_it(error: OnbrandError, status: RunStatus) -> None:
    assert status_after(error) is status


def test_a_stages_summary_counts_what_it_decided() -> None:
    assert summary_of({"questions": ("a", "b"), "round": 2, "brief": None}) == {"questions": 2, "round": 2}
