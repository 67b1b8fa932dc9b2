"""Each principal's share: requests in a minute, and things in progress at the same time.

Counted in this process alone: with two server processes behind one address a principal has two shares. What is bounded
across processes, runs at work, is counted in the run table.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.errors import TooManyRequests

MOST_PRINCIPALS = 10_000
"""Buckets kept; beyond, the one unused for longest goes. A forgotten principal starts with a full bucket."""

_SECONDS = 60.0


@dataclass
class Bucket:
    """How many requests are left, and when that was reckoned (seconds of the clock)."""

    left: float
    at: float


class Rate:
    """A token bucket for each principal: `per_minute` at once at most, filling evenly."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._a_second = per_minute / _SECONDS
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, principal: str) -> None:
        """Take one request from the principal's share. Raises TooManyRequests saying when there is one again."""
        now = self._clock()
        bucket = self._buckets.setdefault(principal, Bucket(self._most, now))
        self._buckets.move_to_end(principal)
        bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._a_second)
        bucket.at = now
        if len(self._buckets) > MOST_PRINCIPALS:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            raise TooManyRequests(
                f"more than {self._most:.0f} requests in a minute",
                where=principal,
                hint="wait as long as Retry-After says",
                retry_after_s=(1 - bucket.left) / self._a_second,
            )
        bucket.left -= 1


class AtOnce:
    """How many things of one kind a principal has in progress. `what` names them in the refusal."""

    def __init__(self, most: int, what: str, retry_after_s: float = 1.0) -> None:
        self._most = most
        self._what = what
        self._retry_after_s = retry_after_s
        self._in_progress: dict[str, int] = {}

    @contextmanager
    def place(self, principal: str) -> Iterator[None]:
        """Hold one place while the block runs. Raises TooManyRequests when the principal has them all."""
        held = self._in_progress.get(principal, 0)
        if held >= self._most:
            raise TooManyRequests(
                f"{held} {self._what} in progress, {self._most} at most",
                where=principal,
                hint="wait for one to end",
                retry_after_s=self._retry_after_s,
            )
        self._in_progress[principal] = held + 1
        try:
            yield
        finally:
            left = self._in_progress[principal] - 1
            if left:
                self._in_progress[principal] = left
            else:
                del self._in_progress[principal]
