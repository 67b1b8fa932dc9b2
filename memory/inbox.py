"""Answers of people, kept before they are acknowledged: any process may take the run up and carry them to its graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from domain.errors import Conflict
from domain.run import RunStatus
from domain.values import BrandId, Model, RunId
from memory.database import Database
from memory.run_rows import RunRow, find_run, has_undelivered
from memory.tables import inbox, runs

_ASKS = frozenset({RunStatus.NEEDS_INPUT, RunStatus.REVIEW})


class Letter(Model):
    """One answer on its way: to this interrupt of this run's graph, by this person."""

    run_id: RunId
    interrupt_id: str
    answer: dict[str, Any]
    by: str


class Inbox:
    """At most one letter a run: a run waits for one thing at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, brand: BrandId, run_id: RunId, answer: dict[str, Any], by: str) -> Letter:
        """Keep a person's answer to what the run waits for, and make the run work again, in one transaction.

        Of two answers at once exactly one is kept. A letter to an earlier interrupt was read long ago and is replaced.

        Raises:
            NotFound: no such run, or another brand's.
            Conflict: the run waits for nothing, was answered already, is about to be cancelled, or an approved picture
                of it is not delivered yet.
        """
        with self.database.begin() as connection:
            row = find_run(connection, brand, run_id, lock=True)
            lies = connection.execute(select(inbox.c.interrupt_id).where(inbox.c.run_id == run_id)).scalar_one_or_none()
            if row.status not in _ASKS or row.waiting_for is None or row.cancel_requested or lies == row.waiting_for:
                raise _conflict(row, lies)
            if connection.execute(select(has_undelivered(run_id))).scalar_one():
                raise Conflict(
                    f"The run {run_id} is being published: what was approved goes out first.",
                    where=run_id, hint="Look at the run again in a moment.",
                )
            letter = Letter(run_id=run_id, interrupt_id=row.waiting_for, answer=answer, by=by)
            now = datetime.now(UTC)
            connection.execute(delete(inbox).where(inbox.c.run_id == run_id))
            connection.execute(insert(inbox).values(**letter.model_dump(), created=now))
            # No failure and no pending interrupt any more: the answer is given, and any process may take the run.
            values = {"status": RunStatus.WORKING.value, "failure": None, "waiting_for": None, "updated": now}
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(values))
        return letter

    def read(self, run_id: RunId) -> Letter | None:
        """The letter that lies there, if any; for the run's own worker."""
        query = select(inbox.c.run_id, inbox.c.interrupt_id, inbox.c.answer, inbox.c.by).where(inbox.c.run_id == run_id)
        with self.database.read() as connection:
            found = connection.execute(query).one_or_none()
        return None if found is None else Letter.model_validate(dict(found._mapping))

    def remove(self, run_id: RunId, interrupt_id: str) -> None:
        """Throw a letter away once the graph has kept its answer; one to another interrupt stays."""
        with self.database.begin() as connection:
            connection.execute(delete(inbox).where(inbox.c.run_id == run_id, inbox.c.interrupt_id == interrupt_id))


def _conflict(row: RunRow, lies: str | None) -> Conflict:
    if row.cancel_requested or row.status is RunStatus.CANCELLED:
        message = f"The run {row.run_id} was cancelled."
    elif lies is not None and row.status in {*_ASKS, RunStatus.WORKING}:
        message = f"The run {row.run_id} was answered already."
    else:
        message = f"The run {row.run_id} is not waiting for an answer ({row.status.value})."
    return Conflict(message, where=row.run_id, hint="Look at the run again: it may have moved on.")
