"""A program: approve and publish, killed by SIGKILL before every statement or commit, and around every file operation.

For each point it forks a child that works on a run of its own and dies there, until a point is never reached; then it
finishes what they left. Each line it prints is one point as JSON.
"""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from domain.run import RunRequest
from memory import Database, Effects, RunTable, new_run_id, open_database

ADDRESS, FOLDER = sys.argv[1], Path(sys.argv[2])
PICTURES = [hashlib.sha256(name).hexdigest() for name in (b"can", b"mug")]


class Countdown:
    """Kills this process at the given point; None never does."""

    def __init__(self, point: int | None) -> None:
        self.left = point

    def __call__(self, *_: Any) -> None:
        if self.left is None:
            return
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def watch(self, database: Database) -> None:
        # A server rolls back what was not committed, whatever the statement; SQLite recovers from its files, so there
        # every statement is a point of its own.
        moments = ("before_cursor_execute", "commit") if ADDRESS.startswith("sqlite") else ("begin", "commit")
        for moment in moments:
            event.listen(database.engine, moment, self)

    def around(self, operation: Callable[[], Any]) -> None:
        self()
        operation()
        self()


def publish(database: Database, run_id: str, folder: Path, tick: Countdown) -> None:
    effects = Effects(database)
    for effect in effects.pending(run_id):
        target, digest = folder / f"object-{effect.key}", effect.digest

        def find(_: str, target: Path = target) -> str | None:
            return str(target) if target.exists() else None

        def do(key: str, target: Path = target, digest: str = digest) -> str:
            draft = target.with_name(f"draft-{key}-{os.getpid()}")
            tick.around(lambda: draft.write_text(digest))
            tick.around(lambda: os.link(draft, target))          # create-if-absent; a second delivery would raise
            return str(target)

        effects.once(effect.key, find, do)


def work(run_id: str, folder: Path, point: int) -> None:
    database, tick = open_database(ADDRESS), Countdown(point)
    RunTable(database).create(RunRequest(request="a can"), run_id)
    tick.watch(database)
    Effects(database).approve(run_id, "demo", "anna", PICTURES, ["SE"], ["web"], "folder")
    (folder / "acknowledged").touch()
    publish(database, run_id, folder, tick)


def in_child(run_id: str, folder: Path, point: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            work(run_id, folder, point)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    points = []
    killed = True
    while killed:
        run_id, folder = new_run_id(), FOLDER / f"point-{len(points)}"
        folder.mkdir()
        code = in_child(run_id, folder, len(points))
        assert code in (0, -signal.SIGKILL), code
        killed = code != 0
        acknowledged = (folder / "acknowledged").exists()
        points.append({"run_id": run_id, "folder": str(folder), "killed": killed, "acknowledged": acknowledged})
    database = open_database(ADDRESS)
    for point in points:
        publish(database, str(point["run_id"]), Path(str(point["folder"])), Countdown(None))
        print(json.dumps(point))


main()
