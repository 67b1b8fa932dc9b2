"""What several commands of `onbrand evals` share: their arguments, and the settings in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.settings import Settings

TraceArgument = Annotated[str, typer.Argument(help="Trace file, or run id.", show_default=False)]
TracesArgument = Annotated[list[str], typer.Argument(help="Trace files, folders of them, or run ids.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Also write a page with pictures to this file.")]


def settings_in_force() -> Settings:
    """The settings, as every command reads them."""
    from service.settings import load_settings

    return load_settings()
