"""`onbrand brief`: what the built-in reader understands of a request."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from domain.errors import BadInput, NotFound, OnbrandError
from domain.values import BrandId
from service.cli.options import BrandOption, JsonOption
from service.cli.summary import print_brief
from service.cli.terminal import ending_with_exit_codes, print_json

if TYPE_CHECKING:
    from tools.language import BuiltinReader


def brief(
    request: Annotated[str | None, typer.Argument(help="A request.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="One request a line; one JSON document a line out.")
    ] = None,
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Read requests without drawing anything, or looking anything up."""
    from tools.language import BuiltinReader

    with ending_with_exit_codes(as_json=as_json):
        if (request is None) == (file is None):
            raise BadInput(
                "give a request or --file, one of them",
                where="brief",
                hint='onbrand brief "our can on a terrace", or onbrand brief --file requests.txt',
            )
        try:
            TypeAdapter(BrandId).validate_python(brand)
        except ValidationError as error:
            raise NotFound(
                f"there is no brand {brand!r}", where="--brand", hint="lower-case letters, digits and hyphens"
            ) from error
        reader = BuiltinReader()
        if file is not None:
            read_lines(reader, file, brand)
            return
        found = reader.read(request or "", brand)
        if as_json:
            print_json(found)
        else:
            print_brief(found, looked_up=False)


def read_lines(reader: BuiltinReader, file: Path, brand: str) -> None:
    """One JSON document a line: the brief, or what is wrong with that line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}", where=str(file), hint="give a UTF-8 text file") from error
    for request in lines:
        sys.stdout.write(one_line(reader, request, brand) + "\n")


def one_line(reader: BuiltinReader, request: str, brand: str) -> str:
    """The JSON of one line."""
    try:
        return reader.read(request, brand).model_dump_json()
    except OnbrandError as error:
        return json.dumps({"error": error.document()})
