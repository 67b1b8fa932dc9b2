import os
import subprocess
import sys

import pytest

from memory.leases import is_gone, this_worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")


def test_a_living_process_is_not_gone() -> None:
    assert not is_gone(this_worker())


def test_two_workers_of_one_process_are_never_equal() -> None:
    assert this_worker() != this_worker()


def _owner_of_a_finished_child() -> str:
    code = "from memory.leases import this_worker; print(this_worker())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_a_process_that_ended_is_gone() -> None:
    assert is_gone(_owner_of_a_finished_child())


def test_a_process_id_used_again_by_a_younger_process_counts_as_gone() -> None:
    machine, _pid, _birth, nonce = this_worker().split("|")
    assert is_gone(f"{machine}|{os.getpid()}|1|{nonce}")


@pytest.mark.parametrize("owner", ["alice", "", "|||", "other-host/boot/pid:[1]|1|1|x", "a|b|c|d"])
def test_owners_that_cannot_be_judged_are_taken_to_live(owner: str) -> None:
    assert not is_gone(owner)
