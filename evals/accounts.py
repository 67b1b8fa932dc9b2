"""Whose money models take while a recorded run is worked on again: never the recorded run's.

Such work is in no run table, so the ledger books its calls to the brand and its team, outside any run. Its own budget
is kept in a purse, and chat logs and its trace go by its own name.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from domain.model_calls import Meter, PlannedCall
from domain.models import Abilities, Answered, AnswerT, Ask, ModelRole, ModelSpec, Payer, Used
from domain.ports import Models, Recorder
from domain.values import Money, RunId
from evals.offline import Purse, Reserved
from service.models import recorded
from tools.models import NoModels
from tools.models.gateway import Gateway


@dataclass(frozen=True)
class Account:
    """Who pays: `run_id` is the work's own name, where it has one, `budget` bounds its calls, in US dollars.

    `known_as` is the name of the run it works again, which its tools still go by.
    """

    known_as: RunId
    run_id: RunId | None = None
    budget: Money | None = None
    purse: Purse = field(default_factory=Purse)

    def payer(self, payer: Payer) -> Payer:
        """The payer of an ask that was made in the recorded run's name."""
        return payer.model_copy(update={"run_id": self.run_id, "budget": self.budget})


@dataclass(frozen=True)
class Held:
    """What was taken for one attempt, from the purse and by the meter."""

    aside: Reserved
    metered: Any


@dataclass(frozen=True)
class OnAccountMeter:
    """A `Meter` that keeps to an account's budget and books to its brand."""

    meter: Meter
    account: Account

    def reserve(self, call: PlannedCall) -> Held:
        """As `Meter.reserve`; raises OverBudget for the account's own budget too."""
        payer, account = call.payer, self.account
        budget = float("inf") if account.budget is None else account.budget
        what = f"asking {call.model} as {call.role.value}"
        aside = account.purse.reserve(account.known_as, payer.brand, payer.stage, what, call.cost, budget)
        outside = payer.model_copy(update={"run_id": None, "budget": None})
        try:
            return Held(aside, self.meter.reserve(call.model_copy(update={"payer": outside})))
        except BaseException:
            account.purse.release(aside)
            raise

    def book(self, held: Held, used: Used) -> None:
        """What an attempt used, in both."""
        self.account.purse.book(held.aside, used.cost)
        self.meter.book(held.metered, used)

    def release(self, held: Held) -> None:
        """The attempt was turned away at no cost."""
        self.account.purse.release(held.aside)
        self.meter.release(held.metered)


@dataclass(frozen=True)
class OnAccountModels:
    """`Models` that are asked in an account's name, whatever name the asker goes by."""

    models: Gateway | NoModels
    account: Account

    def recording(self, recorder: Recorder) -> AbstractContextManager[None]:
        """While the block runs, what is asked is recorded there."""
        name = self.account.run_id
        return recorded(self.models, name, recorder) if name else nullcontext()

    def serves(self, role: ModelRole) -> ModelSpec | None:
        """The role's model."""
        return self.models.serves(role)

    def abilities(self, role: ModelRole) -> Abilities | None:
        """What the role's model can do."""
        return self.models.abilities(role)

    def ask(self, ask: Ask, answer: type[AnswerT]) -> Answered[AnswerT]:
        """As `Models.ask`, on the account."""
        return self.models.ask(ask.model_copy(update={"payer": self.account.payer(ask.payer)}), answer)


def recording(models: Models, recorder: Recorder) -> AbstractContextManager[None]:
    """While the block runs, what these models are asked on an account is recorded there."""
    return models.recording(recorder) if isinstance(models, OnAccountModels) else nullcontext()
