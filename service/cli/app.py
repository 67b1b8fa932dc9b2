"""The `onbrand` command."""

from __future__ import annotations

import typer

from service.cli import assets, briefs, chat, check, create, doctor, runs, schema
from service.cli.terminal import EXITS, quiet_libraries

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
app.add_typer(runs.app, name="runs")
app.add_typer(schema.app, name="schema")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Entry point of the installed command."""
    quiet_libraries()
    app()


if __name__ == "__main__":
    main()
