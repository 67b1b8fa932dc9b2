"""What stands before every route, on the request as it arrives: host, origin, size, and headers every answer has.

Pure ASGI on the scope: the path comes from the request line, never from a header that a client chooses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_servers.serve import LOOPBACK_NAMES
from service.api.problems import fault, problem
from service.settings import Serving

MOST_JSON_BYTES = 2**18
"""Longest body that is no upload: the longest request is 4,000 characters."""

MULTIPART_BYTES = 2**17
"""What an upload may have beside its file: names, boundaries, a caption."""

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer that does not set its own."""

_log = logging.getLogger("onbrand.api")


def host_names(settings: Serving) -> frozenset[str]:
    """The names requests may be addressed to, lower-case, without ports."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return frozenset(name.lower() for name in (*LOOPBACK_NAMES, *settings.allowed_hosts, *([public] if public else ())))


class Faults:
    """Answers 500 where code of ours broke, with the cause in the log alone.

    The framework's own answer to that raises the error once more, upon which the server closes the connection under a
    client that believes it may use it again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; an answer that has begun cannot be changed any more and breaks off."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            _log.exception("a request broke the service: %s", scope["path"])
            await fault(scope["path"])(scope, receive, send)


class Hosts:
    """Answers only requests addressed to one of our names: a web page cannot rebind its own name to this server."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or answer 421."""
        if scope["type"] != "lifespan":
            named = Headers(scope=scope).getlist("host")
            if len(named) != 1 or without_port(named[0]) not in self._names:
                refusal = problem(
                    421, "misdirected", "this server does not answer for that host name", instance=scope["path"],
                    where="Host", hint="use the name it is set up for; serve.allowed_hosts adds names",
                )  # fmt: skip
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def without_port(host: str) -> str:
    """The name in a Host header, lower-case: "[::1]:80" is "[::1]"."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


class Origins:
    """Refuses what a web page of another origin sends. Programs send no Origin; our own pages send this very host."""

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.lower() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or answer 403. Comes after Hosts, which made sure of the Host header."""
        headers = Headers(scope=scope) if scope["type"] != "lifespan" else Headers()
        if not all(self._may(origin.lower(), headers.get("host", "").lower()) for origin in headers.getlist("origin")):
            refusal = problem(
                403, "foreign_origin", "web pages of this origin may not call this server", instance=scope["path"],
                where="Origin", hint="serve.allowed_origins names the web pages that may",
            )  # fmt: skip
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, origin: str, host: str) -> bool:
        # The scheme is not compared: behind a proxy that ends TLS this server does not know its own.
        return origin in self._allowed or origin in {f"http://{host}", f"https://{host}"}


class BodyCap:
    """Refuses bodies that are too long before anything reads them, and stops reading those that do not say so."""

    def __init__(self, app: ASGIApp, uploads: Iterable[str], most_upload_bytes: int) -> None:
        self._app = app
        self._uploads = frozenset(uploads)
        self._most_upload_bytes = most_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        upload = scope["path"] in self._uploads and headers.get("content-type", "").lower().startswith("multipart/")
        most = self._most_upload_bytes + MULTIPART_BYTES if upload else MOST_JSON_BYTES
        refusal = problem(
            413, "too_large", f"the request is longer than {most:,} bytes", instance=scope["path"], where="body",
            hint="send a smaller picture" if upload else "pictures go to POST /v1/assets as multipart/form-data",
            headers={"Connection": "close"},
        )  # fmt: skip
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > most:
            await self._drop(receive)
            await refusal(scope, receive, send)
            return
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLong
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except TooLong:
            if started:
                raise
            await self._drop(receive)
            await refusal(scope, receive, send)
        except ClientDisconnect:
            return                              # who sent half a body and left waits for no answer

    async def _drop(self, receive: Receive) -> None:
        """Read on and forget, within bounds: a client that is still sending would not see the answer."""
        dropped = 0
        while dropped < 2 * self._most_upload_bytes:
            message = await receive()
            dropped += len(message.get("body", b""))
            if not message.get("more_body", False):
                return


class TooLong(Exception):
    """More of a body came than may."""


class Dressed:
    """Gives every answer the headers it always has, unless it set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and dress what comes back."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)
