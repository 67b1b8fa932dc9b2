"""The studio server over Streamable HTTP: every request is somebody's, and a session belongs to who opened it.

Sessions are kept because protocols before 2026-07-28 ask the person over them; from then on a request stands alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from domain.access import Caller
from domain.errors import (
    Forbidden,
    NotFound,
    OnbrandError,
    OperatorMustAct,
    PersonMustAct,
    TooManyRequests,
    Unauthorised,
)
from domain.values import Seconds
from mcp_servers.serve import LOOPBACK_NAMES, MOST_REQUEST_BYTES, PATH
from mcp_servers.studio.desk import Request
from mcp_servers.studio.sessions import HEADER as SESSION_HEADER
from mcp_servers.studio.sessions import Sessions, farewell, nothing_more, unheard

BRAND_HEADER = "onbrand-brand"
CALLER = "onbrand.caller"
"""Where the caller of a request stands in its scope. Only the guard writes it."""

IDLE_S: Seconds = 30 * 60.0
"""A session without a request for so long is forgotten; its client opens another."""

MOST_SESSIONS = 2_000
MOST_SESSIONS_EACH = 64
"""Sessions of one principal for one brand. One more takes the place of the one left alone for longest."""

Establish = Callable[[str | None, str | None], Awaitable[Caller]]
"""Who is behind an Authorization header, working for the brand of the brand header. Raises Unauthorised, NotFound."""

STATUS: tuple[tuple[type[OnbrandError], int], ...] = (
    (Unauthorised, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (TooManyRequests, 429),
    (PersonMustAct, 400),
    (OperatorMustAct, 503),
)


def caller_of(request: Request) -> Caller:
    """Who the guard established for this request. Raises Unauthorised where it established nobody."""
    caller = request.request.scope.get(CALLER) if request.request is not None else None
    if not isinstance(caller, Caller):
        raise Unauthorised("nobody is signed in", where="the request")
    return caller


class StudioApplication:
    """The application: the studio server under /mcp, for callers that `establish` knows."""

    def __init__(
        self, server: MCPServer, establish: Establish, host_names: Sequence[str], idle_s: Seconds, most_each: int
    ) -> None:
        server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=False,
            json_response=False,
            max_request_body_size=MOST_REQUEST_BYTES,
            session_idle_timeout=idle_s,
            max_sessions=MOST_SESSIONS,
            transport_security=TransportSecuritySettings(
                allowed_hosts=[*host_names, *(f"{name}:*" for name in host_names)],
                allowed_origins=[
                    f"{scheme}://{name}{port}"
                    for scheme in ("http", "https")
                    for name in host_names
                    for port in ("", ":*")
                ],
            ),
        )
        self._manager = server.session_manager
        self._establish = establish
        self._sessions = Sessions(idle_s, most_each)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sessions can be opened inside; an application that mounts this one enters it in its own lifespan, once."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of somebody, refuse anybody else's."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            raise RuntimeError("the studio server speaks HTTP only")
        elif scope["path"].removeprefix(scope.get("root_path", "")) not in {PATH, ""}:
            await JSONResponse({"message": "there is nothing here"}, 404)(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        session = headers.get(SESSION_HEADER)
        try:
            caller = await self._establish(headers.get("authorization"), headers.get(BRAND_HEADER))
            owned = known(scope, caller)
            owner = f"{caller.principal.id} {caller.brand}"
            if session is None:
                await self._make_room(owned, owner)
        except OnbrandError as error:
            await refusal(error)(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._note(message, scope["method"], session, owner)
            await send(message)

        with self._sessions.at_work(session, owner):
            await self._manager.handle_request(owned, receive, watched)

    async def _make_room(self, scope: Scope, owner: str) -> None:
        """End the owner's session that was left alone for longest, if it holds as many as it may.

        Raises TooManyRequests when all of them are at work.
        """
        if self._sessions.holds(owner) < self._sessions.most_each:
            return
        if (oldest := self._sessions.to_end(owner)) is None:
            raise TooManyRequests(
                f"{self._sessions.most_each} sessions are open, all of them at work",
                where="sessions",
                hint="close some",
                retry_after_s=60,
            )
        self._sessions.ended(oldest)
        await self._manager.handle_request(farewell(scope, oldest), nothing_more, unheard)

    def _note(self, start: Message, method: str, session: str | None, owner: str) -> None:
        if method == "DELETE" and session:
            self._sessions.ended(session)
        elif session is None and (opened := Headers(raw=start["headers"]).get(SESSION_HEADER)):
            self._sessions.opened(opened, owner)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def known(scope: Scope, caller: Caller) -> Scope:
    """The request with its caller, for our tools, and with an owner by which the SDK tells whose a session is."""
    owner = AccessToken(token="", client_id=caller.brand, subject=caller.principal.id, scopes=[])
    # Space around a header's value is not part of it (RFC 9110, 5.5); the SDK compares values byte by byte, and not
    # every HTTP parser takes the space after a value off.
    headers = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
    return dict(scope) | {"headers": headers, CALLER: caller, "user": AuthenticatedUser(owner)}


def refusal(error: OnbrandError) -> JSONResponse:
    """The answer to a request that was not let in."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, Unauthorised):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    return JSONResponse(error.document(), status, headers)


def application(
    server: MCPServer,
    establish: Establish,
    host_names: Sequence[str] = LOOPBACK_NAMES,
    *,
    idle_s: Seconds = IDLE_S,
    most_sessions_each: int = MOST_SESSIONS_EACH,
) -> StudioApplication:
    """The studio server (built with this module's `caller_of`) as an ASGI application.

    `establish` is asked at every request. `host_names` are those a request may be addressed to (against DNS rebinding).
    Serve it by itself, or route /mcp to it and enter `running()` in the host's lifespan.
    """
    return StudioApplication(server, establish, host_names, idle_s, most_sessions_each)
