"""Open connections with the four tool servers: in memory with a server of this process, over HTTP with any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from mcp import Client
from mcp.server.mcpserver import MCPServer

from domain.errors import Misconfigured, ToolFailed
from domain.ports import ArtifactStore, Recorder
from mcp_servers.assets import server as assets
from mcp_servers.diffusion import server as diffusion
from mcp_servers.endpoint import Endpoint
from mcp_servers.judges import server as judges
from mcp_servers.publish import server as publish
from mcp_servers.remote import Remote
from mcp_servers.toolbox import Sessions
from mcp_servers.wire import CALL_TIMEOUT_S, InMemory, Session, plain_errors
from mcp_servers.workshop import Workshop

BUILD: Mapping[str, Callable[[Workshop], MCPServer]] = {
    "assets": assets.build,
    "diffusion": diffusion.build,
    "judges": judges.build,
    "publish": publish.build,
}
"""The tool servers there are, by name."""

LOOK_TIMEOUT_S = 10.0
"""Longest wait of somebody who only asks whether a server is there."""


@dataclass(frozen=True)
class Servers:
    """The tool servers by name: an object of this process, or where another process serves it."""

    reach: Mapping[str, MCPServer | Endpoint]
    artifacts: ArtifactStore

    @classmethod
    def over(cls, workshop: Workshop, elsewhere: Mapping[str, Endpoint] | None = None) -> Servers:
        """All four: those that are not `elsewhere` are built over the workshop."""
        endpoints = elsewhere or {}
        return cls({name: endpoints.get(name) or build(workshop) for name, build in BUILD.items()}, workshop.artifacts)


@asynccontextmanager
async def open_sessions(servers: Servers, recorder: Recorder) -> AsyncIterator[Sessions]:
    """Sessions of one run: every call is recorded with `recorder`."""
    async with plain_errors(), AsyncExitStack() as stack:

        async def open_one(name: str) -> Session:
            reach = servers.reach[name]
            if isinstance(reach, Endpoint):
                remote = await stack.enter_async_context(Remote.open(name, reach, servers.artifacts))
                return Session(name, remote, recorder, reach.timeout_s)
            client = await stack.enter_async_context(Client(reach))
            return Session(name, InMemory(client), recorder, CALL_TIMEOUT_S)

        yield Sessions(**{name: await open_one(name) for name in BUILD})


async def look_at(name: str, endpoint: Endpoint, workshop: Workshop) -> int:
    """Ask a tool server elsewhere what it offers; returns how many tools.

    Raises ToolFailed when it does not answer, Misconfigured when it is another server or of another version.
    """
    async with Client(BUILD[name](workshop)) as here:
        expected = {tool.name: tool for tool in (await here.list_tools()).tools}
    try:
        async with Remote.open(name, replace(endpoint, timeout_s=LOOK_TIMEOUT_S), workshop.artifacts) as remote:
            offered = {tool.name: tool for tool in await remote.tools()}
    except Exception as error:  # the transport's own failures have no common root
        raise ToolFailed(
            f"the tool server {name!r} at {endpoint.url} does not answer: {error}",
            where=f"tools.{name}.url",
            hint=f"start it with `onbrand tools serve {name}`, and give both ends the same token",
        ) from error
    if changed := sorted(tool for tool in expected if offered.get(tool) != expected[tool]):
        raise Misconfigured(
            f"the server at {endpoint.url} offers {', '.join(changed)} otherwise than this program expects, or not",
            where=f"tools.{name}.url",
            hint=f"serve {name} there, with the same version of Onbrand",
        )
    return len(offered)
