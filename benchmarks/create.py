"""A whole `onbrand create` in a new process: wall and CPU seconds, peak memory, first use apart.

    python -m benchmarks.create [--json] [--repeats N]

Each repeat is a process of its own with a seed of its own, so nothing is taken over from an earlier drawing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"


def timed(home: Path, *arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "service.cli.app", *arguments],
        env=os.environ | {"ONBRAND_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(repeats: int) -> dict[str, float]:
    """Every number of this benchmark; memory is the largest resident set of any of the processes, in MB."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        first_wall, first_cpu = timed(home, "assets", "list", "--json")
        runs = [
            timed(home, "create", REQUEST, "--seed", str(seed), "--out", f"{name}/out", "--json")
            for seed in range(100, 100 + repeats)
        ]
    return {
        "first_use_wall_s": round(first_wall, 1),
        "first_use_cpu_s": round(first_cpu, 1),
        "create_wall_s": round(statistics.median(wall for wall, _ in runs), 1),
        "create_cpu_s": round(statistics.median(cpu for _, cpu in runs), 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }


def main() -> None:
    """Print a small table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    numbers = measure(options.repeats)
    if options.json:
        print(json.dumps(numbers))
        return
    for name, value in numbers.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
