"""Errors as problem documents (RFC 9457): one table from our errors to HTTP, and one shape for everything refused.

What the operator must mend is told to callers in general words: messages of storage and tools name paths and addresses
of the server, and these stay in its log.
"""

from __future__ import annotations

import errno
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import ModelMustAct, OnbrandError, OperatorMustAct, ProgrammerMustAct, TooManyRequests, subclasses
from domain.run import Failure

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:onbrand:problem:"
"""Before an error's code: the problem's `type`. Programs should switch on it, or on `code`."""

STATUS: Mapping[str, int] = {
    "person_must_act": 422,
    "bad_input": 422,
    "unusable_image": 422,
    "not_found": 404,
    "conflict": 409,
    "run_busy": 409,
    "too_many_requests": 429,
    "needs_answer": 422,
    "no_product": 422,
    "unsure_cutout": 422,
    "nothing_passed": 422,
    "refused": 403,
    "refused_by_rule": 422,
    "over_budget": 422,
    "unauthorised": 401,
    "forbidden": 403,
    "operator_must_act": 503,
    "misconfigured": 500,
    "storage_failed": 503,
    "lease_lost": 503,
    "tool_failed": 502,
    "tool_broke": 502,
    "model_answer": 502,
    "fault": 500,
    "idle_edit": 500,
}
"""HTTP status by error code; a kind without one of its own has that of the kind it belongs to. A full disk alone is
507 instead of 503.
"""

TITLES: Mapping[str, str] = {
    "bad_input": "The request cannot be used as it is",
    "unusable_image": "The picture cannot be used",
    "not_found": "There is no such thing, or it is not yours",
    "conflict": "Not in this state",
    "run_busy": "The run is being worked on",
    "too_many_requests": "More than your share",
    "no_product": "No product matches",
    "unsure_cutout": "The product's outline is not certain",
    "nothing_passed": "Nothing passed the checks",
    "refused_by_rule": "A rule forbids this",
    "over_budget": "Over the budget",
    "unauthorised": "Sign-in is needed",
    "forbidden": "Your roles do not allow this",
    "misconfigured": "This Onbrand is not set up for it",
    "storage_failed": "Storage does not work right now",
    "lease_lost": "Another process took over",
    "tool_failed": "A part of the service does not answer",
    "tool_broke": "A part of the service failed on this",
    "model_answer": "A model's answer could not be used",
    "fault": "Onbrand itself failed",
}
"""What each kind of problem is called. A kind without a title of its own has that of the kind it belongs to."""

HINTS: Mapping[str, str] = {
    "person_must_act": "change what you ask for, then send it again",
    "over_budget": "give a larger `budget`, or ask for less",
    "unauthorised": "send `Authorization: Bearer KEY` with a key that is in force",
    "forbidden": "an administrator grants roles",
    "bad_input": "the request's parts are described at /v1/openapi.json",
    "not_found": "GET /v1/runs and GET /v1/assets list what is yours",
    "conflict": "GET the run: `status` and `next` say what it waits for",
    "run_busy": "try again in a few seconds",
    "no_product": "name the product, or give `product`: an id of GET /v1/assets?kind=product",
    "unsure_cutout": "give `product_box` around the product, or upload a photo before a plain background",
    "nothing_passed": "see `failed_checks` of the run, then ask again differently",
    "operator_must_act": "try again in a while; whoever runs this Onbrand finds the cause in its log",
    "model_answer": "try again",
    "fault": "please report it with the time it happened",
}
"""What to do next over the API, where the error's own hint is a command for a terminal."""

_SAID_INSTEAD: Mapping[type[OnbrandError], str] = {
    OperatorMustAct: "the service cannot do this right now, for a reason of its own",
    ModelMustAct: "a model gave no usable answer",
    ProgrammerMustAct: "the service failed on this request",
}
_COMMANDS = ("onbrand ", "`onbrand", "--", "onbrand.toml", "ONBRAND_", "pip install")
_TRY_AGAIN_S: Mapping[str, float] = {
    "run_busy": 2.0,
    "storage_failed": 5.0,
    "lease_lost": 2.0,
    "operator_must_act": 5.0,
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_log = logging.getLogger("onbrand.api")


class Flaw(BaseModel):
    """One part of a request that cannot be used."""

    where: str
    message: str


class Problem(BaseModel):
    """A problem document, RFC 9457. `code` is stable; `detail` and `hint` are for people."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="urn:onbrand:problem: and the code")
    title: str
    status: int
    detail: str
    instance: str = Field(description="path of the request")
    code: str
    where: str = Field(description="what it is about: a parameter, a run, a brand")
    hint: str = Field(description="what to do next")
    errors: list[Flaw] = Field(default=[], description="every flaw of a request that could not be read")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    instance: str,
    where: str = "",
    hint: str = "",
    errors: list[Flaw] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    document = Problem(
        type=TYPE + code,
        title=_nearest(TITLES, code) or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
        code=code,
        where=where,
        hint=hint or _nearest(HINTS, code),
        errors=errors or [],
    )
    body = document.model_dump_json(exclude={"errors"} if not errors else None)
    return Response(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def of_error(error: OnbrandError, instance: str) -> Response:
    """An error of ours as a problem document; what only the operator should read goes to the log."""
    status = 507 if _disk_is_full(error) else status_of(error.code)
    if not told_to_callers(error.code):
        _log.error("%s: %s (%s)", instance, error, error.where, exc_info=error)
    shown = shown_failure(
        Failure(code=error.code, message=error.message, where=error.where, hint=error.hint)
    )
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="onbrand"'
    wait = error.retry_after_s if isinstance(error, TooManyRequests) else _TRY_AGAIN_S.get(error.code)
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return problem(
        status, error.code, shown.message, instance=instance, where=shown.where, hint=shown.hint, headers=headers
    )


def status_of(code: str) -> int:
    """The HTTP status of an error code; 500 for one that nobody knows."""
    return next((STATUS[kind] for kind in _lineage(code) if kind in STATUS), 500)


def fault(instance: str) -> Response:
    """A bug, as callers are told of it."""
    return problem(500, "fault", _SAID_INSTEAD[ProgrammerMustAct], instance=instance)


def told_to_callers(code: str) -> bool:
    """Whether an error of this code is about the request, so that its words may be shown to whoever sent it."""
    kind = subclasses().get(code, OnbrandError)
    return not issubclass(kind, (*_SAID_INSTEAD,)) and kind is not OnbrandError


def shown_failure(failure: Failure) -> Failure:
    """A failure as callers of the API are told it: no place on the server, no command of a terminal."""
    hint = "" if any(mark in failure.hint for mark in _COMMANDS) else failure.hint
    if told_to_callers(failure.code):
        return failure.model_copy(update={"hint": hint or _nearest(HINTS, failure.code)})
    kind = subclasses().get(failure.code, OnbrandError)
    said = next((words for group, words in _SAID_INSTEAD.items() if issubclass(kind, group)), "")
    return Failure(
        code=failure.code,
        message=said or _SAID_INSTEAD[ProgrammerMustAct],
        hint=_nearest(HINTS, failure.code) or HINTS["fault"],
    )


def install(app: FastAPI, methods: Callable[[str], Sequence[str]]) -> None:
    """Answer everything that goes wrong in a route with a problem document.

    `methods` gives the methods a path takes: a router knows only those of the first route that fits.
    """

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, OnbrandError)
        return of_error(error, request.scope["path"])

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return of_validation(error, request.scope["path"])

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.scope["path"]
        if error.status_code == 405:
            error.headers = {"Allow": ", ".join(methods(path))}
        return of_http(error, path)

    app.add_exception_handler(OnbrandError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def of_validation(error: RequestValidationError, instance: str) -> Response:
    """What a request's parts have wrong. An id in the path that cannot be one is not there: 404."""
    flaws = [
        Flaw(where=".".join(str(step) for step in flaw["loc"]) or "body", message=str(flaw["msg"]))
        for flaw in error.errors()
    ]
    if flaws and all(flaw.where.startswith("path.") for flaw in flaws):
        return problem(404, "not_found", "There is no such thing.", instance=instance, where=flaws[0].where[5:])
    first = flaws[0]
    more = f" (and {len(flaws) - 1} more)" if len(flaws) > 1 else ""
    return problem(
        422, "bad_input", f"{first.where}: {first.message}{more}", instance=instance, where=first.where, errors=flaws
    )


_HTTP = {
    400: ("bad_input", "the request cannot be read"),
    404: ("not_found", "There is no such address."),
    405: ("method_not_allowed", "this address does not take this method"),
    413: ("too_large", "the request is larger than allowed"),
    415: ("unsupported_media_type", "the request's content type is not one this address takes"),
}


def of_http(error: HTTPException, instance: str) -> Response:
    """What the web framework refused."""
    code, said = _HTTP.get(error.status_code, ("bad_input" if error.status_code < 500 else "fault", ""))
    phrase = HTTPStatus(error.status_code).phrase
    detail = said if error.detail in (None, "", phrase) or error.status_code >= 500 else str(error.detail)
    hint = "what there is stands in /v1/openapi.json" if error.status_code in (404, 405) else ""
    return problem(
        error.status_code, code, detail or phrase, instance=instance, hint=hint, headers=error.headers
    )


def _nearest(texts: Mapping[str, str], code: str) -> str:
    """The text for a code, or for the nearest kind above it in the tree of errors that has one."""
    return next((texts[kind] for kind in _lineage(code) if kind in texts), "")


def _lineage(code: str) -> list[str]:
    """The code, then those of the kinds above it in the tree of errors, nearest first."""
    kind = subclasses().get(code)
    above = kind.__mro__ if kind and kind is not OnbrandError else ()
    return [code, *(each.code for each in above if issubclass(each, OnbrandError) and each is not OnbrandError)]


def _disk_is_full(error: OnbrandError) -> bool:
    return error.code == "storage_failed" and any(
        getattr(cause, "errno", None) in _FULL or getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL"
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        original = getattr(error, "orig", None)             # SQLAlchemy keeps the driver's error here
        if isinstance(original, BaseException):
            yield original
        error = error.__cause__
