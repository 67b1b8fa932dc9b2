"""What `onbrand serve` costs: 200 idle chats held open while others take turns, next to bare FastAPI and LangGraph.

    python -m benchmarks.serve_chats [--json] [--chats 200] [--seconds 12]

Server and clients are processes of their own; the two servers run one after the other. A turn is ten scripted stages
with two fan-outs, from an answer posted to the event that says the run waits again, four of them at a time: what is
measured is orchestration, not pictures (`benchmarks.chat_servers`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SERVERS = ("bare", "onbrand")


def measure(which: str, chats: int, seconds: float) -> dict[str, float]:
    """One server's numbers."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.chat_servers", which, str(Path(folder) / "home")],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            found = json.loads(server.stdout.readline())
            load = [sys.executable, "-m", "benchmarks.chat_load", found["url"], found["key"], str(found["pid"])]
            told = subprocess.run(
                [*load, "--chats", str(chats), "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, check=True
            )
        finally:
            server.kill()
            server.wait()
    numbers: dict[str, float] = json.loads(told.stdout)
    return numbers


def main() -> None:
    """Print a small table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=12.0)
    asked = parser.parse_args()
    numbers: dict[str, dict[str, Any]] = {
        which: measure(which, asked.chats, asked.seconds) for which in SERVERS
    }
    added = {
        name: round(numbers["onbrand"][name] - numbers["bare"][name], 1)
        for name in ("p50_ms", "p99_ms", "cpu_ms_a_turn", "kB_a_chat")
    }
    if asked.json:
        print(json.dumps({**numbers, "added": added}))
        return
    print(f"{'':18}{'bare':>10}{'onbrand':>10}{'added':>10}")
    for name in numbers["bare"]:
        told = [numbers[which][name] for which in SERVERS]
        print(f"{name:18}{told[0]:>10}{told[1]:>10}{added.get(name, ''):>10}")


if __name__ == "__main__":
    main()
