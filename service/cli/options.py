"""Options that several commands share, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

BrandOption = Annotated[str, typer.Option("--brand", help="Whose library, rules and colours.")]
ProductOption = Annotated[str | None, typer.Option("--product", help="Photo file, or asset id of the library.")]
BoxOption = Annotated[str | None, typer.Option("--product-box", help="x,y,w,h around the product in its photo.")]
BackgroundOption = Annotated[str | None, typer.Option("--background", help="Photo file or asset id to stand in.")]
MarketOption = Annotated[list[str] | None, typer.Option("--market", help="Market code such as SE; repeat for more.")]
ChannelOption = Annotated[
    list[str] | None, typer.Option("--channel", help="Channel such as instagram; repeat for more.")
]
AnswerOption = Annotated[list[str] | None, typer.Option("--answer", help="ID=VALUE answer to a question.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder for pictures, contact sheet and dossier.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
