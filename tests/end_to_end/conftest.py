"""The installed command in processes of its own, over a home whose demo library is made once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ONBRAND = [sys.executable, "-m", "service.cli.app"]


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Stdout as the one JSON document it must be."""
        return json.loads(self.out)


def environment(home: Path) -> dict[str, str]:
    """The process environment with a home of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONBRAND_")}
    return kept | {"ONBRAND_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "160"}


def call(home: Path, *arguments: str, cwd: Path | None = None, settings: dict[str, str] | None = None) -> Result:
    """Run the command to its end, without a terminal; `settings` are environment variables."""
    done = subprocess.run(
        [*ONBRAND, *arguments],
        env=environment(home) | (settings or {}),
        cwd=cwd or home.parent,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@dataclass
class Served:
    """A tool server in a process of its own."""

    name: str
    process: subprocess.Popen[str]
    url: str
    token: str
    log: Path

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables of a process that uses it."""
        place = f"ONBRAND_TOOLS__{self.name.upper()}__"
        return {f"{place}URL": self.url, f"{place}TOKEN": self.token}

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.removesuffix("/mcp").rpartition(":")[2])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; returns how it ended."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def tool_server(
    home: Path, name: str, port: int = 0, settings: dict[str, str] | None = None
) -> Iterator[Served]:
    """`onbrand tools serve NAME` over a home, until the end of the block; `settings` are environment variables."""
    token = f"a-token-for-{name}-that-nobody-guesses"
    log = home.parent / f"{name}-{port}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*ONBRAND, "tools", "serve", name, "--port", str(port), "--token-env", "SERVED_TOKEN", "--json"],
            env=environment(home) | (settings or {}) | {"SERVED_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield Served(name, process, json.loads(line)["url"], token, log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
        assert token not in log.read_text()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo library, made once by the command itself; test processes side by side each get a copy."""
    own = tmp_path_factory.mktemp("demo") / "home"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make_demo(own)
        return own
    shared = tmp_path_factory.getbasetemp().parent / "demo-library"
    with FileLock(f"{shared}.lock"):
        if not shared.is_dir():
            made = shared.with_name("demo-library-in-the-making")
            make_demo(made)
            made.rename(shared)
    shutil.copytree(shared, own)
    return own


def make_demo(home: Path) -> None:
    """The demo library, rendered by the command."""
    made = call(home, "assets", "list", "--json")
    assert made.code == 0, made.err


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of the demo home that the test may change."""
    copy = tmp_path / "onbrand"
    shutil.copytree(demo_home, copy)
    return copy


@pytest.fixture
def onbrand(home: Path, tmp_path: Path) -> Callable[..., Result]:
    """The command over this test's home."""
    return lambda *arguments: call(home, *arguments, cwd=tmp_path)
