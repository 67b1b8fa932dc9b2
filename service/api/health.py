"""For whoever runs the service: alive, ready, and its numbers. Nothing here says anything about anybody's work."""

from __future__ import annotations

import asyncio
import hmac

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import select

from domain.errors import NotFound, OnbrandError, StorageFailed
from memory.database import Database
from service.api.parts import Api, Parts
from service.api.problems import problem
from service.api.signed_in import from_this_machine
from service.auth.sign_in import refused

router = APIRouter(tags=["health"])

READY_WITHIN_S = 3.0
"""A database that takes longer to answer counts as away."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True


class Ready(BaseModel):
    """The process takes work."""

    ready: bool = True


@router.get("/healthz", operation_id="alive")
async def healthz() -> Alive:
    """Whether the process lives. Needs no sign-in."""
    return Alive()


@router.get("/readyz", operation_id="ready", response_model=Ready)
async def readyz(api: Api, request: Request) -> Ready | Response:
    """Whether the process takes work: 503 while it shuts down, or cannot reach its database. Needs no sign-in."""
    if api.draining.is_set():
        return problem(
            503, "draining", "this server is shutting down", instance=request.url.path, hint="use another one",
            headers={"Retry-After": "5"},
        )  # fmt: skip
    try:
        await asyncio.wait_for(asyncio.to_thread(reach, api.database), READY_WITHIN_S)
    except TimeoutError as error:
        raise StorageFailed("the database does not answer in time", where=api.database.where) from error
    return Ready()


def reach(database: Database) -> None:
    """Raises StorageFailed when the database cannot be read."""
    with database.read() as connection:
        connection.execute(select(1))


@router.get(
    "/metrics", operation_id="metrics", response_class=Response,
    responses={200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def metrics(api: Api, request: Request) -> Response:
    """Numbers for Prometheus: with the bearer token of serve.metrics_token, or without one from this machine alone."""
    refusal = forbidden(api, request)
    if refusal is not None:
        raise refusal
    if api.metrics is None:
        raise NotFound("This server keeps no numbers.", where="metrics")
    body, media_type = await asyncio.to_thread(api.metrics)
    return Response(body, headers={"Content-Type": media_type})


def forbidden(api: Parts, request: Request) -> OnbrandError | None:
    """Why this request may not see the numbers, if so. A request that a proxy passed on is not from this machine."""
    token = api.settings.metrics_token
    if token is not None:
        expected = f"Bearer {token.get_secret_value()}".encode()
        given = request.headers.get("authorization", "").encode()
        return None if hmac.compare_digest(given, expected) else refused()
    passed_on = any(name in request.headers for name in FORWARDED)
    return refused() if passed_on or not from_this_machine(request.scope) else None
