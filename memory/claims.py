"""Work that lies there for whichever process takes it: runs begun or answered, and deliveries a crash left undone.

Nothing is claimed here: a process tries the lease of what it finds, and of all that try one gets it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from domain.run import Failure, RunStatus, can_go_on
from domain.values import BrandId, RunId, Seconds
from memory.database import Database
from memory.leases import is_free
from memory.tables import effects, inbox, leases, runs

GRACE: Seconds = 10.0
"""How long a run nobody has begun, or a delivery, is left to the process that wrote it down."""

PAUSE: Seconds = 600.0
"""How long a delivery rests after its run failed: one that keeps failing must not keep the servers busy."""

_SOON = frozenset({RunStatus.WORKING, RunStatus.REVIEW, RunStatus.PUBLISHED})


def claimable(database: Database, grace: Seconds, pause: Seconds) -> list[tuple[BrandId, RunId]]:
    """Brand and id of every run with work and without a worker, oldest first; see `RunTable.claimable`."""
    intended = runs.c.run_id.in_(select(effects.c.run_id).where(effects.c.status == "intended"))
    # A worker that looked before the answer came says once more that the run waits, for what was answered meanwhile.
    unread = tuple_(runs.c.run_id, runs.c.waiting_for).in_(select(inbox.c.run_id, inbox.c.interrupt_id))
    with database.read() as connection:
        now = database.now(connection)
        working = _with_leases(connection, runs.c.status == RunStatus.WORKING.value)
        delivering = _with_leases(connection, intended)
        answered = _with_leases(connection, unread)
    moment = datetime.fromtimestamp(now, UTC)
    fresh, failed_lately = moment - timedelta(seconds=grace), moment - timedelta(seconds=pause)
    found = answered + [row for row in working if row.fence is not None or row.created < fresh]
    found += [row for row in delivering if row.updated < (fresh if row.status in _SOON else failed_lately)]
    free = {(row.created, row.run_id, row.brand) for row in found if is_free(row.owner, row.expires, now)}
    return [(brand, run_id) for _, run_id, brand in sorted(free)]


def resumable_failures(database: Database) -> list[tuple[BrandId, RunId]]:
    """Brand and id of every failed run that goes on once an operator has mended what stopped it, oldest first."""
    query = select(runs.c.brand, runs.c.run_id, runs.c.failure).where(runs.c.status == RunStatus.FAILED.value)
    with database.read() as connection:
        rows = connection.execute(query.order_by(runs.c.created, runs.c.run_id)).all()
    return [
        (row.brand, row.run_id)
        for row in rows
        if row.failure is not None and can_go_on(RunStatus.FAILED, Failure.model_validate(row.failure))
    ]


def _with_leases(connection: Connection, which: ColumnElement[bool]) -> list[Row[Any]]:
    columns = (runs.c.brand, runs.c.run_id, runs.c.status, runs.c.created, runs.c.updated, *leases.c)
    joined = runs.outerjoin(leases, leases.c.name == runs.c.run_id)
    return list(connection.execute(select(*columns).select_from(joined).where(which)).all())
