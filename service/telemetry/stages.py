"""When a run is in which stage, from its trace events: branches of a fan-out that overlap are one stay."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Stay:
    """One stay of a run in a stage, from the start of its first branch to the end of its last."""

    stage: str
    since: float
    open_branches: int = 0
    branches: int = 0
    failed: bool = False

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return time.perf_counter() - self.since


@dataclass
class Stays:
    """The stages a run is in now. Not locked: whoever shares it between threads does that."""

    open: dict[str, Stay] = field(default_factory=dict)

    def began(self, stage: str) -> Stay | None:
        """A branch of the stage began; returns a stay that began with it."""
        fresh = None
        if stage not in self.open:
            fresh = self.open[stage] = Stay(stage, time.perf_counter())
        self.open[stage].open_branches += 1
        self.open[stage].branches += 1
        return fresh

    def ended(self, stage: str, error: str) -> Stay | None:
        """A branch of the stage ended; returns the stay if it ended with it."""
        stay = self.open.get(stage)
        if stay is None:
            return None
        stay.open_branches -= 1
        stay.failed = stay.failed or bool(error)
        return self.open.pop(stage) if stay.open_branches <= 0 else None
