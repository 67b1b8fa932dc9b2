"""Who calls, from the request's Authorization header; and for which of their brands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from domain.access import Caller, Principal, Role
from domain.errors import Unauthorised
from domain.values import BrandId
from memory.keys import Key
from service.auth.tokens import TokenReader

KEY_PREFIX = "onb_"
LOCAL_ROLES = frozenset({Role.CREATOR, Role.VIEWER})
"""What everybody is on one's own machine without sign-in. Approval stays with people who sign in, or a terminal."""

_SCHEME = "bearer"


class KnowsKeys(Protocol):
    """Where API keys are looked up: `memory.keys.Keys`."""

    def find(self, secret: str) -> Key | None:
        """The key with this secret; None when it is unknown, revoked or expired."""


class SignIn:
    """Establishes principals. What is not granted is refused; every failure to sign in reads the same."""

    def __init__(
        self,
        keys: KnowsKeys | None = None,
        tokens: TokenReader | None = None,
        *,
        local: bool = False,
        brands: Sequence[BrandId] = (),
    ) -> None:
        """`local` makes everybody one principal with LOCAL_ROLES in `brands`: for a server on loopback alone."""
        self.local = local
        self._keys = keys
        self._tokens = tokens
        self._everybody = Principal(
            id="local:loopback",
            name="this machine",
            kind="local",
            grants=dict.fromkeys(brands, LOCAL_ROLES),
        )

    async def principal(self, authorization: str | None) -> Principal:
        """Who sends this Authorization header.

        Raises Unauthorised, in the same words whatever is wrong with it; StorageFailed or ToolFailed when keys cannot
        be looked up.
        """
        if self.local:
            return self._everybody
        scheme, _, secret = (authorization or "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != _SCHEME or not secret.isascii():
            raise refused()
        found = await asyncio.to_thread(self._look_up, secret)
        if found is None:
            raise refused()
        return found

    async def caller(self, authorization: str | None, brand: BrandId | None) -> Caller:
        """The principal at work for the brand it asks for. Raises Unauthorised as `principal`, NotFound for a brand
        that is not its own, in the same words whether it exists.
        """
        principal = await self.principal(authorization)
        return Caller(principal=principal, brand=principal.brand(brand))

    def _look_up(self, secret: str) -> Principal | None:
        if secret.startswith(KEY_PREFIX):
            key = self._keys.find(secret) if self._keys else None
            return Principal(id=f"key:{key.id}", name=key.name, kind="key", grants=key.grants) if key else None
        return self._tokens.principal(secret) if self._tokens else None


def refused() -> Unauthorised:
    """The one answer to everybody who is not signed in."""
    return Unauthorised(
        "you are not signed in, or the key or token is not valid here",
        where="Authorization",
        hint="send `Authorization: Bearer KEY` with a key that is in force; an administrator makes keys",
    )
