"""Each HTTP request counted, timed, logged and, where spans are sent, traced: a plain ASGI layer around everything.

Routes are told by their template (`/v1/runs/{run_id}`), never by their path. An event stream is timed until its first
byte, since how long a chat stays open says nothing about the server.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.access import Principal
from mcp_servers.studio.http import CALLER
from service.telemetry.logs import bound, logger
from service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
NO_ROUTE = "none"
"""The label of a request that no route takes."""

BESIDE = "onbrand.beside"
"""Where an application that hands whole paths to others says in the scope under which path it did."""

GONE = 499
"""Counted for a request that ended unanswered without an error: its client went away."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds by machines: counted, and logged only when they fail."""

REQUEST_ID = "x-request-id"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = logger("http")


class Requests:
    """Wrap an application with it. `scope["state"]["request_id"]` and the X-Request-Id of the answer say which it was:
    the caller's own, if usable, or a new one.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything else goes straight on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else OTHER
        exchange = Exchange(scope, send, self._metrics, method)
        active = self._metrics.active_requests.labels(method).track_inprogress()
        with active, self._traced(exchange) as trace_ids, bound(request_id=exchange.request_id, **trace_ids):
            try:
                await self._app(scope, receive, exchange.send)
            except BaseException as error:
                exchange.broke(error)
                raise
            finally:
                exchange.ended()

    @contextmanager
    def _traced(self, exchange: Exchange) -> Iterator[dict[str, str]]:
        """A server span around the request, if spans are sent; yields what its log lines carry of it."""
        if self._tracer is None:
            yield {}
            return
        from service.telemetry.server_spans import server_span  # noqa: PLC0415  imports OpenTelemetry

        with server_span(self._tracer, exchange.method, Headers(scope=exchange.scope)) as span:
            try:
                yield span.ids
            finally:
                span.answered(exchange.route, exchange.status, exchange.error)


class Exchange:
    """One request and what is known of its answer."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, method: str) -> None:
        self.scope = scope
        self.method = method
        self.status = 0
        self.error = ""
        self.request_id = request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = self.request_id
        self._send = send
        self._metrics = metrics
        self._started = time.perf_counter()
        self._seconds: float | None = None
        self._streams = False

    @property
    def route(self) -> str:
        """The template of the route that took it."""
        return route_of(self.scope)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault(REQUEST_ID, self.request_id)
            if self.method == "GET" and headers.get("content-type", "").startswith("text/event-stream"):
                self._streams = True
                self._seconds = time.perf_counter() - self._started
                self._metrics.streams.inc()
        await self._send(message)

    def broke(self, error: BaseException) -> None:
        """The application raised."""
        self.error = type(error).__name__
        if isinstance(error, Exception):
            self.status = self.status or 500

    def ended(self) -> None:
        """Count, time and log it."""
        self.status = self.status or GONE
        if self._streams:
            self._metrics.streams.dec()
        lasted = time.perf_counter() - self._started
        timed = lasted if self._seconds is None else self._seconds
        self._metrics.request_seconds.labels(self.method, self.route, str(self.status)).observe(timed)
        if self.route in PROBES and self.status < 400:
            return
        fields = {
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(lasted * 1000, 1),
            "principal": principal_of(self.scope),
            "error": self.error or None,
        }
        _log.info("request", extra={name: value for name, value in fields.items() if value is not None})


def request_id(headers: Headers) -> str:
    """The caller's own id for its request, if it is fit to be repeated, or a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex


def route_of(scope: Scope) -> str:
    """The template of the route that took a request, with the path its application is mounted under."""
    route = scope.get("route")
    if route is None:
        return str(scope.get(BESIDE, NO_ROUTE))
    mounted = scope["root_path"].removeprefix(scope["app_root_path"]) if "app_root_path" in scope else ""
    # FastAPI keeps a route as its router has it, and the prefixes it was included under beside it (0.165).
    included = (scope.get("fastapi") or {}).get("effective_route_context")
    own = "" if isinstance(route, Mount) else getattr(included or route, "path", "")
    return f"{mounted}{own}" or "/"


def principal_of(scope: Scope) -> str | None:
    """The id of whoever asked, where a layer below established it."""
    caller = scope.get(CALLER)
    principal = caller.principal if caller else scope["state"].get("principal")
    return principal.id if isinstance(principal, Principal) else None
