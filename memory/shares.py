"""What brands and teams may use: money over days, calls and tokens over a minute. Rows, so every process is held to it.

Calls and tokens are token buckets that fill continuously; the row of a brand or team is locked while it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import OverBudget, TooManyRequests
from domain.model_calls import Allowance
from domain.values import BrandId
from memory.tables import NANO, ledger, shares


def held_by(allowances: Sequence[Allowance], brand: BrandId, team: str) -> list[tuple[str, Allowance]]:
    """Whose allowances a call of this brand is held against: its own or that of all brands, and the team's likewise."""
    found = []
    for kind, name in (("brand", brand), ("team", team)):
        own = {allowance.who: allowance for allowance in allowances}
        allowance = own.get(f"{kind}:{name}", own.get(f"{kind}:*")) if name else None
        if allowance is not None:
            found.append((f"{kind}:{name}", allowance))
    return found


def check_allowed(
    connection: Connection, allowances: Sequence[Allowance], brand: BrandId, team: str, nano: int, what: str
) -> None:
    """Whether brand and team may spend so much more; their other calls wait until the transaction ends.

    Raises OverBudget when they may not.
    """
    for who, allowance in held_by(allowances, brand, team):
        if allowance.budget is None or nano <= 0:
            continue
        _lock(connection, who, allowance, now=0.0)
        since = datetime.now(UTC) - timedelta(days=allowance.days)
        column, name = (ledger.c.brand, brand) if who.startswith("brand:") else (ledger.c.team, team)
        committed = _committed(connection, column == name, since)
        if committed + nano > round(allowance.budget * NANO):
            raise OverBudget(
                f"{what} would cost ${nano / NANO:.4g}; {who} has used ${committed / NANO:.4g} of its "
                f"${allowance.budget:.4g} for {allowance.days} days.",
                where=who,
                hint="wait until older spending is that long ago, or have the allowance raised (models.allowances)",
            )


def take(
    connection: Connection, allowances: Sequence[Allowance], brand: BrandId, team: str, tokens: int, now: float
) -> None:
    """Take one call and so many tokens of brand and team. Raises TooManyRequests, and then the caller rolls back.

    A call with more tokens than a minute has waits for a full bucket and is paid off afterwards.
    """
    for who, allowance in held_by(allowances, brand, team):
        if allowance.per_minute is None and allowance.tokens_per_minute is None:
            continue
        calls, left, filled = _lock(connection, who, allowance, now)
        passed = max(0.0, now - filled) / 60.0
        calls = min(float(allowance.per_minute or 0), calls + passed * (allowance.per_minute or 0))
        left = min(float(allowance.tokens_per_minute or 0), left + passed * (allowance.tokens_per_minute or 0))
        waits = [0.0]
        if allowance.per_minute is not None:
            waits.append((1.0 - calls) * 60.0 / allowance.per_minute)
            calls -= 1.0
        if allowance.tokens_per_minute is not None:
            waits.append((min(tokens, allowance.tokens_per_minute) - left) * 60.0 / allowance.tokens_per_minute)
            left -= tokens
        if max(waits) > 0:
            raise TooManyRequests(
                f"{who} has used up its calls of models for now",
                where=who,
                hint="wait a little, or have the allowance raised (models.allowances)",
                retry_after_s=max(waits),
            )
        row = {"calls": calls, "tokens": left, "filled": now}
        connection.execute(update(shares).where(shares.c.who == who).values(row))


def give_back(
    connection: Connection, allowances: Sequence[Allowance], brand: BrandId, team: str, calls: int, tokens: int
) -> None:
    """Put back what a call did not need; a negative number of tokens is taken in addition."""
    for who, _ in held_by(allowances, brand, team):
        row = {"calls": shares.c.calls + calls, "tokens": shares.c.tokens + tokens}
        connection.execute(update(shares).where(shares.c.who == who).values(row))


def _lock(connection: Connection, who: str, allowance: Allowance, now: float) -> tuple[float, float, float]:
    """The row of a brand or team, made full when it is not there yet, for this transaction alone."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    full = {
        "who": who, "calls": float(allowance.per_minute or 0), "tokens": float(allowance.tokens_per_minute or 0),
        "filled": now,
    }
    connection.execute(dialect.insert(shares).values(full).on_conflict_do_nothing())
    query = select(shares.c.calls, shares.c.tokens, shares.c.filled).where(shares.c.who == who).with_for_update()
    calls, tokens, filled = connection.execute(query).one()
    return float(calls), float(tokens), float(filled)


def _committed(connection: Connection, whose: object, since: datetime) -> int:
    amount = case(
        (ledger.c.status == "booked", ledger.c.actual), (ledger.c.status == "reserved", ledger.c.reserved), else_=0
    )
    query = select(func.coalesce(func.sum(amount), 0)).where(whose, ledger.c.created >= since)  # type: ignore[arg-type]
    return int(connection.execute(query).scalar_one())
