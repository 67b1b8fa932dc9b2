"""Tokens of an identity provider: only its own, for us, in force now, signed as agreed; anything else is nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.access import Role
from domain.errors import Misconfigured, ToolFailed
from service.auth.issuer_keys import AT_MOST_EVERY, FRESH, PublishedKeys, issuer_keys
from service.auth.tokens import TokenReader
from service.settings import Tokens
from tests.serving import serving

ISSUER, AUDIENCE = "https://issuer.example", "onbrand"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
SECRET = b"a secret of at least thirty-two bytes"


def pem(key: Any) -> bytes:
    return bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def jwk(key: Any, kid: str, **more: str) -> dict[str, Any]:
    kinds: dict[bool, Any] = {True: jwt.algorithms.ECAlgorithm, False: jwt.algorithms.RSAAlgorithm}
    written = kinds[isinstance(key, ec.EllipticCurvePrivateKey)].to_jwk(key.public_key())
    return {**json.loads(written), "kid": kid, **more}


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u-17", "exp": now + 600, "iat": now, "name": "Ada",
        "onbrand": {"demo": ["creator", "viewer"]}, **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "k1", **more: Any) -> str:
    return jwt.encode(claims(**more), key, algorithm, headers={"kid": kid} if kid else None)


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk(RSA, "k1"), jwk(EC, "k2"), jwk(OTHER_RSA, "enc", use="enc")]}))
    return file


def settings(**more: Any) -> Tokens:
    return Tokens(issuer=ISSUER, audience=AUDIENCE, **more)


@pytest.fixture
def reader(jwks: Path) -> TokenReader:
    return TokenReader(settings(keys_file=jwks))


def test_a_token_says_who_it_is_and_what_is_granted(reader: TokenReader) -> None:
    found = reader.principal(token())
    assert found is not None
    assert (found.id, found.name, found.kind) == ("jwt:u-17", "Ada", "jwt")
    assert found.grants == {"demo": {Role.CREATOR, Role.VIEWER}}
    assert reader.principal(token(EC, "ES256", "k2")) is not None
    assert reader.principal(token(aud=["another", AUDIENCE])) is not None
    assert reader.principal(token(exp=int(time.time()) - 5)) is not None, "clocks differ a little"


def test_a_subject_too_long_to_be_kept_is_still_one_and_only_one(reader: TokenReader) -> None:
    one, two = (reader.principal(token(sub="x" * 400 + end)) for end in "ab")
    assert one and two
    assert one.id != two.id
    assert len(one.id) <= 160


def changed(part: int, change: Callable[[dict[str, Any]], None]) -> str:
    """A good token with a part of it changed and its signature left as it was."""
    pieces = token().split(".")
    found = json.loads(base64.urlsafe_b64decode(pieces[part] + "=="))
    change(found)
    pieces[part] = base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()
    return ".".join(pieces)


NOW = int(time.time())
BAD: dict[str, Callable[[], str]] = {
    "another issuer": lambda: token(iss="https://evil.example"),
    "no issuer": lambda: token(iss=None),
    "for another service": lambda: token(aud="another"),
    "for nobody": lambda: token(aud=None),
    "expired": lambda: token(exp=NOW - 3600),
    "never expiring": lambda: token(exp=None),
    "not yet": lambda: token(nbf=NOW + 3600),
    "no subject": lambda: token(sub=None),
    "an empty subject": lambda: token(sub=""),
    "a numeric subject": lambda: signed({**claims(), "sub": 17}),
    "another key of the same name": lambda: token(OTHER_RSA),
    "a key nobody knows": lambda: token(kid="k9"),
    "no key named, of two": lambda: token(kid=None),
    "a key that is not for signing": lambda: token(OTHER_RSA, kid="enc"),
    "an algorithm not allowed": lambda: token(algorithm="RS512"),
    "unsigned": lambda: jwt.encode(claims(), None, "none", headers={"kid": "k1"}),
    "unsigned in capitals": lambda: changed(0, lambda header: header.update(alg="NONE")),
    "signed with the public key as a secret": lambda: _hmac_with(pem(RSA)),
    "claims changed": lambda: changed(1, lambda c: c.update(onbrand={"demo": ["admin"]})),
    "the algorithm of another kind of key": lambda: token(EC, "ES256", "k1"),
    "grants that are no object": lambda: token(onbrand="admin"),
    "grants that are no lists": lambda: token(onbrand={"demo": "admin"}),
    "a brand that cannot be one": lambda: token(onbrand={"../demo": ["admin"]}),
    "far too long": lambda: token(more="x" * 9000),
    "two parts": lambda: token().rpartition(".")[0],
    "nonsense": lambda: "a.b.c",
    "nothing": lambda: "",
}


def _hmac_with(secret: bytes) -> str:
    """A token signed by HMAC with any bytes, which the library itself would refuse to make."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    head = b".".join(part(json.dumps(piece).encode()) for piece in (header, claims()))
    return (head + b"." + part(hmac.new(secret, head, hashlib.sha256).digest())).decode()


def signed(payload: dict[str, Any]) -> str:
    """A well-signed token with claims that the library itself would not write."""
    return jwt.api_jws.encode(json.dumps(payload).encode(), RSA, "RS256", headers={"kid": "k1"})


@pytest.mark.parametrize("kind", BAD)
def test_any_other_token_is_nobody(reader: TokenReader, kind: str) -> None:
    assert reader.principal(BAD[kind]()) is None


def test_a_public_key_is_no_shared_secret_even_where_secrets_are_allowed(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(RSA))
    reader = TokenReader(settings(keys_file=file, algorithms=("HS256",)))
    assert reader.principal(_hmac_with(pem(RSA))) is None


def test_roles_onbrand_does_not_have_grant_nothing(reader: TokenReader) -> None:
    found = reader.principal(token(onbrand={"demo": ["owner", "viewer", 7], "other": []}))
    assert found is not None
    assert found.grants == {"demo": {Role.VIEWER}, "other": frozenset()}
    without = reader.principal(token(onbrand=None))
    assert without is not None
    assert without.grants == {}


def test_the_claim_that_grants_can_be_another(jwks: Path) -> None:
    reader = TokenReader(settings(keys_file=jwks, claim="https://onbrand.example/roles"))
    found = reader.principal(token(**{"https://onbrand.example/roles": {"demo": ["viewer"]}}))
    assert found is not None
    assert found.grants == {"demo": {Role.VIEWER}}


def test_one_public_key_and_a_shared_secret_work_too(tmp_path: Path) -> None:
    one = tmp_path / "key.pem"
    one.write_bytes(pem(EC))
    assert TokenReader(settings(keys_file=one)).principal(token(EC, "ES256", "whatever")) is not None
    assert TokenReader(settings(keys_file=one)).principal(token(RSA)) is None
    shared = tmp_path / "secret.json"
    oct_key = {"kty": "oct", "kid": "s", "k": base64.urlsafe_b64encode(SECRET).rstrip(b"=").decode()}
    shared.write_text(json.dumps({"keys": [oct_key]}))
    reader = TokenReader(settings(keys_file=shared, algorithms=("HS256",)))
    assert reader.principal(token(SECRET, "HS256", "s")) is not None
    assert reader.principal(token(b"another secret of thirty-two bytes..", "HS256", "s")) is None


def test_a_secret_that_is_too_short_signs_nobody_in(tmp_path: Path) -> None:
    shared = tmp_path / "secret.json"
    short = base64.urlsafe_b64encode(b"short").rstrip(b"=").decode()
    shared.write_text(json.dumps({"keys": [{"kty": "oct", "kid": "k1", "k": short}]}))
    assert TokenReader(settings(keys_file=shared, algorithms=("HS256",))).principal(_hmac_with(b"short")) is None


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [1]}', "-----BEGIN PUBLIC KEY-----\nx\n"])
def test_a_file_without_a_usable_key_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(Misconfigured) as caught:
        issuer_keys(settings(keys_file=file))
    assert caught.value.where == str(file)
    with pytest.raises(Misconfigured):
        issuer_keys(settings(keys_file=tmp_path / "absent"))


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    how = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(RSA.private_bytes(*how))
    with pytest.raises(Misconfigured):
        issuer_keys(settings(keys_file=file))


# ---- keys behind a URL


class Issuer:
    """An identity provider's key address. `answer` is what it says; `asked` how often it was asked."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse({"keys": [jwk(RSA, "k1")]})
        self.asked = 0
        self.app = Starlette(routes=[Route("/keys", self._keys), Route("/moved", self._moved)])

    async def _keys(self, request: Request) -> Response:
        self.asked += 1
        return self.answer

    async def _moved(self, request: Request) -> Response:
        return RedirectResponse("/keys")


@pytest.fixture
def issuer() -> Iterator[tuple[Issuer, str]]:
    made = Issuer()
    with serving(made.app) as url:
        yield made, url


def test_published_keys_are_read_once_and_again_as_they_change(issuer: tuple[Issuer, str]) -> None:
    provider, url = issuer
    clock = [1000.0]
    keys = PublishedKeys(f"{url}/keys", lambda: clock[0])
    assert keys.find("k1", "RS256") is not None
    for _ in range(50):
        assert keys.find("k9", "RS256") is None
    assert provider.asked == 1, "tokens that name unknown keys must not make us ask the provider each time"
    provider.answer = JSONResponse({"keys": [jwk(OTHER_RSA, "k9")]})
    clock[0] += AT_MOST_EVERY + 1
    assert keys.find("k9", "RS256") is not None
    assert keys.find("k1", "RS256") is None, "a key that was withdrawn is believed no longer"
    assert provider.asked == 2
    provider.answer = Response("away", 503)
    clock[0] += FRESH + 1
    assert keys.find("k9", "RS256") is not None, "the last keys stay in force while the provider is away"


@pytest.mark.parametrize(
    "answer",
    [Response("no", 500), Response("<html>"), JSONResponse({"keys": []}), Response(b" " * (2**20 + 1))],
)
def test_a_provider_that_gives_no_keys_is_the_operators_trouble(issuer: tuple[Issuer, str], answer: Response) -> None:
    provider, url = issuer
    provider.answer = answer
    with pytest.raises(ToolFailed):
        PublishedKeys(f"{url}/keys").find("k1", "RS256")


def test_a_redirect_is_not_followed(issuer: tuple[Issuer, str]) -> None:
    with pytest.raises(ToolFailed):
        PublishedKeys(f"{issuer[1]}/moved").find("k1", "RS256")


def test_many_threads_ask_the_provider_once(issuer: tuple[Issuer, str]) -> None:
    provider, url = issuer
    reader = TokenReader(settings(jwks_url=f"{url}/keys"))
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(reader.principal(token()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert None not in found
    assert provider.asked == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithms": ("none",)},
        {"algorithms": ("RS256", "HS256")},
        {"algorithms": ()},
        {"keys_file": None},
        {"jwks_url": "https://issuer.example/keys"},
        {"keys_file": None, "jwks_url": "http://issuer.example/keys"},
        {"issuer": ""},
    ],
)
def test_settings_that_would_believe_too_much_are_refused(jwks: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Tokens(**{"issuer": ISSUER, "audience": AUDIENCE, "keys_file": jwks, **wrong})
