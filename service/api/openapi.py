"""The API's description: what FastAPI derives from the routes, and what it cannot know: sign-in, problems, replays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.idempotent import HEADER, LONGEST, REPLAYED
from service.api.problems import MEDIA_TYPE, TYPE, Problem
from service.api.signed_in import OPEN

URL = "/v1/openapi.json"
ABOUT = """\
Plain-language requests to marketing images a brand can publish.

Begin a run, follow its events, answer what it asks, look at the pictures, have a person with the approver role approve.
Everything belongs to a brand; `Onbrand-Brand` says for which of yours a request is. What is not yours is answered
exactly like what is not there. Every error is a problem document (RFC 9457): switch on `code`.
"""
TAGS = {
    "runs": "One piece of work, from request to publication.",
    "options": "Price a request without running it.",
    "assets": "Products, backgrounds, themes and logos of the brand.",
    "artifacts": "Bytes under their digest.",
    "check": "Hold a picture made elsewhere against checks and rules.",
    "brands and markets": "What work is held against.",
    "usage": "What was spent.",
    "health": "For whoever runs the service.",
}
PROBLEMS = {
    400: "The request cannot be read.",
    401: "Sign-in is needed, or the key or token is not valid.",
    403: "Your roles do not allow this, or a web page of another origin sent it.",
    404: "There is no such thing, or it is not yours.",
    409: "Not in this state, or the idempotency key was used for another request.",
    413: "Larger than allowed.",
    415: "Not a content type this takes.",
    416: "Those bytes are not there.",
    421: "Not a host name this server answers for.",
    422: "The request, a picture or a rule does not allow this.",
    429: "More than your share: wait as long as Retry-After says.",
    500: "The service failed.",
    502: "A part of the service does not answer.",
    503: "The service cannot do this right now.",
    507: "The service's disk is full.",
}
_EVERYWHERE = (400, 403, 421, 500, 503)
_SIGNED_IN = (401, 404, 409, 422, 429, 502, 507)
_WITH_BODY = (413, 415)
_HEADERS = {
    401: ("WWW-Authenticate", "string"),
    416: ("Content-Range", "string"),
    429: ("Retry-After", "integer"),
}
_METHODS = ("get", "head", "post")


def describe(app: FastAPI, *, public_url: str | None, signed: bool) -> dict[str, Any]:
    """The description. With `signed`, every operation but the open ones says that it wants a bearer token."""
    told = get_openapi(
        title="Onbrand",
        version="1",
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": public_url}] if public_url else None,
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
    )
    components = told["components"]
    schemas = components["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _problem_schemas()
    components["responses"] = {f"Problem{status}": _response(status, about) for status, about in PROBLEMS.items()}
    if signed:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "description": "an API key, or an identity provider's token"}
        }
        told["security"] = [{"bearer": []}]
    for path, operations in told["paths"].items():
        for method in _METHODS:
            if method in operations:
                _complete(operations[method], path, method, signed=signed)
    return told


def _complete(operation: dict[str, Any], path: str, method: str, *, signed: bool) -> None:
    """Problems, sign-in and replays of one operation."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        some = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
        if len(some) == 1:                              # left out is no value of its own outside of JSON
            del schema["anyOf"]
            schema |= some[0]
    responses = operation["responses"]
    responses.pop("422", None)
    for status in _statuses(path, method):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if path in OPEN and signed:
        operation["security"] = [] if path != "/metrics" else [{"bearer": []}, {}]
    if method == "post":
        operation.setdefault("parameters", []).append(
            {
                "name": HEADER,
                "in": "header",
                "description": "the same key and the same request get the same answer, and the work is done once",
                "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
                "example": "0c7f6b0e-2c1c-4a52-9d0b-6a3f0d1f7c11",
            }
        )
        for status, response in responses.items():
            if status.startswith("2"):
                response.setdefault("headers", {})[REPLAYED] = {
                    "description": "there when this is a kept answer given again",
                    "schema": {"type": "string", "enum": ["true"]},
                }


def _statuses(path: str, method: str) -> Iterable[int]:
    if path in OPEN:
        return (*_EVERYWHERE, 401, 404) if path == "/metrics" else _EVERYWHERE
    found = {*_EVERYWHERE, *_SIGNED_IN}
    if method == "post":
        found |= {*_WITH_BODY}
    if path.startswith("/v1/artifacts"):
        found |= {416}
    return sorted(found)


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _response(status: int, about: str) -> dict[str, Any]:
    code = _EXAMPLES.get(status, "bad_input")
    example = {
        "type": TYPE + code, "title": about.rstrip("."), "status": status, "detail": about, "instance": "/v1/runs",
        "code": code, "where": "", "hint": "",
    }  # fmt: skip
    response: dict[str, Any] = {
        "description": about,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status in _HEADERS:
        name, kind = _HEADERS[status]
        response["headers"] = {name: {"required": True, "schema": {"type": kind}}}
    return response


_EXAMPLES = {
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    421: "misdirected",
    429: "too_many_requests",
    500: "fault",
    502: "tool_failed",
    503: "storage_failed",
    507: "storage_failed",
}
