import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from domain.errors import LeaseLost, NotFound, OverBudget, ProgrammerMustAct
from domain.run import RunRequest
from domain.studio import Usage
from memory import Database, Ledger, RunTable, new_run_id, this_worker
from memory.tables import ledger as ledger_table
from memory.tables import runs as runs_table
from tests.integration.memory.races import race


def test_money_is_set_aside_before_a_call_and_what_it_cost_recorded_after(ledger: Ledger, run_id: str) -> None:
    reservation = ledger.reserve(run_id, "demo", "generate", "one picture", 0.04, 1.0)
    assert (ledger.predicted(run_id), ledger.spent(run_id)) == (0.04, 0.0)
    ledger.book(reservation, 0.05)
    assert (ledger.predicted(run_id), ledger.spent(run_id)) == (0.04, 0.05)


def test_a_call_that_does_not_fit_is_refused_with_the_sums_and_what_to_do(ledger: Ledger, run_id: str) -> None:
    ledger.book(ledger.reserve(run_id, "demo", "generate", "one picture", 0.4, 1.0), 0.4)
    ledger.reserve(run_id, "demo", "generate", "a second picture", 0.4, 1.0)
    with pytest.raises(OverBudget, match=r"a third picture would cost \$0.3; \$0.8 of the budget of \$1") as caught:
        ledger.reserve(run_id, "demo", "generate", "a third picture", 0.3, 1.0)
    assert "1.1" in caught.value.hint
    assert ledger.predicted(run_id) == 0.8


def test_tenths_of_a_dollar_add_up_exactly_to_the_budget(ledger: Ledger, run_id: str) -> None:
    for _ in range(10):
        ledger.book(ledger.reserve(run_id, "demo", "generate", "a picture", 0.1, 1.0), 0.1)
    assert ledger.spent(run_id) == 1.0
    with pytest.raises(OverBudget):
        ledger.reserve(run_id, "demo", "generate", "a picture", 1e-9, 1.0)


def test_what_is_released_can_be_spent_again(ledger: Ledger, run_id: str) -> None:
    first = ledger.reserve(run_id, "demo", "generate", "a picture", 1.0, 1.0)
    ledger.release(first)
    ledger.release(first)
    assert ledger.predicted(run_id) == 0.0
    ledger.reserve(run_id, "demo", "generate", "a picture", 1.0, 1.0)
    with pytest.raises(ProgrammerMustAct, match="released"):
        ledger.book(first, 0.5)


def test_booking_twice_counts_once(ledger: Ledger, run_id: str) -> None:
    reservation = ledger.reserve(run_id, "demo", "generate", "a picture", 0.5, 1.0)
    ledger.book(reservation, 0.5)
    ledger.book(reservation, 0.5)
    assert ledger.spent(run_id) == 0.5
    with pytest.raises(ProgrammerMustAct, match="booked"):
        ledger.release(reservation)


def test_a_call_that_cost_more_than_predicted_is_the_last_one_that_costs(ledger: Ledger, run_id: str) -> None:
    ledger.book(ledger.reserve(run_id, "demo", "generate", "a picture", 0.9, 1.0), 1.3)
    with pytest.raises(OverBudget):
        ledger.reserve(run_id, "demo", "generate", "a picture", 0.01, 1.0)
    ledger.reserve(run_id, "demo", "critique", "a measured check", 0.0, 1.0)       # what is free is always allowed


def test_what_a_killed_process_had_set_aside_counts_as_spent(ledger: Ledger, run_id: str) -> None:
    ledger.reserve(run_id, "demo", "generate", "a picture", 0.3, 1.0)
    ledger.book(ledger.reserve(run_id, "demo", "generate", "a picture", 0.2, 1.0), 0.1)
    assert ledger.book_abandoned(run_id) == 0.3
    assert ledger.spent(run_id) == 0.4
    assert ledger.book_abandoned(run_id) == 0.0


@pytest.mark.parametrize("amount", [-0.01, math.nan, math.inf])
def test_what_is_no_amount_of_money_is_a_bug(ledger: Ledger, run_id: str, amount: float) -> None:
    with pytest.raises(ProgrammerMustAct, match="no amount"):
        ledger.reserve(run_id, "demo", "generate", "a picture", amount, 1.0)


def test_a_worker_that_lost_its_run_does_not_pay_for_it_any_more(
    ledger: Ledger, runs: RunTable, run_id: str
) -> None:
    late = runs.lease(run_id, "first", ttl=0.0)
    mine = runs.lease(run_id, this_worker())
    with pytest.raises(LeaseLost):
        ledger.reserve(run_id, "demo", "generate", "a picture", 0.1, 1.0, fence=late.fence)
    assert ledger.predicted(run_id) == 0.0
    ledger.reserve(run_id, "demo", "generate", "a picture", 0.1, 1.0, fence=mine.fence)


def test_another_brands_run_cannot_be_charged(ledger: Ledger, run_id: str) -> None:
    with pytest.raises(NotFound):
        ledger.reserve(run_id, "other", "generate", "a picture", 0.1, 1.0)


def test_threads_that_reserve_at_once_never_exceed_the_budget_together(ledger: Ledger, run_id: str) -> None:
    together = threading.Barrier(8)

    def attempt(_: int) -> bool:
        together.wait()
        try:
            ledger.reserve(run_id, "demo", "generate", "a picture", 0.3, 1.0)
        except OverBudget:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 3


def test_usage_tells_what_a_brand_spent_by_stage_since_a_moment(
    database: Database, ledger: Ledger, runs: RunTable, run_id: str
) -> None:
    other = runs.create(RunRequest(request="x"), new_run_id()).run_id
    acme = runs.create(RunRequest(request="x", brand="acme"), new_run_id()).run_id
    ledger.book(ledger.reserve(run_id, "demo", "generate", "last month's", 0.7, 9.0), 0.7)
    now = datetime.now(UTC)
    with database.begin() as connection:
        connection.execute(update(ledger_table).values(created=now - timedelta(days=30)))
        old = runs_table.c.run_id == run_id
        connection.execute(update(runs_table).where(old).values(created=now - timedelta(days=30)))
    for run, stage, cost in [(run_id, "generate", 0.1), (other, "generate", 0.2), (other, "critique", 0.01)]:
        ledger.book(ledger.reserve(run, "demo", stage, "a call", 1.0, 9.0), cost)
    ledger.book(ledger.reserve(other, "demo", "plan", "a free call", 0.0, 9.0), 0.0)
    ledger.release(ledger.reserve(other, "demo", "generate", "a call never made", 0.5, 9.0))
    ledger.reserve(other, "demo", "generate", "a call that runs", 0.25, 9.0)
    ledger.book(ledger.reserve(acme, "acme", "generate", "another brand's", 5.0, 9.0), 5.0)
    since = now - timedelta(days=1)
    assert ledger.usage("demo", since) == Usage(
        since=since, runs=1, spent=0.31, reserved=0.25, by_stage={"critique": 0.01, "generate": 0.3}
    )
    assert ledger.usage("demo", datetime(2020, 1, 1)).spent == 1.01     # a moment without a zone is UTC
    assert ledger.usage("nobody", since) == Usage(since=since, runs=0, spent=0, reserved=0, by_stage={})


SPEND = """
from domain.errors import OverBudget
from memory import open_database, Ledger

def work(number, address, run_id):
    ledger = Ledger(open_database(address))
    for number in range(20):
        try:
            ledger.book(ledger.reserve(run_id, "demo", "generate", "a picture", 0.1, 1.0), 0.1)
        except OverBudget:
            pass
"""


def test_processes_that_spend_at_once_never_exceed_the_budget_together(
    address: str, ledger: Ledger, run_id: str
) -> None:
    race(SPEND, 2, address, run_id)
    assert ledger.spent(run_id) == 1.0
