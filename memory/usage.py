"""What was used since a moment, added up by team, brand, market, stage, role or model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import case, func, or_, select

from domain.usage import By, UsageRow
from domain.values import BrandId
from memory.database import Database
from memory.tables import NANO, ledger


def usage(
    database: Database, by: By, since: datetime, brands: Sequence[BrandId] | None = None
) -> tuple[UsageRow, ...]:
    """Rows of the ledger made at `since` or later, dearest first. `brands` limits it to those; None means all.

    Generators are under their own name for `By.MODEL` and without one for `By.ROLE`.
    """
    since = since.replace(tzinfo=UTC) if since.tzinfo is None else since
    named = case((ledger.c.model != "", ledger.c.model), else_=ledger.c.what)
    columns = {
        By.TEAM: ledger.c.team, By.BRAND: ledger.c.brand, By.MARKET: ledger.c.market, By.STAGE: ledger.c.stage,
        By.ROLE: ledger.c.role, By.MODEL: named,
    }
    name = columns[by].label("name")
    released = ledger.c.status == "released"
    sums = [
        func.coalesce(func.sum(amount), 0)
        for amount in (
            case((released, 0), else_=1), case((released, 1), else_=0),
            ledger.c.tokens_in, ledger.c.tokens_out, ledger.c.cached, ledger.c.images,
            case((ledger.c.status == "booked", ledger.c.actual), else_=0),
            case((ledger.c.status == "reserved", ledger.c.reserved), else_=0),
        )
    ]
    query = select(name, *sums).where(ledger.c.created >= since).group_by(name)
    if brands is not None:
        query = query.where(or_(*(ledger.c.brand == brand for brand in brands)) if brands else ledger.c.brand == "")
    with database.read() as connection:
        rows = connection.execute(query).all()
    found = [
        UsageRow(
            name=row[0], calls=int(row[1]), turned_away=int(row[2]), tokens_in=int(row[3]), tokens_out=int(row[4]),
            cached=int(row[5]), images=int(row[6]), spent=int(row[7]) / NANO, reserved=int(row[8]) / NANO,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (-row.spent, -row.calls, row.name)))
