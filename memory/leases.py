"""Leases: one worker at a time, and a number that keeps a worker who lost its lease from writing.

A lease runs out by time, so a worker that was only paused may believe it still holds one. The fence is what makes that
harmless: it rises with every new holder, each write names the writer's fence, and a stale one is refused.
"""

from __future__ import annotations

import os
import platform
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import LeaseLost, RunBusy, StorageFailed
from domain.values import Seconds
from memory.database import Database
from memory.tables import leases

TTL: Seconds = 60.0
"""How long a lease lasts without a renewal."""


@dataclass(frozen=True)
class Lease:
    """The right to work on one thing until `ttl` seconds after the last renewal.

    `taken_over` says that the holder before never let go: it was killed, or silent for too long.
    """

    database: Database
    name: str
    owner: str
    fence: int
    ttl: Seconds
    taken_over: bool = False

    def renew(self) -> None:
        """Hold it for another `ttl` seconds. Raises LeaseLost when someone else holds it or held it since."""
        with self.database.begin() as connection:
            check_fence(connection, self.name, self.fence)
            expires = self.database.now(connection) + self.ttl
            connection.execute(update(leases).where(leases.c.name == self.name).values(expires=expires))

    @contextmanager
    def kept(self) -> Iterator[threading.Event]:
        """Renew from a thread of its own while the block runs, then release.

        Yields an event that is set once the lease is lost, for work that wants to stop early; writes with the fence
        are refused either way. A renewal that fails for a full or locked database is tried again.
        """
        stop, lost = threading.Event(), threading.Event()

        def renew() -> None:
            while not stop.wait(self.ttl / 4):
                try:
                    self.renew()
                except LeaseLost:
                    lost.set()
                    return
                except StorageFailed:
                    continue

        thread = threading.Thread(target=renew, name=f"lease {self.name}", daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            stop.set()
            thread.join()
            with suppress(StorageFailed):               # it runs out by itself; the block's own outcome matters more
                self.release()

    def release(self) -> None:
        """Let it go; harmless when it is lost already."""
        with self.database.begin() as connection:
            mine = (leases.c.name == self.name) & (leases.c.fence == self.fence)
            connection.execute(update(leases).where(mine).values(owner=None, expires=0.0))


def acquire(database: Database, name: str, owner: str, ttl: Seconds = TTL) -> Lease:
    """Take the lease called `name`, with a fence higher than any before.

    It is free when nobody holds it, when it has run out, or when its holder is a process of this machine that no
    longer lives: after a kill, work can be resumed at once. A holder that asks again under its own name is refused
    like any other; owners made by `this_worker` are never equal.

    Raises:
        RunBusy: someone else holds it.
    """
    with database.begin() as connection:
        _make_row(connection, name)
        row = connection.execute(select(leases).where(leases.c.name == name).with_for_update()).one()
        now = database.now(connection)
        if not is_free(row.owner, row.expires, now):
            raise RunBusy(
                "Another process is working on this right now.",
                where=name,
                hint=f"Wait for it to finish; if it hangs, it loses its claim in {row.expires - now:.0f} s.",
            )
        fence = int(row.fence) + 1
        taken = update(leases).where(leases.c.name == name).values(owner=owner, fence=fence, expires=now + ttl)
        connection.execute(taken)
    return Lease(database, name, owner, fence, ttl, taken_over=row.owner is not None)


def is_free(owner: str | None, expires: float | None, now: float) -> bool:
    """Whether a lease can be taken, as `acquire` decides it; a row that is not there yet has no owner either."""
    return owner is None or expires is None or expires <= now or is_gone(owner)


def check_fence(connection: Connection, name: str, fence: int) -> None:
    """Raise LeaseLost unless `fence` is the newest for `name`. The row stays locked until the transaction ends.

    A lease that ran out and that nobody took since still writes: no other writer can exist.
    """
    row = select(leases.c.fence, leases.c.owner).where(leases.c.name == name).with_for_update()
    found = connection.execute(row).one_or_none()
    if found is None or found.fence != fence or found.owner is None:
        raise LeaseLost(
            "Another process took this work over, so this one wrote nothing more.",
            where=name,
            hint="Look at the run again; the other process carries it on.",
        )


def this_worker() -> str:
    """A name for a lease's owner: this process, so that others on the machine can tell when it is gone, and a nonce."""
    return f"{_machine()}|{os.getpid()}|{_birth(os.getpid())}|{uuid.uuid4().hex[:12]}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this machine that no longer lives; False whenever that cannot be told."""
    machine, _, rest = owner.partition("|")
    pid, _, rest = rest.partition("|")
    birth, _, _ = rest.partition("|")
    if not (machine and birth and pid.isdigit() and machine == _machine() and _birth(os.getpid())):
        return False
    return _birth(int(pid)) != birth


def _machine() -> str:
    """This machine since its last start, as seen by this process: containers count process ids on their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return platform.node()
    return f"{platform.node()}/{boot}/{namespace}"


def _birth(pid: int) -> str:
    """When a process started, in clock ticks since boot; "" when it is gone or a zombie, or this is not Linux.

    The start time tells a process from a later one that was given the same id (proc(5), field 22 of stat).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]


def _make_row(connection: Connection, name: str) -> None:
    values = {"name": name, "owner": None, "fence": 0, "expires": 0.0}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(leases).values(**values).on_conflict_do_nothing(index_elements=["name"]))
