"""The HTTP API as one application: what stands before every route, and the routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.values import Seconds
from memory.idempotency import Idempotency
from service.api import artifacts, assets, catalogue, health, openapi, problems, runs, streams, work
from service.api.guard import BodyCap, Dressed, Faults, Hosts, Origins, host_names
from service.api.idempotent import HEADER, REPLAYED, Idempotent
from service.api.parts import HEARTBEAT_S, LONGEST_STREAM_S, Parts
from service.api.port import ApiStudio
from service.api.shapes import Links
from service.api.signed_in import BRAND_HEADER, SignedIn
from service.auth import AtOnce, Rate, SignIn
from service.settings import Serving
from service.telemetry import BESIDE

UPLOADS = ("/v1/assets", "/v1/check")
"""Where a form with a picture may be sent."""

_HEAVY_RETRY_S = 5.0
_ROUTERS = (runs.router, streams.router, work.router, assets.router, artifacts.router, catalogue.router, health.router)
_QUIET: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def build(
    studio: ApiStudio,
    sign_in: SignIn,
    idempotency: Idempotency,
    settings: Serving,
    *,
    draining: asyncio.Event | None = None,
    metrics: Callable[[], tuple[bytes, str]] | None = None,
    beside: Mapping[str, ASGIApp] | None = None,
    heartbeat: Seconds = HEARTBEAT_S,
    longest_stream: Seconds = LONGEST_STREAM_S,
    rate: Rate | None = None,
    lifespan: Any = None,
) -> FastAPI:
    """The application.

    `draining` is set once the process should end. `metrics` gives the body and media type of /metrics. `beside` are
    applications under other paths, such as {"/mcp": ...}: requests reach them past the checks of host and origin, and
    they sign their callers in themselves.
    """
    app = FastAPI(
        title="Onbrand", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan,
        telemetry=_QUIET, middleware=_before_routes(sign_in, idempotency, settings, rate, beside or {}),
    )  # fmt: skip
    app.state.parts = Parts(
        studio=studio,
        sign_in=sign_in,
        settings=settings,
        database=idempotency.database,
        draining=draining or asyncio.Event(),
        links=Links(settings.public_url or ""),
        streams=AtOnce(settings.streams_at_once, "event streams"),
        heavy=AtOnce(settings.heavy_at_once, "uploads, checks and offers", _HEAVY_RETRY_S),
        metrics=metrics,
        heartbeat=heartbeat,
        longest_stream=longest_stream,
    )
    for router in _ROUTERS:
        app.include_router(router)

    @cache
    def description() -> dict[str, Any]:
        """Derived once, when somebody asks: it takes about a second."""
        return openapi.describe(app, public_url=settings.public_url, signed=not sign_in.local)

    @app.get(openapi.URL, include_in_schema=False)
    async def describe() -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(description))

    problems.install(app, methods_of)
    app.openapi = description  # type: ignore[method-assign]
    return app


def methods_of(path: str) -> list[str]:
    """The methods an address takes, over all its routes."""
    routes = (route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))
    found = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    return sorted(found) or ["GET"]                          # the description itself has no router


def _before_routes(
    sign_in: SignIn, idempotency: Idempotency, settings: Serving, rate: Rate | None, beside: Mapping[str, ASGIApp]
) -> list[Middleware]:
    """From the outside in: each may rely on those before it."""
    origins = [*settings.allowed_origins, *([settings.public_url] if settings.public_url else [])]
    layers = [
        Middleware(Dressed),
        Middleware(Faults),
        Middleware(Hosts, names=host_names(settings)),
        Middleware(Origins, allowed=origins),
    ]
    if settings.allowed_origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "HEAD", "POST"],
                allow_headers=["Authorization", "Content-Type", BRAND_HEADER, HEADER, "Last-Event-ID", "Range"],
                expose_headers=["Location", "ETag", "Retry-After", "Content-Range", REPLAYED],
            )
        )
    return [
        *layers,
        Middleware(Beside, apps=beside),
        Middleware(SignedIn, sign_in=sign_in, rate=rate or Rate(settings.rate_per_minute)),
        Middleware(BodyCap, uploads=UPLOADS, most_upload_bytes=settings.max_upload_mb * 2**20),
        Middleware(Idempotent, idempotency=idempotency),
    ]


class Beside:
    """Hands paths of other applications to them, whole: they see the path as it was asked for."""

    def __init__(self, app: ASGIApp, apps: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._apps = dict(apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the application whose prefix the path has, else on."""
        path = scope.get("path", "") if scope["type"] != "lifespan" else ""
        for prefix, other in self._apps.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                scope[BESIDE] = prefix
                await other(scope, receive, send)
                return
        await self._app(scope, receive, send)
