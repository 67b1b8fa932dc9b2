"""Bad weather: throttling that lasts, endpoints that are silent or drip, and what the gateway does not do about it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import ModelUnavailable
from domain.model_calls import Attempted, Outcome
from domain.usage import By
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from evals.endpoints.gateways import GOOD, PROTOCOLS, FastClock, Open, Verdict, bedrock_place, openai_place, question
from memory import Database, usage
from tests.integration.models.test_places import LONG_AGO


@pytest.mark.parametrize("lie", ["0", "86400", "soon", None])
def test_a_minute_of_nothing_but_429_loses_no_question_and_hardly_costs_a_call(
    gateway: Open, database: Database, lie: str | None
) -> None:
    """Sixty seconds on the gateway's clock; the endpoint lies about when to come back."""
    asks, clock = 60, FastClock(40)
    began: list[float] = []

    def script(asked: Seen) -> Reply:
        began.append(clock.now())
        return Reply(GOOD, Fault.THROTTLED if began[-1] < began[0] + 60 else None, retry_after=lie)

    with ModelEndpoint(script) as endpoint:
        models = gateway([bedrock_place(endpoint)], clock=clock, patience=150)
        with ThreadPoolExecutor(asks) as pool:
            answered = list(pool.map(lambda number: models.ask(question(), Verdict), range(asks)))
    assert all(answer.value.passed for answer in answered)
    assert asks < endpoint.calls <= 1.2 * asks
    [row] = usage(database, By.ROLE, LONG_AGO)
    assert (row.calls, row.turned_away, row.reserved) == (asks, endpoint.calls - asks, 0)


def test_throttling_that_outlasts_our_patience_ends_in_words(gateway: Open) -> None:
    clock = FastClock(60)
    with ModelEndpoint(lambda asked: Reply(GOOD, Fault.THROTTLED)) as endpoint:
        models = gateway([bedrock_place(endpoint)], clock=clock, patience=90)
        began = clock.now()
        with pytest.raises(ModelUnavailable, match="main throttled"):
            models.ask(question(), Verdict)
        assert clock.now() - began < 100
    assert endpoint.calls <= 9


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.DRIPS])
def test_an_endpoint_that_does_not_come_to_an_end_frees_the_run_in_time(
    gateway: Open, database: Database, run_id: str, speaks: str, fault: Fault
) -> None:
    """A socket's time-out only bounds the silence between two bytes."""
    seen: list[Attempted] = []
    with ModelEndpoint(lambda asked: Reply(GOOD, fault)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint, timeout_s=0.4)], patience=20, seen=seen)
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match="timed out"):
            models.ask(question(run_id=run_id, budget=1.0), Verdict)
        assert time.monotonic() - began < 5
    assert [attempt.outcome for attempt in seen] == [Outcome.TIMED_OUT] * 2
    [row] = usage(database, By.ROLE, LONG_AGO)
    assert row.calls == 2 and row.spent > 0                 # either may have been made, and charged, on the other side


def test_a_slow_first_place_does_not_keep_the_second_from_answering(gateway: Open, speaks: str) -> None:
    with (
        ModelEndpoint(lambda asked: Reply(GOOD, Fault.SILENT)) as slow,
        ModelEndpoint(lambda asked: Reply(GOOD)) as quick,
    ):
        places = [PROTOCOLS[speaks](slow, "slow", timeout_s=0.3), PROTOCOLS[speaks](quick, "quick")]
        answered = gateway(places).ask(question(), Verdict)
    assert (answered.place, answered.attempts) == ("quick", 2)


def test_no_more_calls_are_under_way_than_the_place_takes(gateway: Open, speaks: str) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, after_s=0.1)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint, at_once=3)])
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda number: models.ask(question(), Verdict), range(24)))
    assert endpoint.calls == 24
    assert 2 <= endpoint.most_at_once <= 3


def test_calls_that_hang_keep_their_room_until_they_really_end(gateway: Open) -> None:
    """The run is free; the endpoint is not asked more than it takes."""
    with ModelEndpoint(lambda asked: Reply(GOOD, Fault.DRIPS)) as endpoint:
        models = gateway([openai_place(endpoint, at_once=2, timeout_s=0.3)], patience=2.0)
        with ThreadPoolExecutor(6) as pool:
            ends = list(pool.map(lambda number: ended(models), range(6)))
    assert ends == ["model_unavailable"] * 6
    assert endpoint.most_at_once <= 2


def ended(models: object) -> str:
    try:
        models.ask(question(), Verdict)  # type: ignore[attr-defined]
    except ModelUnavailable as error:
        return error.code
    return "answered"


def test_a_place_that_recovers_is_used_to_the_full_again(gateway: Open) -> None:
    broken = threading.Event()
    broken.set()
    clock = FastClock(20)
    with ModelEndpoint(lambda asked: Reply(GOOD, Fault.DOWN if broken.is_set() else None, after_s=0.15)) as endpoint:
        models = gateway([bedrock_place(endpoint, at_once=6)], clock=clock, patience=100)
        threading.Timer(0.5, broken.clear).start()
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda number: models.ask(question(), Verdict), range(40)))
    assert 4 <= endpoint.most_at_once <= 6
