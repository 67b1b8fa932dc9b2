"""Servers and commands in processes of their own, over copies of a home whose demo library is made once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import ONBRAND, Result, call, environment


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
