"""Answers that are wrong: repaired at most twice, then a typed stop that leaves the built-in path open."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import AnswerRefused, AnswerUnusable, ModelMustAct, ModelUnavailable
from domain.model_calls import Attempted, Outcome
from domain.models import Abilities
from domain.usage import By
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from evals.endpoints.faults import BROKEN_ANSWERS
from evals.endpoints.gateways import GOOD, PROTOCOLS, FastClock, Open, Verdict, question
from memory import Database, usage
from tools.models import Known, Price

TOOLS = [Known(match="*", abilities=Abilities(forced_tools=True), price=Price(input=1, output=10))]
STREAMED = [Known(match="*", abilities=Abilities(forced_tools=True, streams=True), price=Price(input=1, output=10))]
FINAL = {Fault.REFUSED, Fault.GUARDRAIL, Fault.FILTERED}


@pytest.fixture(params=[TOOLS, STREAMED], ids=["whole", "streamed"])
def known(request: pytest.FixtureRequest) -> list[Known]:
    found: list[Known] = request.param
    return found


def first(fault: Fault, times: int) -> Any:
    """A model that is wrong so many times, then right."""
    left = iter([fault] * times)
    return lambda asked: Reply(GOOD, next(left, None))


@pytest.mark.parametrize("fault", [fault for fault in BROKEN_ANSWERS if fault not in FINAL])
def test_a_wrong_answer_is_asked_for_again_and_told(
    gateway: Open, speaks: str, known: list[Known], fault: Fault
) -> None:
    with ModelEndpoint(first(fault, 2)) as endpoint:
        answered = gateway([PROTOCOLS[speaks](endpoint)], known=known).ask(question(), Verdict)
    assert answered.value.passed
    assert (answered.repairs, answered.attempts, endpoint.calls) == (2, 3, 3)
    assert len(answered.notes) == 2
    assert "could not be used" in endpoint.seen[1].text
    assert "could not be used" not in endpoint.seen[0].text


@pytest.mark.parametrize("fault", [fault for fault in BROKEN_ANSWERS if fault not in FINAL])
def test_after_two_repairs_it_stops_in_words(
    gateway: Open, speaks: str, known: list[Known], fault: Fault
) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, fault)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=known)
        with pytest.raises(AnswerUnusable, match="in 3 tries") as caught:
            models.ask(question(), Verdict)
    assert endpoint.calls == 3
    assert caught.value.hint


@pytest.mark.parametrize("fault", sorted(FINAL))
def test_a_refusal_is_not_asked_again(gateway: Open, speaks: str, known: list[Known], fault: Fault) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, fault)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=known)
        with pytest.raises(AnswerRefused):
            models.ask(question(), Verdict)
    assert endpoint.calls == 1


def test_a_cut_off_answer_gets_more_room_and_half_of_it_is_never_taken(gateway: Open, speaks: str) -> None:
    """A tool call that was cut off is still an object, and with defaults it may fit the type."""
    with ModelEndpoint(first(Fault.CUT_OFF, 1)) as endpoint:
        answered = gateway([PROTOCOLS[speaks](endpoint)], known=TOOLS).ask(question(), Verdict)
    assert answered.value.score == 4
    room = [seen.body.get("max_tokens") or seen.body["inferenceConfig"]["maxTokens"] for seen in endpoint.seen]
    assert room == [256, 512]


def test_the_last_repair_asks_for_plain_words(gateway: Open, speaks: str) -> None:
    with ModelEndpoint(first(Fault.WRONG_TYPE, 2)) as endpoint:
        gateway([PROTOCOLS[speaks](endpoint)], known=TOOLS).ask(question(), Verdict)
    assert ["JSON schema" in seen.text for seen in endpoint.seen] == [False, False, True]


def test_every_answer_is_paid_for_also_the_wrong_ones(
    gateway: Open, database: Database, speaks: str, run_id: str
) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, Fault.WRONG_TYPE)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=TOOLS)
        with pytest.raises(AnswerUnusable):
            models.ask(question(run_id=run_id, budget=1.0), Verdict)
    [row] = usage(database, By.STAGE, datetime(2020, 1, 1, tzinfo=UTC))
    assert (row.name, row.calls, row.tokens_in, row.tokens_out) == ("critique", 3, 3000, 150)
    assert row.spent == pytest.approx(3 * (1000 * 1 + 50 * 10) / 1e6)


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.BREAKS_OFF])
def test_what_is_no_answer_at_all_is_tried_again_and_then_told(
    gateway: Open, speaks: str, known: list[Known], fault: Fault
) -> None:
    with ModelEndpoint(first(fault, 1)) as endpoint:
        assert gateway([PROTOCOLS[speaks](endpoint)], known=known).ask(question(), Verdict).value.passed
        assert endpoint.calls == 2
    with ModelEndpoint(lambda asked: Reply(GOOD, fault)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=known, patience=0.6)
        with pytest.raises(ModelUnavailable):
            models.ask(question(), Verdict)


def test_an_error_within_an_answer_is_what_it_says_and_what_had_begun_is_paid_for(gateway: Open, speaks: str) -> None:
    seen: list[Attempted] = []
    with ModelEndpoint(first(Fault.BREAKS_IN, 1)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=STREAMED, seen=seen)
        assert models.ask(question(), Verdict).value.passed
    told = Outcome.DOWN if speaks == "chat" else Outcome.THROTTLED
    assert [attempt.outcome for attempt in seen] == [told, Outcome.ANSWERED]
    assert seen[0].used.cost > 0


@pytest.mark.parametrize(("share", "asks"), [(0.3, 200), (1.0, 30)])
def test_with_answers_broken_at_random_every_ask_ends_and_hardly_any_without_an_answer(
    gateway: Open, speaks: str, share: float, asks: int
) -> None:
    dice, lock = random.Random(20), threading.Lock()
    faults = [*BROKEN_ANSWERS, Fault.RESET, Fault.GARBAGE, Fault.BREAKS_OFF]

    def script(asked: Seen) -> Reply:
        with lock:
            fault = dice.choice(faults) if dice.random() < share else None
        return Reply(GOOD, fault)

    def one(number: int) -> str:
        try:
            models.ask(question(), Verdict)
        except ModelMustAct as error:
            assert error.message and error.hint
            return error.code
        return "answered"

    with ModelEndpoint(script) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=TOOLS, clock=FastClock(4), patience=240)
        with ThreadPoolExecutor(8) as pool:
            ends = list(pool.map(one, range(asks)))
    if share < 1:
        assert ends.count("answered") / asks >= 0.85          # the rest are refusals, which are not asked again
    else:
        assert "answered" not in ends
    assert set(ends) <= {"answered", "answer_unusable", "answer_refused", "model_unavailable"}
