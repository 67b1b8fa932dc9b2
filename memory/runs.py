"""The run table: what was asked, where each run stands, and who works on it."""

from __future__ import annotations

import builtins
import secrets
import string
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from domain.errors import BadInput, ProgrammerMustAct
from domain.run import FINISHED, Failure, RunRequest, RunStatus, RunView
from domain.values import BrandId, RunId, Seconds
from memory.claims import GRACE, PAUSE, claimable, resumable_failures
from memory.database import Database
from memory.leases import TTL, Lease, acquire, check_fence
from memory.run_rows import COLUMNS, RunRow, find_run, has_undelivered, no_such_run, run_of
from memory.tables import runs

__all__ = ["RunRow", "RunTable", "new_run_id"]

_JUDGED = (RunStatus.REVIEW, RunStatus.PUBLISHED, RunStatus.NOTHING_PASSED)


def new_run_id() -> RunId:
    """A run id nobody has had before: 60 random bits."""
    alphabet = string.digits + string.ascii_lowercase
    return "run-" + "".join(secrets.choice(alphabet) for _ in range(12))


class RunTable:
    """The runs of every brand. What a person or a client asks for goes through a brand; what the run's own worker
    writes goes by run id and fence.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(
        self, request: RunRequest, run_id: RunId, out_dir: str = "", trace_path: str = "", created_by: str = ""
    ) -> RunRow:
        """Write a new run down, working; `created_by` is a principal's id.

        Raises ProgrammerMustAct when the id was used before.
        """
        now = datetime.now(UTC)
        row = RunRow(
            run_id=run_id, brand=request.brand, status=RunStatus.WORKING, request=request,
            out_dir=str(out_dir), trace_path=str(trace_path), created_at=now, updated_at=now,
            created_by=created_by,
        )
        values = {
            "run_id": run_id, "brand": row.brand, "status": row.status.value,
            "request": request.model_dump(mode="json"), "shortlisted": 0, "cancel": False,
            "out_dir": row.out_dir, "trace_path": row.trace_path, "created": now, "updated": now,
            "created_by": created_by, "waiting_for": None, "crashes": 0,
        }
        try:
            with self.database.begin() as connection:
                connection.execute(insert(runs).values(values))
        except IntegrityError as error:
            raise ProgrammerMustAct(f"The run id {run_id} was used twice.", where=run_id) from error
        return row

    def get(self, brand: BrandId, run_id: RunId) -> RunRow:
        """One run of this brand. Raises NotFound, in the same words when there is none and when it is another's."""
        with self.database.read() as connection:
            return find_run(connection, brand, run_id)

    def view(self, brand: BrandId, run_id: RunId) -> RunView | None:
        """The last saved snapshot of a run; None before the first. Raises NotFound as `get`."""
        with self.database.read() as connection:
            find_run(connection, brand, run_id)
            saved = connection.execute(select(runs.c.view).where(runs.c.run_id == run_id)).scalar_one()
        return None if saved is None else RunView.model_validate_json(saved)

    def list(
        self,
        brand: BrandId,
        limit: int = 50,
        status: RunStatus | None = None,
        created_by: str | None = None,
        before: RunId | None = None,
    ) -> builtins.list[RunRow]:
        """The newest runs of a brand, newest first; those of one principal only, if one is named.

        `before` is the last run of the page before: the list goes on after it, whatever began meanwhile. Raises
        NotFound when it is no run of the brand, or not of that principal.
        """
        mine = [runs.c.brand == brand] + ([] if created_by is None else [runs.c.created_by == created_by])
        query = select(*COLUMNS).where(*mine)
        if status is not None:
            query = query.where(runs.c.status == status.value)
        with self.database.read() as connection:
            if before is not None:
                place = select(runs.c.created).where(*mine, runs.c.run_id == before)
                created = connection.execute(place).scalar_one_or_none()
                if created is None:
                    raise no_such_run(before)
                same_moment = and_(runs.c.created == created, runs.c.run_id > before)
                query = query.where(or_(runs.c.created < created, same_moment))
            found = connection.execute(query.order_by(runs.c.created.desc(), runs.c.run_id).limit(limit)).all()
        return [run_of(row) for row in found]

    def working(self, created_by: str) -> int:
        """How many runs of this principal are being worked on, or wait to be."""
        query = select(func.count()).where(runs.c.status == RunStatus.WORKING.value, runs.c.created_by == created_by)
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def unfinished(self, brand: BrandId) -> builtins.list[RunRow]:
        """Every run of a brand that still has something to do, oldest first.

        That is every run whose status is not a finished one, and every run, whatever its status, with an approved
        picture that is not delivered yet: an approval is never lost to a failure that came after it.
        """
        query = select(*COLUMNS).where(
            runs.c.brand == brand,
            or_(runs.c.status.not_in([status.value for status in FINISHED]), has_undelivered(runs.c.run_id)),
        )
        with self.database.read() as connection:
            return [run_of(row) for row in connection.execute(query.order_by(runs.c.created, runs.c.run_id)).all()]

    def claimable(self, grace: Seconds = GRACE, pause: Seconds = PAUSE) -> builtins.list[tuple[BrandId, RunId]]:
        """Brand and id of every run that any process may work on now, oldest first.

        (a) Runs at work without a worker: their lease was let go, ran out, or its holder is gone; and those begun
        more than `grace` seconds ago that nobody ever held. (b) Runs without a worker that are said to wait for what
        was answered. (c) Runs without a worker and with an approved picture not delivered yet, untouched for `grace`
        seconds, or for `pause` seconds once the run failed, was refused or stands anywhere else where delivery is
        not its next step.
        """
        return claimable(self.database, grace, pause)

    def resumable_failures(self) -> builtins.list[tuple[BrandId, RunId]]:
        """Brand and id of every failed run that goes on once an operator has mended what stopped it."""
        return resumable_failures(self.database)

    def note_crash(self, run_id: RunId) -> int:
        """Count one more process that died of this run, and how many did. Raises NotFound when there is none."""
        raised = update(runs).where(runs.c.run_id == run_id).values(crashes=runs.c.crashes + 1)
        with self.database.begin() as connection:
            crashes = connection.execute(raised.returning(runs.c.crashes)).scalar_one_or_none()
        if crashes is None:
            raise no_such_run(run_id)
        return int(crashes)

    def clear_crashes(self, run_id: RunId) -> None:
        """A process outlived this run's work: earlier crashes no longer count."""
        with self.database.begin() as connection:
            connection.execute(update(runs).where(runs.c.run_id == run_id, runs.c.crashes > 0).values(crashes=0))

    def set_status(
        self,
        run_id: RunId,
        status: RunStatus,
        failure: Failure | None = None,
        fence: int | None = None,
        waiting_for: str | None = None,
    ) -> None:
        """Say where a run stands; `failure` and `waiting_for` (a pending interrupt's id) replace any earlier ones.

        Raises:
            LeaseLost: `fence` is stale; nothing is written.
            NotFound: there is no such run.
            BadInput: cancelled, and an approved picture is still to be delivered.
            ProgrammerMustAct: published, and an approved picture is still to be delivered.
        """
        document = None if failure is None else failure.model_dump(mode="json")
        self._write(run_id, fence, {"status": status.value, "failure": document, "waiting_for": waiting_for}, status)

    def save_view(self, run_id: RunId, view: RunView, fence: int | None = None) -> None:
        """Keep a snapshot of the run for those who look at it, and its generator and shortlist for predictions.

        The status in the table stays what `set_status` said. Raises LeaseLost and NotFound as `set_status`.
        """
        generator = next((o.generator for o in view.options if o.name == view.chosen_option), None)
        if generator is None and view.candidates:
            generator = view.candidates[0].generator
        values = {"view": view.model_dump_json(), "generator": generator, "shortlisted": len(view.shortlist)}
        self._write(run_id, fence, values)

    def request_cancel(self, brand: BrandId, run_id: RunId) -> None:
        """Ask whoever works on the run to stop at its next step.

        Raises:
            NotFound: no such run, or another brand's.
            BadInput: the run is finished, or its publication was approved.
        """
        with self.database.begin() as connection:
            row = find_run(connection, brand, run_id, lock=True)
            if row.finished:
                raise BadInput(
                    f"The run {run_id} is finished ({row.status.value}): there is nothing to cancel.",
                    where=run_id, hint=f"onbrand runs show {run_id}",
                )
            _refuse_if_undelivered(connection, run_id, RunStatus.CANCELLED)
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(cancel=True))

    def cancel_requested(self, run_id: RunId) -> bool:
        """Whether someone asked this run to stop. Raises NotFound when there is no such run."""
        with self.database.read() as connection:
            asked = connection.execute(select(runs.c.cancel).where(runs.c.run_id == run_id)).scalar_one_or_none()
        if asked is None:
            raise no_such_run(run_id)
        return bool(asked)

    def lease(self, run_id: RunId, owner: str, ttl: Seconds = TTL) -> Lease:
        """The right to work on a run, with `renew` and `release`; pass its `fence` with every write.

        Raises:
            RunBusy: someone else works on it (`memory.leases.acquire` says when a lease is free).
        """
        return acquire(self.database, run_id, owner, ttl)

    def pass_rates(self, brand: BrandId, generator: str) -> tuple[int, int]:
        """Recorded runs with this generator that came to a verdict, and how many of them had a shortlist."""
        query = select(func.count(), func.count().filter(runs.c.shortlisted > 0)).where(
            runs.c.brand == brand,
            runs.c.generator == generator,
            or_(runs.c.shortlisted > 0, runs.c.status.in_([status.value for status in _JUDGED])),
        )
        with self.database.read() as connection:
            judged, passed = connection.execute(query).one()
        return int(judged), int(passed)

    def _write(
        self, run_id: RunId, fence: int | None, values: dict[str, Any], status: RunStatus | None = None
    ) -> None:
        with self.database.begin() as connection:
            if fence is not None:
                check_fence(connection, run_id, fence)
            values = {**values, "updated": datetime.now(UTC)}
            # The update locks the row, as an approval does: what the next line finds stays true until the end.
            if connection.execute(update(runs).where(runs.c.run_id == run_id).values(values)).rowcount != 1:
                raise no_such_run(run_id)
            if status is not None:
                _refuse_if_undelivered(connection, run_id, status)


def _refuse_if_undelivered(connection: Connection, run_id: str, status: RunStatus) -> None:
    """Keep a run from being called published or cancelled while an approved picture is still to be delivered."""
    if status not in {RunStatus.PUBLISHED, RunStatus.CANCELLED}:
        return
    if not connection.execute(select(has_undelivered(run_id))).scalar_one():
        return
    if status is RunStatus.PUBLISHED:
        raise ProgrammerMustAct(f"The run {run_id} was called published before everything approved was delivered.")
    raise BadInput(
        f"The run {run_id} cannot be cancelled: its publication was approved.",
        where=run_id, hint=f"Resume it to deliver what was approved: onbrand runs resume {run_id}",
    )

