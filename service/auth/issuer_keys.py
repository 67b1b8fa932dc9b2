"""The keys an identity provider signs with: a PEM or JWKS file read once, or a JWKS URL read again as keys change."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx2
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.exceptions import PyJWTError

from domain.errors import Misconfigured, ToolFailed
from domain.values import Seconds
from service.settings import Tokens

FRESH: Seconds = 3600.0
"""After this long the published keys are read again: one that was withdrawn is believed no longer than this."""

AT_MOST_EVERY: Seconds = 30.0
"""Tokens that name unknown keys make the URL be read no more often than this."""

_log = logging.getLogger("onbrand.auth")
_MOST_BYTES = 2**20
_TIMEOUT: Seconds = 5.0

Jwk = Mapping[str, Any]


class IssuerKeys(Protocol):
    """Where the key that a token names comes from."""

    def find(self, kid: str | None, algorithm: str) -> Any:
        """The key to verify with, or None. May block. Raises ToolFailed when no keys can be had at all."""


def issuer_keys(settings: Tokens) -> IssuerKeys:
    """The source the settings name. Raises Misconfigured for a file that holds no usable key."""
    if settings.jwks_url is not None:
        return PublishedKeys(settings.jwks_url)
    assert settings.keys_file is not None                    # the settings have one of the two
    return keys_of_file(settings.keys_file.expanduser())


def keys_of_file(path: Path) -> IssuerKeys:
    """One public key (PEM) or a set of keys (JWKS). Raises Misconfigured, never showing what the file holds."""
    hint = "auth.jwt.keys_file names a PEM file of a public key or a JWKS file"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Misconfigured("the key file cannot be read", where=str(path), hint=hint) from error
    if data.lstrip().startswith(b"-----BEGIN"):
        try:
            return OneKey(load_pem_public_key(data))
        except ValueError as error:
            raise Misconfigured("the PEM file holds no public key", where=str(path), hint=hint) from error
    try:
        return KeySet(keys_of(data))
    except ValueError as error:
        raise Misconfigured("the file is no set of keys", where=str(path), hint=hint) from error


def keys_of(data: bytes) -> list[Jwk]:
    """The signing keys of a JWKS (RFC 7517, 5). Raises ValueError for anything else, and for a set without any."""
    document = json.loads(data)
    found = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ValueError("no list of keys")
    signing = (key for key in found if isinstance(key, dict) and key.get("use", "sig") == "sig")
    usable: list[Jwk] = [key for key in signing if key.get("kty")]
    if not usable:
        raise ValueError("no key to sign with")
    return usable


class OneKey:
    """A single key, whatever the token calls it."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def find(self, kid: str | None, algorithm: str) -> Any:
        """The key; an algorithm that it is not for fails at the signature."""
        return self._key


class KeySet:
    """Keys by their `kid`. A token that names none is held against the only key there is."""

    def __init__(self, keys: list[Jwk]) -> None:
        self._keys = keys

    def find(self, kid: str | None, algorithm: str) -> Any:
        """The key of this name, for this algorithm alone; None when there is none, or it is for another."""
        named = [key for key in self._keys if key.get("kid") == kid] if kid is not None else self._keys
        if len(named) != 1 or named[0].get("alg", algorithm) != algorithm:
            return None
        try:
            return jwt.PyJWK(dict(named[0]), algorithm=algorithm)
        except (PyJWTError, ValueError, TypeError, KeyError):
            return None                                      # a kind of key that this algorithm does not use


class PublishedKeys:
    """Keys behind a URL. The last ones read stay in force while the URL cannot be reached."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = self._tried_at = float("-inf")
        self._reading = threading.Lock()

    def find(self, kid: str | None, algorithm: str) -> Any:
        """As KeySet's, reading the URL first when the keys are old, and again when the key is not among them."""
        with self._reading:
            if self._clock() - self._read_at > FRESH:
                self._read()
            key = self._keys.find(kid, algorithm) if self._keys else None
            if key is None and self._read():
                key = self._keys.find(kid, algorithm) if self._keys else None
        if self._keys is None:
            raise ToolFailed(
                "the keys of the identity provider cannot be read",
                where=self._url, hint="check auth.jwt.jwks_url and that it can be reached; API keys work meanwhile",
            )
        return key

    def _read(self) -> bool:
        """Read the URL, unless that was done or tried just now; whether there is something new."""
        if self._clock() - self._tried_at < AT_MOST_EVERY:
            return False
        self._tried_at = self._clock()
        try:
            self._keys = KeySet(keys_of(_fetched(self._url)))
        except (httpx2.HTTPError, ValueError) as error:
            _log.warning("the keys of the identity provider cannot be read: %s", type(error).__name__)
            return False
        self._read_at = self._tried_at
        return True


def _fetched(url: str) -> bytes:
    """The document, without following redirects. Raises HTTPError or ValueError."""
    with (
        httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        if answer.status_code != httpx2.codes.OK:
            raise ValueError("not a document")
        data = b""
        for part in answer.iter_bytes():
            data += part
            if len(data) > _MOST_BYTES:
                raise ValueError("too large for a set of keys")
        return data
