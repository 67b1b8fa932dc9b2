"""One attempt at a model as the ledger, the limits and the metrics see it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from domain.models import ModelRole, Payer, Used
from domain.values import BrandId, Model, Money, Seconds


class Allowance(Model):
    """What one brand or team may use, whichever process it works in. What is None is not limited.

    `who` is "brand:acme" or "team:growth"; "brand:*" and "team:*" hold for each that has none of its own. `budget` is
    of US dollars in the last `days` days, spent and set aside.
    """

    who: str = Field(pattern=r"^(brand|team):([a-z0-9][a-z0-9-]{0,62}|\*)$")
    per_minute: int | None = Field(default=None, gt=0, description="calls of models")
    tokens_per_minute: int | None = Field(default=None, gt=0, description="tokens to and from models")
    budget: Money | None = None
    days: int = Field(default=30, ge=1, le=366)


class PlannedCall(Model):
    """An attempt before it is made: at most so many tokens and so much money, and what its ledger row says."""

    payer: Payer
    role: ModelRole
    model: str
    place: str
    tokens_in: int
    tokens_out: int
    images: int = 0
    cost: Money
    price_version: str


class Outcome(StrEnum):
    """How an attempt ended."""

    ANSWERED = "answered"
    UNUSABLE = "unusable"              # answered, and of no use: cut off, refused, of the wrong type
    THROTTLED = "throttled"
    DOWN = "down"                      # unreachable, or it failed on its side
    TIMED_OUT = "timed_out"
    DENIED = "denied"                  # our credentials, or no such model there
    REJECTED = "rejected"              # the request itself was found wrong


class Attempted(Model):
    """An attempt after it was made, for metrics. `first_token_s` is known where the answer was streamed."""

    role: ModelRole
    model: str
    place: str
    outcome: Outcome
    seconds: Seconds
    first_token_s: Seconds | None = None
    used: Used = Used()

    @property
    def tokens_per_second(self) -> float | None:
        """Speed of the answer after its first token; None where nothing was made."""
        making = self.seconds - (self.first_token_s or 0.0)
        return self.used.tokens_out / making if self.used.tokens_out and making > 0 else None


class Meter(Protocol):
    """Money, tokens and calls: taken before each attempt, settled after it."""

    def reserve(self, call: PlannedCall) -> Any:
        """Take what the attempt may need, or nothing.

        Raises OverBudget when the run's, brand's or team's money does not reach, TooManyRequests with the seconds to
        wait when its share of calls or tokens is used up.
        """

    def book(self, held: Any, used: Used) -> None:
        """The attempt was made and, as far as known, used this."""

    def release(self, held: Any) -> None:
        """The attempt was turned away before it cost anything."""


class ChatLog(Protocol):
    """What was said to models and by them, per brand; never called for confidential work."""

    def keep(self, brand: BrandId, entry: dict[str, Any]) -> None:
        """Write one conversation down, without bytes of images and without secrets."""


class Observer(Protocol):
    """Where metrics go."""

    def __call__(self, attempt: Attempted) -> None:
        """Called after each attempt; must neither block nor raise."""
