"""A tool server that is dead, slow or lies: every way it can go wrong ends as a typed error, and the caller goes on."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from domain.errors import NotFound, ToolBroke, ToolFailed
from domain.values import ArtifactRef, BrandId, Model
from mcp_servers import remote as remote_module
from mcp_servers import wire
from mcp_servers.endpoint import Endpoint
from mcp_servers.remote import Remote
from mcp_servers.serve import application
from mcp_servers.wire import Session, typed_errors
from memory.artifacts import DirectoryStore
from memory.home import Home
from tests.serving import request_of, response, serving, talking

TOKEN = "a-token-that-nobody-guesses"


class Ask(Model):
    brand: BrandId = "demo"
    what: str = ""


class Said(Model):
    text: str
    picture: ArtifactRef | None = None


class Notes:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def record(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between attempts, shortened; their number stays."""
    monkeypatch.setattr(wire, "RETRY_AFTER_S", (0.05, 0.1, 0.2))


def store(folder: Path) -> DirectoryStore:
    return DirectoryStore(Home(folder / "home"))


@asynccontextmanager
async def session(
    address: str,
    folder: Path,
    *,
    token: str = TOKEN,
    timeout_s: float = 20.0,
    notes: Notes | None = None,
    name: str = "echo",
) -> AsyncIterator[Session]:
    """A session with the server at an address."""
    endpoint = Endpoint(f"{address}/mcp", token, timeout_s)
    async with Remote.open(name, endpoint, store(folder)) as remote:
        yield Session(name, remote, notes or Notes(), timeout_s)


async def say(session: Session, what: str = "hi", tool: str = "say", *, once: bool = False) -> Said:
    """One call."""
    return await session.call("plan", frozenset({f"{session.server}.{tool}"}), tool, Ask(what=what), Said, once=once)


class Echo:
    """A tool server whose tools answer, refuse, break, take long, or name pictures."""

    def __init__(self, folder: Path) -> None:
        self.calls = 0
        self.store = store(folder)
        self.release = threading.Event()
        server = MCPServer("echo", log_level="CRITICAL")
        self.server = server

        @server.tool()
        @typed_errors
        def say(request: Ask) -> Said:
            """Answer."""
            self.calls += 1
            return Said(text=request.what.upper())

        @server.tool()
        @typed_errors
        def refuse(request: Ask) -> Said:
            """Refuse."""
            raise NotFound("no such thing", where="here", hint="look elsewhere")

        @server.tool()
        @typed_errors
        def look(request: Ask) -> Said:
            """Find nothing."""
            raise NotFound("there is no such thing", where=request.what)

        @server.tool()
        @typed_errors
        def crash(request: Ask) -> Said:
            """Break."""
            raise ZeroDivisionError("secret detail")

        @server.tool()
        @typed_errors
        def wait(request: Ask) -> Said:
            """Take until released."""
            self.calls += 1
            self.release.wait(30)
            return Said(text="at last")

        @server.tool()
        @typed_errors
        def complain(request: Ask) -> Said:
            """Refuse at length."""
            raise NotFound("no " * 100_000, where="x" * 100_000, hint="y" * 100_000)

        @server.tool()
        def lie(request: Ask) -> dict[str, int]:
            """Answer something else."""
            return {"number": 3}

        @server.tool()
        @typed_errors
        def show(request: Ask) -> Said:
            """Name a picture of the brand `what`, saying it lies elsewhere."""
            ref = self.store.put(request.what, f"picture of {request.what}".encode(), "image/png")
            return Said(text="look", picture=ref.model_copy(update={"path": "/etc/passwd", "bytes": 1}))

        @server.tool()
        @typed_errors
        def talk(request: Ask) -> Said:
            """Answer at length: `what` bytes."""
            return Said(text="x" * int(request.what))


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    made = Echo(tmp_path)
    yield made
    made.release.set()


@contextmanager
def served(echo: Echo, port: int = 0) -> Iterator[str]:
    with serving(application(echo.server, TOKEN), port) as address:
        yield address


async def test_a_call_over_http_is_answered_and_recorded_like_one_in_memory(echo: Echo, tmp_path: Path) -> None:
    notes = Notes()
    with served(echo) as address:
        async with session(address, tmp_path, notes=notes) as calls:
            assert (await say(calls)).text == "HI"
    (event,) = notes.events
    assert (event["kind"], event["server"], event["tool"], event["arguments"]["what"]) == (
        "tool_call", "echo", "say", "hi",
    )
    assert TOKEN not in json.dumps(notes.events)


async def test_errors_cross_http_as_themselves_and_a_break_without_its_inner_words(echo: Echo, tmp_path: Path) -> None:
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            with pytest.raises(NotFound, match="no such thing") as caught:
                await say(calls, tool="refuse")
            assert caught.value.hint == "look elsewhere"
            with pytest.raises(ToolBroke) as broke:
                await say(calls, tool="crash")
            assert "secret" not in str(broke.value)
            with pytest.raises(ToolFailed, match="contract"):
                await say(calls, tool="lie")
            with pytest.raises(ToolBroke):
                await say(calls, tool="unknown")
            assert (await say(calls)).text == "HI"


async def test_of_a_long_complaint_only_the_beginning_is_kept(echo: Echo, tmp_path: Path) -> None:
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            with pytest.raises(NotFound) as caught:
                await say(calls, tool="complain")
    assert len(json.dumps(caught.value.document())) < 4 * wire.MOST_SAID


async def test_a_picture_is_looked_up_here_and_another_brands_is_refused(echo: Echo, tmp_path: Path) -> None:
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            picture = (await say(calls, "demo", "show")).picture
            assert picture is not None
            assert picture == store(tmp_path).ref("demo", picture.digest)
            with pytest.raises(ToolFailed, match="does not have"):
                await say(calls, "other-brand", "show")


async def test_a_server_that_does_not_find_what_we_have_looks_elsewhere(echo: Echo, tmp_path: Path) -> None:
    ours = store(tmp_path).put("demo", b"a picture", "image/png").digest
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            with pytest.raises(ToolFailed, match="does not find what this program has") as caught:
                await say(calls, ours, "look")
            assert "ONBRAND_ARTIFACTS" in caught.value.hint
            assert "ONBRAND_DATABASE_URL" in caught.value.hint
            with pytest.raises(NotFound):
                await say(calls, "0" * 64, "look")
            with pytest.raises(NotFound):
                await say(calls, "a thing", "look")
        async with session(address, tmp_path, name="judges") as calls:
            with pytest.raises(ToolFailed, match="does not find what this program has"):
                await say(calls, "a thing", "look")


async def test_the_wrong_token_is_told_and_never_shown(echo: Echo, tmp_path: Path) -> None:
    wrong = "another-token-altogether"
    with served(echo) as address:
        async with session(address, tmp_path, token=wrong) as calls:
            with pytest.raises(ToolFailed, match="refused the token") as caught:
                await say(calls)
    assert wrong not in json.dumps(caught.value.document())
    assert echo.calls == 0


async def test_calls_beside_each_other_do_not_mix(echo: Echo, tmp_path: Path) -> None:
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            said = await asyncio.gather(*(say(calls, f"word {n}") for n in range(30)), return_exceptions=True)
    assert [answer.text for answer in said if isinstance(answer, Said)] == [f"WORD {n}" for n in range(30)]


async def test_a_call_that_takes_too_long_frees_the_caller_and_the_next_one_is_answered(
    echo: Echo, tmp_path: Path
) -> None:
    with served(echo) as address:
        async with session(address, tmp_path, timeout_s=0.5) as calls:
            with pytest.raises(ToolFailed, match="did not answer") as caught:
                await say(calls, tool="wait")
            assert caught.value.hint
            assert echo.calls == 1, "a call that timed out was made again"
        echo.release.set()
        async with session(address, tmp_path) as calls:
            assert (await say(calls)).text == "HI"


async def test_an_answer_that_is_too_large_is_refused(
    echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "MOST_ANSWER_BYTES", 2**20)
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            assert len((await say(calls, "100000", "talk")).text) == 100_000
            with pytest.raises(ToolFailed, match="larger than 1 MiB"):
                await say(calls, str(2**21), "talk")


async def test_nobody_there_is_asked_again_and_then_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with session(f"http://127.0.0.1:{port}", tmp_path) as calls:
        with pytest.raises(ToolFailed, match="connection failed") as caught:
            await say(calls)
    assert "onbrand runs resume" in caught.value.hint


async def test_a_server_that_comes_back_answers_the_call_that_found_it_gone(
    echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "RETRY_AFTER_S", (0.5, 1.0, 3.0))
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            assert (await say(calls, "before")).text == "BEFORE"
    port = int(address.rpartition(":")[2])
    again = Echo(tmp_path)
    async with session(address, tmp_path) as calls:
        waiting = asyncio.create_task(say(calls, "after"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        with serving(application(again.server, TOKEN), port):
            assert (await waiting).text == "AFTER"


async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
    await request_of(reader)
    writer.write(answer)
    await writer.drain()


RPC = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": [], "resultType": "complete"}}).encode()
NONSENSE = {
    "not JSON": (response("200 OK", b"{{{"), "did not answer"),
    "JSON of another kind": (response("200 OK", b'{"hello": "world"}'), "did not answer"),
    "deeply nested": (response("200 OK", b"[" * 100_000), "did not answer"),
    "a web page": (response("200 OK", b"<html></html>", "text/html"), "content type"),
    "no content": (response("200 OK", RPC), "contract"),
    "accepted, no answer": (response("202 Accepted", b""), "202"),
    "401": (response("401 Unauthorized", b"", "text/plain"), "token"),
    "404": (response("404 Not Found", b"<html>", "text/html"), "404"),
    "500": (response("500 Internal Server Error", b"oops", "text/plain"), "500"),
    "elsewhere": (response("307 Temporary Redirect", b"", more="location: http://127.0.0.1:9/\r\n"), "another address"),
    "nowhere": (response("302 Found", b"", more="location: http://[\r\n"), "another address"),
    "compressed": (response("200 OK", b"\x1f\x8b" * 9, more="content-encoding: gzip\r\n"), "compressed"),
    "an event stream that ends": (response("200 OK", b"event: message\r\n", "text/event-stream"), "did not answer"),
    "an event of nonsense": (response("200 OK", b"data: {{\n\n", "text/event-stream"), "did not answer"),
    "no HTTP": (b"\x00\x01\x02\xff" * 50 + b"\r\n\r\n", "connection failed"),
    "half an answer": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", "failed"),
    "nothing": (b"", "connection failed"),
}


@pytest.mark.parametrize("kind", sorted(NONSENSE))
async def test_nonsense_is_a_typed_error_and_the_caller_lives_on(kind: str, tmp_path: Path) -> None:
    answer, said = NONSENSE[kind]
    async with (
        talking(lambda reader, writer: heard(reader, writer, answer)) as address,
        session(address, tmp_path) as calls,
    ):
        for _ in range(2):
            with pytest.raises(ToolFailed, match=said) as caught:
                await say(calls, once=True)
            assert (caught.value.where, bool(caught.value.hint)) == ("echo.say", True)


@pytest.mark.parametrize("once", [False, True])
async def test_a_connection_cut_in_mid_call_is_tried_again_only_where_that_is_safe(tmp_path: Path, once: bool) -> None:
    asked = 0

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await request_of(reader)
        asked += 1

    async with talking(cut) as address, session(address, tmp_path) as calls:
        with pytest.raises(ToolFailed, match="connection failed"):
            await say(calls, once=once)
    assert asked == (1 if once else 1 + len(wire.RETRY_AFTER_S))


@pytest.mark.parametrize("once", [False, True])
async def test_a_500_is_not_tried_again(tmp_path: Path, once: bool) -> None:
    asked = 0

    async def fail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await heard(reader, writer, response("500 Internal Server Error", b"", "text/plain"))

    async with talking(fail) as address, session(address, tmp_path) as calls:
        with pytest.raises(ToolFailed, match="500"):
            await say(calls, once=once)
    assert asked == 1


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer of a million bytes, one every 20 ms."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An event stream that says that it lives, and never more."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    while True:
        writer.write(b": ping\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Nothing at all."""
    await request_of(reader)
    await reader.read()


@pytest.mark.parametrize("conversation", [drip, ping, hang])
async def test_a_server_that_never_ends_its_answer_frees_the_caller(conversation: Any, tmp_path: Path) -> None:
    async with talking(conversation) as address, session(address, tmp_path, timeout_s=0.6) as calls:
        with pytest.raises(ToolFailed, match="did not answer"):
            await asyncio.wait_for(say(calls), timeout=30)


async def test_silence_is_noticed_before_the_time_for_the_call_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "SILENCE_TIMEOUT_S", 0.3)
    async with talking(hang) as address, session(address, tmp_path, timeout_s=250) as calls:
        with pytest.raises(ToolFailed, match="silent"):
            await asyncio.wait_for(say(calls), timeout=30)


async def test_a_caller_that_is_cancelled_lets_go(tmp_path: Path) -> None:
    async with talking(hang) as address, session(address, tmp_path, timeout_s=250) as calls:
        waiting = asyncio.create_task(say(calls))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, timeout=10)


async def test_a_proxy_of_the_environment_is_not_given_the_token(
    echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with served(echo) as address:
        async with session(address, tmp_path) as calls:
            assert (await say(calls)).text == "HI"
