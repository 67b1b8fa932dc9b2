import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from domain.errors import BadInput, Conflict
from memory import Database, Idempotency, Stored, this_worker
from memory.tables import idempotency as table
from tests.integration.memory.races import race

ONE, OTHER = "1" * 64, "2" * 64
ANSWER = Stored(201, {"Location": "/v1/runs/run-1"}, '{"run_id": "run-1", "request": "apelsin 🍊"}')


@pytest.fixture
def replies(database: Database) -> Idempotency:
    return Idempotency(database)


def _begin(replies: Idempotency, fingerprint: str = ONE, principal: str = "key:1", key: str = "k") -> Stored | None:
    return replies.begin(principal, key, fingerprint, this_worker())


def _finish(replies: Idempotency, answer: Stored = ANSWER) -> None:
    replies.finish("key:1", "k", answer.status, answer.headers, answer.body)


def _age(database: Database, age: timedelta) -> None:
    with database.begin() as connection:
        connection.execute(update(table).values(created=datetime.now(UTC) - age))


def test_the_same_request_again_gets_the_first_answer(replies: Idempotency) -> None:
    assert _begin(replies) is None
    _finish(replies)
    assert [_begin(replies), _begin(replies)] == [ANSWER, ANSWER]


def test_another_request_under_the_key_is_refused_before_and_after_the_answer(replies: Idempotency) -> None:
    _begin(replies)
    with pytest.raises(Conflict, match="another request"):
        _begin(replies, OTHER)
    _finish(replies)
    with pytest.raises(Conflict, match="another request"):
        _begin(replies, OTHER)
    assert _begin(replies) == ANSWER


def test_while_the_first_is_being_answered_the_second_is_told_to_wait(replies: Idempotency) -> None:
    _begin(replies)
    with pytest.raises(Conflict, match="still being answered"):
        _begin(replies)


def test_keys_of_two_principals_never_meet(replies: Idempotency) -> None:
    _begin(replies)
    _finish(replies)
    assert _begin(replies, OTHER, principal="key:2") is None
    assert _begin(replies, key="another") is None


def test_a_forgotten_request_may_be_sent_again_in_other_words(replies: Idempotency) -> None:
    _begin(replies)
    replies.forget("key:1", "k")
    assert _begin(replies, OTHER) is None


def test_an_answer_once_kept_is_neither_forgotten_nor_replaced(replies: Idempotency) -> None:
    _begin(replies)
    _finish(replies)
    replies.forget("key:1", "k")
    _finish(replies, Stored(500, {}, "late"))
    assert _begin(replies) == ANSWER


def test_a_request_without_an_answer_for_ten_minutes_may_be_tried_again(
    database: Database, replies: Idempotency
) -> None:
    _begin(replies)
    _age(database, timedelta(minutes=9))
    with pytest.raises(Conflict, match="still being answered"):
        _begin(replies)
    _age(database, timedelta(minutes=11))
    assert _begin(replies) is None
    with pytest.raises(Conflict, match="still being answered"):
        _begin(replies)


DIE = """
import os, signal, sys
from memory import Idempotency, open_database, this_worker
assert Idempotency(open_database(sys.argv[1])).begin("key:1", "k", "1" * 64, this_worker()) is None
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_request_whose_process_was_killed_may_be_tried_again_at_once(address: str, replies: Idempotency) -> None:
    killed = subprocess.run([sys.executable, "-c", DIE, address], check=False)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(Conflict, match="another request"):
        _begin(replies, OTHER)
    assert _begin(replies) is None


def test_answers_are_swept_after_a_day(database: Database, replies: Idempotency) -> None:
    _begin(replies)
    _finish(replies)
    _age(database, timedelta(hours=23))
    _begin(replies, key="new")
    assert replies.sweep() == 0
    _age(database, timedelta(hours=25))
    _begin(replies, key="newer")
    assert replies.sweep() == 2
    assert _begin(replies, OTHER) is None


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_cannot_be_kept_is_refused(replies: Idempotency, key: str) -> None:
    with pytest.raises(BadInput, match="255"):
        _begin(replies, key=key)
    assert _begin(replies, key="ö" * 255) is None


def test_of_many_threads_with_one_request_one_does_it(replies: Idempotency) -> None:
    together = threading.Barrier(6)

    def send(_: int) -> bool:
        together.wait()
        try:
            return _begin(replies) is None
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 1


SEND = """
import time
from domain.errors import Conflict
from memory import Idempotency, open_database, this_worker

def work(number, address):
    replies, me = Idempotency(open_database(address)), this_worker()
    for key in map(str, range(40)):
        while True:
            try:
                stored = replies.begin("key:1", key, "1" * 64, me)
            except Conflict:
                time.sleep(0.002)
                continue
            if stored is None:
                replies.finish("key:1", key, 201, {}, str(number))
                print("did", key, number)
            else:
                print("got", key, stored.body)
            break
"""


def test_two_processes_that_send_the_same_requests_do_each_once_and_get_one_answer(address: str) -> None:
    lines = [line.split() for line in race(SEND, 2, address)]
    did = {key: number for word, key, number in lines if word == "did"}
    assert len([line for line in lines if line[0] == "did"]) == len(did) == 40
    got = {key: number for word, key, number in lines if word == "got"}
    assert got == did
