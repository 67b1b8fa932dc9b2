"""Who gets into a served tool server: the token, the host name, the origin, the size of what is sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from mcp.server.mcpserver import MCPServer

from domain.errors import Misconfigured
from mcp_servers.serve import MOST_REQUEST_BYTES, application
from tests.serving import serving

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"authorization": f"Bearer {TOKEN}"}
MCP = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = MCPServer("empty", log_level="CRITICAL")
    with serving(application(server, TOKEN)) as where:
        yield where


def post(address: str, headers: dict[str, str], path: str = "/mcp", content: bytes | None = None) -> httpx2.Response:
    body = {"json": LIST} if content is None else {"content": content}
    return httpx2.post(f"{address}{path}", headers=MCP | headers, trust_env=False, **body)  # type: ignore[arg-type]


def test_with_the_token_it_answers(address: str) -> None:
    assert post(address, BEARER).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"bearer {TOKEN}"},
        {"authorization": TOKEN},
        {"authorization": f"Basic {TOKEN}"},
        {"x-authorization": f"Bearer {TOKEN}"},
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/", "/healthz/../mcp", "/healthz/", "/elsewhere"])
def test_without_the_token_no_path_answers(address: str, headers: dict[str, str], path: str) -> None:
    refused = post(address, headers, path)
    assert refused.status_code == 401
    assert TOKEN not in refused.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil"])
def test_a_request_addressed_to_another_host_is_refused(address: str, host: str) -> None:
    assert post(address, BEARER | {"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
def test_a_request_from_another_origin_is_refused(address: str, origin: str) -> None:
    assert post(address, BEARER | {"origin": origin}).status_code == 403


def test_a_request_that_is_too_large_is_refused_declared_or_not(address: str) -> None:
    assert post(address, BEARER, content=b" " * (MOST_REQUEST_BYTES + 1)).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(6):
            yield b" " * 2**20

    refused = httpx2.post(f"{address}/mcp", headers=MCP | BEARER, content=pieces(), trust_env=False)
    assert refused.status_code == 413


def test_whether_it_lives_is_for_everybody_and_says_nothing_else(address: str) -> None:
    for headers in ({}, {"host": "any.example"}, {"authorization": "Bearer wrong"}):
        said = httpx2.get(f"{address}/healthz", headers=headers, trust_env=False)
        assert (said.status_code, said.json()) == (200, {"alive": True})
    assert httpx2.post(f"{address}/healthz", trust_env=False).status_code == 401


@pytest.mark.parametrize("token", ["", "short", "fifteen-letters", "with a space in it, long", "línea-demasiado-larga"])
def test_a_token_that_is_no_secret_is_refused_at_start_and_not_shown(token: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        application(MCPServer("empty", log_level="CRITICAL"), token)
    assert not token or token not in str(caught.value.document())
