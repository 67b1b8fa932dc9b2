"""A suite's cases as an Inspect task asks for them: one by one, from a loop that is not ours."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol

import anyio.to_thread

from evals.suite import OURS, Case, OneByOne, Scored, Suite

Sides = Mapping[str, Case]
"""How one case came out, for the system (OURS) and for every baseline."""

Asked = tuple[str, "Future[Sides]"]
"""A case, and where its outcome is waited for."""

IDLE = 1.0
"""Seconds that a bench stays open for nobody."""


class Bench(Protocol):
    """What cases are scored on."""

    async def score(self, case: str) -> Sides:
        """How the case of this id came out."""


class OpenBench:
    """The bench of a suite whose cases are scored one by one, in a thread with an event loop of its own.

    What a bench holds open (tool sessions, a home) has cancel scopes, which would come between those of Inspect's loop.
    The first case opens it. Inspect tells nobody when a task is over, so it closes itself once nobody has asked for
    `idle` seconds, and opens again for whoever comes later.
    """

    def __init__(self, each: OneByOne, idle: float = IDLE) -> None:
        self._each = each
        self._idle = idle
        self._lock = threading.Lock()
        self._asked: queue.Queue[Asked] = queue.Queue()
        self._serving = False

    async def score(self, case: str) -> Sides:
        """How the case of this id came out; cases wait for each other. Raises what the scorer raises."""
        answer: Future[Sides] = Future()
        with self._lock:
            self._asked.put((case, answer))
            if not self._serving:
                self._serving = True
                threading.Thread(target=self._run, name="bench").start()
        return await anyio.to_thread.run_sync(answer.result)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            with self._lock:
                self._serving = False
                while not self._asked.empty():
                    self._asked.get()[1].set_exception(error)

    async def _serve(self) -> None:
        async with self._each.opened() as score:
            while (asked := await asyncio.to_thread(self._next)) is not None:
                case, answer = asked
                try:
                    answer.set_result(await score(case))
                except Exception as error:
                    answer.set_exception(error)

    def _next(self) -> Asked | None:
        """The next case; None when nobody has asked for a while, and then whoever asks opens anew."""
        try:
            return self._asked.get(timeout=self._idle)
        except queue.Empty:
            with self._lock:
                if not self._asked.empty():
                    return self._asked.get()
                self._serving = False
                return None


class Together:
    """The cases of a suite that makes them all at once, or the first `limit`."""

    def __init__(self, suite: Suite, limit: int | None) -> None:
        self._suite = suite
        self._limit = limit
        self._scored: Scored | None = None

    async def run(self) -> list[str]:
        """Run the suite, on an event loop of its own; the ids of its cases."""

        async def scored() -> Scored:
            return await self._suite.run(self._limit)

        self._scored = await anyio.to_thread.run_sync(lambda: asyncio.run(scored()))
        return [case.id for case in self._scored.cases]

    async def score(self, case: str) -> Sides:
        """How the case of this id came out."""
        assert self._scored is not None
        sides = {OURS: self._scored.cases, **self._scored.baselines}
        return {side: found for side, cases in sides.items() for found in cases if found.id == case}
