"""Open sessions with the four tool servers: in memory, each client talking to a server object of this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import jsonschema.validators  # noqa: F401  else the client imports it on its first answer, on the event loop
from mcp import Client
from mcp.server.mcpserver import MCPServer

from domain.ports import Recorder
from mcp_servers.assets import server as assets
from mcp_servers.diffusion import server as diffusion
from mcp_servers.judges import server as judges
from mcp_servers.publish import server as publish
from mcp_servers.toolbox import Sessions
from mcp_servers.wire import Session, plain_errors
from mcp_servers.workshop import Workshop


@dataclass(frozen=True)
class Servers:
    """The tool servers of this process."""

    assets: MCPServer
    diffusion: MCPServer
    judges: MCPServer
    publish: MCPServer

    @classmethod
    def over(cls, workshop: Workshop) -> Servers:
        """Build all four over one workshop."""
        return cls(assets.build(workshop), diffusion.build(workshop), judges.build(workshop), publish.build(workshop))


@asynccontextmanager
async def open_sessions(servers: Servers, recorder: Recorder) -> AsyncIterator[Sessions]:
    """Sessions of one run: every call is recorded with `recorder`."""
    async with plain_errors(), AsyncExitStack() as stack:

        async def open_one(name: str, server: MCPServer) -> Session:
            return Session(name, await stack.enter_async_context(Client(server)), recorder)

        yield Sessions(
            assets=await open_one("assets", servers.assets),
            diffusion=await open_one("diffusion", servers.diffusion),
            judges=await open_one("judges", servers.judges),
            publish=await open_one("publish", servers.publish),
        )
