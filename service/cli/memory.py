"""`onbrand memory`: what a brand remembers from one run to the next, to be looked at, set and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from domain.errors import BadInput
from domain.remembered import MemorySource, Remembered
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json

if TYPE_CHECKING:
    from memory.remembered import RememberedDefaults

app = typer.Typer(help="What a brand remembers: list, set, forget.", no_args_is_help=True)


@contextmanager
def opened_memory(brand: str) -> Iterator[RememberedDefaults]:
    """A brand's memory alone: no library, graph or tool server. Raises NotFound for a brand that is not there."""
    from memory.database import open_database
    from memory.home import Home
    from memory.remembered import RememberedDefaults
    from memory.rulebook import YamlRulebook
    from service.settings import load_settings

    settings = load_settings()
    home = Home(settings.home)
    YamlRulebook((home.root,)).brand(brand)
    database = open_database(settings.database_url or home)
    try:
        yield RememberedDefaults(database)
    finally:
        database.close()


@app.command("list")
def list_defaults(brand: BrandOption = "demo", as_json: JsonOption = False) -> None:
    """Every remembered default, with where it comes from."""
    with ending_with_exit_codes(as_json=as_json):
        show(brand, lambda memory: memory.list(brand), as_json=as_json)


@app.command("set")
def set_default(
    field: Annotated[str, typer.Argument(help="Field of the brief, such as light, markets or avoid.")],
    value: Annotated[str, typer.Argument(help="Its value; several markets, channels or things to avoid with commas.")],
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Remember a default for everybody of the brand. It fills in what a request leaves open."""
    with ending_with_exit_codes(as_json=as_json):
        from service.remembering import checked_default

        rules = checked_default(field, value)
        show(brand, lambda memory: memory.keep(brand, rules, MemorySource.SET), as_json=as_json)


@app.command("forget")
def forget(
    what: Annotated[str | None, typer.Argument(help="Id, or field for all its defaults.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Forget everything the brand remembers.")] = False,
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Forget a default, and the answers it was learned from."""
    with ending_with_exit_codes(as_json=as_json):
        if (what is None) != everything:
            raise BadInput("name what to forget, or --all", where="memory forget", hint="see `onbrand memory list`")
        show(brand, lambda memory: memory.forget(brand, what), as_json=as_json, headline="forgotten")


def show(
    brand: str,
    get: Callable[[RememberedDefaults], list[Remembered]],
    *,
    as_json: bool,
    headline: str = "",
) -> None:
    """The rows a command is about."""
    with opened_memory(brand) as memory:
        rows = get(memory)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    if not rows:
        out.print("nothing" if headline else "nothing is remembered")
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("id", "field", "value", "for", "how", "since"):
        table.add_column(column, overflow="fold")
    for row in rows:
        how = f"{row.source.value}: “{row.said}”" if row.source is MemorySource.STATED else row.said
        whose = row.owner or "everybody"
        table.add_row(
            row.id, row.field, escaped(row.value), escaped(whose), escaped(how), f"{row.created:%Y-%m-%d}"
        )
    if headline:
        out.print(headline)
    out.print(table)
