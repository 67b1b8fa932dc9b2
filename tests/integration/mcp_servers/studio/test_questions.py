"""A run's questions reach the person in whichever of three ways the client has, in both eras of the protocol."""

from __future__ import annotations

import jsonschema
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

ASK = {"request": "our can on a terrace"}
both_eras = pytest.mark.parametrize("mode", MODES)


@both_eras
async def test_a_person_who_takes_the_defaults_comes_from_request_to_review_in_one_call(mode: str) -> None:
    studio, person = PretendStudio("questions", "options", "review"), takes_defaults()
    async with connected(server_for(studio, ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    assert run["status"] == "review"
    assert studio.runs_kept[run["run_id"]].answers == {"background": "terrace", "market": "none", "option": "standard"}
    assert len(person.forms) == 2


@both_eras
async def test_a_form_is_flat_names_the_run_and_has_every_reply_and_default(mode: str) -> None:
    person = takes_defaults()
    async with connected(server_for(PretendStudio("questions"), ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    form = person.forms[0]
    fields = form.requested_schema["properties"]
    assert run["run_id"] in form.message
    assert "Which market is it for?" in form.message
    assert fields["background"]["enum"] == ["terrace", "beach"]
    assert fields["background"]["enumNames"] == ["Terrace: at noon", "Beach"]
    assert fields["background"]["default"] == "terrace"
    assert all(field["type"] == "string" for field in fields.values())
    jsonschema.Draft202012Validator.check_schema(form.requested_schema)


@both_eras
async def test_what_the_person_says_in_their_own_words_goes_before_the_choice(mode: str) -> None:
    studio = PretendStudio("questions")
    person = accepts(background="beach", background_other="a harbour at dawn", market="SE")
    async with connected(server_for(studio, ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    assert studio.runs_kept[run["run_id"]].answers == {"background": "a harbour at dawn", "market": "SE"}


@both_eras
async def test_an_answer_that_cannot_be_used_is_asked_for_again_with_what_was_wrong(mode: str) -> None:
    studio = PretendStudio("questions")
    said = iter(["nowhere", "Sweden"])
    person = Person(lambda schema: ElicitResult(action="accept", content={"market_other": next(said)}))
    async with connected(server_for(studio, ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    assert studio.runs_kept[run["run_id"]].answers == {"market": "Sweden"}
    assert person.forms[1].message.startswith("“nowhere” is no market I know. give a country")


@both_eras
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_who_does_not_answer_leaves_the_run_waiting_and_can_later(mode: str, action: str) -> None:
    studio = PretendStudio("questions")
    person = Person(lambda schema: ElicitResult(action=action))  # type: ignore[arg-type]
    async with connected(server_for(studio, ANNA), mode, person) as client:
        result = await client.call_tool("create_image", ASK)
        run = data_of(result)
        assert run["status"] == "needs_input"
        assert "did not answer" in text_of(result)
        assert f'answer_question(run_id="{run["run_id"]}"' in run["next"]
        person.fill = lambda schema: ElicitResult(action="accept", content={"market": "SE"})
        later = data_of(await client.call_tool("answer_question", {"run_id": run["run_id"]}))
    assert later["status"] == "review"
    assert studio.runs_kept[run["run_id"]].answers == {"market": "SE"}


@both_eras
async def test_a_client_with_nothing_but_tools_is_told_what_to_ask_and_how_to_answer(mode: str) -> None:
    studio = PretendStudio("questions", "options", "review")
    async with connected(server_for(studio, ANNA), mode) as client:
        result = await client.call_tool("create_image", ASK)
        run = data_of(result)
        assert run["status"] == "needs_input"
        asked = {question["id"]: question for question in run["questions"]}
        assert [reply["value"] for reply in asked["background"]["replies"]] == ["terrace", "beach"]
        assert asked["background"]["default"] == "terrace"
        assert "question market: Which market is it for?" in text_of(result)
        name = run["run_id"]
        empty = await client.call_tool("answer_question", {"run_id": name})
        assert empty.is_error
        assert "ask the person" in text_of(empty)
        offered = data_of(await client.call_tool("answer_question", {"run_id": name, "answers": {"market": "SE"}}))
        assert [option["name"] for option in offered["options"]] == ["standard", "quick"]
        assert offered["options"][0]["cost"] == 0.2
        done = data_of(await client.call_tool("answer_question", {"run_id": name, "answers": {"option": "quick"}}))
    assert done["status"] == "review"
    assert studio.runs_kept[name].answers == {"market": "SE", "option": "quick"}


@both_eras
async def test_a_required_question_is_required_in_the_form_and_speaks_of_parameters_not_options(mode: str) -> None:
    person = accepts(product="can-orange")
    async with connected(server_for(PretendStudio("product"), ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    assert run["status"] == "review"
    form = person.forms[0]
    assert form.requested_schema["required"] == ["product"]
    assert list(form.requested_schema["properties"]) == ["product"]
    assert "--product" not in form.message
    assert "`product`" in form.message


@both_eras
async def test_told_to_assume_nothing_is_asked(mode: str) -> None:
    person = declines()
    async with connected(server_for(PretendStudio("questions", "options", "review"), ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK | {"assume": True}))
    assert run["status"] == "review"
    assert person.forms == []


@both_eras
async def test_a_run_that_no_answer_helps_is_not_asked_about(mode: str) -> None:
    person = takes_defaults()
    async with connected(server_for(PretendStudio("stuck"), ANNA), mode, person) as client:
        run = data_of(await client.call_tool("create_image", ASK))
    assert person.forms == []
    assert run["failure"] == "nothing passed try more `rounds`"
    assert "create_image" in run["next"]


async def first_form(studio: PretendStudio, keys: list[bytes] | None) -> InputRequiredResult:
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto", declines()) as client:
        form = await client.session.call_tool("create_image", ASK, allow_input_required=True)
    assert isinstance(form, InputRequiredResult)
    return form


ANSWER = {"form": ElicitResult(action="accept", content={"market": "SE"})}


async def test_a_form_outlives_a_restart_of_the_server() -> None:
    studio, keys = PretendStudio("questions"), [b"k" * 32]
    form = await first_form(studio, keys)
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto", declines()) as client:
        back = await client.call_tool(
            "create_image", ASK, input_responses=ANSWER, request_state=form.request_state
        )
    assert data_of(back)["status"] == "review"
    assert len(studio.runs_kept) == 1


async def test_what_a_client_carries_between_question_and_answer_tells_it_nothing() -> None:
    form = await first_form(PretendStudio("questions"), None)
    assert form.request_state
    assert "run-" not in form.request_state


@pytest.mark.parametrize(
    ("who", "keys", "tool", "arguments"),
    [
        (ANNA, [b"other" * 8], "create_image", ASK),
        (BEN, [b"k" * 32], "create_image", ASK),
        (ANNA, [b"k" * 32], "create_image", {"request": "something else"}),
        (ANNA, [b"k" * 32], "answer_question", {"run_id": "run-000000000000"}),
    ],
    ids=["sealed elsewhere", "another principal", "another request", "another tool"],
)
async def test_a_form_comes_back_to_nobody_and_nothing_else(who, keys, tool, arguments) -> None:  # type: ignore[no-untyped-def]
    studio = PretendStudio("questions")
    form = await first_form(studio, [b"k" * 32])
    async with connected(server_for(studio, who, state_keys=keys), "auto", declines()) as client:
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await client.call_tool(tool, arguments, input_responses=ANSWER, request_state=form.request_state)
    assert studio.runs_kept["run-000000000000"].answers == {}
    assert len(studio.runs_kept) == 1


async def test_a_form_that_comes_back_from_a_client_without_forms_is_no_answer() -> None:
    studio, keys = PretendStudio("questions"), [b"k" * 32]
    form = await first_form(studio, keys)
    async with connected(server_for(studio, ANNA, state_keys=keys), "auto") as client:
        back = await client.call_tool("create_image", ASK, input_responses=ANSWER, request_state=form.request_state)
    assert data_of(back)["status"] == "needs_input"
    assert studio.runs_kept["run-000000000000"].answers == {}
