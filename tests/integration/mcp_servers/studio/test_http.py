"""Over HTTP every request is somebody's, a session belongs to who opened it, and old and new clients get the same."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from domain.access import Caller
from tests.integration.mcp_servers.studio.clients import (
    MODES,
    accepts,
    data_of,
    declines,
    over_http,
    served,
    takes_defaults,
    text_of,
)
from tests.integration.mcp_servers.studio.pretend import ANNA, BEN, EVE, PretendStudio

KEYS = {"anna-key": ANNA, "ben-key": BEN, "eve-key": EVE}
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
both_eras = pytest.mark.parametrize("mode", MODES)


@pytest.fixture
def callers() -> dict[str, Caller]:
    return dict(KEYS)


@pytest.fixture
def studio() -> PretendStudio:
    return PretendStudio("questions", "options", "review")


@pytest.fixture
def url(studio: PretendStudio, callers: dict[str, Caller]) -> Iterator[str]:
    with served(studio, callers) as address:
        yield address


def post(url: str, token: str | None, body: Any, **headers: str) -> httpx2.Response:
    signed = {"authorization": f"Bearer {token}"} if token else {}
    return httpx2.post(url, headers=HEADERS | signed | headers, json=body, trust_env=False)


def opened(url: str, token: str) -> str:
    """A session of a client of the handshake era."""
    answer = post(url, token, INITIALIZE)
    assert answer.status_code == 200
    return answer.headers["mcp-session-id"]


@both_eras
async def test_from_request_to_publication_with_a_person_in_front(url: str, studio: PretendStudio, mode: str) -> None:
    async with over_http(url, "anna-key", mode, takes_defaults()) as client:
        run = data_of(await client.call_tool("create_image", {"request": "our can"}))
        assert run["status"] == "review"
    async with over_http(url, "anna-key", mode, accepts(publish=True)) as client:
        approved = data_of(await client.call_tool("approve_image", {"run_id": run["run_id"]}))
    assert (approved["approved"], approved["status"]) == (True, "published")
    assert len(studio.runs_kept[run["run_id"]].published) == 1


@both_eras
async def test_with_tools_alone_everything_but_approval(url: str, mode: str) -> None:
    async with over_http(url, "anna-key", mode) as client:
        run = data_of(await client.call_tool("create_image", {"request": "our can"}))
        assert run["status"] == "needs_input"
        name = {"run_id": run["run_id"]}
        await client.call_tool("answer_question", name | {"answers": {"market": "SE"}})
        await client.call_tool("answer_question", name | {"answers": {"option": "quick"}})
        assert data_of(await client.call_tool("get_run", name))["status"] == "review"
        assert data_of(await client.call_tool("approve_image", name))["approved"] is False


@both_eras
async def test_what_is_anothers_is_not_there(url: str, mode: str) -> None:
    async with over_http(url, "anna-key", mode) as client:
        theirs = data_of(await client.call_tool("create_image", {"request": "our can"}))["run_id"]
    for token in ("ben-key", "eve-key"):
        async with over_http(url, token, mode, declines()) as client:
            result = await client.call_tool("get_run", {"run_id": theirs})
            assert result.is_error
            assert "There is no run" in text_of(result)


def test_without_a_key_nothing_is_answered(url: str) -> None:
    session = opened(url, "anna-key")
    for authorization in (None, "", "Bearer", "Bearer anna-ke", "Bearer anna-keyx", "Bearer Bearer anna-key"):
        for method in ("POST", "GET", "DELETE", "PUT", "OPTIONS"):
            signed = {} if authorization is None else {"authorization": authorization}
            refused = httpx2.request(
                method, url, headers=HEADERS | signed | {"mcp-session-id": session}, json=LIST, trust_env=False
            )
            assert refused.status_code == 401, (method, authorization)
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.json()["code"] == "unauthorised"


def test_only_mcp_is_there(url: str) -> None:
    for path in ("/", "/mcp/", "/mcp/x", "/healthz"):
        assert post(url.removesuffix("/mcp") + path, "anna-key", LIST).status_code == 404


def test_a_brand_that_is_not_the_callers_is_not_there(url: str) -> None:
    assert post(url, "anna-key", INITIALIZE, **{"onbrand-brand": "demo"}).status_code == 200
    for brand in ("rival", "nonsense"):
        refused = post(url, "anna-key", INITIALIZE, **{"onbrand-brand": brand})
        assert refused.status_code == 404
        assert refused.json()["message"] == f"There is no brand {brand!r}."


def test_a_session_of_another_principal_is_answered_as_one_that_is_not_there(url: str) -> None:
    session = opened(url, "anna-key")
    assert post(url, "anna-key", LIST, **{"mcp-session-id": session}).status_code == 200
    for method in ("POST", "GET", "DELETE"):
        told = []
        for name in (session, "0" * 32):
            answer = httpx2.request(
                method,
                url,
                headers=HEADERS | {"authorization": "Bearer ben-key", "mcp-session-id": name},
                json=LIST if method == "POST" else None,
                trust_env=False,
            )
            told.append((answer.status_code, answer.text))
        assert told[0] == told[1]
        assert told[0][0] == 404
    assert post(url, "anna-key", LIST, **{"mcp-session-id": session}).status_code == 200


def test_a_key_that_is_revoked_ends_what_its_session_can_do(url: str, callers: dict[str, Caller]) -> None:
    session = opened(url, "anna-key")
    del callers["anna-key"]
    assert post(url, "anna-key", LIST, **{"mcp-session-id": session}).status_code == 401


def test_one_session_too_many_takes_the_place_of_the_one_left_alone_for_longest(studio: PretendStudio) -> None:
    with served(studio, KEYS, most_sessions_each=2) as url:
        first, second = (opened(url, "anna-key") for _ in range(2))
        bens = opened(url, "ben-key")
        assert post(url, "anna-key", LIST, **{"mcp-session-id": first}).status_code == 200
        third = opened(url, "anna-key")
        assert post(url, "anna-key", LIST, **{"mcp-session-id": second}).status_code == 404
        for token, session in (("anna-key", first), ("anna-key", third), ("ben-key", bens)):
            assert post(url, token, LIST, **{"mcp-session-id": session}).status_code == 200


def test_a_session_at_work_makes_no_room_and_one_that_said_goodbye_does(studio: PretendStudio) -> None:
    with served(studio, KEYS, most_sessions_each=1) as url:
        session = {"mcp-session-id": opened(url, "anna-key")}
        listening = HEADERS | {"authorization": "Bearer anna-key"} | session
        with httpx2.stream("GET", url, headers=listening, trust_env=False) as stream:
            assert stream.status_code == 200
            refused = post(url, "anna-key", INITIALIZE)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 0
            assert httpx2.delete(url, headers=listening, trust_env=False).status_code == 200
            assert opened(url, "anna-key")


def test_a_session_that_is_left_alone_is_forgotten(studio: PretendStudio) -> None:
    with served(studio, KEYS, idle_s=0.2, most_sessions_each=1) as url:
        session = opened(url, "anna-key")
        time.sleep(0.6)
        assert post(url, "anna-key", LIST, **{"mcp-session-id": session}).status_code == 404
        assert opened(url, "anna-key")


def test_requests_for_another_host_or_from_another_page_are_refused(url: str) -> None:
    assert post(url, "anna-key", INITIALIZE, host="evil.example").status_code == 421
    assert post(url, "anna-key", INITIALIZE, origin="https://evil.example").status_code == 403
    assert post(url, "anna-key", INITIALIZE, origin="http://localhost:3000").status_code == 200


def test_a_request_that_is_too_large_is_refused(url: str) -> None:
    assert post(url, "anna-key", {"padding": "x" * (5 * 2**20)}).status_code == 413


def test_space_around_a_header_is_not_part_of_its_value(url: str) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    body = {
        "jsonrpc": "2.0",
        "id": 3,
        "method": "tools/call",
        "params": {"name": "search_assets", "arguments": {"text": "can"}, "_meta": meta},
    }
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "search_assets"}
    head = HEADERS | headers | {"authorization": "Bearer anna-key", "mcp-name": "  search_assets \t"}
    spaced = raw_post(url, head, json.dumps(body).encode())
    assert spaced.startswith(b"HTTP/1.1 200"), spaced[:300]
    assert b"asset-0" in spaced
    wrong = raw_post(url, head | {"mcp-name": "search assets"}, json.dumps(body).encode())
    assert wrong.startswith(b"HTTP/1.1 400")


def raw_post(url: str, headers: dict[str, str], body: bytes) -> bytes:
    """A request byte by byte: HTTP clients take the space off, or refuse it."""
    parts = urlsplit(url)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        opening = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\n"
        connection.sendall(f"{opening}{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer
