"""`onbrand serve`: HTTP API, MCP and the work on runs in one process and on one port, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from domain.access import Caller
from domain.errors import Misconfigured, OnbrandError
from domain.values import BrandId, RunId, Seconds
from mcp_servers.endpoint import is_loopback
from mcp_servers.serve import PATH as MCP_PATH
from mcp_servers.studio.http import Establish, application, caller_of
from mcp_servers.studio.keys import state_key
from mcp_servers.studio.server import build as build_studio
from memory.idempotency import Idempotency
from memory.keys import Keys
from service.api import build as build_api
from service.api.guard import host_names
from service.auth import Rate, SignIn, TokenReader
from service.dispatch import Dispatcher
from service.heading import CODE_VERSION
from service.orchestrator import Onbrand
from service.settings import Serving, Settings
from service.studio import ServedStudio
from service.telemetry import Telemetry, exposition, json_lines, open_telemetry
from service.tool_server import Listening, Stopping, listener

DRAIN_S: Seconds = 10.0
"""What requests and the steps of runs get to end in after SIGTERM. Runs go on from there at the next start."""

HOUSEKEEPING_S: Seconds = 3600.0
MOST_CONNECTIONS = 4096
"""Connections held at the same time, open chats among them; one more is answered 503."""

THREADS = 32
"""For what waits on disk and database. Tools have a pool of their own."""

log = logging.getLogger("onbrand.server")


def serve(
    settings: Settings, listening: Listening, on_start: Callable[[str], None], *, local: bool = False
) -> None:
    """Serve until SIGTERM; `on_start` is told the URL. `local`: no sign-in, for oneself on this machine.

    Raises Misconfigured for a host or settings that will not do, StorageFailed when the home or the port cannot be
    opened.
    """
    if local and not is_loopback(listening.host):
        raise Misconfigured(
            "without sign-in a server may only listen on this machine",
            where="--local",
            hint="leave --host out, or have callers sign in: onbrand keys create",
        )
    names = listening.names()
    serving = settings.serve.model_copy(update={"allowed_hosts": (*settings.serve.allowed_hosts, *names)})
    with (
        json_lines(),
        open_telemetry(settings.telemetry.endpoint, CODE_VERSION) as telemetry,
        listener(listening) as listens,
    ):
        url = listening.url(listens.getsockname()[1])

        async def work() -> None:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(THREADS, "disk"))
            draining = asyncio.Event()
            async with opened(settings, serving, telemetry, draining, url, local=local) as app:
                config = uvicorn.Config(
                    app,
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    proxy_headers=False,
                    limit_concurrency=MOST_CONNECTIONS,
                    timeout_graceful_shutdown=int(DRAIN_S),
                    ssl_certfile=listening.certificate,
                    ssl_keyfile=listening.key,
                )

                def started() -> None:
                    log.info("listening", extra={"url": url})
                    on_start(url)

                await Stopping(config, started, draining.set).serve(sockets=[listens])

        asyncio.run(work())


@asynccontextmanager
async def opened(
    settings: Settings, serving: Serving, telemetry: Telemetry, draining: asyncio.Event, url: str, *, local: bool
) -> AsyncIterator[ASGIApp]:
    """The application over one home, with its runs being worked on until the end of the block."""
    async with Onbrand.open(settings, telemetry.recording, telemetry.metrics.attempted) as onbrand:
        dispatcher = Dispatcher(onbrand, serving.work_at_once)
        studio = ServedStudio(onbrand, dispatcher, serving.runs_at_once)
        database = onbrand.wired.database
        tokens = await asyncio.to_thread(TokenReader, settings.auth.jwt) if settings.auth.jwt else None
        rate = Rate(serving.rate_per_minute)
        sign_in = SignIn(Keys(database), tokens, local=local, brands=onbrand.workshop.rulebook.brands())
        mcp = application(
            build_studio(
                studio,
                caller_of,
                approve_how=lambda run_id: how_to_approve(run_id, serving.public_url or url),
                approve_here=not local,
                state_keys=[await asyncio.to_thread(state_key, settings.home)],
            ),
            taking_its_share(sign_in, rate),
            tuple(host_names(serving)),
        )
        idempotency = Idempotency(database)
        api = build_api(
            studio,
            sign_in,
            idempotency,
            serving,
            draining=draining,
            rate=rate,
            metrics=lambda: exposition(telemetry.metrics.registry),
            beside={MCP_PATH: mcp},
        )
        async with (
            mcp.running(),
            dispatcher.at_work(DRAIN_S),
            beside(keep_house(idempotency)),
            beside(drain_when(draining, dispatcher)),
        ):
            yield telemetry.around(api)


def taking_its_share(sign_in: SignIn, rate: Rate) -> Establish:
    """Who sends an MCP request, counted against the same share of requests as those to the API."""

    async def establish(authorization: str | None, brand: BrandId | None) -> Caller:
        caller = await sign_in.caller(authorization, brand)
        rate.take(caller.principal.id)
        return caller

    return establish


def how_to_approve(run_id: RunId, url: str) -> str:
    """What a person does to approve where no form can be shown."""
    where = urlsplit(url)
    api = f"{where.scheme}://{where.netloc}/v1/runs/{run_id}/approve"
    return f"in a terminal on the server: onbrand runs approve {run_id}; or with an approver's key: POST {api}"


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Some work beside the block; it is ended with the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def drain_when(draining: asyncio.Event, dispatcher: Dispatcher) -> None:
    """Have runs end their steps while the last requests end."""
    await draining.wait()
    log.info("draining", extra={"working": dispatcher.working})
    await dispatcher.drain(DRAIN_S)


async def keep_house(idempotency: Idempotency) -> None:
    """Forget answers kept for repeated requests once nobody repeats them any more."""
    while True:
        try:
            await asyncio.to_thread(idempotency.sweep)
        except OnbrandError as error:
            log.warning("housekeeping failed", extra={"why": str(error)})
        await asyncio.sleep(HOUSEKEEPING_S)
