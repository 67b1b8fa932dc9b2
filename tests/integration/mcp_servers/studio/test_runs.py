"""Runs through the tools: a handle at once, progress while they work, short results, errors that say what to do."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from mcp.types import ImageContent, ResourceLink
from PIL import Image as Pillow

from mcp_servers.studio import Pace
from mcp_servers.studio.results import MOST_PREVIEW_BYTES
from tests.integration.mcp_servers.studio.clients import (
    MODES,
    accepts,
    connected,
    data_of,
    server_for,
    text_of,
)
from tests.integration.mcp_servers.studio.pretend import ANNA, BEN, EVE, PretendStudio

ASK = {"request": "our can on a terrace"}
both_eras = pytest.mark.parametrize("mode", MODES)


@both_eras
async def test_a_run_returns_its_handle_while_it_works_and_get_run_waits_for_it(mode: str) -> None:
    studio = PretendStudio("review", pause=0.6)
    async with connected(server_for(studio, ANNA, pace=Pace(progress_s=0.05, brief_s=0.1)), mode) as client:
        began = time.monotonic()
        run = data_of(await client.call_tool("create_image", ASK))
        assert time.monotonic() - began < 0.5
        assert run["status"] == "working"
        assert (run["doing"], run["share"]) == ("drawing", 0.5)
        assert f'get_run(run_id="{run["run_id"]}"' in run["next"]
        glance = data_of(await client.call_tool("get_run", {"run_id": run["run_id"], "wait_seconds": 0}))
        assert glance["status"] == "working"
        done = data_of(await client.call_tool("get_run", {"run_id": run["run_id"]}))
    assert done["status"] == "review"
    assert [picture["candidate"] for picture in done["pictures"]] == ["c-1", "c-2", "c-3"]


@both_eras
async def test_a_client_hears_of_a_run_at_every_interval_and_progress_only_grows(mode: str) -> None:
    studio = PretendStudio("review", pause=2.0)
    heard: list[tuple[float, float, str | None]] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        heard.append((time.monotonic(), done, message))

    async with connected(server_for(studio, ANNA, pace=Pace(progress_s=0.2, brief_s=0.01)), mode) as client:
        run = data_of(await client.call_tool("create_image", ASK))
        began = time.monotonic()
        await client.call_tool("get_run", {"run_id": run["run_id"]}, progress_callback=on_progress)
        ended = time.monotonic()
    times = [began, *(when for when, _, _ in heard), ended]
    assert len(heard) >= 4
    assert max(later - before for before, later in pairwise(times)) < 1.0
    amounts = [amount for _, amount, _ in heard]
    assert amounts == sorted(set(amounts))
    assert all(message and message.startswith("drawing (") for _, _, message in heard)


def test_by_default_something_is_said_at_least_every_ten_seconds() -> None:
    assert Pace().progress_s < 10


@both_eras
async def test_a_client_hears_something_while_a_person_or_a_check_takes_long(mode: str) -> None:
    if mode == "legacy":
        person = accepts(market="SE")
        slow = person.fill

        async def on_form(context: Any, params: Any) -> Any:
            await asyncio.sleep(0.4)
            return slow(params.requested_schema)

        async with connected(server_for(PretendStudio("questions"), ANNA), mode, on_form) as client:  # type: ignore[arg-type]
            assert await heard_of(client, "create_image", ASK) >= 3
    async with connected(server_for(PretendStudio(pause=0.4), ANNA), mode) as client:
        assert await heard_of(client, "check_image", {"picture": "asset-0"}) >= 3


async def heard_of(client: Any, tool: str, arguments: dict[str, Any]) -> int:
    """How often a call reported progress."""
    count = 0

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        nonlocal count
        count += 1

    data_of(await client.call_tool(tool, arguments, progress_callback=on_progress))
    return count


@both_eras
async def test_results_are_short_however_much_there_is_to_say(mode: str) -> None:
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA), mode) as client:
        result = await client.call_tool("create_image", {"request": "x" * 4000})
    said = text_of(result)
    assert len(said) / 4 < 1000
    assert len(json.dumps(result.structured_content)) / 4 < 1300
    assert "and 12 more" in said


@both_eras
async def test_a_review_shows_previews_within_bounds_and_links_to_everything_whole(mode: str) -> None:
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA), mode) as client:
        result = await client.call_tool("create_image", ASK)
        images = [block for block in result.content if isinstance(block, ImageContent)]
        pictures = [base64.b64decode(image.data) for image in images]
        assert len(pictures) == 3
        assert sum(map(len, pictures)) <= MOST_PREVIEW_BYTES
        assert {Pillow.open(io.BytesIO(picture)).format for picture in pictures} == {"WEBP"}
        links = {link.name: link for link in result.content if isinstance(link, ResourceLink)}
        name = data_of(result)["run_id"]
        assert list(links) == ["c-1.png", "c-2.png", "c-3.png", f"{name}.json", f"{name}.html"]
        for link in links.values():
            [read] = (await client.read_resource(link.uri)).contents
            assert read.mime_type == link.mime_type
        whole = (await client.read_resource(links["c-1.png"].uri)).contents[0]
        assert base64.b64decode(whole.blob) == next(iter(studio.artifacts.values()))  # type: ignore[union-attr]


@both_eras
async def test_a_preview_that_cannot_be_made_is_told_and_the_result_stands(mode: str) -> None:
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA), mode) as client:
        run = data_of(await client.call_tool("create_image", ASK))
        broken = dict.fromkeys(studio.artifacts, b"")

        class Gone(dict[str, bytes]):
            def __contains__(self, key: object) -> bool:
                return False

        studio.artifacts = Gone(broken)
        result = await client.call_tool("get_run", {"run_id": run["run_id"]})
    assert data_of(result)["status"] == "review"
    assert "no preview: There is no artifact" in text_of(result)


@both_eras
async def test_feedback_sends_a_run_back_to_work_and_cancel_ends_it(mode: str) -> None:
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA), mode) as client:
        name = data_of(await client.call_tool("create_image", ASK))["run_id"]
        refined = await client.call_tool(
            "refine_image", {"run_id": name, "feedback": "make it bigger", "candidates": ["c-1"]}
        )
        assert data_of(refined)["status"] == "review"
        assert studio.runs_kept[name].feedback == ["make it bigger"]
        assert data_of(await client.call_tool("cancel_run", {"run_id": name}))["status"] == "cancelled"
        late = await client.call_tool("refine_image", {"run_id": name, "feedback": "smaller"})
    assert late.is_error
    assert "get_run" in text_of(late)
    assert "onbrand runs" not in text_of(late)


@both_eras
@pytest.mark.parametrize("stranger", [BEN, EVE], ids=["same brand", "other brand"])
async def test_somebody_elses_handle_is_answered_as_one_that_is_not_there(mode: str, stranger: Any) -> None:
    studio = PretendStudio("questions")
    async with connected(server_for(studio, ANNA), mode) as client:
        theirs = data_of(await client.call_tool("create_image", ASK))["run_id"]
    nowhere = "run-ffffffffffff"
    async with connected(server_for(studio, stranger), mode, accepts(publish=True, market="SE")) as client:
        for tool, more in [
            ("get_run", {}),
            ("answer_question", {"answers": {"market": "SE"}}),
            ("answer_question", {}),
            ("refine_image", {"feedback": "bigger"}),
            ("approve_image", {}),
            ("cancel_run", {}),
        ]:
            one = await client.call_tool(tool, {"run_id": theirs, **more})
            other = await client.call_tool(tool, {"run_id": nowhere, **more})
            assert one.is_error
            assert text_of(one).replace(theirs, nowhere) == text_of(other)
    assert studio.runs_kept[theirs].answers == {}


@both_eras
@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("create_image", {}, "`request`: field required"),
        ("create_image", {"request": ""}, "`request`: string should have at least 1 character"),
        ("create_image", {"request": "x", "market": "SE"}, "`market`: there is no such parameter"),
        ("create_image", {"request": "x", "market": "SE"}, "It takes: request, product, product_box, background"),
        ("create_image", {"request": "x", "markets": ["Sweden"]}, "`markets.0`"),
        ("create_image", {"request": " "}, "What to do: say what you need: create_image"),
        ("create_image", {"request": "x", "product": "https://evil.example/can.png"}, "never fetched from a URL"),
        ("create_image", {"request": "x", "product": "file:///etc/passwd"}, "never fetched from a URL"),
        ("create_image", {"request": "x", "product": "/etc/passwd"}, "cannot read files of the person's machine"),
        ("create_image", {"request": "x", "background": "No Such Thing"}, "search_assets finds assets"),
        ("get_run", {"run_id": "../../etc/passwd"}, "give the run_id that create_image returned"),
        ("get_run", {"run_id": "run-ffffffff", "wait_seconds": 600}, "`wait_seconds`: input should be less than"),
        ("answer_question", {"run_id": "run-ffffffff", "answers": {"a": 1}}, "`answers.a`"),
    ],
)
async def test_errors_say_what_is_wrong_and_what_to_do(
    mode: str, tool: str, arguments: dict[str, Any], told: str
) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert told in text_of(result)


@both_eras
async def test_what_nobody_foresaw_keeps_its_secrets(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA, log_level="CRITICAL"), mode) as client:
        result = await client.call_tool("search_assets", {"text": "broken"})
    assert result.is_error
    assert "hunter2" not in text_of(result)


@both_eras
async def test_the_server_teaches_the_way_within_what_clients_keep(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        instructions = client.instructions or ""
        tools = (await client.list_tools()).tools
    assert 500 < len(instructions) < 2048
    assert len(tools) == 8
    for tool in tools:
        assert tool.name in instructions or tool.name in {"cancel_run", "check_image"}
        assert tool.description
        assert tool.annotations is not None
        assert tool.output_schema
        assert all(part.get("description") for part in tool.input_schema["properties"].values())
