"""The command in processes of its own, forked from one that has loaded what commands load: half their time otherwise.

What starts with a process (entry points, imports, signals, `atexit`) is tested where a test starts `ONBRAND` itself.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ONBRAND = [sys.executable, "-m", "service.cli.app"]
LOADED = ["typer", "rich.console", "service.orchestrator", "service.wiring", "rapidocr"]
"""Not the command line itself: its consoles take width and colours from the environment they are made in."""

PATIENCE_S = 240.0

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(LOADED)


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
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        environ = environment(home) | (settings or {})
        process = _forks.Process(target=_command, args=(arguments, environ, cwd or home.parent, out, err))
        process.start()
        process.join(PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"onbrand {' '.join(arguments)} did not end in {PATIENCE_S:.0f} s")
        return Result(process.exitcode, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _command(arguments: tuple[str, ...], environ: dict[str, str], cwd: Path, out: Path, err: Path) -> None:
    """What a forked process does: become the command, as a shell would start it."""
    for name, number, file in (("stdin", 0, os.devnull), ("stdout", 1, out), ("stderr", 2, err)):
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(handle, number)
        os.close(handle)
        setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["onbrand", *arguments]
    main = importlib.import_module("service.cli.app").main
    main()
