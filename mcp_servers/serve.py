"""A tool server as a web application: MCP over Streamable HTTP behind a bearer token, and whether it lives.

The token is all there is to say who calls; a server holding it out to a network needs TLS before it.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.errors import Misconfigured
from mcp_servers.endpoint import SHORTEST_TOKEN, is_token

PATH = "/mcp"
HEALTH = "/healthz"
MOST_REQUEST_BYTES = 4 * 2**20
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def application(server: MCPServer, token: str, host_names: Sequence[str] = LOOPBACK_NAMES) -> ASGIApp:
    """The application: tools under /mcp for whoever has the token, /healthz for everybody.

    `host_names` are those a request may be addressed to (against DNS rebinding). Raises Misconfigured for a token that
    is no secret.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=MOST_REQUEST_BYTES,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[*host_names, *(f"{name}:*" for name in host_names)],
            allowed_origins=[f"{scheme}://{name}{port}" for scheme in ("http", "https") for name in host_names
                             for port in ("", ":*")],
        ),
    )
    return Guarded(app, checked_token(token))


def checked_token(token: str) -> str:
    """The token, if it can be one. Raises Misconfigured, never showing it."""
    if not is_token(token):
        raise Misconfigured(
            f"the token of a tool server must be at least {SHORTEST_TOKEN} visible ASCII characters",
            where="the tool server's token",
            hint='make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    return token


class Guarded:
    """Lets only requests with the token through. The path comes from the request line, never from a header."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or hand on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            raise RuntimeError("tool servers speak HTTP only")
        elif scope["path"] == HEALTH and scope["method"] in {"GET", "HEAD"}:
            await JSONResponse({"alive": True})(scope, receive, send)
        elif not hmac.compare_digest(Headers(scope=scope).get("authorization", "").encode(), self._expected):
            refusal = Response("a token is needed", status_code=401, headers={"www-authenticate": "Bearer"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)
