"""The ledger: money is reserved before each call and booked after it, whether the call succeeded or not (Promise 5)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection, case, func, insert, select, update

from domain.errors import NotFound, OverBudget, ProgrammerMustAct
from domain.studio import Usage
from domain.values import BrandId, Money, RunId
from memory.database import Database
from memory.leases import check_fence
from memory.tables import ledger, runs

_NANO = 1_000_000_000


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one call; to be booked when the call was made, released when it was not."""

    id: str
    run_id: RunId
    brand: BrandId
    stage: str
    what: str
    amount: Money


class Ledger:
    """What every run was predicted to cost, and what it did cost. Sums are exact to a billionth of a dollar."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def reserve(
        self,
        run_id: RunId,
        brand: BrandId,
        stage: str,
        what: str,
        amount: Money,
        budget: Money,
        fence: int | None = None,
    ) -> Reservation:
        """Set `amount` aside for one call, if what is booked and reserved leaves room for it under `budget`.

        Calls of one run wait for each other here, so that no two can both take the last of it. What costs nothing is
        always allowed. With the `fence` of the run's lease, a worker that lost its run does not pay for it any more.

        Raises:
            LeaseLost: `fence` is stale; nothing is reserved.
            OverBudget: it does not fit; nothing is reserved.
            NotFound: no such run, or another brand's.
            ProgrammerMustAct: the amount is negative or not a number.
        """
        nano, limit = _nano(amount), _nano(budget)
        reservation = Reservation(uuid.uuid4().hex, run_id, brand, stage, what, amount)
        with self.database.begin() as connection:
            if fence is not None:
                check_fence(connection, run_id, fence)
            _lock_run(connection, brand, run_id)
            committed = _committed(connection, run_id)
            if nano > 0 and committed + nano > limit:
                raise OverBudget(
                    f"{what} would cost ${amount:.4g}; ${committed / _NANO:.4g} of the budget of ${budget:.4g} is "
                    "spent or set aside.",
                    where=stage,
                    hint=f"Resume with a budget of at least ${(committed + nano) / _NANO:.4g}, or fewer candidates.",
                )
            values = {
                "id": reservation.id, "brand": brand, "run_id": run_id, "stage": stage, "what": what,
                "status": "reserved", "reserved": nano, "created": datetime.now(UTC),
            }
            connection.execute(insert(ledger).values(values))
        return reservation

    def book(self, reservation: Reservation, actual: Money) -> None:
        """Record what the attempt cost, failed or not; it may differ from what was reserved.

        Booking twice changes nothing the second time. Raises ProgrammerMustAct for a reservation already released.
        """
        self._settle(reservation, "booked", _nano(actual))

    def release(self, reservation: Reservation) -> None:
        """Give the money back: the call was never made. Releasing twice changes nothing."""
        self._settle(reservation, "released", 0)

    def book_abandoned(self, run_id: RunId) -> Money:
        """Book, at the full amount, what a killed process had reserved: its calls may have been made and charged.

        Call it with the run's lease held, before going on. Returns what was booked.
        """
        with self.database.begin() as connection:
            open_rows = (ledger.c.run_id == run_id) & (ledger.c.status == "reserved")
            amount = _sum(connection, run_id, booked=False)
            values = {"status": "booked", "actual": ledger.c.reserved, "settled": datetime.now(UTC)}
            connection.execute(update(ledger).where(open_rows).values(values))
        return amount / _NANO

    def spent(self, run_id: RunId) -> Money:
        """What the run has cost so far: booked attempts."""
        with self.database.read() as connection:
            return _sum(connection, run_id, booked=True) / _NANO

    def predicted(self, run_id: RunId) -> Money:
        """What the calls of the run were expected to cost when they were reserved; released ones do not count."""
        query = select(func.coalesce(func.sum(ledger.c.reserved), 0)).where(
            ledger.c.run_id == run_id, ledger.c.status != "released"
        )
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one()) / _NANO

    def usage(self, brand: BrandId, since: datetime) -> Usage:
        """What a brand's calls cost that began at `since` or later, and how many runs it began in that time."""
        since = since.replace(tzinfo=UTC) if since.tzinfo is None else since
        amount = func.coalesce(func.sum(case((ledger.c.status == "booked", ledger.c.actual), else_=0)), 0)
        open_amount = func.coalesce(func.sum(case((ledger.c.status == "reserved", ledger.c.reserved), else_=0)), 0)
        mine = (ledger.c.brand == brand) & (ledger.c.created >= since)
        begun = select(func.count()).where(runs.c.brand == brand, runs.c.created >= since)
        with self.database.read() as connection:
            query = select(ledger.c.stage, amount, open_amount).where(mine).group_by(ledger.c.stage)
            by_stage = {stage: (int(spent), int(kept)) for stage, spent, kept in connection.execute(query).all()}
            count = int(connection.execute(begun).scalar_one())
        return Usage(
            since=since, runs=count,
            spent=sum(spent for spent, _ in by_stage.values()) / _NANO,
            reserved=sum(kept for _, kept in by_stage.values()) / _NANO,
            by_stage={stage: spent / _NANO for stage, (spent, _) in sorted(by_stage.items()) if spent},
        )

    def _settle(self, reservation: Reservation, status: str, actual: int) -> None:
        with self.database.begin() as connection:
            row = select(ledger.c.status).where(ledger.c.id == reservation.id).with_for_update()
            now = connection.execute(row).scalar_one_or_none()
            if now == status:
                return
            if now != "reserved":
                raise ProgrammerMustAct(
                    f"The reservation for {reservation.what} is {now or 'unknown'} and cannot be {status}.",
                    where=reservation.stage,
                )
            values = {"status": status, "actual": actual, "settled": datetime.now(UTC)}
            connection.execute(update(ledger).where(ledger.c.id == reservation.id).values(values))


def _nano(amount: Money) -> int:
    exact = Decimal(str(amount))
    if not exact.is_finite() or exact < 0:
        raise ProgrammerMustAct(f"{amount} is no amount of money.")
    return int((exact * _NANO).to_integral_value(ROUND_HALF_UP))


def _lock_run(connection: Connection, brand: str, run_id: str) -> None:
    row = select(runs.c.run_id).where(runs.c.brand == brand, runs.c.run_id == run_id).with_for_update(key_share=True)
    if connection.execute(row).one_or_none() is None:
        raise NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")


def _sum(connection: Connection, run_id: str, *, booked: bool) -> int:
    column, status = (ledger.c.actual, "booked") if booked else (ledger.c.reserved, "reserved")
    query = select(func.coalesce(func.sum(column), 0)).where(ledger.c.run_id == run_id, ledger.c.status == status)
    return int(connection.execute(query).scalar_one())


def _committed(connection: Connection, run_id: str) -> int:
    """What is booked and reserved, read in one statement: between two, a reservation that is being booked would be
    in neither sum, and the budget would seem to have room.
    """
    amount = case(
        (ledger.c.status == "booked", ledger.c.actual), (ledger.c.status == "reserved", ledger.c.reserved), else_=0
    )
    query = select(func.coalesce(func.sum(amount), 0)).where(ledger.c.run_id == run_id)
    return int(connection.execute(query).scalar_one())
