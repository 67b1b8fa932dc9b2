"""What a replay costs: against the run it replays, and a hundred of them on two cores.

    python -m benchmarks.replay [--trace FILE]... [--json]

Without a trace a run is recorded first: the standard grid to review, feedback, approval. The hundred are replayed by
two processes from their start, imports included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from domain.run import ReviewAction, ReviewDecision, RunRequest
from evals.recording import load
from evals.replay import replay
from service.orchestrator import Onbrand
from service.settings import Settings

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"
HUNDRED = 100
REPEATS = 9


async def recorded(home: Path) -> Path:
    """A run from request over feedback to publication."""
    async with Onbrand.open(Settings(home=home)) as onbrand:
        await asyncio.to_thread(onbrand.prepare, "demo")
        row = onbrand.begin(RunRequest(request=REQUEST, assume=True))
        await onbrand.advance("demo", row.run_id)
        bigger = ReviewDecision(action=ReviewAction.FEEDBACK, text="make the can a little bigger")
        await onbrand.answer_review("demo", row.run_id, bigger)
        await onbrand.approve("demo", row.run_id, (), "benchmark", ("SE",))
        return Path(row.trace_path)


def worked(path: Path) -> float:
    """Seconds the run worked: from each turn's first event to its last, without waiting for people."""
    total, begun = 0.0, 0.0
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["kind"] in {"header", "resumed"}:
            begun = event["at"]
        elif event["kind"] == "run_status":
            total += event["at"] - begun
    return total


async def replays(path: Path) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of several replays, reading the trace included; the first only warms up."""
    wall, cpu = [], []
    for _ in range(REPEATS + 1):
        began, used = time.perf_counter(), time.process_time()
        played = await replay(load(path))
        assert played.same, str(played.difference)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return wall[1:], cpu[1:]


def hundred(path: Path) -> tuple[float, float]:
    """Wall and CPU seconds for a hundred replays by two processes; CPU seconds say it on a busy machine as well."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    names = [str(path)] * (HUNDRED // 2)
    began = time.perf_counter()
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "evals.cli", "replay", *names, "--json"], stdout=subprocess.DEVNULL, env=os.environ
        )
        for _ in range(2)
    ]
    codes = [process.wait() for process in both]
    assert codes == [0, 0], codes
    wall, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def measure(paths: list[Path]) -> dict[str, float]:
    """Every number of this benchmark, of the slowest trace."""
    numbers = []
    for path in paths:
        wall, cpu = asyncio.run(replays(path))
        run = worked(path)
        numbers.append(
            {
                "run_s": round(run, 2),
                "replay_s": round(statistics.median(wall), 3),
                "replay_cpu_s": round(statistics.median(cpu), 3),
                "share_of_run": round(statistics.median(wall) / run, 4),
                "trace_kb": round(path.stat().st_size / 1024, 1),
                "calls": len(load(path).calls),
            }
        )
    worst = max(numbers, key=lambda n: n["share_of_run"])
    wall, used = hundred(paths[0])
    return {**worst, "hundred_on_two_cores_s": round(wall, 1), "hundred_cpu_s": round(used, 1)}


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", type=Path, action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = options.trace or [asyncio.run(recorded(Path(folder) / "home"))]
        numbers = measure(paths)
    if options.json:
        print(json.dumps(numbers))
        return
    for name, value in numbers.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
