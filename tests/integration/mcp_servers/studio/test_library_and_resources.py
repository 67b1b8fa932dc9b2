"""The library, checks of pictures made elsewhere, files of one's own machine, and everything that can be read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ImageContent, PromptReference, ResourceLink, ResourceTemplateReference
from PIL import Image as Pillow

from tests.integration.mcp_servers.studio.clients import (
    MODES,
    connected,
    data_of,
    server_for,
    text_of,
)
from tests.integration.mcp_servers.studio.pretend import ANNA, BEN, EVE, PretendStudio

both_eras = pytest.mark.parametrize("mode", MODES)


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return buffer.getvalue()


@both_eras
async def test_a_search_gives_ids_small_pictures_and_links(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        result = await client.call_tool("search_assets", {"text": "can", "kind": "product", "limit": 2})
        nothing = await client.call_tool("search_assets", {"text": "nothing"})
    assert [asset["id"] for asset in data_of(result)["assets"]] == ["asset-0", "asset-1"]
    assert len([block for block in result.content if isinstance(block, ImageContent)]) == 2
    assert len([block for block in result.content if isinstance(block, ResourceLink)]) == 2
    assert "assets" not in data_of(nothing)
    assert "nothing in the library fits" in text_of(nothing)


@both_eras
async def test_a_check_tells_gates_rules_and_what_was_not_checked(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        result = await client.call_tool("check_image", {"picture": "asset-0", "markets": ["SE"]})
    checked = data_of(result)
    assert checked["verdict"] == "failed"
    assert checked["failed"] == ["edges: a halo of 3 px"]
    assert checked["rules"] == ["SE r1: broken, no"]
    assert checked["not_checked"] == ["no `product` given for asset-0"]
    assert checked["passed"] == 1


@both_eras
async def test_on_ones_own_machine_paths_of_pictures_are_taken_in(mode: str, tmp_path: Path) -> None:
    photo = tmp_path / "my can.png"
    photo.write_bytes(png())
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA, local_files=True), mode) as client:
        run = data_of(await client.call_tool("create_image", {"request": "it on a table", "product": f"'{photo}'"}))
        checked = data_of(await client.call_tool("check_image", {"picture": str(photo)}))
    assert studio.runs_kept[run["run_id"]].new.product in studio.uploads
    assert list(studio.uploads.values()) == [png()]
    assert "upload-" in checked["not_checked"][0]


@both_eras
@pytest.mark.parametrize("given", ["secrets.txt", "folder.png", "absent.png", "text.png", "../secrets.txt", "big.png"])
async def test_what_is_no_picture_file_is_refused_and_nothing_of_it_told(mode: str, tmp_path: Path, given: str) -> None:
    (tmp_path / "secrets.txt").write_text("the password is hunter2")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("the password is hunter2")
    with (tmp_path / "big.png").open("wb") as big:
        big.truncate(300 * 2**20)
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA, local_files=True), mode) as client:
        result = await client.call_tool("create_image", {"request": "x", "product": str(tmp_path / given)})
    assert result.is_error
    assert "What to do: give" in text_of(result)
    assert "hunter2" not in text_of(result)
    assert studio.runs_kept == {}


@both_eras
async def test_resources_are_listed_and_can_be_read(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        name = data_of(await client.call_tool("create_image", {"request": "our can"}))["run_id"]
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        templates = {t.uri_template for t in (await client.list_resource_templates()).resource_templates}
        assert listed == ["onbrand://brand", "onbrand://markets"]
        assert "onbrand://images/{digest}/preview" in templates
        book = json.loads(await read(client, "onbrand://brand"))
        assert book["brand"] == "demo"
        assert json.loads(await read(client, "onbrand://markets")) == {"markets": ["SE"]}
        assert json.loads(await read(client, "onbrand://markets/SE"))["market"] == "SE"
        assert json.loads(await read(client, f"onbrand://runs/{name}"))["status"] == "review"
        assert await read(client, f"onbrand://runs/{name}/dossier") == "<h1>Dossier</h1>"
        document = await read(client, f"onbrand://runs/{name}/document")
    assert json.loads(document)["request"]["request"] == "our can"
    assert "/srv/secret" not in document


async def read(client: Any, uri: str) -> str:
    """A resource's text."""
    [content] = (await client.read_resource(uri)).contents
    return str(content.text)


@both_eras
@pytest.mark.parametrize("stranger", [BEN, EVE], ids=["same brand", "other brand"])
async def test_what_is_anothers_reads_as_what_is_not_there(mode: str, stranger: Any) -> None:
    studio = PretendStudio()
    async with connected(server_for(studio, ANNA), mode) as client:
        theirs = data_of(await client.call_tool("create_image", {"request": "our can"}))["run_id"]
    nowhere = "run-ffffffffffff"
    async with connected(server_for(studio, stranger), mode) as client:
        for path in ("", "/document", "/dossier"):
            told = []
            for name in (theirs, nowhere):
                with pytest.raises(MCPError) as refused:
                    await client.read_resource(f"onbrand://runs/{name}{path}")
                told.append((refused.value.code, str(refused.value).replace(name, "RUN")))
            assert told[0] == told[1]
        if stranger is EVE:
            with pytest.raises(MCPError, match="no artifact"):
                await client.read_resource(f"onbrand://images/{next(iter(studio.artifacts))}")
            assert json.loads(await read(client, "onbrand://brand"))["brand"] == "rival"


@both_eras
@pytest.mark.parametrize(
    "uri",
    [
        "onbrand://",
        "onbrand://brand/",
        "onbrand://markets/../brand",
        "onbrand://runs/..%2f..%2fetc/document",
        "onbrand://images/zz",
        "file:///etc/passwd",
        "brand",
    ],
)
async def test_other_uris_are_not_there(mode: str, uri: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        with pytest.raises(MCPError, match="Unknown resource") as refused:
            await client.read_resource(uri)
    assert refused.value.code == -32602


@both_eras
async def test_prompts_lead_through_the_tools_and_leave_approval_to_the_person(mode: str) -> None:
    async with connected(server_for(PretendStudio(), ANNA), mode) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert set(prompts) == {"create_campaign_image", "review_shortlist", "check_against_rules"}
        assert all(argument.description for prompt in prompts.values() for argument in prompt.arguments or ())
        filled = await client.get_prompt("create_campaign_image", {"product": "our can", "market": "Sweden"})
        review = await client.get_prompt("review_shortlist", {"run_id": "run-4f1c9a27"})
        check = await client.get_prompt("check_against_rules", {"picture": "asset-0"})
    text = filled.messages[0].content.text  # type: ignore[union-attr]
    assert "our can, for Sweden" in text
    assert "approve_image only when I ask" in text
    assert "onbrand://runs/run-4f1c9a27/document" in review.messages[0].content.text  # type: ignore[union-attr]
    assert "check_image" in check.messages[0].content.text  # type: ignore[union-attr]


@both_eras
async def test_completions_are_of_the_callers_own(mode: str) -> None:
    studio = PretendStudio()
    run = ResourceTemplateReference(uri="onbrand://runs/{run_id}")
    async with connected(server_for(studio, ANNA), mode) as client:
        name = data_of(await client.call_tool("create_image", {"request": "our can"}))["run_id"]
        mine = await client.complete(run, {"name": "run_id", "value": "run-"})
        codes = await client.complete(
            ResourceTemplateReference(uri="onbrand://markets/{code}"), {"name": "code", "value": "s"}
        )
        words = await client.complete(
            PromptReference(name="create_campaign_image"), {"name": "place", "value": "a ter"}
        )
        assets = await client.complete(PromptReference(name="check_against_rules"), {"name": "picture", "value": "ass"})
    async with connected(server_for(studio, BEN), mode) as client:
        theirs = await client.complete(run, {"name": "run_id", "value": "run-"})
    assert mine.completion.values == [name]
    assert (codes.completion.values, words.completion.values) == (["SE"], [])
    assert assets.completion.values == ["asset-0", "asset-1", "asset-2"]
    assert theirs.completion.values == []
