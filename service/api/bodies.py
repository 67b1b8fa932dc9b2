"""Request bodies: JSON read strictly, forms with one picture, and how both stand in the API's description.

Strictly means that a number given as text or a switch given as 1 is refused: what the description forbids is not
accepted in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_origin

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
FORM = "multipart/form-data"
PICTURE_PART = "image"

_MOST_FIELDS = 32
_MOST_FIELD_BYTES = 2**16
_NUL = "\x00"


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text without NUL characters, which Postgres cannot keep."""

Words = Annotated[str, StringConstraints(pattern=r"^[^\x00]*\S[^\x00]*$")]
"""Text in which something is said."""

Whole = Annotated[int, BeforeValidator(lambda value: int(value) if _is_whole(value) else value)]
"""A whole number; 7.0 is one, as JSON Schema has it, "7" is not."""

Texts = Annotated[dict[Text, Text], Field(json_schema_extra={"additionalProperties": False})]


class Body(BaseModel):
    """A request body: a field it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def content_type(request: Request) -> str:
    """The media type of the request, lower-case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_body(model: type[M]) -> Any:
    """A dependency that reads the request's JSON as this model.

    Answers 415 for another content type and 400 for what is no JSON; raises RequestValidationError otherwise.
    """

    async def read(request: Request) -> M:
        return await read_json(request, model)

    return Depends(read)


async def read_json(request: Request, model: type[M]) -> M:
    """The request's JSON as this model. Errors as `json_body`."""
    if content_type(request) != JSON:
        raise HTTPException(415, f"send {JSON}")
    try:
        found = model.model_validate_json(await request.body(), strict=True)
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        if flaws[0]["type"] == "json_invalid":
            raise HTTPException(400, str(flaws[0]["msg"])) from error
        raise _invalid(flaws) from error
    refuse_nul(found.model_dump())
    return found


@dataclass(frozen=True)
class Picture:
    """A picture as it was sent: the name its sender gave the file, and its bytes, not decoded yet."""

    name: str
    data: bytes


async def read_form(request: Request, model: type[M]) -> tuple[M, Picture]:
    """A form's fields as this model, and its one picture in the part "image".

    Fields of the model that are tuples may come several times. Answers 415 for another content type and 400 for what
    is no form; raises RequestValidationError otherwise.
    """
    if content_type(request) != FORM:
        raise HTTPException(415, f"send {FORM} with the picture in the part {PICTURE_PART!r}")
    async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES) as form:
        sent = form.get(PICTURE_PART)
        if not isinstance(sent, UploadFile):
            raise _invalid([{"type": "missing", "loc": (PICTURE_PART,), "msg": "a picture is needed, as a file"}])
        picture = Picture(sent.filename or PICTURE_PART, await sent.read())
        fields = _fields(form, {name for name, field in model.model_fields.items() if _is_tuple(field.annotation)})
    try:
        found = model.model_validate(fields)
    except ValidationError as error:
        raise _invalid(error.errors(include_url=False, include_context=False, include_input=False)) from error
    refuse_nul({**fields, PICTURE_PART: picture.name})
    return found, picture


def _fields(form: FormData, several: Collection[str]) -> dict[str, Any]:
    """The fields beside the picture; those named in `several` as lists."""
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name == PICTURE_PART and isinstance(value, UploadFile):
            continue
        if not isinstance(value, str) or name == PICTURE_PART:
            raise _invalid([{"type": "extra", "loc": (name,), "msg": "one picture is taken, and no other file"}])
        if name in several:
            fields.setdefault(name, []).append(value)
        elif name in fields:
            raise _invalid([{"type": "repeated", "loc": (name,), "msg": "given twice"}])
        else:
            fields[name] = value
    return fields


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _is_tuple(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def refuse_nul(value: Any, where: tuple[str | int, ...] = ()) -> None:
    """Raise RequestValidationError for text with a NUL character, which Postgres cannot keep."""
    if isinstance(value, str):
        if _NUL in value:
            raise _invalid([{"type": "nul", "loc": where, "msg": "text must not have NUL characters"}])
    elif isinstance(value, Mapping):
        for name, item in value.items():
            refuse_nul(name, where)
            refuse_nul(item, (*where, str(name)))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            refuse_nul(item, (*where, number))


def takes(**contents: dict[str, Any]) -> dict[str, Any]:
    """For a route's `openapi_extra`: a body in one of these forms, `json=` and `form=`."""
    types = {"json": JSON, "form": FORM}
    return {"requestBody": {"required": True, "content": {types[name]: told for name, told in contents.items()}}}


def as_json(model: type[BaseModel], **examples: dict[str, Any]) -> dict[str, Any]:
    """The JSON form of a body, with examples by name."""
    return {"schema": _flat(model), "examples": {name: {"value": value} for name, value in examples.items()}}


def as_form(model: type[BaseModel]) -> dict[str, Any]:
    """The form of a body: the model's fields and the picture."""
    schema = _flat(model)
    about = "PNG, JPEG or WebP; the first frame is taken, metadata is not kept"
    picture = {"type": "string", "format": "binary", "description": about}
    return {
        "schema": {
            **schema,
            "title": f"{schema['title']}Form",
            "properties": {PICTURE_PART: picture, **schema.get("properties", {})},
            "required": [PICTURE_PART, *schema.get("required", [])],
        },
        "encoding": {PICTURE_PART: {"contentType": "image/png, image/jpeg, image/webp"}},
    }


def _flat(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    assert "$defs" not in schema, f"{model.__name__} has parts of its own; a body is flat"
    return schema


def _invalid(flaws: Any) -> RequestValidationError:
    return RequestValidationError([{**flaw, "loc": ("body", *flaw["loc"])} for flaw in flaws])
