"""Nobody gets past this without signing in: every path is closed but the few that are named open.

It stands before routing and before a body is read, so a route that somebody adds is closed from its first day, and
strangers cannot make the server parse anything.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.access import Caller, Principal
from domain.errors import BadInput, OnbrandError
from mcp_servers.endpoint import is_loopback
from service.api.problems import of_error
from service.auth import Rate, SignIn
from service.auth.sign_in import refused

OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that answer without sign-in: whether the process lives, and what `health.py` guards itself."""

BRAND_HEADER = "Onbrand-Brand"


class SignedIn:
    """Establishes the principal, takes the request from its share, and puts it into the request's state."""

    def __init__(self, app: ASGIApp, sign_in: SignIn, rate: Rate) -> None:
        self._app = app
        self._sign_in = sign_in
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with a principal, or answer 401, 429 or what keeps keys from being looked up."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in OPEN):
            await self._app(scope, receive, send)
            return
        try:
            if self._sign_in.local and not from_this_machine(scope):
                raise refused()
            principal = await self._sign_in.principal(Headers(scope=scope).get("authorization"))
            self._rate.take(principal.id)
        except OnbrandError as error:
            await of_error(error, scope["path"])(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


def from_this_machine(scope: Scope) -> bool:
    """Whether the connection comes over loopback. A proxy on this machine hides where it comes from."""
    client = scope.get("client")
    return client is not None and is_loopback(client[0])


def principal(request: Request) -> Principal:
    """The principal of a request that passed `SignedIn`."""
    found = request.state.principal
    assert isinstance(found, Principal)
    return found


Signed = Annotated[Principal, Depends(principal)]


def caller(
    request: Request,
    signed: Signed,
    brand: Annotated[
        str | None,
        Header(
            alias=BRAND_HEADER,
            description="Which of your brands; may be left out by who has one.",
            pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
            examples=["demo"],
        ),
    ] = None,
) -> Caller:
    """The principal at work for the brand it asks for. Raises NotFound for a brand that is not its own."""
    if brand is None and BRAND_HEADER in request.headers:
        raise BadInput(f"{BRAND_HEADER} is empty", where=BRAND_HEADER, hint="name a brand, or leave the header out")
    return Caller(principal=signed, brand=signed.brand(brand))


Calling = Annotated[Caller, Depends(caller)]
