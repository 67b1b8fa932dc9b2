"""The `onbrand` command."""

from __future__ import annotations

import gc
import sys
from importlib.metadata import entry_points
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from domain.errors import BadInput
from service.cli import (
    assets,
    brands,
    briefs,
    chat,
    check,
    create,
    doctor,
    keys,
    mcp,
    memory,
    runs,
    schema,
    serve,
    tools,
    usage,
)
from service.cli.terminal import EXITS, INTERRUPTED, print_json, quiet_libraries

RARER_COLLECTION = (100_000, 50, 50)
"""A command imports and makes objects that mostly live to its end: looking for garbage among them every 700
allocations, Python's default, takes a tenth of a `create` (`python -m benchmarks.create`)."""

app = typer.Typer(
    help=f"Plain-language requests to marketing images a brand can publish.\n\n{EXITS}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("create")(create.create)
app.command("chat")(chat.chat)
app.command("brief")(briefs.brief)
app.command("check")(check.check)
app.add_typer(assets.app, name="assets")
app.add_typer(brands.app, name="brands")
app.add_typer(memory.app, name="memory")
app.add_typer(runs.app, name="runs")
app.add_typer(schema.app, name="schema")
app.add_typer(tools.app, name="tools")
app.add_typer(keys.app, name="keys")
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.command("doctor")(doctor.doctor)
app.command("usage")(usage.usage)


BESIDE = "onbrand.commands"
"""Entry point group of commands that packages beside the service bring: the service does not import them."""


def take_in_others(arguments: list[str]) -> None:
    """Add the commands of other installed packages, where the command line may mean one of them.

    Looking them up takes some 30 ms, which a command of our own need not wait for.
    """
    ours = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    if arguments[:1] and arguments[0] in ours:
        return
    for point in sorted(entry_points(group=BESIDE), key=lambda point: point.name):
        app.add_typer(point.load(), name=point.name)


def main() -> None:
    """Entry point of the installed command."""
    quiet_libraries()
    take_in_others(sys.argv[1:])
    gc.set_threshold(*RARER_COLLECTION)
    if "--json" in sys.argv[1:]:
        for_a_script()
    else:
        app()


def for_a_script() -> NoReturn:
    """Run the command so that stdout holds one JSON document even when the command line itself is wrong."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        said = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
        told = BadInput(said, where="the command line", hint="see `onbrand --help`, or COMMAND --help")
        print_json({"error": told.document()})
        code = told.exit_code
    except typer.Abort:
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
