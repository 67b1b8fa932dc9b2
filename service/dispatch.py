"""Runs worked on in the background: this process's share of the work that lies in the run table.

The table is the queue. A request writes down what is to be done and tells the dispatcher, which begins at once; every
few seconds it also looks for work that nobody holds, left by a process that died or written by another. A run's lease
says who works on it, so any number of processes may do this over one database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.errors import LeaseLost, OnbrandError, ProgrammerMustAct, RunBusy
from domain.run import Failure
from domain.values import BrandId, RunId, Seconds
from service.driver import Stopped
from service.orchestrator import Onbrand

SWEEP_EVERY_S: Seconds = 2.0
MOST_CRASHES = 3
"""A run that ended its process so often in a row is not begun again by itself."""

FIRST_PAUSE_S: Seconds = 2.0
LONGEST_PAUSE_S: Seconds = 60.0
"""Pause before a run is tried again that could not even be begun: a full disk, a database that is away."""

log = logging.getLogger(__name__)


@dataclass
class Pause:
    """Until when a run is left alone, and how long the next pause is."""

    until: float = 0.0
    next: Seconds = FIRST_PAUSE_S


@dataclass
class Dispatcher:
    """Works on at most `at_once` runs. `progressed` is told whenever a run has come a step further."""

    onbrand: Onbrand
    at_once: int = 2
    sweep_every: Seconds = SWEEP_EVERY_S
    progressed: Callable[[RunId], None] = lambda run_id: None
    _tasks: dict[RunId, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[RunId] = field(default_factory=set)
    _pauses: dict[RunId, Pause] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(init=False)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.at_once)

    @asynccontextmanager
    async def at_work(self, grace: Seconds = 10.0) -> AsyncIterator[None]:
        """Work while the block runs, beginning with what a predecessor left; then `drain`."""
        for brand, run_id in await asyncio.to_thread(self.onbrand.workshop.runs.resumable_failures):
            self.submit(brand, run_id)
        sweeping = asyncio.create_task(self._sweep(), name="sweep for work")
        try:
            yield
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await self.drain(grace)

    @property
    def working(self) -> int:
        """Runs this process holds or has queued."""
        return len(self._tasks)

    def submit(self, brand: BrandId, run_id: RunId) -> None:
        """Have a run worked on soon; one that is at work is looked at once more afterwards."""
        if self._stopping:
            return
        if run_id in self._tasks:
            self._again.add(run_id)
            return
        task = asyncio.create_task(self._work(brand, run_id), name=f"work on {run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._done(brand, run_id))

    async def drain(self, grace: Seconds) -> None:
        """Take nothing new, and let each run at work end its step, or cut it off after `grace` seconds.

        The runs go on from there at the next start, or in another process: what a finished step made is kept, and a
        step that was cut off is begun again.
        """
        self._stopping = True
        self.onbrand.driver.stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace)
        left = list(self._tasks.values())
        for task in left:
            task.cancel()
        self.onbrand.workshop.stopping.set()
        await asyncio.gather(*left, return_exceptions=True)

    def _done(self, brand: BrandId, run_id: RunId) -> None:
        self._tasks.pop(run_id, None)
        if run_id in self._again:
            self._again.discard(run_id)
            self.submit(brand, run_id)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.sweep_every)
            try:
                found = await asyncio.to_thread(self.onbrand.workshop.runs.claimable)
            except OnbrandError as error:
                log.warning("looking for work failed: %s", error)
                continue
            now = time.monotonic()
            for brand, run_id in found:
                if run_id not in self._tasks and self._pauses.get(run_id, Pause()).until <= now:
                    self.submit(brand, run_id)

    async def _work(self, brand: BrandId, run_id: RunId) -> None:
        async with self._room:
            if self._stopping:
                return

            def on_event(kind: str, data: dict[str, object]) -> None:
                self.progressed(run_id)

            try:
                await asyncio.to_thread(self.onbrand.prepare, brand)
                await self.onbrand.advance(brand, run_id, on_event=on_event, most_crashes=MOST_CRASHES)
                self._pauses.pop(run_id, None)
            except Stopped:
                log.info("%s was left for the next process", run_id)
            except (RunBusy, LeaseLost):
                log.info("another process works on %s", run_id)
            except OnbrandError as error:
                self._pause(run_id)
                log.warning("%s could not be carried on: %s", run_id, error)
            except Exception as error:
                log.exception("%s met a fault of Onbrand itself", run_id)
                await self._fail(brand, run_id, error)
            finally:
                self.progressed(run_id)

    def _pause(self, run_id: RunId) -> None:
        pause = self._pauses.setdefault(run_id, Pause())
        pause.until = time.monotonic() + pause.next
        pause.next = min(LONGEST_PAUSE_S, pause.next * 2)

    async def _fail(self, brand: BrandId, run_id: RunId, error: Exception) -> None:
        """End a run that met a bug: begun again it would meet the same one."""
        fault = ProgrammerMustAct(
            f"Onbrand itself failed ({type(error).__name__})",
            where=run_id,
            hint="the server's log has the details; what is finished is kept",
        )
        try:
            await self.onbrand.turns.end(brand, run_id, Failure(**fault.document()))
        except OnbrandError as trouble:
            self._pause(run_id)
            log.warning("%s could not be ended: %s", run_id, trouble)
