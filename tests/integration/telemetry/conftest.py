"""A small application behind the telemetry layer, on a port of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from domain.access import Principal
from service.telemetry import Telemetry, exposition, logger, open_telemetry
from tests.serving import serving


@dataclass
class Served:
    """The application's address and its telemetry."""

    url: str
    telemetry: Telemetry


def application(telemetry: Telemetry) -> Starlette:
    """One route of every kind."""

    async def run(request: Request) -> Response:
        request.state.principal = Principal(id="key:7f3a", name="Ada Lovelace", kind="key", grants={})
        logger("studio").info("looked", extra={"run_id": request.path_params["run_id"]})
        return JSONResponse({"request_id": request.state.request_id})

    async def broken(request: Request) -> Response:
        raise RuntimeError("postgresql://ada:hunter2@db/onbrand?sslkey=abc fell over")

    async def events(request: Request) -> Response:
        async def lines() -> AsyncIterator[str]:
            yield "data: one\n\n"
            await asyncio.Event().wait()

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def metrics(request: Request) -> Response:
        body, kind = await asyncio.to_thread(exposition, telemetry.metrics.registry)
        return Response(body, headers={"content-type": kind})

    router = APIRouter(prefix="/brands")

    @router.get("/{brand}/assets/{asset_id:path}")
    async def asset(brand: str, asset_id: str) -> str:
        return asset_id

    api = FastAPI()
    api.include_router(router, prefix="/v1")
    return Starlette(
        routes=[
            Route("/runs/{run_id}", run),
            Route("/broken", broken),
            Route("/events", events),
            Route("/metrics", metrics),
            Route("/healthz", lambda request: PlainTextResponse("ok")),
            Mount("/api", api),
            Mount("/plain", PlainTextResponse("plain")),
        ]
    )


@contextmanager
def served(endpoint: str | None = None) -> Iterator[Served]:
    """The application, until the end of the block."""
    with open_telemetry(endpoint, "1.2.3") as telemetry, serving(telemetry.around(application(telemetry))) as url:
        yield Served(url, telemetry)


@pytest.fixture
def app() -> Iterator[Served]:
    """The application, without spans."""
    with served() as found:
        yield found


def sample(registry: CollectorRegistry, line: str) -> float | None:
    """The value of one line of the exposition, its labels in any order; None when it is not there."""
    wanted = parsed(line)
    for said in exposition(registry)[0].decode().splitlines():
        name, _, value = said.rpartition(" ")
        if not said.startswith("#") and parsed(name) == wanted:
            return float(value)
    return None


def parsed(name: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """A metric's name and labels."""
    bare, _, labels = name.partition("{")
    return bare, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))
