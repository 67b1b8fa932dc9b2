"""`onbrand mcp`: the studio server for a coding assistant on one's own machine, over stdin and stdout."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from service.cli.options import BrandOption
from service.cli.terminal import ending_with_exit_codes, person


def mcp(
    brand: BrandOption = "demo",
    approve_here: Annotated[
        bool,
        typer.Option(
            "--approve-here/--approve-in-terminal",
            help="Whether a form that the assistant's client shows may carry your yes.",
        ),
    ] = True,
) -> None:
    """Serve MCP over stdin and stdout, for a coding assistant that starts this command.

    Whoever starts it is the caller: no sign-in. Runs go on in the background until the client leaves; what is cut off
    goes on at the next start. Configuration for assistants is in docs/mcp.md.
    """
    with ending_with_exit_codes(as_json=False):
        from service.settings import load_settings
        from service.stdio import serve

        asyncio.run(serve(load_settings(), brand, person(), approve_here=approve_here))
