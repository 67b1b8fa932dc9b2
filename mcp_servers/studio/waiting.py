"""Staying with a run, or with a person, while the client hears something at least every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from domain.run import RunStatus
from domain.studio import RunSummary
from domain.values import Seconds
from mcp_servers.studio.desk import Call

T = TypeVar("T")


async def watch(call: Call, summary: RunSummary, seconds: Seconds) -> RunSummary:
    """The run once nobody works on it any more, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while summary.status is RunStatus.WORKING and (left := deadline - time.monotonic()) > 0:
        step = summary.step
        await call.tell(step.doing if step else "waiting to begin", step.share if step else 0.0)
        summary = await call.studio.wait(call.caller, summary.run_id, min(call.pace.progress_s, left))
    return summary


async def meanwhile(call: Call, doing: str, work: Awaitable[T]) -> T:
    """What `work` returns; the client is told what is going on until then."""

    async def tell() -> None:
        while True:
            await call.tell(doing)
            await asyncio.sleep(call.pace.progress_s)

    telling = asyncio.create_task(tell())
    try:
        return await work
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
