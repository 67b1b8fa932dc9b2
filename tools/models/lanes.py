"""Lanes: how many calls a place takes at the same time, and when it is left in peace.

A lane begins narrow and widens by one with every answer, up to the place's cap, as TCP's congestion window does (RFC
5681): a throttled account then turns away two calls, not all that wait. A place that fails is closed for a while that
doubles with each failure in a row, and is tried with a single call afterwards. What the place says of itself
(Retry-After) is only believed up to a point.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.model_calls import Outcome
from domain.values import Seconds
from tools.models.clock import Clock
from tools.models.seats import Seat

NARROW = 2
FIRST_PAUSE: dict[Outcome, Seconds] = {Outcome.THROTTLED: 1.0, Outcome.DOWN: 0.25, Outcome.TIMED_OUT: 0.25}
LONGEST_PAUSE_S: Seconds = 30.0


class NoRoom(Exception):
    """No lane opened in time."""


@dataclass
class _Lane:
    cap: int
    width: int
    inside: int = 0
    stuck: int = 0                      # given up, and not over yet
    opens: Seconds = 0.0
    closed: Seconds = float("-inf")     # when it was last closed
    failures: int = 0

    def has_room(self) -> bool:
        """Calls given up do not narrow the lane, but the place is still busy with them."""
        return self.inside < self.width and self.inside + self.stuck < self.cap


@dataclass(eq=False)
class Turn:
    """One call's way through a lane."""

    seat: Seat
    entered: Seconds
    stuck: bool = False


class Lanes:
    """The lanes of every seat, shared by all threads of this process. Providers throttle each model by itself."""

    def __init__(self, seats: Iterable[Seat], clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes = {
            seat.key: _Lane(seat.place.at_once, min(NARROW, seat.place.at_once)) for seat in seats
        }

    def enter(self, seats: Sequence[Seat], until: Seconds) -> Turn:
        """Wait for a turn at the first seat, in order, that is not closed. Raises NoRoom when none comes in time.

        One that is merely busy is waited for: work does not wander to another account because of a queue.
        """
        with self._changed:
            while True:
                now = self._clock.now()
                if now >= until:
                    raise NoRoom
                seat = next((seat for seat in seats if self._lanes[seat.key].opens <= now), None)
                if seat is not None and self._lanes[seat.key].has_room():
                    self._lanes[seat.key].inside += 1
                    return Turn(seat, now)
                opens = [lane.opens for lane in (self._lanes[seat.key] for seat in seats) if lane.opens > now]
                self._clock.wait(self._changed, min([until, *opens]) - now)

    def leave(self, turn: Turn) -> None:
        """The call is over, and so is its connection: its room is free again."""
        with self._changed:
            lane = self._lanes[turn.seat.key]
            if turn.stuck:
                lane.stuck -= 1
            else:
                lane.inside -= 1
            self._changed.notify_all()

    def give_up(self, turn: Turn) -> None:
        """Nobody waits for the call any more; it goes on all the same, until `leave`. Closes the lane for a moment."""
        with self._changed:
            self._close(turn, Outcome.TIMED_OUT, None)
            lane = self._lanes[turn.seat.key]
            turn.stuck = True
            lane.inside -= 1
            lane.stuck += 1
            self._changed.notify_all()

    def went_well(self, turn: Turn) -> None:
        """The place answered."""
        with self._changed:
            lane = self._lanes[turn.seat.key]
            if turn.entered >= lane.closed:
                lane.failures = 0
            lane.width = min(lane.cap, lane.width + 1)
            self._changed.notify_all()

    def went_wrong(self, turn: Turn, outcome: Outcome, retry_after: Seconds | None = None) -> None:
        """The place failed: close its lane. Calls that were under way when it was closed do not close it again."""
        with self._changed:
            self._close(turn, outcome, retry_after)
            self._changed.notify_all()

    def _close(self, turn: Turn, outcome: Outcome, retry_after: Seconds | None) -> None:
        lane = self._lanes[turn.seat.key]
        now = self._clock.now()
        if turn.stuck or turn.entered < lane.closed or outcome not in FIRST_PAUSE:
            return
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE[outcome] * 2**lane.failures)
        if retry_after is not None:
            pause = max(pause, min(retry_after, LONGEST_PAUSE_S))
        lane.failures += 1
        lane.width = 1
        lane.closed = now
        lane.opens = now + pause * (1 + random.random() / 10)       # processes must not come back in step
