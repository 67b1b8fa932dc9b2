import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from domain.errors import NotFound
from domain.run import Failure, RunRequest, RunStatus
from memory import Database, Effects, Inbox, RunTable, new_run_id, this_worker
from memory.tables import runs as table
from tests.integration.memory.races import race

CAN = hashlib.sha256(b"can").hexdigest()


def _age(database: Database, run_id: str, seconds: float) -> None:
    """Make a run look as if it had begun, and last changed, so long ago."""
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    with database.begin() as connection:
        connection.execute(update(table).where(table.c.run_id == run_id).values(created=then, updated=then))


def _approve(effects: Effects, run_id: str) -> str:
    return effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key


def test_a_new_run_is_left_to_whoever_began_it_for_a_while(database: Database, runs: RunTable, run_id: str) -> None:
    assert runs.claimable() == []
    _age(database, run_id, 11)
    assert runs.claimable() == [("demo", run_id)]
    assert runs.claimable(grace=60) == []


def test_a_run_at_work_is_anybodys_once_its_lease_is_let_go_or_ran_out(runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, this_worker())
    assert runs.claimable(grace=0) == []
    lease.release()
    assert runs.claimable() == [("demo", run_id)]
    runs.lease(run_id, "another machine", ttl=0.05)
    assert runs.claimable() == []
    time.sleep(0.06)
    assert runs.claimable() == [("demo", run_id)]


HOLDER = """
import sys, time
from pathlib import Path
from memory import open_database, RunTable, this_worker
RunTable(open_database(sys.argv[1])).lease(sys.argv[2], this_worker(), ttl=600)
Path(sys.argv[3]).touch()
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_killed_holders_run_is_anybodys_at_once_and_taking_it_tells_that_it_was_not_let_go(
    address: str, runs: RunTable, run_id: str, tmp_path: Path
) -> None:
    held = tmp_path / "held"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, address, run_id, str(held)])
    while not held.exists():
        assert holder.poll() is None
        time.sleep(0.01)
    assert runs.claimable(grace=0) == []
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert runs.claimable() == [("demo", run_id)]
    lease = runs.lease(run_id, this_worker())
    assert lease.taken_over
    lease.release()
    assert not runs.lease(run_id, this_worker()).taken_over


@pytest.mark.parametrize("status", [status for status in RunStatus if status is not RunStatus.WORKING])
def test_a_run_that_waits_or_is_finished_is_nobodys_work(
    database: Database, runs: RunTable, run_id: str, status: RunStatus
) -> None:
    runs.lease(run_id, this_worker()).release()
    runs.set_status(run_id, status)
    _age(database, run_id, 100_000)
    assert runs.claimable() == []


def test_an_answered_run_is_anybodys_work_at_once(database: Database, runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, this_worker())
    runs.set_status(run_id, RunStatus.NEEDS_INPUT, fence=lease.fence, waiting_for="i1")
    lease.release()
    assert runs.claimable() == []
    Inbox(database).put("demo", run_id, {"time": "dusk"}, "anna")
    assert runs.claimable() == [("demo", run_id)]


@pytest.mark.parametrize(
    ("status", "rest"),
    [(RunStatus.REVIEW, 10), (RunStatus.FAILED, 600), (RunStatus.REFUSED, 600), (RunStatus.NOTHING_PASSED, 600)],
)
def test_an_approved_picture_not_delivered_is_anybodys_work_after_a_rest(
    database: Database, runs: RunTable, effects: Effects, run_id: str, status: RunStatus, rest: float
) -> None:
    key = _approve(effects, run_id)
    runs.set_status(run_id, status)
    _age(database, run_id, rest - 5)
    assert runs.claimable() == []
    _age(database, run_id, rest + 5)
    assert runs.claimable() == [("demo", run_id)]
    lease = runs.lease(run_id, this_worker())
    assert runs.claimable() == []
    lease.release()
    effects.once(key, lambda _: None, lambda key: f"/out/{key}")
    assert runs.claimable() == []


def test_a_published_run_approved_for_more_is_anybodys_work(
    database: Database, runs: RunTable, effects: Effects, run_id: str
) -> None:
    runs.set_status(run_id, RunStatus.PUBLISHED, waiting_for="i2")
    _approve(effects, run_id)
    _age(database, run_id, 11)
    assert runs.claimable() == [("demo", run_id)]


def test_work_is_offered_oldest_first_of_every_brand_and_each_run_once(
    database: Database, runs: RunTable, effects: Effects
) -> None:
    ids = [
        runs.create(RunRequest(request="x", brand=brand), new_run_id()).run_id for brand in ("demo", "acme", "demo")
    ]
    for age, run_id in zip((20, 40, 30), ids, strict=True):
        _age(database, run_id, age)
    _approve(effects, ids[0])                                           # at work, and with something to deliver
    assert runs.claimable() == [("acme", ids[1]), ("demo", ids[2]), ("demo", ids[0])]


def test_crashes_are_counted_until_a_process_outlives_the_work(runs: RunTable, run_id: str) -> None:
    other = runs.create(RunRequest(request="x"), new_run_id()).run_id
    assert [runs.note_crash(run_id), runs.note_crash(run_id)] == [1, 2]
    assert (runs.get("demo", run_id).crashes, runs.get("demo", other).crashes) == (2, 0)
    runs.clear_crashes(run_id)
    assert runs.get("demo", run_id).crashes == 0
    assert runs.note_crash(run_id) == 1
    with pytest.raises(NotFound):
        runs.note_crash(new_run_id())


def test_failures_that_an_operator_can_mend_are_told_from_those_that_are_final(runs: RunTable) -> None:
    ids = [runs.create(RunRequest(request="x", brand=brand), new_run_id()).run_id for brand in ("demo", "acme", "demo")]
    runs.set_status(ids[0], RunStatus.FAILED, Failure(code="storage_failed", message="the disk was full"))
    runs.set_status(ids[1], RunStatus.FAILED, Failure(code="tool_failed", message="the server was away"))
    runs.set_status(ids[2], RunStatus.FAILED, Failure(code="fault", message="a bug"))
    unsaid = runs.create(RunRequest(request="x"), new_run_id()).run_id
    runs.set_status(unsaid, RunStatus.FAILED)
    assert runs.resumable_failures() == [("demo", ids[0]), ("acme", ids[1])]
    runs.set_status(ids[0], RunStatus.WORKING)
    assert runs.resumable_failures() == [("acme", ids[1])]


SERVE = """
import time
from pathlib import Path
from domain.errors import RunBusy
from domain.run import RunStatus
from memory import open_database, RunTable, this_worker

def work(number, address, folder):
    runs = RunTable(open_database(address))
    while found := runs.claimable(grace=0):
        for brand, run_id in found:
            try:
                lease = runs.lease(run_id, this_worker())
            except RunBusy:
                continue
            if runs.get(brand, run_id).status is RunStatus.WORKING:     # else the other did it since `claimable`
                alone = Path(folder, run_id)
                alone.touch(exist_ok=False)                             # fails when two are at it
                print(run_id)
                alone.unlink()
                runs.set_status(run_id, RunStatus.REVIEW, fence=lease.fence)
            lease.release()
"""


def test_two_processes_that_take_what_they_find_do_each_run_once_and_leave_none(
    address: str, runs: RunTable, tmp_path: Path
) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(30)]
    done = race(SERVE, 2, address, str(tmp_path))
    assert sorted(done) == sorted(ids)
    assert {row.status for row in runs.list("demo")} == {RunStatus.REVIEW}


KILLED = """
import os, signal, sys
from memory import open_database, RunTable, this_worker
runs = RunTable(open_database(sys.argv[1]))
for brand, run_id in runs.claimable(grace=0)[:3]:
    runs.lease(run_id, this_worker())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_what_a_killed_server_was_at_is_done_by_the_next_one(address: str, runs: RunTable, tmp_path: Path) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(5)]
    killed = subprocess.run([sys.executable, "-c", KILLED, address], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert sorted(race(SERVE, 2, address, str(tmp_path))) == sorted(ids)
