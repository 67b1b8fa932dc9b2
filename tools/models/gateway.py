"""The gateway: every call of a model goes through `Gateway.ask`, and nothing else retries.

Read it from `ask` down. An ask is a few attempts, each at one place: money and tokens are reserved before it and booked
after it; a place that fails is left in peace and the next one tried; an answer that is of no use is asked for again, at
most twice. Whatever happens, `ask` ends within its patience with an answer or with one of the errors of its port.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.errors import Misconfigured, ModelUnavailable, OnbrandError, TooManyRequests
from domain.model_calls import Attempted, ChatLog, Meter, Observer, Outcome, PlannedCall
from domain.models import Abilities, Answered, AnswerT, Ask, ModelRole, ModelSpec, Provider, Used
from domain.ports import Recorder
from domain.values import Model, RunId, Seconds
from tools.models.asking import MOST_REPAIRS, request_for, tokens_of
from tools.models.catalogue import Card
from tools.models.clock import Clock, WallClock
from tools.models.exchange import Raw, Request, Transport, WireFailure
from tools.models.failing import refused, rejected, told, unavailable, unusable
from tools.models.hearing import hears
from tools.models.lanes import Lanes, NoRoom, Turn
from tools.models.none import no_model
from tools.models.places import Place
from tools.models.reading import FINAL, Unusable, read
from tools.models.seats import Seat, fitting
from tools.models.within import TooSlow, within

MOST_ATTEMPTS = 12
MOST_SLOW = 2
"""Attempts that may end in a time-out: each may have been made, and charged, on the other side."""


@dataclass
class _Course:
    """How one ask goes: what it used, what went wrong, where it may still go. `seat` is where it went last."""

    seats: list[Seat]
    seat: Seat
    until: Seconds
    used: Used = field(default_factory=Used)
    attempts: int = 0
    slow: int = 0
    faults: list[Unusable] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Gateway:
    """Implements `domain.ports.Models`. Safe to share between threads.

    `patience` bounds an ask, waiting and repairs included, in seconds.
    """

    def __init__(
        self,
        seats: Mapping[ModelRole, Sequence[Seat]],
        transports: Mapping[Provider, Transport],
        meter: Meter,
        *,
        chats: ChatLog | None = None,
        observer: Observer = lambda attempt: None,
        clock: Clock | None = None,
        patience: Seconds = 150.0,
    ) -> None:
        self._seats = {role: tuple(held) for role, held in seats.items() if held}
        self._transports = dict(transports)
        self._meter = meter
        self._chats = chats
        self._observer = observer
        self._clock = clock or WallClock()
        self._patience = patience
        self._lanes = Lanes([seat for held in self._seats.values() for seat in held], self._clock)
        self._recorders: dict[RunId, Recorder] = {}
        self._pause = threading.Condition()

    def serves(self, role: ModelRole) -> ModelSpec | None:
        """The role's first model; None where the built-in serves."""
        seats = self._seats.get(role)
        return seats[0].card.spec if seats else None

    def abilities(self, role: ModelRole) -> Abilities | None:
        """What the role's first model can do; None where the built-in serves."""
        seats = self._seats.get(role)
        return seats[0].card.abilities if seats else None

    def prices(self, role: ModelRole) -> str:
        """Whose prices are counted for the role's first model: a date of the catalogue, or "settings"; "" for none."""
        seats = self._seats.get(role)
        return seats[0].card.price_version if seats else ""

    def close(self) -> None:
        """Let go of connections; asks that are under way fail."""
        for transport in self._transports.values():
            transport.close()

    @contextmanager
    def recording(self, run_id: RunId, recorder: Recorder) -> Iterator[None]:
        """While the block runs, asks of this run are recorded in its trace."""
        self._recorders[run_id] = recorder
        try:
            yield
        finally:
            self._recorders.pop(run_id, None)

    def ask(self, ask: Ask, answer: type[AnswerT]) -> Answered[AnswerT]:
        """An answer of the type. Raises ModelMustAct or OverBudget (see `domain.ports.Models`)."""
        seats = self._seats.get(ask.role)
        if not seats:
            raise no_model(ask.role)
        began = self._clock.now()
        course = _Course([], seats[0], began + self._patience)
        try:
            course.seats = list(fitting(seats, ask))
            value = self._usable(ask, answer, course)
        except OnbrandError as error:
            self._tell(ask, course, self._clock.now() - began, error=error)
            raise
        seconds = self._clock.now() - began
        self._tell(ask, course, seconds, value=value)
        return Answered(
            value=value,
            model=course.seat.card.spec,
            place=course.seat.place.name,
            used=course.used,
            seconds=seconds,
            attempts=course.attempts,
            repairs=len(course.faults),
            notes=tuple(course.notes),
        )

    def _usable(self, ask: Ask, answer: type[AnswerT], course: _Course) -> AnswerT:
        """Ask until an answer is of use, repairing at most twice."""
        while True:
            raw = self._answered(ask, answer, course)
            try:
                value = read(raw, answer)
            except Unusable as fault:
                course.faults.append(fault)
                if fault.wrong in FINAL:
                    raise refused(ask.role, course.seat, fault, raw) from fault
                if len(course.faults) > MOST_REPAIRS:
                    raise unusable(ask.role, course.seat, course.faults) from fault
                course.notes.append(f"{course.seat.card.spec.model} was asked again: {fault}")
            else:
                return value

    def _answered(self, ask: Ask, answer: type[AnswerT], course: _Course) -> Raw:
        """Make attempts until one is answered, wherever the ask may go."""
        first = course.seats[0] if course.seats else course.seat
        while True:
            if not course.seats or course.attempts >= MOST_ATTEMPTS or course.slow >= MOST_SLOW:
                raise unavailable(ask.role, course.seat, course.failures)
            try:
                turn = self._lanes.enter(course.seats, course.until)
            except NoRoom:
                raise unavailable(ask.role, course.seat, course.failures) from None
            course.seat = turn.seat
            try:
                raw = self._attempt(ask, request_for(ask, turn.seat.card, answer, course.faults), course, turn)
            except WireFailure as failure:
                self._learn(failure, turn, course, ask)
            except TooManyRequests as error:
                self._wait_for_share(error, course)
            else:
                if turn.seat != first and course.failures:
                    where = f"{turn.seat.card.spec.model} answered from {turn.seat.place.name}"
                    course.notes.append(f"{where}: {course.failures[-1]}")
                return raw

    def _attempt(self, ask: Ask, request: Request, course: _Course, turn: Turn) -> Raw:
        """One attempt in one lane, paid for. Raises WireFailure, TooManyRequests or OverBudget."""
        card, place = turn.seat.card, turn.seat.place
        plan = _planned(ask, request, card, place)
        try:
            held = self._meter.reserve(plan)
        except BaseException:
            self._lanes.leave(turn)
            raise
        course.attempts += 1
        began = self._clock.now()
        seconds = min(place.timeout_s, max(1.0, course.until - began))
        transport = self._transports[card.spec.provider]
        used, outcome, first = _as_planned(plan), Outcome.DOWN, None
        try:
            raw = within(
                seconds,
                lambda: self._sent(transport, request, seconds, turn),
                clock=self._clock,
                given_up=lambda: self._lanes.give_up(turn),
                ended=lambda: self._lanes.leave(turn),
            )
            used, outcome, first = _used(raw, plan, card, ask), Outcome.ANSWERED, raw.first_token_s
            return raw
        except TooSlow:
            outcome = Outcome.TIMED_OUT
            raise WireFailure(outcome, f"no answer within {seconds:.0f} s", billed=True) from None
        except WireFailure as failure:
            outcome = failure.outcome
            used = used if failure.billed else Used()
            raise
        finally:
            self._settle(held, outcome, used)
            course.used += used
            self._observer(
                Attempted(
                    role=ask.role, model=card.spec.model, place=place.name, outcome=outcome,
                    seconds=max(0.0, self._clock.now() - began), first_token_s=first, used=used,
                )
            )

    def _sent(self, transport: Transport, request: Request, seconds: Seconds, turn: Turn) -> Raw:
        """Send, and tell the lane how it went before its room is free: who enters next must know."""
        try:
            raw = transport.send(turn.seat.place, request, seconds)
        except WireFailure as failure:
            self._lanes.went_wrong(turn, failure.outcome, failure.retry_after_s)
            raise
        except Misconfigured as error:
            raise WireFailure(Outcome.DENIED, f"{error.message}; {error.hint}") from error
        self._lanes.went_well(turn)
        return raw

    def _settle(self, held: object, outcome: Outcome, used: Used) -> None:
        if outcome in {Outcome.ANSWERED, Outcome.TIMED_OUT} or used != Used():
            self._meter.book(held, used)
        else:
            self._meter.release(held)

    def _learn(self, failure: WireFailure, turn: Turn, course: _Course, ask: Ask) -> None:
        """What a failed attempt means for the place and for this ask."""
        course.failures.append(told(turn.seat, failure))
        if failure.outcome is Outcome.REJECTED:
            raise rejected(ask.role, turn.seat, failure) from failure
        if failure.outcome is Outcome.DENIED:
            course.seats = [seat for seat in course.seats if seat != turn.seat]
        if failure.outcome is Outcome.TIMED_OUT:
            course.slow += 1

    def _wait_for_share(self, error: TooManyRequests, course: _Course) -> None:
        """Wait until the brand or team has room again, if that is soon enough."""
        now = self._clock.now()
        if now + error.retry_after_s >= course.until:
            raise ModelUnavailable(error.message, where=error.where, hint=error.hint) from error
        with self._pause:
            self._clock.wait(self._pause, max(0.02, error.retry_after_s))

    def _tell(
        self, ask: Ask, course: _Course, seconds: Seconds, *,
        value: Model | None = None, error: OnbrandError | None = None,
    ) -> None:
        """Record an ask in its run's trace and, unless it is confidential, in the brand's chat log."""
        request = ask.transcript()
        response = {
            "value": value.model_dump(mode="json") if value is not None else None,
            "used": course.used.model_dump(), "place": course.seat.place.name, "attempts": course.attempts,
            "repairs": [fault.wrong.value for fault in course.faults], "notes": course.notes,
        }
        fields = {
            "stage": ask.payer.stage,
            "role": ask.role.value,
            "model": str(course.seat.card.spec),
            "request": request,
            "response": response,
            "error": error.document() if error is not None else None,
            "seconds": round(seconds, 4),
            "cost": course.used.cost,
        }
        recorder = (self._recorders.get(ask.payer.run_id) if ask.payer.run_id else None) or hears()
        if recorder is not None:
            recorder.record("model_call", **fields)
        if self._chats is not None and not ask.payer.confidential:
            self._chats.keep(ask.payer.brand, {"run_id": ask.payer.run_id, **fields})


def _planned(ask: Ask, request: Request, card: Card, place: Place) -> PlannedCall:
    tokens_in = tokens_of(ask, extra=len(request.more) + len(str(request.schema)))
    return PlannedCall(
        payer=ask.payer, role=ask.role, model=str(card.spec), place=place.name,
        tokens_in=tokens_in, tokens_out=request.longest, images=len(ask.images),
        cost=card.cost(tokens_in, request.longest), price_version=card.price_version,
    )


def _as_planned(plan: PlannedCall) -> Used:
    """What an attempt is booked as when nothing better is known: all that was set aside for it."""
    return Used(tokens_in=plan.tokens_in, tokens_out=plan.tokens_out, images=plan.images, cost=plan.cost)


def _used(raw: Raw, plan: PlannedCall, card: Card, ask: Ask) -> Used:
    """What an answered attempt used; what the provider does not say is taken to be as planned."""
    used = Used(
        tokens_in=plan.tokens_in if raw.tokens_in is None else max(0, raw.tokens_in),
        tokens_out=plan.tokens_out if raw.tokens_out is None else max(0, raw.tokens_out),
        cached=max(0, raw.cached),
        images=len(ask.images),
    )
    return card.priced(used, max(0, raw.written))
