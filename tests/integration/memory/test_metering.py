"""Money, calls and tokens of models: taken before, settled after, and held to by every process."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import NotFound, OverBudget, TooManyRequests
from domain.model_calls import Allowance, PlannedCall
from domain.models import ModelRole, Payer, Used
from domain.usage import By, UsageRow
from memory import Database, Ledger, Metering, usage
from tests.integration.memory.races import race

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def call(
    brand: str = "demo", run_id: str | None = None, budget: float | None = None, cost: float = 0.01, tokens: int = 1000,
    role: ModelRole = ModelRole.READER,
) -> PlannedCall:
    payer = Payer(brand=brand, run_id=run_id, stage="understand", market="SE", budget=budget)
    return PlannedCall(
        payer=payer, role=role, model="bedrock_converse:m", place="eu", tokens_in=tokens - 100, tokens_out=100,
        images=1, cost=cost, price_version="2026-11-20",
    )


def metering(database: Database, *allowances: Allowance, now: list[float] | None = None) -> Metering:
    teams = {"demo": "growth", "acme": "growth"}
    ledger = Ledger(database, allowances, lambda brand: teams.get(brand, ""))
    return Metering(ledger, (lambda connection: now[0]) if now else None)


def test_an_attempt_is_a_row_with_all_that_it_was_for(database: Database, run_id: str) -> None:
    meter = metering(database)
    meter.book(meter.reserve(call(run_id=run_id, budget=1.0)), Used(tokens_in=700, tokens_out=40, cached=5, cost=0.004))
    expected = {
        By.TEAM: "growth", By.BRAND: "demo", By.MARKET: "SE", By.STAGE: "understand", By.ROLE: "reader",
        By.MODEL: "bedrock_converse:m",
    }
    for by, name in expected.items():
        assert usage(database, by, LONG_AGO) == (
            UsageRow(
                name=name, calls=1, turned_away=0, tokens_in=700, tokens_out=40, cached=5, images=0, spent=0.004,
                reserved=0,
            ),
        )
    assert Ledger(database).spent(run_id) == 0.004


def test_what_was_turned_away_costs_nothing_and_is_counted(database: Database, run_id: str) -> None:
    meter = metering(database)
    meter.release(meter.reserve(call(run_id=run_id, budget=1.0)))
    [row] = usage(database, By.ROLE, LONG_AGO)
    assert (row.calls, row.turned_away, row.tokens_in, row.spent, row.reserved) == (0, 1, 0, 0, 0)


def test_a_question_without_a_run_is_paid_by_the_brand(database: Database) -> None:
    meter = metering(database)
    meter.book(meter.reserve(call()), Used(cost=0.01))
    [row] = usage(database, By.BRAND, LONG_AGO)
    assert (row.name, row.spent) == ("demo", 0.01)


def test_the_runs_budget_holds_for_models_and_generators_together(database: Database, run_id: str) -> None:
    meter = metering(database)
    Ledger(database).reserve(run_id, "demo", "generate", "pictures", 0.95, 1.0)
    meter.reserve(call(run_id=run_id, budget=1.0, cost=0.04))
    with pytest.raises(OverBudget, match="asking bedrock_converse:m as reader"):
        meter.reserve(call(run_id=run_id, budget=1.0, cost=0.04))


def test_another_brands_run_cannot_be_made_to_pay(database: Database, run_id: str) -> None:
    with pytest.raises(NotFound):
        metering(database).reserve(call(brand="acme", run_id=run_id, budget=1.0))


def test_a_teams_budget_holds_over_all_its_brands_and_generators_count(database: Database, run_id: str) -> None:
    allowance = Allowance(who="team:growth", budget=0.10)
    meter = metering(database, allowance)
    ledger = Ledger(database, [allowance], lambda brand: "growth")
    ledger.book(ledger.reserve(run_id, "demo", "generate", "a picture", 0.05, 1.0), 0.05)
    meter.book(meter.reserve(call(brand="acme", cost=0.04)), Used(cost=0.04))
    with pytest.raises(OverBudget, match=r"team:growth has used \$0.09 of its \$0.1") as caught:
        meter.reserve(call(cost=0.02))
    assert caught.value.where == "team:growth"
    with pytest.raises(OverBudget):
        ledger.reserve(run_id, "demo", "generate", "a picture", 0.05, 1.0)
    meter.reserve(call(brand="other", cost=5.0))                           # of no team


def test_a_brands_own_allowance_stands_before_that_of_all_brands(database: Database) -> None:
    meter = metering(database, Allowance(who="brand:*", budget=0.01), Allowance(who="brand:acme", budget=1.0))
    meter.reserve(call(brand="acme", cost=0.5))
    with pytest.raises(OverBudget, match="brand:demo"):
        meter.reserve(call(brand="demo", cost=0.5))


def test_calls_a_minute_come_back_as_time_passes(database: Database) -> None:
    now = [1_000_000.0]
    meter = metering(database, Allowance(who="brand:demo", per_minute=3), now=now)
    for _ in range(3):
        meter.book(meter.reserve(call()), Used())
    with pytest.raises(TooManyRequests) as caught:
        meter.reserve(call())
    assert caught.value.retry_after_s == pytest.approx(20.0)
    now[0] += 20.5
    meter.reserve(call())
    with pytest.raises(TooManyRequests):
        meter.reserve(call())
    meter.reserve(call(brand="acme"))


def test_tokens_that_were_not_needed_can_be_used_again(database: Database) -> None:
    now = [1_000_000.0]
    meter = metering(database, Allowance(who="team:growth", tokens_per_minute=1500), now=now)
    first = meter.reserve(call(tokens=1000))
    with pytest.raises(TooManyRequests):
        meter.reserve(call(brand="acme", tokens=1000))
    meter.book(first, Used(tokens_in=200, tokens_out=50))
    second = meter.reserve(call(brand="acme", tokens=1000))
    meter.release(second)
    meter.reserve(call(tokens=1250))


def test_a_question_larger_than_a_minutes_tokens_waits_for_all_of_them_and_is_paid_off(database: Database) -> None:
    now = [1_000_000.0]
    meter = metering(database, Allowance(who="brand:demo", tokens_per_minute=1000), now=now)
    meter.reserve(call(tokens=3000))
    now[0] += 60
    with pytest.raises(TooManyRequests) as caught:
        meter.reserve(call(tokens=200))
    assert caught.value.retry_after_s == pytest.approx((200 + 1000) * 60 / 1000)


def test_a_refusal_takes_nothing(database: Database) -> None:
    now = [1_000_000.0]
    meter = metering(
        database, Allowance(who="brand:demo", per_minute=10), Allowance(who="team:growth", per_minute=1), now=now
    )
    meter.reserve(call())
    for _ in range(20):
        with pytest.raises(TooManyRequests, match="team:growth"):
            meter.reserve(call())
    assert len(usage(database, By.BRAND, LONG_AGO)) == 1
    assert usage(database, By.BRAND, LONG_AGO)[0].calls == 1


RACE = """
from domain.errors import OverBudget, TooManyRequests
from domain.model_calls import Allowance
from memory import Ledger, Metering, open_database
from tests.integration.memory.test_metering import call

def work(number, address, kind):
    allowance = Allowance(who="brand:demo", **({"budget": 0.105} if kind == "money" else {"per_minute": 7}))
    meter = Metering(Ledger(open_database(address), [allowance]), lambda connection: 5.0)
    for _ in range(10):
        try:
            meter.reserve(call())
            print("taken")
        except (OverBudget, TooManyRequests) as error:
            print(error.code)
"""


@pytest.mark.parametrize(("kind", "most", "refusal"), [("money", 10, "over_budget"), ("calls", 7, "too_many_requests")])
def test_processes_at_the_same_moment_cannot_all_take_the_last_of_it(
    address: str, database: Database, kind: str, most: int, refusal: str
) -> None:
    told = race(RACE, 4, address, kind)
    assert (told.count("taken"), told.count(refusal)) == (most, 40 - most)
