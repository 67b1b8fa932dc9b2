"""What a tool call costs: the function itself, over a session in memory, and over HTTP with a process of its own.

    python -m benchmarks.tool_calls [--calls 300] [--json]

Two tools: `resolve_canvas`, whose work and answer are tiny, and `check_rules`, whose answer is a few kilobytes.
The three ways are taken turn about, so that other work on the machine falls on all alike. The HTTP server is `onbrand
tools serve` on loopback, in another process over the same home.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from domain.composition import Caption
from mcp_servers.assets.contract import CheckRules, ReadRules
from mcp_servers.connect import Servers, open_sessions
from mcp_servers.endpoint import Endpoint
from mcp_servers.publish.contract import ResolveCanvas
from mcp_servers.toolbox import Toolbox
from service.checking import Silent
from service.orchestrator import Onbrand
from service.settings import Settings

TOOLS = frozenset({"publish.resolve_canvas", "assets.check_rules", "assets.read_rules"})
BLOCK = 20
"""Calls in a row over one way, as a run makes them."""

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"

Call = Callable[[], Awaitable[object]]


@contextmanager
def served(name: str, home: Path) -> Iterator[Endpoint]:
    """A tool server in a process of its own."""
    token = secrets.token_urlsafe(32)
    command = ["tools", "serve", name, "--port", "0", "--token-env", "TOKEN", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli.app", *command],
        env=os.environ | {"ONBRAND_HOME": str(home), "TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Endpoint(json.loads(process.stdout.readline())["url"], token)
    finally:
        process.terminate()
        process.wait()


async def questions(onbrand: Onbrand, tools: Toolbox) -> dict[str, Call]:
    """The two calls, over one way."""
    brief = onbrand.language.read(REQUEST, "demo")
    canvas = ResolveCanvas(brand="demo", channels=("instagram",))
    captions = tuple(Caption(subject=f"a can on a terrace, number {number}") for number in range(8))
    rules = CheckRules(brand="demo", brief=brief, captions=captions, markets=("SE",), sector="drinks")
    await tools.assets.read_rules(ReadRules(brand="demo", markets=("SE",)))
    return {
        "resolve_canvas": lambda: tools.publish.resolve_canvas(canvas),
        "check_rules": lambda: tools.assets.check_rules(rules),
    }


class Direct:
    """Calls a server's functions as they are: no session, no JSON, no validation."""

    def __init__(self, onbrand: Onbrand) -> None:
        self._functions: dict[str, Any] = {}
        for server in onbrand.servers.reach.values():
            for tool in server._tool_manager.list_tools():  # type: ignore[union-attr]
                self._functions[tool.name] = tool.fn

    async def call(self, stage: str, allowed: frozenset[str], tool: str, request: Any, answer: Any, **more: Any) -> Any:
        """One call."""
        return self._functions[tool](request)


async def timed(call: Call) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    await call()
    return (time.perf_counter() - started) * 1000


async def measure(calls: int) -> dict[str, Any]:
    """Median and 95th percentile of each tool over each way, in milliseconds, and the load of the machine meanwhile."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder) / "home"
        async with Onbrand.open(Settings(home=home)) as onbrand:
            endpoints = {name: stack.enter_context(served(name, home)) for name in ("assets", "publish")}
            elsewhere = Servers.over(onbrand.workshop, endpoints)
            async with open_sessions(onbrand.servers, Silent()) as here, open_sessions(elsewhere, Silent()) as there:
                direct = Direct(onbrand)
                bare = type(here)(direct, direct, direct, direct)  # type: ignore[arg-type]
                ways = {
                    name: await questions(onbrand, sessions.toolbox("benchmark", TOOLS))
                    for name, sessions in (("direct", bare), ("in memory", here), ("HTTP", there))
                }
                took: dict[str, dict[str, list[float]]] = {tool: {way: [] for way in ways} for tool in ways["direct"]}
                for block in range(1 + calls // BLOCK):
                    for tool, by_way in took.items():
                        for way, seconds in by_way.items():
                            spent = [await timed(ways[way][tool]) for _ in range(BLOCK)]
                            if block:  # the first is to warm up
                                seconds.extend(spent)
    rows = [
        {"tool": tool, "way": way, "median_ms": round(statistics.median(values), 3), "p95_ms": round(p95(values), 3)}
        for tool, by_way in took.items()
        for way, values in by_way.items()
    ]
    return {"calls": calls, "load": round(os.getloadavg()[0], 1), "rows": rows}


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measured = asyncio.run(measure(options.calls))
    if options.json:
        print(json.dumps(measured))
        return
    print(f"{measured['calls']} calls each, load {measured['load']}")
    for row in measured["rows"]:
        print(f"{row['tool']:16} {row['way']:10} median {row['median_ms']:8.3f} ms   p95 {row['p95_ms']:8.3f} ms")


if __name__ == "__main__":
    main()
