"""Time as the gateway sees it. Tests pass a faster clock; nothing else here calls `time`."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from domain.values import Seconds


class Clock(Protocol):
    """Seconds that only rise, and waiting."""

    def now(self) -> Seconds:
        """Seconds since some moment."""

    def wait(self, condition: threading.Condition, seconds: Seconds) -> None:
        """Wait, the condition held, until it is notified or the seconds are over."""


class WallClock:
    """The machine's own."""

    def now(self) -> Seconds:
        """Seconds since some moment; setting the machine's clock changes nothing."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: Seconds) -> None:
        """Wait until notified, or for the seconds."""
        condition.wait(max(0.0, seconds))
