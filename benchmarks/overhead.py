"""What the orchestration costs: a graph step under the driver against bare LangGraph, and an MCP call.

    python -m benchmarks.overhead [--json]

Both graphs are the same chain of empty steps with the same state, compiled with the same SQLite saver, run turn about
in one process; the ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph

from agents.services import Services
from agents.state import Campaign
from domain.run import RunRequest, RunStatus
from mcp_servers.connect import open_sessions
from mcp_servers.publish.contract import Canvas, ResolveCanvas
from memory.checkpoints import open_checkpoints
from memory.leases import this_worker
from memory.runs import new_run_id
from memory.traces import TraceWriter
from service.driver import Driver
from service.orchestrator import Onbrand
from service.settings import Settings
from tools.publish import canvas_for

STEPS = 20
ROUNDS = 7
CALLS = 200


async def step(state: Campaign) -> Campaign:
    """A step that decides nothing."""
    return {"round": state.get("round", 0) + 1, "status": RunStatus.REVIEW}


def chain() -> StateGraph[Campaign, Services, Campaign, Campaign]:
    """STEPS empty steps, one after the other."""
    builder = StateGraph(Campaign, context_schema=Services)
    for number in range(STEPS):
        builder.add_node(f"step{number}", step)
        builder.add_edge(START if number == 0 else f"step{number - 1}", f"step{number}")
    return builder.add_edge(f"step{STEPS - 1}", END)


async def bare(graph: Any, services: Services, request: RunRequest) -> float:
    """Milliseconds a step of LangGraph alone."""
    started = time.perf_counter()
    config = {"configurable": {"thread_id": new_run_id()}}
    await graph.ainvoke({"run_id": "x", "request": request}, config, context=services, durability="sync")
    return (time.perf_counter() - started) * 1000 / STEPS


async def driven(onbrand: Onbrand, driver: Driver, services: Services, request: RunRequest, folder: Path) -> float:
    """Milliseconds a step under the driver: trace, cancel look-up, run table and saved view included."""
    run_id = new_run_id()
    row = onbrand.workshop.runs.create(request, run_id, str(folder), str(folder / f"{run_id}.jsonl"))
    lease = onbrand.workshop.runs.lease(run_id, this_worker())
    with TraceWriter(folder / f"{run_id}.jsonl", run_id, "demo") as recorder:
        recorder.record("header", run_id=run_id, brand="demo", code="benchmark", request={})
        started = time.perf_counter()
        await driver.advance(row, services, recorder, lease)
        return (time.perf_counter() - started) * 1000 / STEPS


async def mcp_call(onbrand: Onbrand) -> tuple[float, float]:
    """Microseconds of one `resolve_canvas` directly, and through an in-memory MCP session with its trace event."""
    request = ResolveCanvas(brand="demo", channels=("instagram",))
    with (
        tempfile.TemporaryDirectory() as folder,
        TraceWriter(Path(folder) / "t.jsonl", "run-00000000", "demo") as trace,
    ):
        trace.record("header", run_id="run-00000000", brand="demo", code="benchmark", request={})
        async with open_sessions(onbrand.servers, trace) as sessions:
            tools = sessions.toolbox("benchmark", frozenset({"publish.resolve_canvas"}))
            answer: Canvas = await tools.publish.resolve_canvas(request)
            started = time.perf_counter()
            for _ in range(CALLS):
                answer = await tools.publish.resolve_canvas(request)
            over_mcp = (time.perf_counter() - started) / CALLS * 1e6
    started = time.perf_counter()
    for _ in range(CALLS):
        size = canvas_for(("instagram",))
    direct = (time.perf_counter() - started) / CALLS * 1e6
    assert (answer.width, answer.height) == (size.width, size.height)
    return direct, over_mcp


async def measure() -> dict[str, float]:
    """Every number of this benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            Onbrand.open(Settings(home=folder / "home")) as onbrand,
            open_checkpoints(folder / "c.sqlite") as saver,
        ):
            graph = chain().compile(checkpointer=saver)
            driver = Driver(graph, onbrand.workshop.runs, onbrand.driver.ledger)
            with TraceWriter(folder / "s.jsonl", "run-00000000", "demo") as recorder:
                async with open_sessions(onbrand.servers, recorder) as sessions:
                    services = Services(
                        brand="demo",
                        sessions=sessions,
                        language=onbrand.language,
                        ledger=onbrand.driver.ledger,
                        history=onbrand.workshop.runs,
                    )
                    request = RunRequest(request="a can on a terrace")
                    await bare(graph, services, request)
                    rounds = [
                        (await bare(graph, services, request), await driven(onbrand, driver, services, request, folder))
                        for _ in range(ROUNDS)
                    ]
            direct, over_mcp = await mcp_call(onbrand)
    return {
        "bare_ms_a_step": round(statistics.median(b for b, _ in rounds), 2),
        "driven_ms_a_step": round(statistics.median(d for _, d in rounds), 2),
        "ratio": round(statistics.median(d / b for b, d in rounds), 2),
        "direct_us_a_call": round(direct, 1),
        "mcp_us_a_call": round(over_mcp, 1),
    }


def main() -> None:
    """Print a small table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    numbers = asyncio.run(measure())
    if parser.parse_args().json:
        print(json.dumps(numbers))
        return
    for name, value in numbers.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
