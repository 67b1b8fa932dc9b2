"""A row of the run table as a model, and how one is found: the same words whoever asks for what is not there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, Row, exists, select

from domain.errors import NotFound
from domain.run import FINISHED, Failure, RunRequest, RunStatus
from domain.values import BrandId, Model, RunId
from memory.tables import effects, runs

COLUMNS = [column for column in runs.c if column is not runs.c.view]
"""All but the snapshot, which is large and read on its own."""


class RunRow(Model):
    """One run as the table knows it. The table, and nothing else, says whether a run is finished (Promise 7)."""

    run_id: RunId
    brand: BrandId
    status: RunStatus
    request: RunRequest
    failure: Failure | None = None
    cancel_requested: bool = False
    out_dir: str = ""
    trace_path: str = ""
    created_at: datetime
    updated_at: datetime
    created_by: str = ""
    waiting_for: str | None = None
    crashes: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINISHED


def find_run(connection: Connection, brand: str, run_id: str, *, lock: bool = False) -> RunRow:
    """A brand's run, locked until the transaction ends if asked.

    Raises NotFound, in the same words when there is none and when it is another brand's.
    """
    query = select(*COLUMNS).where(runs.c.brand == brand, runs.c.run_id == run_id)
    found = connection.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise no_such_run(run_id)
    return run_of(found)


def no_such_run(run_id: str) -> NotFound:
    """The error for a run that is not there, or not the asker's."""
    return NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")


def run_of(found: Row[Any]) -> RunRow:
    """The RunRow of a row of the runs table."""
    return RunRow(
        run_id=found.run_id, brand=found.brand, status=found.status,
        request=RunRequest.model_validate(found.request),
        failure=None if found.failure is None else Failure.model_validate(found.failure),
        cancel_requested=found.cancel, out_dir=found.out_dir, trace_path=found.trace_path,
        created_at=found.created, updated_at=found.updated,
        created_by=found.created_by, waiting_for=found.waiting_for, crashes=found.crashes,
    )


def has_undelivered(run_id: str | ColumnElement[str]) -> Exists:
    """Whether an approved picture of the run is still to be delivered."""
    return exists().where(effects.c.run_id == run_id, effects.c.status == "intended")
