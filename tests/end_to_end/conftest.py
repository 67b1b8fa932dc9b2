"""The installed command in processes of its own, over a home whose demo library is made once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
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


def call(home: Path, *arguments: str, cwd: Path | None = None) -> Result:
    """Run the command to its end, without a terminal."""
    done = subprocess.run(
        [*ONBRAND, *arguments],
        env=environment(home),
        cwd=cwd or home.parent,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


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
