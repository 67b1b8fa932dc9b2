"""`onbrand usage`: what was spent, by team, brand, market, stage, role or model."""

from __future__ import annotations

import csv
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from domain.errors import BadInput
from domain.usage import By, UsageRow
from service.cli.options import JsonOption
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json

DAYS = 30
_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def usage(
    by: Annotated[By, typer.Option("--by", help="What to add up by.")] = By.MODEL,
    since: Annotated[str, typer.Option("--since", help="A day (2026-11-01) or so long ago: 24h, 4w.")] = f"{DAYS}d",
    brand: Annotated[list[str] | None, typer.Option("--brand", help="Only this brand; repeat for more.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a spreadsheet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Attempts, tokens and money of models and generators in the ledger of this home, dearest first."""
    with ending_with_exit_codes(as_json=as_json):
        moment = moment_of(since, datetime.now(UTC))
        rows = looked_up(by, moment, brand)
    if as_json:
        print_json({"since": moment.isoformat(), "by": by.value, "rows": [row.model_dump(mode="json") for row in rows]})
    elif as_csv:
        written = csv.writer(sys.stdout, lineterminator="\n")
        written.writerow([by.value, *list(UsageRow.model_fields)[1:]])
        written.writerows([[cell(value) for value in row.model_dump().values()] for row in rows])
    else:
        show(rows, by, moment)


def moment_of(text: str, now: datetime) -> datetime:
    """The moment that words stand for. Raises BadInput for others."""
    if ago := _AGO.fullmatch(text.strip().lower()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"{text!r} is no moment", where="--since", hint="give a day such as 2026-11-01, or 24h, 30d, 4w"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def looked_up(by: By, since: datetime, brands: list[str] | None) -> tuple[UsageRow, ...]:
    """The rows of this home's ledger."""
    from memory.database import open_database
    from memory.home import Home
    from memory.usage import usage as rows_of
    from service.settings import load_settings

    settings = load_settings()
    database = open_database(settings.database_url or Home(settings.home))
    try:
        return rows_of(database, by, since, brands or None)
    finally:
        database.close()


def cell(value: object) -> object:
    """A value for a spreadsheet: no text that a spreadsheet would take for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def show(rows: tuple[UsageRow, ...], by: By, since: datetime) -> None:
    """As a table with its sum."""
    table = Table(box=None, padding=(0, 2), title=f"since {since:%Y-%m-%d %H:%M} UTC", title_justify="left")
    table.add_column(by.value, overflow="fold")
    for column in ("calls", "turned away", "tokens in", "cached", "tokens out", "images", "spent $", "set aside $"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            escaped(row.name) or "(none)", f"{row.calls}", f"{row.turned_away}", f"{row.tokens_in}", f"{row.cached}",
            f"{row.tokens_out}", f"{row.images}", f"{row.spent:.4f}", f"{row.reserved:.4f}",
        )
    out.print(table)
    out.print(f"{sum(row.spent for row in rows):.4f} US dollars in all", highlight=False)
