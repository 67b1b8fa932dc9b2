import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from domain.errors import LeaseLost, RunBusy
from domain.run import RunRequest, RunStatus
from memory import Database, RunTable, new_run_id, this_worker
from memory.tables import leases
from tests.integration.memory.races import race


def test_one_worker_holds_a_run_until_it_lets_go(runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, this_worker())
    with pytest.raises(RunBusy, match="right now"):
        runs.lease(run_id, this_worker())
    lease.release()
    again = runs.lease(run_id, this_worker())
    assert again.fence > lease.fence


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_shut_out(runs: RunTable, run_id: str) -> None:
    first = runs.lease(run_id, this_worker(), ttl=0.05)
    time.sleep(0.06)
    second = runs.lease(run_id, this_worker())
    assert second.fence > first.fence
    with pytest.raises(LeaseLost):
        first.renew()
    first.release()                                     # a lost lease let go does not free the new holder's
    with pytest.raises(RunBusy):
        runs.lease(run_id, this_worker())
    runs.set_status(run_id, RunStatus.REVIEW, fence=second.fence)


def test_a_lease_that_ran_out_untaken_still_writes_and_renews(runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, this_worker(), ttl=0.0)
    runs.set_status(run_id, RunStatus.REVIEW, fence=lease.fence)
    lease.renew()


def test_a_released_lease_no_longer_writes(runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, this_worker())
    lease.release()
    with pytest.raises(LeaseLost):
        runs.set_status(run_id, RunStatus.REVIEW, fence=lease.fence)


def test_a_kept_lease_outlives_its_time_and_is_free_after_the_block(runs: RunTable, run_id: str) -> None:
    with runs.lease(run_id, this_worker(), ttl=0.2).kept() as lost:
        time.sleep(0.5)
        with pytest.raises(RunBusy):
            runs.lease(run_id, this_worker())
        assert not lost.is_set()
    runs.lease(run_id, this_worker())


def test_a_kept_lease_that_was_stolen_says_so(database: Database, runs: RunTable, run_id: str) -> None:
    lease = runs.lease(run_id, "another machine", ttl=0.4)
    with lease.kept() as lost:
        with database.begin() as connection:
            connection.execute(update(leases).where(leases.c.name == run_id).values(expires=0.0))
        runs.lease(run_id, this_worker())
        assert lost.wait(5)


def test_of_many_threads_exactly_one_gets_the_run(runs: RunTable, run_id: str) -> None:
    together = threading.Barrier(8)

    def attempt(_: int) -> int | None:
        together.wait()
        try:
            return runs.lease(run_id, this_worker()).fence
        except RunBusy:
            return None

    with ThreadPoolExecutor(8) as pool:
        fences = [fence for fence in pool.map(attempt, range(8)) if fence is not None]
    assert fences == [1]


HOLDER = """
import sys, time
from pathlib import Path
from memory import open_database, RunTable, this_worker
RunTable(open_database(sys.argv[1])).lease(sys.argv[2], this_worker(), ttl=600)
Path(sys.argv[3]).touch()
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_killed_holders_run_is_resumed_at_once_and_a_paused_ones_is_not(
    address: str, runs: RunTable, run_id: str, tmp_path: Path
) -> None:
    held = tmp_path / "held"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, address, run_id, str(held)])
    while not held.exists():
        assert holder.poll() is None
        time.sleep(0.01)
    os.kill(holder.pid, signal.SIGSTOP)
    with pytest.raises(RunBusy):
        runs.lease(run_id, this_worker())
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert runs.lease(run_id, this_worker()).fence == 2


SLEEPER = """
import sys
from datetime import UTC, datetime
from domain.errors import LeaseLost
from domain.run import RunRequest, RunStatus, RunView
from memory import Ledger, open_database, RunTable, this_worker

database, run_id = open_database(sys.argv[1]), sys.argv[2]
runs, now = RunTable(database), datetime.now(UTC)
view = RunView(
    run_id=run_id, brand="demo", status="review", request=RunRequest(request="x"), created_at=now, updated_at=now
)
lease = runs.lease(run_id, this_worker(), ttl=0.3)
print("held", flush=True)
sys.stdin.readline()
for write in (
    lambda: runs.set_status(run_id, RunStatus.PUBLISHED, fence=lease.fence),
    lambda: runs.save_view(run_id, view, fence=lease.fence),
    lambda: Ledger(database).reserve(run_id, "demo", "generate", "a picture", 0.1, 1.0, fence=lease.fence),
    lease.renew,
):
    try:
        write()
        print("written", flush=True)
    except LeaseLost:
        print("refused", flush=True)
"""


def test_a_process_that_slept_through_its_lease_writes_nothing_when_it_wakes(
    address: str, runs: RunTable, run_id: str
) -> None:
    program = [sys.executable, "-c", SLEEPER, address, run_id]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sleeper:
        assert sleeper.stdin is not None
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == "held\n"
        os.kill(sleeper.pid, signal.SIGSTOP)
        time.sleep(0.35)
        mine = runs.lease(run_id, this_worker())
        assert mine.taken_over
        os.kill(sleeper.pid, signal.SIGCONT)
        said, _ = sleeper.communicate("wake\n", timeout=30)
    assert said.split() == ["refused"] * 4
    assert runs.view("demo", run_id) is None
    runs.set_status(run_id, RunStatus.REVIEW, fence=mine.fence)
    assert runs.get("demo", run_id).status is RunStatus.REVIEW


TAKE = """
import time
from pathlib import Path
from domain.errors import RunBusy
from memory import open_database, RunTable, this_worker

def work(number, address, folder, ids):
    runs = RunTable(open_database(address))
    for run_id in ids.split(","):
        try:
            print(run_id, runs.lease(run_id, this_worker()).fence)
        except RunBusy:
            pass
    Path(folder, f"done{number}").touch()
    while len(list(Path(folder).glob("done*"))) < 2:        # a process that ended would free its leases
        time.sleep(0.001)
"""


def test_two_processes_racing_for_runs_never_both_get_one(address: str, runs: RunTable, tmp_path: Path) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(30)]
    won = race(TAKE, 2, address, str(tmp_path), ",".join(ids))
    assert sorted(won) == sorted(f"{run_id} 1" for run_id in ids)
