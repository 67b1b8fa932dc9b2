"""`onbrand brief`: what the built-in reader understands of a request."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from domain.brief import Brief
from domain.errors import BadInput, OnbrandError
from service.cli.create import BrandOption, JsonOption
from service.cli.summary import print_brief
from service.cli.terminal import ending_with_exit_codes, print_json
from service.wiring import BuiltinLanguage


def brief(
    request: Annotated[str | None, typer.Argument(help="A request.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="One request a line; one JSON document a line out.")
    ] = None,
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Read requests without drawing anything."""
    language = BuiltinLanguage()
    with ending_with_exit_codes(as_json=as_json):
        if file is not None:
            read_lines(language, file, brand)
            return
        if request is None:
            raise BadInput(
                "no request given", where="brief", hint='onbrand brief "our can on a terrace", or --file FILE'
            )
        found = language.read(request, brand)
    if as_json:
        print_json(found)
    else:
        print_brief(found)


def read_lines(language: BuiltinLanguage, file: Path, brand: str) -> None:
    """One JSON document a line: the brief, or what is wrong with that line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}", where=str(file), hint="give a UTF-8 text file") from error
    for line in lines:
        sys.stdout.write(one_line(language, line, brand) + "\n")


def one_line(language: BuiltinLanguage, line: str, brand: str) -> str:
    """The JSON of one line."""
    try:
        found: Brief = language.read(line, brand)
    except OnbrandError as error:
        return json.dumps({"error": error.document()})
    return found.model_dump_json()
