"""The ledger: money is reserved before each call and booked after it, whether the call succeeded or not (Promise 5).

Three budgets hold, whichever process reserves: the run's, and those that brand and team were allowed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from domain.errors import NotFound, OverBudget, ProgrammerMustAct
from domain.model_calls import Allowance
from domain.studio import Usage
from domain.values import BrandId, Money, RunId
from memory.database import Database
from memory.leases import check_fence
from memory.shares import check_allowed
from memory.tables import NANO, ledger, runs

TeamOf = Callable[[BrandId], str]
"""The team a brand belongs to; "" for none."""


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one call; to be booked when the call was made, released when it was not."""

    id: str
    run_id: RunId | None
    brand: BrandId
    stage: str
    what: str
    amount: Money


def nobody(brand: BrandId) -> str:
    """No brand belongs to a team."""
    return ""


class Ledger:
    """What every run was predicted to cost, and what it did cost. Sums are exact to a billionth of a dollar."""

    def __init__(self, database: Database, allowances: Sequence[Allowance] = (), team_of: TeamOf = nobody) -> None:
        self.database = database
        self.allowances = tuple(allowances)
        self.team_of = team_of

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
            OverBudget: it does not fit, or goes beyond what brand or team may spend; nothing is reserved.
            NotFound: no such run, or another brand's.
            ProgrammerMustAct: the amount is negative or not a number.
        """
        nano = nano_of(amount)
        reservation = Reservation(uuid.uuid4().hex, run_id, brand, stage, what, amount)
        with self.database.begin() as connection:
            if fence is not None:
                check_fence(connection, run_id, fence)
            check_run(connection, reservation, budget)
            team = self.team_of(brand)
            check_allowed(connection, self.allowances, brand, team, nano, what)
            write_down(connection, reservation, team)
        return reservation

    def book(self, reservation: Reservation, actual: Money) -> None:
        """Record what the attempt cost, failed or not; it may differ from what was reserved.

        Booking twice changes nothing the second time. Raises ProgrammerMustAct for a reservation already released.
        """
        with self.database.begin() as connection:
            settle(connection, reservation, "booked", nano_of(actual))

    def release(self, reservation: Reservation) -> None:
        """Give the money back: the call was never made. Releasing twice changes nothing."""
        with self.database.begin() as connection:
            settle(connection, reservation, "released", 0)

    def book_abandoned(self, run_id: RunId) -> Money:
        """Book, at the full amount, what a killed process had reserved: its calls may have been made and charged.

        Call it with the run's lease held, before going on. Returns what was booked.
        """
        with self.database.begin() as connection:
            open_rows = (ledger.c.run_id == run_id) & (ledger.c.status == "reserved")
            amount = _sum(connection, run_id, booked=False)
            values = {"status": "booked", "actual": ledger.c.reserved, "settled": datetime.now(UTC)}
            connection.execute(update(ledger).where(open_rows).values(values))
        return amount / NANO

    def spent(self, run_id: RunId) -> Money:
        """What the run has cost so far: booked attempts."""
        with self.database.read() as connection:
            return _sum(connection, run_id, booked=True) / NANO

    def predicted(self, run_id: RunId) -> Money:
        """What the calls of the run were expected to cost when they were reserved; released ones do not count."""
        query = select(func.coalesce(func.sum(ledger.c.reserved), 0)).where(
            ledger.c.run_id == run_id, ledger.c.status != "released"
        )
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one()) / NANO

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
            spent=sum(spent for spent, _ in by_stage.values()) / NANO,
            reserved=sum(kept for _, kept in by_stage.values()) / NANO,
            by_stage={stage: spent / NANO for stage, (spent, _) in sorted(by_stage.items()) if spent},
        )


def check_run(connection: Connection, wanted: Reservation, budget: Money | None) -> None:
    """Whether a run's budget, if it has one, has room for a call; its other calls wait until the transaction ends.

    Raises NotFound for a run that is not this brand's, OverBudget when there is no room.
    """
    assert wanted.run_id is not None
    _lock_run(connection, wanted.brand, wanted.run_id)
    if budget is None:
        return
    nano, limit = nano_of(wanted.amount), nano_of(budget)
    committed = _committed(connection, wanted.run_id)
    if nano > 0 and committed + nano > limit:
        raise OverBudget(
            f"{wanted.what} would cost ${wanted.amount:.4g}; ${committed / NANO:.4g} of the budget of ${budget:.4g} is "
            "spent or set aside.",
            where=wanted.stage,
            hint=f"Resume with a budget of at least ${(committed + nano) / NANO:.4g}, or fewer candidates.",
        )


def write_down(connection: Connection, reservation: Reservation, team: str, **more: Any) -> None:
    """Add a reservation's row; `more` are columns that calls of models have."""
    values = {
        "id": reservation.id, "brand": reservation.brand, "run_id": reservation.run_id, "stage": reservation.stage,
        "what": reservation.what, "status": "reserved", "reserved": nano_of(reservation.amount),
        "created": datetime.now(UTC), "team": team, **more,
    }
    connection.execute(insert(ledger).values(values))


def settle(connection: Connection, reservation: Reservation, status: str, actual: int, **more: Any) -> bool:
    """Book or release a reservation; False when that was done before. Raises ProgrammerMustAct when it was the other.

    `more` are columns that calls of models have.
    """
    row = select(ledger.c.status).where(ledger.c.id == reservation.id).with_for_update()
    now = connection.execute(row).scalar_one_or_none()
    if now == status:
        return False
    if now != "reserved":
        raise ProgrammerMustAct(
            f"The reservation for {reservation.what} is {now or 'unknown'} and cannot be {status}.",
            where=reservation.stage,
        )
    values = {"status": status, "actual": actual, "settled": datetime.now(UTC), **more}
    connection.execute(update(ledger).where(ledger.c.id == reservation.id).values(values))
    return True


def nano_of(amount: Money) -> int:
    """An amount as it is written down. Raises ProgrammerMustAct for one that is negative or no number."""
    exact = Decimal(str(amount))
    if not exact.is_finite() or exact < 0:
        raise ProgrammerMustAct(f"{amount} is no amount of money.")
    return int((exact * NANO).to_integral_value(ROUND_HALF_UP))


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
