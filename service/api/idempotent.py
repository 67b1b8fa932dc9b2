"""`Idempotency-Key` on POST: the same key and the same request get the first answer, and the work is done once.

An answer is kept when the request was carried out, or refused for how things stand (403, 404, 409). It is not kept when
nothing was begun (400, 413, 415, 422), when the service failed (5xx), and whenever it says Retry-After: these can be
sent again with the same key.

Between the work and the kept answer a process can die. So what creates something must be safe to do again: a run gets
an id made from principal, key and request, an upload is kept under its digest, an approval under what it approves.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.access import Principal
from domain.errors import OnbrandError
from domain.values import RunId
from memory.idempotency import Idempotency
from memory.leases import this_worker
from service.api.problems import of_error, problem
from service.api.signed_in import BRAND_HEADER

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 255

_REPEATED_HEADERS = ("content-type", "location")
_DECIDED = frozenset({403, 404, 409})


class Idempotent:
    """Stands behind `SignedIn` and `BodyCap`: the principal is known, and the body short enough to be held."""

    def __init__(self, app: ASGIApp, idempotency: Idempotency) -> None:
        self._app = app
        self._idempotency = idempotency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on and keep the answer, or give the kept one again."""
        given = Headers(scope=scope).getlist(HEADER) if scope["type"] == "http" else []
        principal = scope.get("state", {}).get("principal")
        if not given or scope["method"] != "POST" or not isinstance(principal, Principal):
            await self._app(scope, receive, send)
            return
        key = given[0]
        if len(given) > 1 or not 0 < len(key) <= LONGEST or not all("!" <= letter <= "~" for letter in key):
            flaw = problem(
                400, "bad_input", f"an {HEADER} is 1 to {LONGEST} visible ASCII characters", instance=scope["path"],
                where=HEADER, hint="use a random UUID",
            )  # fmt: skip
            await flaw(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        fingerprint = await fingerprint_of(scope, body)
        try:
            stored = await asyncio.to_thread(
                self._idempotency.begin, principal.id, key, fingerprint, this_worker()
            )
        except OnbrandError as error:
            await of_error(error, scope["path"])(scope, receive, send)
            return
        if stored is not None:
            again = Response(stored.body, stored.status, {**stored.headers, REPLAYED: "true"})
            await again(scope, receive, send)
            return
        scope["state"]["run_id"] = run_id_of(principal.id, key, fingerprint)
        answer = Answer()
        try:
            await self._app(scope, replay(body, receive), answer.take)
        finally:
            # Kept before it is sent: who has seen the answer can ask for it again. Also when this very task is being
            # cancelled, for a key that stays taken blocks its owner for minutes.
            await asyncio.shield(asyncio.to_thread(self._settle, principal.id, key, answer))
        for message in answer.messages:
            await send(message)

    def _settle(self, principal: str, key: str, answer: Answer) -> None:
        """Keep the answer, or forget the key."""
        if is_kept(answer.status, answer.headers):
            kept = {name: answer.headers[name] for name in _REPEATED_HEADERS if name in answer.headers}
            self._idempotency.finish(principal, key, answer.status, kept, answer.body.decode())
        else:
            self._idempotency.forget(principal, key)


class Answer:
    """An answer held back until it is kept. Answers to POST are short documents."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.body = b""

    async def take(self, message: Message) -> None:
        """One message of the answer."""
        self.messages.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(MutableHeaders(scope=message).items())
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def is_kept(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the same request should get this answer again."""
    return "retry-after" not in headers and (200 <= status < 300 or status in _DECIDED)


async def fingerprint_of(scope: Scope, body: bytes) -> str:
    """A hash of what makes two requests the same: address, brand and content, not how the content was written."""
    headers = Headers(scope=scope)
    parts = [
        scope["method"], scope["path"], scope.get("query_string", b"").decode("latin-1"),
        headers.get(BRAND_HEADER), await content_of(scope, headers.get("content-type", ""), body),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


async def content_of(scope: Scope, content_type: str, body: bytes) -> str:
    """The content without accidents: the order of JSON's keys, the boundary between a form's parts."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            async with Request(scope, replay(body)).form() as form:
                parts = [[name, await _written(value)] for name, value in form.multi_items()]
            return json.dumps([kind, parts])
        except (HTTPException, MultiPartException, ValueError):
            pass                                # no form: compared as it is, and refused by its route
    else:
        try:
            return json.dumps([kind, json.loads(body)], sort_keys=True)
        except (ValueError, RecursionError):
            pass
    return json.dumps([kind, hashlib.sha256(body).hexdigest()])


async def _written(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return [value.filename, value.content_type, hashlib.sha256(await value.read()).hexdigest()]


def run_id_of(principal: str, key: str, fingerprint: str) -> RunId:
    """The id of the run that this request makes, whichever process carries it out and however often."""
    made_of = json.dumps([principal, key, fingerprint]).encode()
    return f"run-{hashlib.sha256(made_of).hexdigest()[:24]}"


def replay(body: bytes, after: Receive | None = None) -> Receive:
    """A receive that gives a body already read, then what comes after it."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given and after is not None:
            return await after()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
