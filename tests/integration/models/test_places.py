"""Where a question may go: the next place when one fails, by its own role, and never where it is kept longer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import Misconfigured, ModelCannot, ModelUnavailable
from domain.models import Abilities, ImagePart, ModelRole, ModelSpec, Provider
from domain.usage import By
from evals.endpoints import Fault, ModelEndpoint, Reply
from evals.endpoints.gateways import GOOD, MODEL, PROTOCOLS, Open, Verdict, bedrock_place, openai_place, question
from memory import Database, usage
from tools.models import Known, Place, Price, Retention, card, places_for
from tools.models.places import cleared, on_this_machine

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KEEPS_NOTHING = {"retention": Retention.NONE, "confidential": True}


def working() -> ModelEndpoint:
    return ModelEndpoint(lambda asked: Reply(GOOD))


def broken(fault: Fault) -> ModelEndpoint:
    return ModelEndpoint(lambda asked: Reply(GOOD, fault))


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.DOWN, Fault.NOT_READY, Fault.DENIED, Fault.RESET])
def test_the_next_place_answers_when_the_first_does_not_and_it_is_told(
    gateway: Open, speaks: str, fault: Fault
) -> None:
    place = PROTOCOLS[speaks]
    with broken(fault) as first, working() as second:
        answered = gateway([place(first, "first"), place(second, "second")]).ask(question(), Verdict)
    assert (answered.place, first.calls, second.calls) == ("second", 1, 1)
    assert answered.notes[0].startswith(f"{answered.model.model} answered from second: first ")


def test_a_place_that_failed_is_left_in_peace_by_the_questions_after(gateway: Open) -> None:
    with broken(Fault.THROTTLED) as first, working() as second:
        models = gateway([bedrock_place(first, "first"), bedrock_place(second, "second")])
        for _ in range(5):
            models.ask(question(), Verdict)
    assert (first.calls, second.calls) == (1, 5)


def test_what_one_place_rejects_is_not_carried_to_the_next(gateway: Open) -> None:
    with broken(Fault.REJECTED) as first, working() as second:
        models = gateway([bedrock_place(first, "first"), bedrock_place(second, "second")])
        with pytest.raises(ModelCannot, match="would not take the question"):
            models.ask(question(), Verdict)
    assert (first.calls, second.calls) == (1, 0)


def test_where_every_place_refuses_our_credentials_nothing_is_waited_for(gateway: Open) -> None:
    with broken(Fault.DENIED) as first, broken(Fault.DENIED) as second:
        models = gateway([bedrock_place(first, "first"), bedrock_place(second, "second")], patience=600)
        with pytest.raises(ModelUnavailable, match="second denied"):
            models.ask(question(), Verdict)
    assert (first.calls, second.calls) == (1, 1)


def test_a_key_in_an_error_of_the_other_side_is_not_passed_on(gateway: Open) -> None:
    with broken(Fault.DENIED) as endpoint, pytest.raises(ModelUnavailable) as caught:
        gateway([openai_place(endpoint)]).ask(question(), Verdict)
    assert "Incorrect API key provided: ***" in caught.value.message
    assert "sk-this" not in str(caught.value.document())


@pytest.mark.parametrize("bedrock", ["converse", "invoke"])
def test_each_account_is_asked_as_the_role_it_names(
    gateway: Open, monkeypatch: pytest.MonkeyPatch, bedrock: str
) -> None:
    with working() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        place = PROTOCOLS[bedrock](
            endpoint, role_arn="arn:aws:iam::111122223333:role/painter", external_id="shibboleth"
        )
        models = gateway([place])
        models.ask(question(), Verdict)
        models.ask(question(), Verdict)
    assumed = [seen for seen in endpoint.seen if seen.speaks == "sts"]
    assert [seen.model for seen in assumed] == ["arn:aws:iam::111122223333:role/painter"]
    assert (assumed[0].body["ExternalId"], assumed[0].access_key) == ("shibboleth", "AKIATESTTESTTESTTEST")
    assert {seen.access_key for seen in endpoint.seen if seen.speaks == bedrock} == {"ASIAPAINTER"}


def test_a_key_is_sent_as_bearer_token_and_one_that_is_missing_is_named(
    gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working() as endpoint:
        models = gateway([openai_place(endpoint, api_key_env="GATEWAY_KEY")])
        with pytest.raises(ModelUnavailable, match="set the environment variable GATEWAY_KEY"):
            models.ask(question(), Verdict)
        monkeypatch.setenv("GATEWAY_KEY", "a-key")
        models.ask(question(), Verdict)
    assert [seen.headers["authorization"] for seen in endpoint.seen] == ["Bearer a-key"]


def test_what_another_model_of_the_role_can_do_the_first_need_not(gateway: Open) -> None:
    """A picture goes to the second model, since the first does not look at pictures."""
    blind = Known(match="blind", abilities=Abilities(images=False), price=Price(input=1, output=1))
    with working() as endpoint:
        models = gateway([bedrock_place(endpoint)], models=["blind", MODEL], known=[blind])
        answered = models.ask(question(ImagePart.of(b"picture", "image/png")), Verdict)
        assert str(models.serves(ModelRole.GATE_JUDGE)) == "bedrock_converse:blind"
    assert answered.model.model == MODEL
    assert [seen.model for seen in endpoint.seen] == [MODEL]


@pytest.mark.parametrize(
    "second",
    [
        {"retention": Retention.NONE, "confidential": True, "residency": "us"},
        {"retention": Retention.FLAGGED, "residency": "eu"},
        {"retention": Retention.ALL, "residency": "eu"},
        {"residency": "eu"},
        {"retention": Retention.NONE, "residency": "eu"},              # keeps nothing, and nobody cleared it
    ],
    ids=["elsewhere", "keeps what is flagged", "keeps all", "unknown", "not cleared"],
)
def test_confidential_work_stays_where_it_is_as_safe_even_when_that_is_down(
    gateway: Open, second: dict[str, Any]
) -> None:
    with broken(Fault.DOWN) as first, working() as other:
        models = gateway(
            [bedrock_place(first, "first", residency="eu", **KEEPS_NOTHING), bedrock_place(other, "second", **second)],
            patience=4.0,
        )
        assert models.ask(question(), Verdict).place == "second"
        with pytest.raises(ModelUnavailable):
            models.ask(question(confidential=True), Verdict)
        assert other.calls == 1


def test_confidential_work_fails_over_to_a_place_that_is_as_safe(gateway: Open, speaks: str) -> None:
    place = PROTOCOLS[speaks]
    with broken(Fault.DOWN) as first, working() as third:
        places = [
            place(first, "public", residency="us"),
            place(first, "first", residency="eu", **KEEPS_NOTHING),
            place(third, "third", residency="eu", **KEEPS_NOTHING),
        ]
        assert gateway(places).ask(question(confidential=True), Verdict).place == "third"


def test_where_no_place_is_cleared_confidential_work_is_refused_and_nothing_sent(
    gateway: Open, database: Database, speaks: str
) -> None:
    with working() as endpoint:
        models = gateway([PROTOCOLS[speaks](endpoint, retention=Retention.NONE)])
        with pytest.raises(ModelCannot, match="cleared for confidential work"):
            models.ask(question(confidential=True), Verdict)
    assert endpoint.calls == 0
    assert usage(database, By.ROLE, LONG_AGO) == ()


def test_a_place_is_only_cleared_if_it_keeps_nothing() -> None:
    with pytest.raises(ValidationError, match='retention = "none"'):
        Place(name="a", confidential=True)


def test_a_key_does_not_leave_this_machine_in_the_clear() -> None:
    with pytest.raises(ValidationError, match="https"):
        Place(name="a", provider=Provider.OPENAI, url="http://gateway.example/v1", api_key="secret")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/v1", True), ("http://localhost/v1", True), ("http://[::1]:9/v1", True),
        ("http://127.example.com/v1", False), ("https://api.example/v1", False),
    ],
)
def test_what_is_this_machine(url: str, here: bool) -> None:
    assert on_this_machine(url) is here


def test_a_bedrock_model_without_configured_places_is_asked_with_the_environments_account() -> None:
    places = places_for(ModelSpec.parse(f"bedrock_converse:{MODEL}"), [])
    assert [(place.name, place.confidential) for place in places] == [("aws", False)]
    with pytest.raises(ModelCannot):
        cleared(places, ModelRole.READER, confidential=True)


def test_a_model_of_unknown_price_beyond_this_machine_is_no_surprise_bill() -> None:
    with pytest.raises(Misconfigured, match="no price on record"):
        card(ModelSpec.parse("openai:new-model@https://api.example/v1"))
    assert card(ModelSpec.parse("openai:new-model@http://127.0.0.1:11434/v1")).cost(1000, 1000) == 0


@pytest.mark.parametrize(
    ("model", "dearer"), [("eu.anthropic.claude-haiku-4-5-x", 1.1), ("global.anthropic.claude-haiku-4-5-x", 1)]
)
def test_a_profile_of_one_geography_costs_what_is_on_record_for_it(model: str, dearer: float) -> None:
    plain = card(ModelSpec.parse("bedrock_converse:anthropic.claude-haiku-4-5-x"))
    assert plain.cost(1_000_000, 0) == 1.0
    profile = card(ModelSpec.parse(f"bedrock_converse:{model}"))
    assert profile.cost(1_000_000, 0) == pytest.approx(dearer)
    assert profile.price_version == "2026-11-26"
