"""Clients nobody can tell from real ones: the SDK's, in both eras of the protocol, in memory and over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from domain.access import Caller
from domain.errors import NotFound, Unauthorised
from mcp_servers.studio import Pace, Studio, StudioServer, application, build
from mcp_servers.studio.http import caller_of
from tests.serving import serving

MODES = ("legacy", "auto")
QUICK = Pace(progress_s=0.05, brief_s=1.0)


@dataclass
class Person:
    """Somebody in front of a client: how they fill in forms, and the forms they were shown."""

    fill: Callable[[Mapping[str, Any]], ElicitResult]
    forms: list[Any] = field(default_factory=list)

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        self.forms.append(params)
        return self.fill(params.requested_schema)  # type: ignore[union-attr]


def accepts(**content: Any) -> Person:
    """Fills in these values, the same every time."""
    return Person(lambda schema: ElicitResult(action="accept", content=content))


def takes_defaults() -> Person:
    """Presses Enter on every form."""

    def fill(schema: Mapping[str, Any]) -> ElicitResult:
        fields = schema["properties"].items()
        return ElicitResult(action="accept", content={name: f["default"] for name, f in fields if "default" in f})

    return Person(fill)


def declines() -> Person:
    """Will not be bothered."""
    return Person(lambda schema: ElicitResult(action="decline"))


def server_for(studio: Studio, caller: Caller, **more: Any) -> StudioServer:
    """The server as on a person's own machine: every request is that person's."""
    return build(studio, lambda request: caller, approve_how=how, **{"pace": QUICK, **more})


def how(run_id: str) -> str:
    """How a person approves elsewhere."""
    return f"onbrand runs approve {run_id} --brand demo"


@asynccontextmanager
async def connected(server: Any, mode: str, person: Person | None = None) -> AsyncIterator[Client]:
    """A client; without a person it shows no forms."""
    async with Client(server, mode=mode, elicitation_callback=person, cache=None) as client:
        yield client


@contextmanager
def served(studio: Studio, callers: Mapping[str, Caller], **more: Any) -> Iterator[str]:
    """The application over HTTP; `callers` by their token. Yields the URL of /mcp."""

    async def establish(authorization: str | None, brand: str | None) -> Caller:
        caller = callers.get((authorization or "").removeprefix("Bearer "))
        if caller is None:
            raise Unauthorised("nobody is signed in, or the key is not valid", hint="give a key")
        if brand not in {None, caller.brand}:
            raise NotFound(f"There is no brand {brand!r}.", where="brand")
        return caller

    server = build(studio, caller_of, approve_how=how, pace=QUICK)
    with serving(application(server, establish, **more)) as address:
        yield f"{address}/mcp"


@asynccontextmanager
async def over_http(url: str, token: str, mode: str, person: Person | None = None) -> AsyncIterator[Client]:
    """A client with a token."""
    headers = {"authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
        connected(streamable_http_client(url, http_client=http), mode, person) as client,
    ):
        yield client


def text_of(result: CallToolResult) -> str:
    """What a result says."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def data_of(result: CallToolResult) -> dict[str, Any]:
    """A result as data; the test fails with its text where it is an error."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content
