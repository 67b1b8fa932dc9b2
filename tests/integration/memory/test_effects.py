import hashlib
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import BadInput, NotFound, ProgrammerMustAct, RunBusy, StorageFailed
from domain.run import RunRequest, RunStatus
from memory import Database, Effects, RunTable, new_run_id
from tests.integration.memory.races import race

HERE = Path(__file__).parent
CAN, MUG = (hashlib.sha256(name).hexdigest() for name in (b"can", b"mug"))


class Folder:
    """A destination that creates files under their keys, and counts."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.delivered: list[str] = []

    def find(self, key: str) -> str | None:
        return self.files.get(key)

    def do(self, key: str) -> str:
        self.delivered.append(key)
        return self.files.setdefault(key, f"/out/{key[:8]}")


def test_an_approval_intends_one_effect_for_each_picture_and_channel(effects: Effects, run_id: str) -> None:
    approval = effects.approve(run_id, "demo", "anna", [CAN, MUG], ["SE"], ["instagram", "web"], "folder")
    assert {(effect.digest, effect.channel) for effect in approval.effects} == {
        (CAN, "instagram"), (CAN, "web"), (MUG, "instagram"), (MUG, "web"),
    }
    assert effects.pending(run_id) == list(approval.effects)
    assert effects.undelivered("demo") == list(approval.effects)
    assert effects.publications("demo") == []


def test_an_export_made_for_one_channel_goes_only_there(effects: Effects, run_id: str) -> None:
    approval = effects.approve(
        run_id, "demo", "anna", [CAN, MUG], ["SE"], ["instagram", "web"], "folder",
        channel_of={CAN: "instagram", MUG: "web"},
    )
    assert {(e.digest, e.channel) for e in approval.effects} == {(CAN, "instagram"), (MUG, "web")}
    with pytest.raises(ProgrammerMustAct):
        effects.approve(run_id, "demo", "anna", [CAN, MUG], ["SE"], ["web"], "folder", channel_of={CAN: "web"})


@pytest.mark.parametrize(
    ("digests", "markets", "channels"),
    [
        ([CAN], ["SE"], ["instagram"]),                         # the same again
        ([CAN, CAN], ["SE", "SE"], ["instagram"]),              # said twice in one breath
        ([CAN, MUG], ["SE"], ["instagram"]),                    # together with another picture
        ([CAN], ["SE"], ["web", "instagram"]),                  # together with another channel
    ],
)
def test_a_yes_given_again_publishes_the_same_picture_once(
    effects: Effects, run_id: str, digests: list[str], markets: list[str], channels: list[str]
) -> None:
    folder = Folder()
    first = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["instagram"], "folder")
    effects.once(first.effects[0].key, folder.find, folder.do)
    again = effects.approve(run_id, "demo", "bertil", digests, markets, channels, "folder")
    for effect in again.effects:
        effects.once(effect.key, folder.find, folder.do)
    assert folder.delivered.count(first.effects[0].key) == 1
    published = [(p.digest, p.channel) for p in effects.publications("demo")]
    assert len(published) == len(set(published))
    assert first.effects[0].key in {effect.key for effect in again.effects}


def test_a_yes_for_another_market_destination_run_or_brand_is_another_publication(
    effects: Effects, runs: RunTable, run_id: str
) -> None:
    other_run = runs.create(RunRequest(request="x"), new_run_id()).run_id
    acme_run = runs.create(RunRequest(request="x", brand="acme"), new_run_id()).run_id
    keys = {
        effects.approve(run, brand, "anna", [CAN], [market], ["web"], destination).effects[0].key
        for run, brand, market, destination in [
            (run_id, "demo", "SE", "folder"), (run_id, "demo", "NO", "folder"), (run_id, "demo", "SE", "bucket"),
            (other_run, "demo", "SE", "folder"), (acme_run, "acme", "SE", "folder"),
        ]
    }
    assert len(keys) == 5


def test_those_who_approved_something_of_a_run_are_named(effects: Effects, run_id: str) -> None:
    assert effects.approver(run_id) == ""
    effects.approve(run_id, "demo", "bertil", [CAN], ["SE"], ["web"], "folder")
    effects.approve(run_id, "demo", "anna", [MUG], ["SE"], ["web"], "folder")
    effects.approve(run_id, "demo", "carl", [MUG], ["SE"], ["web"], "folder")       # said already, by anna
    assert effects.approver(run_id) == "anna, bertil"


def test_a_run_is_not_published_before_everything_approved_is_delivered(
    effects: Effects, runs: RunTable, run_id: str
) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key
    with pytest.raises(ProgrammerMustAct, match="before everything approved"):
        runs.set_status(run_id, RunStatus.PUBLISHED)
    assert runs.get("demo", run_id).status is RunStatus.WORKING
    folder = Folder()
    effects.once(key, folder.find, folder.do)
    runs.set_status(run_id, RunStatus.PUBLISHED)


def test_a_run_that_failed_after_its_approval_still_has_something_to_do(
    effects: Effects, runs: RunTable, run_id: str
) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key
    runs.set_status(run_id, RunStatus.FAILED)
    assert [row.run_id for row in runs.unfinished("demo")] == [run_id]
    folder = Folder()
    effects.once(key, folder.find, folder.do)
    assert runs.unfinished("demo") == []


def test_an_approved_run_cannot_be_cancelled_nor_a_cancelled_one_approved(
    effects: Effects, runs: RunTable, run_id: str
) -> None:
    other = runs.create(RunRequest(request="x"), new_run_id()).run_id
    effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder")
    for cancel in (lambda: runs.request_cancel("demo", run_id), lambda: runs.set_status(run_id, RunStatus.CANCELLED)):
        with pytest.raises(BadInput, match="approved"):
            cancel()
    assert runs.get("demo", run_id).status is RunStatus.WORKING
    runs.request_cancel("demo", other)
    with pytest.raises(BadInput, match="cancelled"):
        effects.approve(other, "demo", "anna", [CAN], ["SE"], ["web"], "folder")
    assert effects.pending(other) == []


@pytest.mark.parametrize("missing", ["digests", "markets", "channels"])
def test_an_approval_of_nothing_is_refused(effects: Effects, run_id: str, missing: str) -> None:
    given = {"digests": [CAN], "markets": ["SE"], "channels": ["web"], missing: []}
    with pytest.raises(BadInput, match="at least one"):
        effects.approve(run_id, "demo", "anna", destination="folder", **given)
    assert effects.pending(run_id) == []


def test_another_brands_run_cannot_be_approved_and_its_publications_are_not_seen(
    effects: Effects, run_id: str
) -> None:
    with pytest.raises(NotFound):
        effects.approve(run_id, "other", "mallory", [CAN], ["SE"], ["web"], "folder")
    effect = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0]
    effects.once(effect.key, Folder().find, Folder().do, {"can.png": CAN})
    assert effects.publications("other") == []
    assert effects.published_files("other") == []
    assert effects.undelivered("other") == []


def test_nothing_is_published_that_nobody_approved(effects: Effects) -> None:
    folder = Folder()
    with pytest.raises(NotFound, match="approved"):
        effects.once("0" * 64, folder.find, folder.do)
    assert folder.delivered == []


def test_a_receipt_answers_without_asking_the_destination_again(effects: Effects, run_id: str) -> None:
    folder = Folder()
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE", "NO"], ["web"], "folder").effects[0].key
    path = effects.once(key, folder.find, folder.do, {"can.png": MUG, "dossier.json": CAN}, dossier="d.html")
    folder.files.clear()
    assert effects.once(key, folder.find, folder.do) == path
    assert folder.delivered == [key]
    assert effects.pending(run_id) == []
    publication = effects.publications("demo", run_id)[0]
    assert (publication.key, publication.path, publication.market, publication.dossier) == (
        key, path, "NO, SE", "d.html",
    )
    assert {(file.name, file.digest) for file in effects.published_files("demo")} == {
        ("can.png", MUG), ("dossier.json", CAN),
    }


def test_a_delivery_that_fails_stays_pending_and_is_tried_again(effects: Effects, run_id: str) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key

    def fail(_: str) -> str:
        raise StorageFailed("The disk is full.")

    with pytest.raises(StorageFailed):
        effects.once(key, Folder().find, fail)
    assert [(effect.key, effect.attempts) for effect in effects.pending(run_id)] == [(key, 1)]
    folder = Folder()
    assert effects.once(key, folder.find, folder.do) == folder.files[key]
    assert effects.pending(run_id) == []


def test_a_delivery_found_at_the_destination_keeps_the_digests_it_was_sent_with(
    effects: Effects, run_id: str
) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key

    def deliver_and_die(_: str) -> str:
        raise KeyboardInterrupt                         # after the file was there, before the receipt

    with pytest.raises(KeyboardInterrupt):
        effects.once(key, Folder().find, deliver_and_die, {"can.png": CAN})
    folder = Folder()
    folder.files[key] = "/out/can"
    effects.once(key, folder.find, folder.do, {"can.png": MUG})
    assert folder.delivered == []
    assert [file.digest for file in effects.published_files("demo")] == [CAN]


def test_of_many_threads_with_one_effect_one_delivers_and_all_get_its_path(effects: Effects, run_id: str) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key
    folder = Folder()
    together = threading.Barrier(6)

    def deliver(_: int) -> str:
        together.wait()
        return effects.once(key, lambda _: None, lambda key: time.sleep(0.1) or folder.do(key))

    with ThreadPoolExecutor(6) as pool:
        paths = set(pool.map(deliver, range(6)))
    assert paths == {folder.files[key]}
    assert folder.delivered == [key]


def test_waiting_for_another_worker_has_an_end(effects: Effects, run_id: str) -> None:
    key = effects.approve(run_id, "demo", "anna", [CAN], ["SE"], ["web"], "folder").effects[0].key
    begun, stop = threading.Event(), threading.Event()
    folder = Folder()

    def slow(key: str) -> str:
        begun.set()
        stop.wait(20)
        return folder.do(key)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(effects.once, key, folder.find, slow)
        assert begun.wait(20)
        with pytest.raises(RunBusy):
            effects.once(key, folder.find, folder.do, patience=0.1)
        stop.set()
        assert first.result() == folder.files[key]
    assert folder.delivered == [key]


DELIVER = """
import os
from memory import Effects, open_database

def work(number, address, run_id, log):
    def do(key):
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{key}\\n".encode())
        os.close(file)
        return f"/out/{key}"

    effects = Effects(open_database(address))
    for effect in effects.pending(run_id):
        # The destination knows nothing: only the lease keeps the two from delivering twice.
        effects.once(effect.key, lambda _: None, do)
"""


def test_two_processes_racing_to_publish_deliver_each_picture_once(
    address: str, effects: Effects, run_id: str, tmp_path: Path
) -> None:
    digests = [hashlib.sha256(bytes([number])).hexdigest() for number in range(15)]
    approval = effects.approve(run_id, "demo", "anna", digests, ["SE"], ["web"], "folder")
    race(DELIVER, 2, address, run_id, str(tmp_path / "delivered"))
    delivered = sorted((tmp_path / "delivered").read_text().split())
    assert delivered == sorted(effect.key for effect in approval.effects)
    assert len(effects.publications("demo")) == 15


def test_killed_at_any_point_of_approving_and_publishing_nothing_is_lost_and_nothing_doubled(
    address: str, database: Database, effects: Effects, tmp_path: Path
) -> None:
    """One fresh run for each point; a child is killed there, then whatever it left is taken to its end."""
    program = [sys.executable, str(HERE / "crash_points.py"), address, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    report = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(report) > 20, "fewer kill points than the flow has transactions and file operations"
    assert report[-1]["killed"] is False
    for attempt in report:
        published = effects.publications("demo", attempt["run_id"])
        where = Path(attempt["folder"])
        objects = sorted(path.name for path in where.glob("object-*"))
        assert objects == sorted(f"object-{publication.key}" for publication in published), attempt
        if attempt["acknowledged"]:
            assert len(published) == 2, attempt
        else:
            assert len(published) in (0, 2), attempt          # all of an approval or none of it
        assert effects.pending(attempt["run_id"]) == []
        for publication in published:
            lines = (where / f"object-{publication.key}").read_text()
            assert lines == publication.digest, "half-written, or written twice"
