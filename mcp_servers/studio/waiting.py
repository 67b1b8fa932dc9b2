"""Staying with a run, or with a person, while the client hears something at least every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from domain.access import Caller
from domain.run import RunStatus
from domain.studio import RunSummary
from domain.values import Seconds
from mcp_servers.studio.desk import Ctx, Desk

T = TypeVar("T")


class Progress:
    """Progress of one call. Its number only ever grows, as the protocol wants; the run's own share may fall back."""

    def __init__(self, ctx: Ctx) -> None:
        self._ctx = ctx
        self._last = 0.0
        self._began = time.monotonic()

    async def tell(self, doing: str, share: float = 0.0) -> None:
        """Say what is going on; `share` 0..1 of the way."""
        self._last = min(99.0, max(self._last + 0.01, share * 100))
        await self._ctx.report_progress(self._last, 100, f"{doing} ({time.monotonic() - self._began:.0f} s)")


async def watch(desk: Desk, ctx: Ctx, caller: Caller, summary: RunSummary, seconds: Seconds) -> RunSummary:
    """The run once nobody works on it any more, or after `seconds`."""
    deadline = time.monotonic() + seconds
    progress = Progress(ctx)
    while summary.status is RunStatus.WORKING and (left := deadline - time.monotonic()) > 0:
        step = summary.step
        await progress.tell(step.doing if step else "waiting to begin", step.share if step else 0.0)
        summary = await desk.studio.wait(caller, summary.run_id, min(desk.pace.progress_s, left))
    return summary


async def meanwhile(desk: Desk, ctx: Ctx, doing: str, work: Awaitable[T]) -> T:
    """What `work` returns; the client is told what is going on until then."""
    progress = Progress(ctx)

    async def tell() -> None:
        while True:
            await progress.tell(doing)
            await asyncio.sleep(desk.pace.progress_s)

    telling = asyncio.create_task(tell())
    try:
        return await work
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
