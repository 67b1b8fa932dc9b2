"""A question to a model and its answer, on every protocol: how it is asked is what the model can do."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from domain.errors import ModelCannot
from domain.model_calls import Attempted, Outcome
from domain.models import Abilities, ImagePart, ModelRole, TextPart
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from evals.endpoints.gateways import GOOD, PROTOCOLS, Open, Verdict, bedrock_place, openai_place, question
from tools.models import Known, Price

PICTURE = ImagePart.of(b"\x89PNG not really", "image/png", pixels=256 * 256)


def able(**abilities: Any) -> list[Known]:
    """A model of the settings with these abilities."""
    return [Known(match="*", abilities=Abilities(**abilities), price=Price(input=1, output=10, cached=0.1))]


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streams(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("form", ["schema_output", "forced_tools", "none"])
def test_a_model_answers_in_a_type_whatever_it_can_do(
    gateway: Open, speaks: str, streams: bool, form: str
) -> None:
    seen: list[Attempted] = []
    can = {form: True} if form != "none" else {}
    with ModelEndpoint(lambda asked: Reply(GOOD, Fault.FENCED if form == "none" else None)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=able(streams=streams, **can), seen=seen)
        answered = models.ask(question(), Verdict)
    assert answered.value == Verdict(passed=True, why="the sign is readable", score=4)
    assert (answered.attempts, answered.repairs, answered.used.tokens_in, answered.used.tokens_out) == (1, 0, 1000, 50)
    assert answered.used.cost == pytest.approx(0.0015)
    [attempt] = seen
    assert attempt.outcome is Outcome.ANSWERED
    assert (attempt.first_token_s is not None) == streams
    asked = "none" if (speaks, form) == ("invoke", "schema_output") else form       # no body there has room for one
    assert form_of(endpoint.seen[0]) == asked


def form_of(seen: Seen) -> str:
    """How the answer's type was asked for."""
    tool = "toolConfig" in seen.body or "tools" in seen.body
    schema = "outputConfig" in seen.body or "response_format" in seen.body
    written = "JSON schema" in seen.text
    assert [tool, schema, written].count(True) == 1
    return "forced_tools" if tool else "schema_output" if schema else "none"


def test_the_temperature_is_left_out_for_a_model_that_takes_none(gateway: Open, speaks: str) -> None:
    sent = []
    for sampling in (True, False):
        with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
            models = gateway([PROTOCOLS[speaks](endpoint)], known=able(sampling=sampling))
            models.ask(question(), Verdict)
        body = endpoint.seen[0].body
        sent.append("temperature" in body or "temperature" in body.get("inferenceConfig", {}))
    assert sent == [True, False]


def test_images_arrive_as_they_are_between_the_words(gateway: Open, speaks: str) -> None:
    ask = question(TextPart(text="Before."), PICTURE, TextPart(text="After."))
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        gateway([PROTOCOLS[speaks](endpoint)], known=able(images=True, forced_tools=True)).ask(ask, Verdict)
    content = endpoint.seen[0].body["messages"][-1]["content"]
    if speaks == "converse":
        sent = content[1]["image"]["source"]["bytes"]
        assert content[1]["image"]["format"] == "png"
    elif speaks == "invoke":
        assert (content[1]["type"], content[1]["source"]["media_type"]) == ("image", "image/png")
        sent = content[1]["source"]["data"]
    else:
        kind, _, sent = content[1]["image_url"]["url"].partition(";base64,")
        assert kind == "data:image/png"
    assert base64.b64decode(sent) == PICTURE.data
    assert (content[0]["text"], content[2]["text"]) == ("Before.", "After.")


def test_a_model_without_eyes_is_not_asked_about_pictures_and_says_so(gateway: Open, speaks: str) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=able(images=False))
        with pytest.raises(ModelCannot, match="does not look at images") as caught:
            models.ask(question(PICTURE), Verdict)
    assert "models.gate_judge" in caught.value.where
    assert endpoint.calls == 0


def test_a_question_larger_than_the_model_is_refused_before_it_is_sent(gateway: Open, speaks: str) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=able(context=1000))
        with pytest.raises(ModelCannot, match="holds 1000"):
            models.ask(question(TextPart(text="word " * 2000)), Verdict)
    assert endpoint.calls == 0


def test_what_was_read_from_the_cache_costs_less(gateway: Open, speaks: str) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, usage=(1000, 50), cached=800)) as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint)], known=able(cache=True))
        used = models.ask(question(), Verdict).used
    assert (used.tokens_in, used.cached) == (1000, 800)
    assert used.cost == pytest.approx((200 * 1 + 800 * 0.1 + 50 * 10) / 1e6)
    if speaks == "converse":
        assert endpoint.seen[0].body["system"][-1] == {"cachePoint": {"type": "default"}}
    if speaks == "invoke":
        assert endpoint.seen[0].body["system"][-1]["cache_control"] == {"type": "ephemeral"}


def test_a_server_that_counts_no_tokens_is_paid_what_was_set_aside(gateway: Open) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD, usage=None)) as endpoint:
        used = gateway([openai_place(endpoint)], known=able()).ask(question(), Verdict).used
    assert used.tokens_out == 256
    assert used.cost > 0


def test_a_role_without_a_model_is_the_built_ins(gateway: Open) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        models = gateway([bedrock_place(endpoint)], roles=[ModelRole.READER])
        assert models.serves(ModelRole.GATE_JUDGE) is None
        assert models.abilities(ModelRole.GATE_JUDGE) is None
        with pytest.raises(ModelCannot, match="no model is set for the role gate_judge"):
            models.ask(question(), Verdict)
        assert models.serves(ModelRole.READER) is not None


def test_a_guardrail_of_the_place_goes_with_every_question(gateway: Open) -> None:
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        gateway([bedrock_place(endpoint, guardrail="gr-1:3")]).ask(question(), Verdict)
    assert endpoint.seen[0].body["guardrailConfig"] == {"guardrailIdentifier": "gr-1", "guardrailVersion": "3"}


def test_thoughts_before_the_answer_are_not_the_answer(gateway: Open) -> None:
    thinking = '<think>Maybe {"passed": false}? No.</think>\n{"passed": true, "score": 5}'
    with ModelEndpoint(lambda asked: Reply(thinking)) as endpoint:
        assert gateway([openai_place(endpoint)], known=able()).ask(question(), Verdict).value.passed
