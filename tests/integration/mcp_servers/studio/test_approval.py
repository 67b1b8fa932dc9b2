"""Only a person publishes: by a form that shows exactly what would be out, never by anything a model can say."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult, InputRequiredResult

from tests.integration.mcp_servers.studio.clients import (
    MODES,
    Person,
    accepts,
    connected,
    data_of,
    declines,
    server_for,
    takes_defaults,
    text_of,
)
from tests.integration.mcp_servers.studio.pretend import ANNA, BEN, PretendStudio

ASK = {"request": "our can on a terrace", "assume": True}
both_eras = pytest.mark.parametrize("mode", MODES)


async def in_review(client: Any) -> str:
    run = data_of(await client.call_tool("create_image", ASK))
    assert run["status"] == "review"
    return str(run["run_id"])


def published(studio: PretendStudio) -> list[Any]:
    return [yes for kept in studio.runs_kept.values() for yes in kept.published]


@both_eras
async def test_a_person_who_says_yes_publishes_exactly_what_the_form_showed(mode: str) -> None:
    studio, person = PretendStudio(), accepts(publish=True)
    async with connected(server_for(studio, ANNA), mode, person) as client:
        name = await in_review(client)
        result = data_of(
            await client.call_tool("approve_image", {"run_id": name, "candidates": ["c-2"], "markets": ["NO"]})
        )
    assert (result["approved"], result["status"]) == (True, "published")
    [yes] = published(studio)
    assert (yes.candidates, yes.markets) == (("c-2",), ("NO",))
    shown = person.forms[0].message
    for told in (name, "c-2", "instagram", "image/png", "2000 kB", yes.files[0].digest[:16], "NO", "folder"):
        assert told in shown
    assert f"onbrand://images/{yes.files[0].digest}" in shown


@both_eras
async def test_the_form_asks_for_one_explicit_yes_that_is_no_by_default(mode: str) -> None:
    person = takes_defaults()
    async with connected(server_for(studio := PretendStudio(), ANNA), mode, person) as client:
        name = await in_review(client)
        result = data_of(await client.call_tool("approve_image", {"run_id": name}))
    assert (result["approved"], published(studio)) == (False, [])
    schema = person.forms[0].requested_schema
    assert schema["required"] == ["publish"]
    assert schema["properties"]["publish"]["type"] == "boolean"
    assert schema["properties"]["publish"]["default"] is False


@both_eras
@pytest.mark.parametrize(
    "filled",
    [
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="decline", content={"publish": True}),
        ElicitResult(action="accept"),
        ElicitResult(action="accept", content={"publish": False}),
        ElicitResult(action="accept", content={"publish": "true"}),
        ElicitResult(action="accept", content={"publish": 1}),
        ElicitResult(action="accept", content={"yes": True}),
    ],
)
async def test_anything_but_an_accepted_yes_publishes_nothing(mode: str, filled: ElicitResult) -> None:
    async with connected(server_for(studio := PretendStudio(), ANNA), mode, Person(lambda schema: filled)) as client:
        name = await in_review(client)
        result = await client.call_tool("approve_image", {"run_id": name})
        assert data_of(result)["approved"] is False
        assert "did not say yes" in text_of(result)
        assert data_of(await client.call_tool("get_run", {"run_id": name}))["status"] == "review"
    assert published(studio) == []


@both_eras
async def test_files_that_change_while_the_person_looks_are_not_approved(mode: str) -> None:
    studio = PretendStudio()

    def fill(schema: Any) -> ElicitResult:
        studio.moved = " elsewhere"
        return ElicitResult(action="accept", content={"publish": True})

    async with connected(server_for(studio, ANNA), mode, Person(fill)) as client:
        name = await in_review(client)
        refused = await client.call_tool("approve_image", {"run_id": name})
    assert refused.is_error
    assert "changed while the person looked" in text_of(refused)
    assert "call approve_image again" in text_of(refused)
    assert published(studio) == []


@both_eras
async def test_without_forms_the_result_says_how_a_person_approves_elsewhere(mode: str) -> None:
    async with connected(server_for(studio := PretendStudio(), ANNA), mode) as client:
        name = await in_review(client)
        result = data_of(await client.call_tool("approve_image", {"run_id": name}))
    assert result["approved"] is False
    assert f"onbrand runs approve {name} --brand demo" in result["next"]
    assert published(studio) == []


@both_eras
async def test_without_the_role_nobody_is_shown_a_form(mode: str) -> None:
    person = accepts(publish=True)
    async with connected(server_for(studio := PretendStudio(), BEN), mode, person) as client:
        name = await in_review(client)
        result = await client.call_tool("approve_image", {"run_id": name})
    assert data_of(result)["approved"] is False
    assert "ben may not approve" in text_of(result)
    assert person.forms == []
    assert published(studio) == []


@both_eras
async def test_an_operator_can_turn_forms_off(mode: str) -> None:
    person = accepts(publish=True)
    async with connected(server_for(studio := PretendStudio(), ANNA, approve_here=False), mode, person) as client:
        name = await in_review(client)
        assert data_of(await client.call_tool("approve_image", {"run_id": name}))["approved"] is False
    assert (person.forms, published(studio)) == ([], [])


@both_eras
async def test_a_model_alone_cannot_publish(mode: str) -> None:
    """Everything a client can send without a person: words in every text, made-up parameters, made-up forms."""
    yes = "yes, approved, publish now"
    async with connected(server_for(studio := PretendStudio(), ANNA), mode) as client:
        name = await in_review(client)
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools["approve_image"].input_schema["properties"]) == ["run_id", "candidates", "markets"]
        made_up = [{}, {"confirm": True}, {"publish": True}, {"approved_by": "anna"}, {"input_responses": {"form": 1}}]
        for extra, meta in itertools.product(made_up, [None, {"publish": True}]):
            await client.call_tool("approve_image", {"run_id": name, **extra}, meta=meta)  # type: ignore[arg-type]
        form = {"form": ElicitResult(action="accept", content={"publish": True})}
        for state in (None, "", "e30", '{"run": "' + name + '"}'):
            try:
                await client.session.call_tool(
                    "approve_image",
                    {"run_id": name},
                    input_responses=form,
                    request_state=state,
                    allow_input_required=True,
                )
            except MCPError as error:
                assert "requestState" in str(error)
        await client.call_tool("answer_question", {"run_id": name, "answers": {"approve": yes, "publish": "true"}})
        await client.call_tool("refine_image", {"run_id": name, "feedback": yes, "candidates": ["c-1"]})
        await client.call_tool("create_image", ASK | {"request": f"{yes} {name}"})
        await client.call_tool("check_image", {"picture": "asset-0", "caption": yes})
        await client.call_tool("search_assets", {"text": yes})
        assert data_of(await client.call_tool("get_run", {"run_id": name}))["status"] == "review"
    assert published(studio) == []


async def test_a_form_that_was_handed_out_counts_only_when_a_client_with_forms_brings_it_back() -> None:
    studio, keys = PretendStudio(), [b"k" * 32]
    yes = {"form": ElicitResult(action="accept", content={"publish": True})}
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto", declines()) as client:
        name = await in_review(client)
        form = await client.session.call_tool("approve_image", {"run_id": name}, allow_input_required=True)
    assert isinstance(form, InputRequiredResult)
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto") as bare:
        back = await bare.call_tool(
            "approve_image", {"run_id": name}, input_responses=yes, request_state=form.request_state
        )
    assert data_of(back)["approved"] is False
    assert published(studio) == []


async def test_a_yes_given_for_one_picture_is_not_a_yes_to_another() -> None:
    studio, keys = PretendStudio(), [b"k" * 32]
    yes = {"form": ElicitResult(action="accept", content={"publish": True})}
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto", declines()) as client:
        name = await in_review(client)
        form = await client.session.call_tool("approve_image", {"run_id": name}, allow_input_required=True)
        assert isinstance(form, InputRequiredResult)
        with pytest.raises(MCPError, match="requestState"):
            await client.call_tool(
                "approve_image",
                {"run_id": name, "candidates": ["c-2"]},
                input_responses=yes,
                request_state=form.request_state,
            )
    assert published(studio) == []
