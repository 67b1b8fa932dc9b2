"""The meter of model calls: a ledger row for each attempt, within the budgets and shares of run, brand and team."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.model_calls import PlannedCall
from domain.models import Used
from memory.ledger import Ledger, Reservation, check_run, nano_of, settle, write_down
from memory.shares import check_allowed, give_back, take


@dataclass(frozen=True)
class Held:
    """What was taken for one attempt."""

    reservation: Reservation
    team: str
    tokens: int


class Metering:
    """Implements `domain.model_calls.Meter` over the ledger. `now` is the clock that shares fill by: the database's."""

    def __init__(self, ledger: Ledger, now: Callable[[Connection], float] | None = None) -> None:
        self._ledger = ledger
        self._now = now or ledger.database.now

    def reserve(self, call: PlannedCall) -> Held:
        """Take money, one call and tokens for an attempt, or nothing at all.

        Raises:
            OverBudget: the run's, brand's or team's money does not reach.
            TooManyRequests: the brand or team has used up its calls or tokens; says how long to wait.
            NotFound: no such run, or another brand's.
        """
        payer, ledger = call.payer, self._ledger
        team = ledger.team_of(payer.brand)
        what = f"asking {call.model} as {call.role.value}"
        reservation = Reservation(uuid.uuid4().hex, payer.run_id, payer.brand, payer.stage, what, call.cost)
        tokens = call.tokens_in + call.tokens_out
        with ledger.database.begin() as connection:
            if payer.run_id is not None:
                check_run(connection, reservation, payer.budget)
            check_allowed(connection, ledger.allowances, payer.brand, team, nano_of(call.cost), what)
            take(connection, ledger.allowances, payer.brand, team, tokens, self._now(connection))
            write_down(
                connection, reservation, team,
                market=payer.market, role=call.role.value, model=call.model, place=call.place,
                tokens_in=call.tokens_in, tokens_out=call.tokens_out, images=call.images,
                price_version=call.price_version,
            )
        return Held(reservation, team, tokens)

    def book(self, held: Held, used: Used) -> None:
        """Write down what an attempt used and cost; tokens it did not need go back to the shares."""
        counts = {
            "tokens_in": used.tokens_in, "tokens_out": used.tokens_out, "cached": used.cached, "images": used.images,
        }
        self._settle(held, "booked", nano_of(used.cost), 0, held.tokens - used.tokens_in - used.tokens_out, counts)

    def release(self, held: Held) -> None:
        """The attempt was turned away at no cost; its row stays, without money or tokens."""
        nothing = {"tokens_in": 0, "tokens_out": 0, "images": 0}
        self._settle(held, "released", 0, 1, held.tokens, nothing)

    def _settle(
        self, held: Held, status: str, actual: int, calls: int, tokens: int, counts: dict[str, int]
    ) -> None:
        ledger = self._ledger
        with ledger.database.begin() as connection:
            if settle(connection, held.reservation, status, actual, **counts):
                give_back(connection, ledger.allowances, held.reservation.brand, held.team, calls, tokens)
