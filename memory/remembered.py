"""Remembered defaults: rows of a brand that a person can list, set and forget, and the answers that may become some."""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from domain.errors import NotFound
from domain.remembered import GROWING_FIELDS, LIST_FIELDS, TIMES_CHOSEN, MemorySource, Remembered, StatedRule
from domain.values import BrandId, RunId
from memory.database import Database
from memory.tables import choices, remembered


class RememberedDefaults:
    """What every brand remembers. Each method takes the brand and reaches no row of another (Promise 8)."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def list(self, brand: BrandId, owner: str | None = None) -> builtins.list[Remembered]:
        """A brand's defaults, oldest first; with an `owner` those that hold for that principal: theirs and everybody's.

        Where a principal has a default of their own for a field with one value, everybody's is left out.
        """
        mine: builtins.list[ColumnElement[bool]] = [remembered.c.brand == brand]
        if owner is not None:
            mine.append(remembered.c.owner.in_(["", owner]))
        query = select(remembered).where(*mine).order_by(remembered.c.created, remembered.c.id)
        with self.database.read() as connection:
            rows = [_row(found) for found in connection.execute(query).all()]
        if owner is None:
            return rows
        own = {row.field for row in rows if row.owner and row.field not in GROWING_FIELDS}
        return [row for row in rows if row.owner or row.field not in own]

    def keep(
        self,
        brand: BrandId,
        rules: Sequence[StatedRule],
        source: MemorySource,
        *,
        by: str = "",
        run_id: RunId | None = None,
    ) -> builtins.list[Remembered]:
        """Remember rules; returns those that were not remembered already.

        A personal rule is its speaker's alone. In a field that does not grow the rules replace what the same owner had
        there before.
        """
        with self.database.begin() as connection:
            return _keep(connection, brand, rules, source, by, run_id)

    def forget(
        self, brand: BrandId, what: str | None = None, owner: str | None = None
    ) -> builtins.list[Remembered]:
        """Forget one default by its id, a whole field by its name, or with no `what` everything; returns what went.

        The answers that led there are forgotten with it, so a habit begins anew. With an `owner` only defaults that
        hold for that principal go. Raises NotFound when `what` names nothing remembered here.
        """
        with self.database.begin() as connection:
            mine: builtins.list[ColumnElement[bool]] = [remembered.c.brand == brand]
            if owner is not None:
                mine.append(remembered.c.owner.in_(["", owner]))
            if what is not None:
                mine.append(or_(remembered.c.id == what, remembered.c.field == what))
            gone = [_row(found) for found in connection.execute(select(remembered).where(*mine)).all()]
            if what is not None and not gone:
                raise NotFound(
                    f"Nothing remembered is called {what!r}.", where="memory", hint="see `onbrand memory list`"
                )
            connection.execute(delete(remembered).where(*mine))
            for row in gone:
                connection.execute(
                    delete(choices).where(
                        choices.c.brand == brand, choices.c.field == row.field, choices.c.by == row.owner
                    )
                )
        return gone

    def chose(
        self, brand: BrandId, field: str, value: str, *, by: str, run_id: RunId
    ) -> builtins.list[Remembered]:
        """Count one answer of a person; returns the default it became, if it now is a habit.

        Several market or channel codes are given with commas. One answer a run and field counts, however often the
        run is taken up again. A habit is the principal's own.
        """
        now = datetime.now(UTC)
        with self.database.begin() as connection:
            mine = (choices.c.run_id == run_id, choices.c.field == field)
            if connection.execute(select(choices.c.run_id).where(*mine)).first() is not None:
                return []
            connection.execute(
                insert(choices).values(brand=brand, run_id=run_id, field=field, by=by, value=value, created=now)
            )
            latest = (
                select(choices.c.value)
                .where(choices.c.brand == brand, choices.c.by == by, choices.c.field == field)
                .order_by(choices.c.created.desc(), choices.c.run_id)
                .limit(TIMES_CHOSEN)
            )
            if list(connection.execute(latest).scalars()) != [value] * TIMES_CHOSEN:
                return []
            why = f"chosen {TIMES_CHOSEN} times in a row"
            values = value.split(",") if field in LIST_FIELDS else [value]
            habit = [StatedRule(field=field, value=one, said=why, personal=True) for one in values]
            return _keep(connection, brand, habit, MemorySource.CHOSEN, by, run_id)


def _keep(
    connection: Connection,
    brand: BrandId,
    rules: Sequence[StatedRule],
    source: MemorySource,
    by: str,
    run_id: RunId | None,
) -> builtins.list[Remembered]:
    kept = []
    for owner in dict.fromkeys(_owner(rule, by) for rule in rules):
        for field in dict.fromkeys(rule.field for rule in rules if _owner(rule, by) == owner):
            said = {rule.value: rule for rule in rules if rule.field == field and _owner(rule, by) == owner}
            mine = (remembered.c.brand == brand, remembered.c.owner == owner, remembered.c.field == field)
            held = set(connection.execute(select(remembered.c.value).where(*mine)).scalars())
            if field not in GROWING_FIELDS and held != said.keys():
                connection.execute(delete(remembered).where(*mine))
                held = set()
            kept += [
                Remembered(
                    id=_new_id(), brand=brand, owner=owner, field=field, value=value, source=source, said=rule.said,
                    run_id=run_id, by=by, created=datetime.now(UTC),
                )
                for value, rule in said.items()
                if value not in held
            ]  # fmt: skip
    for row in kept:
        connection.execute(insert(remembered).values(row.model_dump()))
    return kept


def _owner(rule: StatedRule, by: str) -> str:
    return by if rule.personal else ""


def _new_id() -> str:
    return "m-" + secrets.token_hex(4)


def _row(found: Row[Any]) -> Remembered:
    return Remembered.model_validate(dict(found._mapping))
