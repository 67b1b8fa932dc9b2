"""`onbrand schema`: the published JSON Schemas."""

from __future__ import annotations

import typer

from domain.run import RunView
from service.cli.terminal import print_json

app = typer.Typer(help="Published JSON Schemas.", no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """Published JSON Schemas."""


@app.command("run")
def run_schema() -> None:
    """The schema of a run's document."""
    print_json(RunView.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"})
