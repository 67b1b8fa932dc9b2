"""Coding assistants and the real studio: over stdio as they start it, and over HTTP as a server has it running."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitResult

from tests.commands import ONBRAND, environment
from tests.integration.mcp_servers.studio.clients import (
    Person,
    connected,
    data_of,
    declines,
    over_http,
    takes_defaults,
    text_of,
)

ASK = {"request": "our blood-orange can on a sunlit terrace, Instagram", "option": "quick", "rounds": 0}
SWEDEN = {"request": "our blood-orange can on a sunlit terrace, for Sweden, Instagram", "assume": True, "rounds": 0}

pytestmark = pytest.mark.timeout(240)


def assistant(home: Path, *options: str) -> StdioServerParameters:
    """How an assistant starts the server."""
    return StdioServerParameters(command=ONBRAND[0], args=[*ONBRAND[1:], "mcp", *options], env=environment(home))


async def finished(client: Client, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it is somebody else's turn."""
    while run["status"] == "working":
        run = data_of(await client.call_tool("get_run", {"run_id": run["run_id"], "wait_seconds": 20}))
    return run


async def published(client: Client, run_id: str) -> dict[str, Any]:
    """The run once what was approved is out: the yes is kept at once, delivery follows."""
    deadline = time.monotonic() + 60
    while (run := data_of(await client.call_tool("get_run", {"run_id": run_id})))["status"] != "published":
        assert time.monotonic() < deadline, run
        await asyncio.sleep(0.5)
    return run


def yes(schema: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"publish": True})


def sells_in_sweden() -> Person:
    """Presses Enter on every form, but says where the picture is to be seen."""
    person = takes_defaults()
    by_default = person.fill

    def fill(schema: Any) -> ElicitResult:
        filled = by_default(schema)
        told = {"market": "SE"} if "market" in schema["properties"] else {}
        return ElicitResult(action="accept", content={**(filled.content or {}), **told})

    person.fill = fill
    return person


async def test_a_person_goes_from_request_to_publication_in_their_assistant(home: Path) -> None:
    person = sells_in_sweden()
    async with connected(assistant(home), "legacy", person) as client:
        found = data_of(await client.call_tool("search_assets", {"text": "blood orange can", "kind": "product"}))
        assert found["assets"][0]["id"] == "solara-blood-orange-can"
        run = await finished(client, data_of(await client.call_tool("create_image", ASK)))
        assert run["status"] == "review"
        assert "Which market is it for?" in person.forms[0].message
        folder = Path(run["look_at"])
        assert (folder / "contact-sheet.png").is_file()
        refined = data_of(
            await client.call_tool("refine_image", {"run_id": run["run_id"], "feedback": "make the can bigger"})
        )
        run = await finished(client, refined)
        assert run["status"] == "review"
        person.fill = yes
        approved = data_of(await client.call_tool("approve_image", {"run_id": run["run_id"], "markets": ["SE"]}))
        assert approved["approved"] is True
        assert str(folder) in person.forms[-1].message
        run = await published(client, run["run_id"])
        document = json.loads((await client.read_resource(run["document"])).contents[0].text)  # type: ignore[union-attr]
        assert len(document["publications"]) == 1
        assert str(home) not in json.dumps(document)
    assert len([file for file in (home / "published").rglob("*") if file.suffix in {".png", ".jpg"}]) == 1


async def test_a_handle_outlives_the_server_and_the_work_goes_on(home: Path) -> None:
    async with connected(assistant(home), "auto") as client:
        run = data_of(await client.call_tool("create_image", SWEDEN))
        assert run["status"] == "working"
        [process] = processes(home)
        os.kill(process, signal.SIGKILL)
    async with connected(assistant(home), "auto") as client:
        run = await finished(client, data_of(await client.call_tool("get_run", {"run_id": run["run_id"]})))
        assert run["status"] == "review"
        told = await client.call_tool("approve_image", {"run_id": run["run_id"]})
    assert data_of(told)["approved"] is False
    assert f"onbrand runs approve {run['run_id']}" in text_of(told)
    assert not (home / "published").exists() or not list((home / "published").rglob("*.png"))


def processes(home: Path) -> list[int]:
    """The servers at work on this very home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            place = f"ONBRAND_HOME={home}".encode() in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if place and b"mcp" in words:
            found.append(int(entry.name))
    return found


def test_nothing_but_messages_goes_to_stdout_and_the_end_of_input_ends_the_server(home: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    done = subprocess.run(
        [*ONBRAND, "mcp"],
        input=json.dumps(hello) + "\n",
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [answer] = done.stdout.splitlines()
    assert json.loads(answer)["result"]["protocolVersion"] == "2025-06-18"


def test_a_brand_that_is_not_there_is_told_at_the_start(home: Path) -> None:
    done = subprocess.run(
        [*ONBRAND, "mcp", "--brand", "nobody"],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "nobody" in done.stderr
    assert done.stdout == ""


@contextmanager
def serve(home: Path, *options: str) -> Iterator[str]:
    """`onbrand serve` on a free port; yields the URL of /mcp."""
    log = home.parent / "serve.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*ONBRAND, "serve", "--port", "0", "--json", *options],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield json.loads(line)["mcp"]
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()  # type: ignore[union-attr]


async def test_without_sign_in_a_server_takes_no_yes_from_a_form(home: Path) -> None:
    person = Person(yes)
    with serve(home, "--local") as url:
        async with over_http(url, "nobody", "auto", person) as client:
            run = await finished(client, data_of(await client.call_tool("create_image", SWEDEN)))
            told = data_of(await client.call_tool("approve_image", {"run_id": run["run_id"]}))
            again = data_of(await client.call_tool("get_run", {"run_id": run["run_id"]}))
        async with over_http(url, "nobody", "legacy", declines()) as client:
            began = time.monotonic()
            assert data_of(await client.call_tool("get_run", {"run_id": run["run_id"]}))["status"] == "review"
            assert time.monotonic() - began < 10
    assert (told["approved"], again["status"]) == (False, "review")
    assert person.forms == []


async def test_a_home_that_cannot_be_opened_is_told_in_the_assistant(home: Path) -> None:
    async with connected(assistant(home, "--brand", "nobody"), "legacy") as client:
        assert len((await client.list_tools()).tools) == 8
        told = await client.call_tool("search_assets", {"text": "can"})
    assert told.is_error
    assert "There is no brand book 'nobody'" in text_of(told)
