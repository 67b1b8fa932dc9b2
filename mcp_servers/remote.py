"""A tool server in another process or on another host: one call is one MCP exchange over Streamable HTTP.

There is no session to lose: protocol 2026-07-28 sends each request whole, so a server that was restarted simply answers
the next call. Answers are read within bounds, and every digest in them is looked up in our own artifact store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    CallToolResult,
    ErrorData,
    JSONRPCError,
    Tool,
    jsonrpc_message_adapter,
)
from mcp.types.version import LATEST_MODERN_VERSION
from pydantic import ValidationError

from domain.errors import NotFound, ToolFailed
from domain.ports import ArtifactStore
from domain.values import BrandId
from mcp_servers.endpoint import Endpoint
from mcp_servers.wire import error_from_text, exchange, plain_errors, text_of

MOST_ANSWER_BYTES = 4 * 2**20
"""Largest answer read. Those of a run of 27 candidates are tens of kilobytes."""

CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 60.0
"""Longest silence on a connection. A tool server at work says so every 15 s; silence means it is stuck or gone."""

GONE = frozenset({502, 503, 504})
"""What a proxy answers for a server that is not there."""


NAMED_BY_RUNS = frozenset({"diffusion", "judges"})
"""Servers that are asked only about what the run has found before: for them nothing can be missing."""

TOGETHER = (
    "both ends must use one database, and one folder or bucket of artifacts: give them the same home, or set the same "
    "ONBRAND_DATABASE_URL and ONBRAND_ARTIFACTS=s3://bucket/prefix at both"
)


class Remote:
    """Calls the tools of one server. Open with `async with Remote.open(...) as remote`."""

    def __init__(self, server: str, endpoint: Endpoint, artifacts: ArtifactStore, http: httpx2.AsyncClient) -> None:
        self.server = server
        self._endpoint = endpoint
        self._artifacts = artifacts
        self._http = http

    @classmethod
    @asynccontextmanager
    async def open(cls, server: str, endpoint: Endpoint, artifacts: ArtifactStore) -> AsyncIterator[Remote]:
        """Connections are made when they are needed: a server that is down fails the calls to it, not the run."""
        http = await asyncio.to_thread(http_client, endpoint)  # loading the trusted certificates reads files
        async with http:
            yield cls(server, endpoint, artifacts, http)

    async def call_tool(self, name: str, request: dict[str, Any], timeout_s: float) -> CallToolResult:
        """One call. Raises MCPError when no answer came, ToolFailed when the server sees other artifacts than we do."""
        async with plain_errors(), self._exchange() as client:
            result = await exchange(client, name, request, timeout_s)
        where, brand = f"{self.server}.{name}", request.get("brand")
        if result.is_error:
            await asyncio.to_thread(self._refuse_blindness, name, result, brand)
        elif result.structured_content is not None:
            await asyncio.to_thread(self._settle, result.structured_content, brand, where)
        return result

    async def tools(self) -> list[Tool]:
        """The tools this server offers. Raises MCPError when it does not answer."""
        async with plain_errors(), self._exchange() as client:
            return (await client.list_tools()).tools

    def _exchange(self) -> Client:
        transport = streamable_http_client(
            self._endpoint.url, http_client=self._http, max_sse_event_size=MOST_ANSWER_BYTES
        )
        return Client(transport, mode=LATEST_MODERN_VERSION, cache=None, read_timeout_seconds=self._endpoint.timeout_s)

    def _settle(self, part: Any, brand: BrandId | None, where: str) -> None:
        """Hold every artifact in an answer against our own store, and say where it lies here, in place."""
        if isinstance(part, list):
            for item in part:
                self._settle(item, brand, where)
        if not isinstance(part, dict):
            return
        for item in part.values():
            self._settle(item, brand, where)
        digest = part.get("digest")
        if not isinstance(digest, str):
            return
        try:
            known = self._artifacts.ref(brand or "", digest)
        except NotFound:
            raise ToolFailed(
                f"{where} names an artifact that this brand does not have: {digest[:12]}", where=where, hint=TOGETHER
            ) from None
        if {"media_type", "path", "bytes"} <= part.keys():
            part.update(known.model_dump(mode="json"))

    def _refuse_blindness(self, tool: str, result: CallToolResult, brand: BrandId | None) -> None:
        """Raise ToolFailed when the server does not find what we have: it looks in another place than we do."""
        error = error_from_text(self.server, tool, text_of(result))
        if not isinstance(error, NotFound) or brand is None:
            return
        if self.server in NAMED_BY_RUNS or self._artifacts.has(brand, error.where):
            raise ToolFailed(
                f"{self.server}.{tool} does not find what this program has: {error.message}",
                where=f"{self.server}.{tool}",
                hint=TOGETHER,
            )


def http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """A client of one tool server. Proxies of the environment are left out: they would be given the token."""
    return httpx2.AsyncClient(
        transport=Bounded(httpx2.AsyncHTTPTransport()),
        headers={"authorization": f"Bearer {endpoint.token}", "accept-encoding": "identity"},
        timeout=httpx2.Timeout(CONNECT_TIMEOUT_S, read=SILENCE_TIMEOUT_S, write=SILENCE_TIMEOUT_S, pool=None),
        trust_env=False,
    )


class Bounded(httpx2.AsyncBaseTransport):
    """Reads each answer whole and within bounds; whatever goes wrong becomes a JSON-RPC error that says what.

    The code is CONNECTION_CLOSED where no answer came, so that asking again may help.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange; never raises a transport error."""
        try:
            response = await self._inner.handle_async_request(request)
            body = await whole(response)
        except httpx2.TimeoutException as error:
            code = CONNECTION_CLOSED if isinstance(error, httpx2.ConnectTimeout) else INVALID_REQUEST
            return refused(request, f"it was silent for too long ({type(error).__name__})", code)
        except httpx2.TransportError as error:
            reason = str(error) or type(error).__name__
            return refused(request, f"the connection failed: {reason}", CONNECTION_CLOSED)
        if body is None or (problem := unusable(response, body)):
            why = f"its answer is larger than {MOST_ANSWER_BYTES // 2**20} MiB" if body is None else problem
            return refused(request, why, CONNECTION_CLOSED if response.status_code in GONE else INVALID_REQUEST)
        kind = {"content-type": response.headers.get("content-type", "")}
        return httpx2.Response(response.status_code, headers=kind, content=body, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def whole(response: httpx2.Response) -> bytes | None:
    """The body as it came; None once it is larger than MOST_ANSWER_BYTES, without reading on."""
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    body = bytearray()
    try:
        async for chunk in response.stream:
            body += chunk
            if len(body) > MOST_ANSWER_BYTES:
                return None
    finally:
        await response.aclose()
    return bytes(body)


def unusable(response: httpx2.Response, body: bytes) -> str:
    """What is wrong with an answer that no tool gave; empty for one that a tool server may have given."""
    status = response.status_code
    if 300 <= status < 400:
        return f"it points to another address ({status}): set the tool server's own URL"
    if response.headers.get("content-encoding", "identity") != "identity":
        return "its answer is compressed, which was not asked for"
    known = {
        401: "it refused the token (401)",
        403: "it refused this program (403)",
        413: "it refused the request as too large (413)",
        421: "it does not answer to this host name (421): see --allow-host of `onbrand tools serve`",
        502: "the proxy before it cannot reach it (502)",
        503: "it takes no more calls now (503)",
        504: "the proxy before it waited too long (504)",
    }
    if status in known:
        return known[status]
    return f"it answered {status}" if status >= 400 and not is_rpc_error(body) else ""


def is_rpc_error(body: bytes) -> bool:
    """Whether a tool server itself says what is wrong."""
    try:
        return isinstance(jsonrpc_message_adapter.validate_json(body, by_name=False), JSONRPCError)
    except ValidationError:
        return False


def refused(request: httpx2.Request, why: str, code: int = INVALID_REQUEST) -> httpx2.Response:
    """An answer that says why there is none."""
    error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=code, message=why))
    content = error.model_dump_json(by_alias=True, exclude_unset=True)
    return httpx2.Response(
        502, headers={"content-type": "application/json"}, content=content.encode(), request=request
    )
