"""JSON Web Tokens: signed by the issuer, meant for this service, in force now, and what they grant."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.exceptions import PyJWTError
from pydantic import ValidationError

from domain.access import Principal, Role
from service.auth.issuer_keys import IssuerKeys, issuer_keys
from service.settings import Tokens

LONGEST = 8192
"""Longer tokens are refused unread."""

_LONGEST_ID = 160
_REQUIRED = ["exp", "iss", "aud", "sub"]
_DECODER = jwt.PyJWT({"require": _REQUIRED, "enforce_minimum_key_length": True})


class TokenReader:
    """Reads tokens by the settings. Blocks while the issuer's keys are fetched: call it in a thread."""

    def __init__(self, settings: Tokens, keys: IssuerKeys | None = None) -> None:
        self._settings = settings
        self._keys = keys or issuer_keys(settings)

    def principal(self, token: str) -> Principal | None:
        """Who the token speaks for; None when it is malformed, not the issuer's, not for us, or not in force.

        Raises ToolFailed when the issuer's keys cannot be had.
        """
        if len(token) > LONGEST:
            return None
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in self._settings.algorithms:
                return None
            key = self._keys.find(header.get("kid"), algorithm)
            if key is None:
                return None
            claims = _DECODER.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=self._settings.leeway_s,
            )
            return principal_of(claims, self._settings.claim)
        except (PyJWTError, ValidationError, ValueError, TypeError):
            # Key and token come from outside; what does not fit is no sign-in, whatever it is.
            return None


def principal_of(claims: Mapping[str, Any], claim: str) -> Principal:
    """The principal of a verified token. Raises ValueError or ValidationError when its grants cannot be read.

    Roles Onbrand does not have grant nothing; the name is for showing only.
    """
    subject = claims["sub"]
    if not subject:
        raise ValueError("an empty subject is nobody")
    identity = f"jwt:{subject}"
    if len(identity) > _LONGEST_ID:
        identity = f"jwt:sha256:{hashlib.sha256(subject.encode()).hexdigest()}"
    named = claims.get("name") or claims.get("email") or subject
    return Principal(
        id=identity, name=str(named)[:_LONGEST_ID], kind="jwt", grants=grants_of(claims.get(claim) or {})
    )


def grants_of(claimed: Any) -> dict[str, frozenset[Role]]:
    """Roles by brand from a claim's value. Raises ValueError unless it is {"BRAND": ["ROLE", ...]}."""
    if not isinstance(claimed, dict) or not all(isinstance(roles, list) for roles in claimed.values()):
        raise ValueError("the claim must be an object of lists")
    known = {role.value for role in Role}
    return {
        brand: frozenset(Role(role) for role in roles if isinstance(role, str) and role in known)
        for brand, roles in claimed.items()
    }
