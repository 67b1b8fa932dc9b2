"""`onbrand evals inspect`: recorded runs as a log that `inspect view` opens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.options import TracesArgument, settings_in_force
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, out, print_json


def inspect_traces(
    traces: TracesArgument,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the log.")] = Path("logs"),
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Write recorded runs to a log of Inspect AI: `inspect view` shows steps, model calls, tools and pictures.

    Confidential work shows no picture. Needs the extra `evals`.
    """
    with ending_with_exit_codes(as_json=as_json):
        path, count = _written(traces, brand, folder)
    if as_json:
        print_json({"log": str(path), "runs": count})
    else:
        out.print(f"{path}: {count} runs; look at them with `inspect view --log-dir {folder}`", highlight=False)


def _written(traces: list[str], brand: str, folder: Path) -> tuple[Path, int]:
    from domain.errors import BadInput, Misconfigured
    from evals.shelf import expand
    from memory.home import Home
    from service.wiring import wire

    try:
        from evals.inspect.logs import write_log
        from evals.inspect.pictures import pictures_of
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "Inspect AI is not installed", where="evals inspect", hint='pip install "onbrand[evals]"'
        ) from error
    settings = settings_in_force()
    paths = expand(traces, Home(settings.home), brand)
    if not paths:
        raise BadInput("there is no trace in that folder", where="TRACES", hint="`onbrand evals list` shows traces")
    wired = wire(settings)
    try:
        library, artifacts = wired.library, wired.workshop.artifacts
        return write_log(paths, lambda recording: pictures_of(recording, library, artifacts), folder), len(paths)
    finally:
        wired.close()
