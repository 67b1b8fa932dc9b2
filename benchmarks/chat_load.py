"""The clients of `benchmarks.serve_chats`: chats that stay open and silent, and chats that are answered at once.

    python -m benchmarks.chat_load URL KEY PID [--chats 200] [--seconds 12]

A turn begins when the answer is sent and ends when the chat's own event stream says that the run waits again. Memory
and processor time are read of the server's process (/proc/PID).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.chat_servers import AT_ONCE, QUESTION

REQUEST = "a can on a terrace"
SETTLE_S = 1.5
IDLE_S = 4.0


@dataclass
class Chat:
    """One run and the event stream that follows it."""

    run_id: str
    lines: AsyncIterator[str]

    async def stop(self) -> None:
        """Read on until the run waits for an answer."""
        async for line in self.lines:
            if line.startswith("data:") and '"needs_input"' in line:
                return
        raise RuntimeError("the stream ended")


@dataclass
class Load:
    """The clients of one server."""

    http: httpx2.AsyncClient
    pid: int
    turns: list[float] = field(default_factory=list)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One request with a key of its own."""
        answer = await self.http.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def begin(self) -> str:
        """A new run."""
        return str((await self.post("/v1/runs", {"request": REQUEST}))["run_id"])

    async def waiting(self, many: int) -> list[str]:
        """So many new runs, each brought to its first question."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one() -> str:
            async with room:
                run_id = await self.begin()
                async with self.follow(run_id) as chat:
                    await chat.stop()
                return run_id

        return await asyncio.gather(*(one() for _ in range(many)))

    @asynccontextmanager
    async def follow(self, run_id: str) -> AsyncIterator[Chat]:
        """A chat, from the run's first event on."""
        async with self.http.stream("GET", f"/v1/runs/{run_id}/events") as stream:
            stream.raise_for_status()
            yield Chat(run_id, stream.aiter_lines())

    async def answer_until(self, chat: Chat, ends: float) -> None:
        """Answer every question of a chat at once."""
        while time.monotonic() < ends:
            began = time.perf_counter()
            await self.post(f"/v1/runs/{chat.run_id}/answer", {"answers": {QUESTION.id: "yes"}})
            await chat.stop()
            self.turns.append(time.perf_counter() - began)

    def memory_kb(self) -> float:
        """Resident memory of the server."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024

    def cpu_s(self) -> float:
        """Processor time of the server so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, key: str, pid: int, chats: int, seconds: float) -> dict[str, float]:
    """Open the chats, look at what they cost, then drive turns beside them."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64)
    async with (
        httpx2.AsyncClient(base_url=url, headers=headers, timeout=60, limits=limits) as http,
        AsyncExitStack() as held,
    ):
        load = Load(http, pid)
        runs = await load.waiting(chats)
        busy = [await held.enter_async_context(load.follow(await load.begin())) for _ in range(AT_ONCE)]
        await asyncio.gather(*(chat.stop() for chat in busy))
        await asyncio.gather(*(load.answer_until(chat, time.monotonic() + 1) for chat in busy))
        load.turns.clear()
        await asyncio.sleep(SETTLE_S)
        before = load.memory_kb()
        for run_id in runs:
            await (await held.enter_async_context(load.follow(run_id))).stop()
        await asyncio.sleep(SETTLE_S)
        after = load.memory_kb()
        idle = load.cpu_s()
        await asyncio.sleep(IDLE_S)
        idle = load.cpu_s() - idle
        began, spent = time.monotonic(), load.cpu_s()
        await asyncio.gather(*(load.answer_until(chat, began + seconds) for chat in busy))
        lasted, spent = time.monotonic() - began, load.cpu_s() - spent
    cuts = statistics.quantiles(load.turns, n=100)
    return {
        "turns": len(load.turns),
        "turns_a_second": round(len(load.turns) / lasted, 1),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "cpu_ms_a_turn": round(spent / len(load.turns) * 1000, 1),
        "kB_a_chat": round((after - before) / chats, 1),
        "idle_cpu_percent": round(idle / IDLE_S * 100, 1),
        "memory_MB": round(after / 1024, 1),
    }


def main() -> None:
    """Print the numbers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("pid", type=int)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=12.0)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.url, asked.key, asked.pid, asked.chats, asked.seconds))))


if __name__ == "__main__":
    main()
