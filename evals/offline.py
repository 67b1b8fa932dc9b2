"""What a replay stands on instead of a home: money, history and memory of events in this process alone."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from domain.errors import OverBudget
from domain.remembered import Earlier, Remembered
from domain.trace import TraceEvent, event_of
from domain.values import BrandId, Money, RunId
from evals.recording import Recording


class Kept:
    """A `Recorder` that keeps events in memory, in order."""

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []
        self._zero = time.monotonic()

    def record(self, kind: str, **fields: Any) -> None:
        """Keep one event."""
        at = round(time.monotonic() - self._zero, 6)
        plain = fields if kind == "tool_call" else to_jsonable_python(fields)
        self.events.append(event_of(kind, n=len(self.events), at=at, **plain))


@dataclass
class Reserved:
    """Money set aside for one call."""

    run_id: str
    amount: Money
    settled: bool = False


class Purse:
    """A `Ledger` in memory with the rule of the real one: what is booked and set aside stays within the budget.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._booked: dict[str, Money] = defaultdict(float)
        self._open: list[Reserved] = []

    def reserve(self, run_id: str, brand: str, stage: str, what: str, amount: float, budget: float) -> Reserved:
        """Set money aside; raises OverBudget when it does not fit."""
        with self._lock:
            aside = sum(r.amount for r in self._open if r.run_id == run_id and not r.settled)
            if amount > 0 and self._booked[run_id] + aside + amount > budget + 1e-9:
                raise OverBudget(f"{what} would cost ${amount:.4g} of a budget of ${budget:.4g}", where=stage)
            reserved = Reserved(run_id, amount)
            self._open.append(reserved)
        return reserved

    def book(self, reservation: Reserved, actual: float) -> None:
        """What the call cost."""
        with self._lock:
            if not reservation.settled:
                reservation.settled = True
                self._booked[reservation.run_id] += actual

    def release(self, reservation: Reserved) -> None:
        """The call was never made."""
        reservation.settled = True

    def spent(self, run_id: str) -> Money:
        """What has been booked."""
        return self._booked[run_id]


@dataclass(frozen=True)
class RecordedHistory:
    """A `History` that says what the recorded run was told."""

    runs: int = 0
    passed: int = 0

    @classmethod
    def of(cls, recording: Recording) -> RecordedHistory:
        """From the options the plan offered; nothing where the trace has none."""
        for step in recording.steps:
            finished = step.branches[0].finished
            if step.node == "plan" and finished is not None and (options := finished.decided.get("options")):
                runs, share = int(options[0]["history"]), options[0]["pass_probability"]
                return cls(runs, round(runs * share) if share is not None else 0)
        return cls()

    def pass_rates(self, brand: str, generator: str) -> tuple[int, int]:
        """Runs there were, and how many of them filled their shortlist."""
        return self.runs, self.passed


@dataclass(frozen=True)
class RecordedMemory:
    """A `Memory` that says what the recorded run was told, and keeps nothing.

    What a request refers to, and the rules it states, are those of the recorded words; other words state none.
    """

    request: str
    known: tuple[Remembered, ...] = ()
    learned: tuple[Remembered, ...] = ()
    referred: Earlier | None = None

    @classmethod
    def of(cls, recording: Recording) -> RecordedMemory:
        """From the header, and from what the first stage decided."""
        first = next((b.finished for s in recording.steps[:1] for b in s.branches if b.finished), None)
        decided = first.decided if first else {}
        return cls(
            request=str(recording.header.request.get("request", "")),
            known=tuple(Remembered.model_validate(row) for row in recording.header.remembered),
            learned=tuple(Remembered.model_validate(row) for row in decided.get("learned", ())),
            referred=Earlier.model_validate(decided["earlier"]) if "earlier" in decided else None,
        )

    def recall(self, brand: BrandId, by: str) -> tuple[Remembered, ...]:
        """What held, with what the request added."""
        fresh = {row.id for row in self.learned}
        return (*(row for row in self.known if row.id not in fresh), *self.learned)

    def learn(self, brand: BrandId, by: str, run_id: RunId, request: str) -> tuple[Remembered, ...]:
        """The rules the recorded words stated."""
        return self.learned if request == self.request else ()

    def chose(self, brand: BrandId, by: str, run_id: RunId, field: str, value: str) -> tuple[Remembered, ...]:
        """Nothing is counted."""
        return ()

    def earlier(self, brand: BrandId, by: str, run_id: RunId, request: str) -> Earlier | None:
        """The earlier work the recorded words referred to."""
        return self.referred if request == self.request else None
