import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import BadInput, Conflict, NotFound
from domain.run import Failure, RunRequest, RunStatus
from memory import Database, Effects, Inbox, Letter, RunTable, new_run_id, open_database, this_worker
from tests.integration.memory.races import race


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


@pytest.fixture
def waiting(runs: RunTable, run_id: str) -> str:
    """A run that waits for the answer to interrupt "i1"."""
    runs.set_status(run_id, RunStatus.NEEDS_INPUT, waiting_for="i1")
    return run_id


def test_an_answer_is_kept_under_what_the_run_waits_for_and_the_run_works_again(
    inbox: Inbox, runs: RunTable, waiting: str
) -> None:
    assert inbox.read(waiting) is None
    answer = {"time": "kväll 🌆", "nested": {"a": [1]}}
    letter = inbox.put("demo", waiting, answer, "anna")
    assert letter == Letter(run_id=waiting, interrupt_id="i1", answer=answer, by="anna")
    assert inbox.read(waiting) == letter
    row = runs.get("demo", waiting)
    assert (row.status, row.waiting_for) == (RunStatus.WORKING, None)


def test_an_answer_at_review_is_kept_too(inbox: Inbox, runs: RunTable, run_id: str) -> None:
    runs.set_status(run_id, RunStatus.REVIEW, waiting_for="i7")
    assert inbox.put("demo", run_id, {"action": "finish"}, "anna").interrupt_id == "i7"


@pytest.mark.parametrize("status", [status for status in RunStatus if status not in {"needs_input", "review"}])
def test_a_run_that_asks_nothing_takes_no_answer(
    inbox: Inbox, runs: RunTable, run_id: str, status: RunStatus
) -> None:
    runs.set_status(run_id, status, waiting_for="i1")
    with pytest.raises(Conflict):
        inbox.put("demo", run_id, {}, "anna")
    assert inbox.read(run_id) is None
    assert runs.get("demo", run_id).status is status


def test_a_run_that_stands_at_review_without_asking_takes_no_answer(
    inbox: Inbox, runs: RunTable, run_id: str
) -> None:
    runs.set_status(run_id, RunStatus.NEEDS_INPUT, Failure(code="no_product", message="which product?"))
    with pytest.raises(Conflict, match="not waiting"):
        inbox.put("demo", run_id, {}, "anna")


def test_a_run_about_to_be_cancelled_takes_no_answer(inbox: Inbox, runs: RunTable, waiting: str) -> None:
    runs.request_cancel("demo", waiting)
    with pytest.raises(Conflict, match="cancelled"):
        inbox.put("demo", waiting, {}, "anna")
    assert runs.get("demo", waiting).waiting_for == "i1"


def test_a_second_answer_is_told_that_there_was_a_first(inbox: Inbox, waiting: str) -> None:
    inbox.put("demo", waiting, {"time": "dusk"}, "anna")
    with pytest.raises(Conflict, match="answered already"):
        inbox.put("demo", waiting, {"time": "noon"}, "bertil")
    letter = inbox.read(waiting)
    assert letter is not None
    assert letter.by == "anna"


def test_another_brands_run_cannot_be_answered(inbox: Inbox, runs: RunTable, waiting: str) -> None:
    with pytest.raises(NotFound):
        inbox.put("other", waiting, {}, "mallory")
    assert inbox.read(waiting) is None
    assert runs.get("demo", waiting).status is RunStatus.NEEDS_INPUT


def test_a_letter_is_removed_by_the_name_of_what_it_answers(inbox: Inbox, waiting: str) -> None:
    letter = inbox.put("demo", waiting, {}, "anna")
    inbox.remove(waiting, "another")
    assert inbox.read(waiting) == letter
    inbox.remove(waiting, "i1")
    inbox.remove(waiting, "i1")
    assert inbox.read(waiting) is None


def test_a_letter_left_by_a_process_killed_after_reading_it_does_not_keep_the_next_answer_out(
    inbox: Inbox, runs: RunTable, waiting: str
) -> None:
    inbox.put("demo", waiting, {"time": "dusk"}, "anna")
    runs.set_status(waiting, RunStatus.REVIEW, waiting_for="i2")         # and died before `remove`
    assert inbox.put("demo", waiting, {"action": "finish"}, "bertil").interrupt_id == "i2"
    letter = inbox.read(waiting)
    assert letter is not None
    assert (letter.interrupt_id, letter.by) == ("i2", "bertil")


def test_an_answer_given_while_a_worker_says_that_the_run_still_waits_stands_and_is_anybodys_work(
    inbox: Inbox, runs: RunTable, waiting: str
) -> None:
    lease = runs.lease(waiting, this_worker())                          # it looked for a letter and found none
    inbox.put("demo", waiting, {"time": "dusk"}, "anna")
    runs.set_status(waiting, RunStatus.NEEDS_INPUT, fence=lease.fence, waiting_for="i1")
    with pytest.raises(Conflict, match="answered already"):
        inbox.put("demo", waiting, {"time": "noon"}, "bertil")
    assert runs.claimable() == []
    lease.release()
    assert runs.claimable() == [("demo", waiting)]
    inbox.remove(waiting, "i1")
    assert runs.claimable() == []


def test_an_answer_that_postgres_cannot_hold_is_refused_whole(postgres: str) -> None:
    database = open_database(postgres)
    inbox, runs = Inbox(database), RunTable(database)
    waiting = runs.create(RunRequest(request="x"), new_run_id()).run_id
    runs.set_status(waiting, RunStatus.NEEDS_INPUT, waiting_for="i1")
    for text in ("a\0b", "half a pair: \ud83c"):
        with pytest.raises(BadInput, match="character"):
            inbox.put("demo", waiting, {"text": text}, "anna")
    assert inbox.read(waiting) is None
    assert runs.get("demo", waiting).status is RunStatus.NEEDS_INPUT
    database.close()


def test_of_many_answers_at_once_exactly_one_is_kept(inbox: Inbox, waiting: str) -> None:
    together = threading.Barrier(6)

    def answer(number: int) -> str | None:
        together.wait()
        try:
            return inbox.put("demo", waiting, {}, f"person {number}").by
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as pool:
        kept = [by for by in pool.map(answer, range(6)) if by is not None]
    letter = inbox.read(waiting)
    assert letter is not None
    assert kept == [letter.by]


ANSWER = """
from domain.errors import Conflict
from memory import Inbox, open_database

def work(number, address, ids):
    inbox = Inbox(open_database(address))
    for run_id in ids.split(","):
        try:
            print(run_id, inbox.put("demo", run_id, {}, f"person {number}").by)
        except Conflict:
            pass
"""


def test_of_two_processes_that_answer_the_same_runs_one_is_heard_on_each(
    address: str, inbox: Inbox, runs: RunTable
) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(30)]
    for run_id in ids:
        runs.set_status(run_id, RunStatus.REVIEW, waiting_for=f"i-{run_id}")
    kept = race(ANSWER, 2, address, ",".join(ids))
    letters = [inbox.read(run_id) for run_id in ids]
    assert sorted(kept) == sorted(f"{letter.run_id} {letter.by}" for letter in letters if letter is not None)
    assert len(kept) == 30


def test_what_was_approved_goes_out_before_it_can_be_changed(
    inbox: Inbox, runs: RunTable, effects: Effects, run_id: str
) -> None:
    runs.set_status(run_id, RunStatus.REVIEW, waiting_for="i1")
    approval = effects.approve(run_id, "demo", "ann", ["a" * 64], ["SE"], ["file"], "folder")
    with pytest.raises(Conflict, match="being published"):
        inbox.put("demo", run_id, {"action": "feedback"}, "ada")
    assert inbox.read(run_id) is None
    effects.once(approval.effects[0].key, lambda key: None, lambda key: "there")
    assert inbox.put("demo", run_id, {"action": "feedback"}, "ada")


def test_nothing_is_approved_while_feedback_is_on_its_way(
    inbox: Inbox, runs: RunTable, effects: Effects, run_id: str
) -> None:
    runs.set_status(run_id, RunStatus.REVIEW, waiting_for="i1")
    inbox.put("demo", run_id, {"action": "feedback"}, "ada")
    with pytest.raises(Conflict, match="being changed"):
        effects.approve(run_id, "demo", "ann", ["a" * 64], ["SE"], ["file"], "folder")
    assert effects.pending(run_id) == []


def test_of_feedback_and_approval_at_once_exactly_one_is_taken(
    database: Database, inbox: Inbox, runs: RunTable, effects: Effects
) -> None:
    for _ in range(20):
        run_id = runs.create(RunRequest(request="our can on a terrace"), new_run_id()).run_id
        runs.set_status(run_id, RunStatus.REVIEW, waiting_for="i1")
        outcomes: list[str] = []

        def attempt(what: Callable[[], object], name: str, outcomes: list[str] = outcomes) -> None:
            try:
                what()
                outcomes.append(name)
            except Conflict:
                outcomes.append("conflict")

        def refine(run_id: str = run_id) -> object:
            return inbox.put("demo", run_id, {}, "ada")

        def approve(run_id: str = run_id) -> object:
            return effects.approve(run_id, "demo", "ann", ["a" * 64], ["SE"], ["file"], "folder")

        threads = [
            threading.Thread(target=attempt, args=(refine, "refined")),
            threading.Thread(target=attempt, args=(approve, "approved")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("conflict") == 1, outcomes
        assert (inbox.read(run_id) is not None) != bool(effects.pending(run_id))
