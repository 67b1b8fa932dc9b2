"""Two servers over one database and one destination, each at the same moment: 200 runs approved and published twice."""

import json
from collections import Counter
from pathlib import Path

from domain.run import RunRequest, RunStatus
from memory import Database, Effects, RunTable, new_run_id
from tests.integration.memory.races import race

RACES = 200

PUBLISH = """
import hashlib, json, multiprocessing
from pathlib import Path
from memory import Effects, open_database
from tools.publish import FolderDestination

together = multiprocessing.get_context("fork").Barrier(2)

def digest(run_id, picture):
    return hashlib.sha256(f"{run_id} {picture}".encode()).hexdigest()

def work(number, address, folder, ids):
    effects, destination = Effects(open_database(address)), FolderDestination(Path(folder))
    for race, run_id in enumerate(ids.split(",")):
        # Every second time one person approves one picture more than the other.
        pictures = ["can", "mug"][: 1 + (number == race % 2 and race % 4 < 2)]
        wanted = [digest(run_id, picture) for picture in pictures]
        together.wait(60)
        approval = effects.approve(run_id, "demo", f"person {number}", wanted, ["SE"], ["web"], "folder")
        print(json.dumps({"run": run_id, "acknowledged": [effect.key for effect in approval.effects]}))
        for effect in effects.pending(run_id):

            def do(key):
                print(json.dumps({"run": run_id, "delivered": key}))
                return destination.deliver(key, {"picture.txt": effect.digest.encode()})

            effects.once(effect.key, destination.find, do, {"picture.txt": effect.digest})
"""


def test_of_200_races_of_two_approvals_and_two_deliveries_each_ends_with_one_publication_a_picture(
    address: str, database: Database, effects: Effects, runs: RunTable, tmp_path: Path
) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(RACES)]
    folder = tmp_path / "published"
    said = [json.loads(line) for line in race(PUBLISH, 2, address, str(folder), ",".join(ids))]

    acknowledged = [(line["run"], key) for line in said if "acknowledged" in line for key in line["acknowledged"]]
    assert len(acknowledged) > 2 * RACES, "both approved every run, and some of them two pictures"
    twice = [pair for pair, times in Counter(acknowledged).items() if times == 2]
    assert len(twice) == RACES, "the picture both approved is one delivery"

    published = effects.publications("demo")
    assert sorted((view.run_id, view.key) for view in published) == sorted(set(acknowledged)), "nothing lost or doubled"
    delivered = Counter(line["delivered"] for line in said if "delivered" in line)
    assert delivered == Counter(view.key for view in published), "sent once each"
    assert sorted(path.name for path in folder.iterdir()) == sorted(delivered)
    for view in published:
        assert Path(view.path, "picture.txt").read_text() == view.digest

    assert effects.undelivered("demo") == []
    for run_id in ids:
        runs.set_status(run_id, RunStatus.PUBLISHED)
    assert runs.claimable(grace=0, pause=0) == []
