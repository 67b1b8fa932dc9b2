"""Kill the process anywhere: the run goes on from its last finished step, and finished drawings are not made again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands import ONBRAND, call, environment

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"


def drawings(home: Path) -> dict[str, float]:
    """Finished drawings by name, with when each was written."""
    folder = home / "brands" / "demo" / "drawings"
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")} if folder.is_dir() else {}


def start(home: Path) -> subprocess.Popen[bytes]:
    """The command in a process group of its own."""
    return subprocess.Popen(
        [*ONBRAND, "create", REQUEST, "--json"],
        env=environment(home),
        cwd=home.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: no handler, no clean-up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def newest_run(home: Path) -> str | None:
    """The run that was cut off, if it came to be."""
    runs = json.loads(call(home, "runs", "list", "--json").out)
    return runs[0]["run_id"] if runs else None


def test_a_kill_between_two_drawings_loses_neither(home: Path) -> None:
    process = start(home)
    deadline = time.monotonic() + 60
    while len(drawings(home)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    kill(process)
    before = drawings(home)
    assert before, "the process was killed before anything was drawn"
    run_id = newest_run(home)
    assert run_id is not None
    resumed = call(home, "runs", "resume", run_id, "--json")
    assert resumed.code == 0, resumed.err
    after = drawings(home)
    assert {name: after[name] for name in before} == before, "a finished drawing was made again"
    assert len(json.loads(resumed.out)["shortlist"]) == 3


@pytest.mark.parametrize("attempt", range(2))
def test_a_kill_at_any_moment_can_be_resumed(home: Path, attempt: int) -> None:
    process = start(home)
    time.sleep(random.Random(attempt).uniform(1.0, 7.0))
    kill(process)
    run_id = newest_run(home)
    if run_id is None:
        assert not drawings(home)
        return
    resumed = call(home, "runs", "resume", run_id, "--json")
    assert resumed.code == 0, resumed.err
    view = json.loads(resumed.out)
    assert view["status"] == "review"
    names = [candidate["id"] for candidate in view["candidates"]]
    assert len(names) == len(set(names))
    trace = [json.loads(line) for line in Path(view["trace_path"]).read_text().splitlines()]
    assert [event["n"] for event in trace] == list(range(trace[0]["n"], trace[0]["n"] + len(trace)))
