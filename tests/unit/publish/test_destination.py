import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import BadInput, StorageFailed
from domain.ports import Destination
from memory.bucket import Bucket
from tests.object_store import ObjectService
from tools.publish.bucket_destination import MANIFEST, BucketDestination
from tools.publish.destination import FolderDestination

KEY = "a" * 64
FILES = {"picture.png": b"pixels", "dossier.html": b"<html>", "candidates/c1.webp": b"thumb"}


def read(place: str | Path) -> dict[str, bytes]:
    root = Path(place)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def hidden(root: Path) -> list[Path]:
    return list(root.glob(".*"))


class InFolder:
    """Publications in a folder."""

    racers = 200

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.root: Path = request.getfixturevalue("tmp_path") / "out"

    def destination(self) -> Destination:
        return FolderDestination(self.root)

    def written(self) -> dict[str, int]:
        """Every file, with something that changes when it is written again."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.stat().st_mtime_ns for path in files}

    def read(self, place: str) -> dict[str, bytes]:
        return read(place)


class InBucket:
    """Publications in a bucket."""

    racers = 16

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.bucket: Bucket = request.getfixturevalue("bucket")
        self.service: ObjectService = request.getfixturevalue("object_service")

    def destination(self) -> Destination:
        return BucketDestination(self.bucket)

    def written(self) -> dict[str, int]:
        """Every object that is there, and how often it was written."""
        written = self.service.written(self.bucket.address.bucket, "onbrand/")
        return {key: written[key] for key in self.bucket.keys("")}

    def read(self, place: str) -> dict[str, bytes]:
        folder = place.removeprefix(f"{self.bucket.url()}/") + "/"
        return {key.removeprefix(folder): self.bucket.get(key) or b"" for key in self.bucket.keys(folder)}


Place = InFolder | InBucket


@pytest.fixture(params=[InFolder, InBucket])
def place(request: pytest.FixtureRequest) -> Place:
    """Each place publications can go to."""
    return request.param(request)


def test_a_publication_is_its_files_under_one_path(place: Place) -> None:
    destination = place.destination()
    assert destination.find(KEY) is None
    path = destination.deliver(KEY, FILES)
    assert place.read(path) == FILES
    assert destination.find(KEY) == path
    assert destination.digests(path) == {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    assert {name: destination.read(path, name) for name in FILES} == FILES
    assert destination.read(path, "nothing.png") is None


def test_a_second_delivery_changes_nothing_and_returns_the_same_path(place: Place) -> None:
    first = place.destination().deliver(KEY, FILES)
    before = place.written()
    for files in (FILES, {"picture.png": b"other"}):
        assert place.destination().deliver(KEY, files) == first
        assert place.written() == before
    assert place.read(first) == FILES


def test_threads_that_deliver_one_key_at_once_deliver_once(place: Place) -> None:
    gate = threading.Barrier(place.racers)

    def deliver(n: int) -> str:
        gate.wait()
        return place.destination().deliver(KEY, {"a": str(n).encode(), "b": str(n).encode()})

    with ThreadPoolExecutor(place.racers) as pool:
        paths = set(pool.map(deliver, range(place.racers)))
    assert len(paths) == 1
    files = place.read(paths.pop())
    assert set(files) == {"a", "b"}
    assert files["a"] == files["b"]
    assert len([name for name in place.written() if not name.endswith(MANIFEST)]) == 2, "a loser left something"


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc", "a/b/c/d/e/f", ".incoming-abcdefgh", "short", "x" * 200, "key\nnewline"]
)
def test_a_key_that_leads_elsewhere_is_refused(place: Place, key: str) -> None:
    with pytest.raises(BadInput):
        place.destination().deliver(key, FILES)
    with pytest.raises(BadInput):
        place.destination().find(key)
    assert place.written() == {}


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/../../x", ".hidden", "a\\b", "a\nb", "c:x"])
def test_a_file_name_that_leads_elsewhere_is_refused(place: Place, name: str) -> None:
    with pytest.raises(BadInput):
        place.destination().deliver(KEY, {"picture.png": b"pixels", name: b"x"})
    assert place.written() == {}


def test_a_publication_of_nothing_is_refused(place: Place) -> None:
    with pytest.raises(BadInput):
        place.destination().deliver(KEY, {})
    assert place.written() == {}


def test_what_is_not_there_any_more_has_no_files_and_what_lies_elsewhere_is_not_looked_at(
    place: Place, tmp_path: Path
) -> None:
    destination = place.destination()
    path = destination.deliver(KEY, FILES)
    assert destination.digests(f"{path}-no") == {}
    elsewhere = {InFolder: "s3://pictures/published/key", InBucket: str(tmp_path)}[type(place)]
    assert destination.digests(elsewhere) is None


KILLED_IN_A_BUCKET = """
import os, signal, sys
from domain.values import BucketAddress
from memory.bucket import Bucket, Connection
from tools.publish import BucketDestination

bucket = Bucket(BucketAddress.parse(sys.argv[1]), Connection())
assert bucket.connection.client
begun, killed = 0, True
while killed:
    child = os.fork()
    if child == 0:
        left = begun
        real = Bucket.put_new
        def counted(self, *arguments):
            global left
            for moment in (lambda: None, lambda: real(self, *arguments)):
                kept = moment()
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
            return kept
        Bucket.put_new = counted
        BucketDestination(bucket).deliver(f"killed-at-{begun:03d}", {"a": b"1", "b": b"2"})
        print(begun, flush=True)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    begun += 1
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_step_a_publication_in_a_bucket_is_whole_or_not_there(
    bucket: Bucket, object_service: ObjectService
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_IN_A_BUCKET, bucket.url()],
        capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, **object_service.environment, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    points = int(done.stdout)
    assert points == 6, "three objects, killed before and after each"
    place = BucketDestination(bucket)
    whole = {name: hashlib.sha256(data).hexdigest() for name, data in (("a", b"1"), ("b", b"2"))}
    found = {}
    for number in range(points):
        key = f"killed-at-{number:03d}"
        path = place.find(key)
        found[number] = path is not None
        if path is not None:
            assert place.digests(path) == whole
        again = place.deliver(key, {"a": b"other", "b": b"other"})
        assert again == path or path is None
        assert len(place.digests(again) or {}) == len(bucket.keys(f"{key}/")) - 1 == 2, "what was left half-way remains"
    assert found == {number: number == points - 1 for number in range(points)}


def test_a_manifest_that_cannot_be_read_is_the_operators_matter(bucket: Bucket) -> None:
    BucketDestination(bucket).deliver(KEY, FILES)
    bucket.replace(f"{KEY}/{MANIFEST}", b'{"folder": "../../else', "application/json")
    with pytest.raises(StorageFailed, match="manifest") as caught:
        BucketDestination(bucket).find(KEY)
    assert KEY in caught.value.where


RACER = """
import os, sys
from pathlib import Path
from tools.publish.destination import FolderDestination
destination = FolderDestination(Path(sys.argv[1]))
sys.stdin.readline()
for n in range(25):
    me = str(os.getpid()).encode()
    print(destination.deliver(f"key-{n:04d}", {"a": me, "b": me}), flush=True)
"""

VICTIM = """
import sys
from pathlib import Path
from tools.publish.destination import FolderDestination
destination = FolderDestination(Path(sys.argv[1]))
sys.stdin.readline()
for n in range(100000):
    destination.deliver(f"{sys.argv[2]}-{n:06d}", {f"file-{i}": bytes([i]) * 50_000 for i in range(8)})
"""


def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


def test_racing_processes_deliver_each_key_once(tmp_path):
    racers = [start(RACER, str(tmp_path)) for _ in range(3)]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write(b"go\n")
        racer.stdin.flush()
    said = [racer.communicate(timeout=60)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert said[0] == said[1] == said[2]
    for n in range(25):
        files = read(tmp_path / f"key-{n:04d}")
        assert set(files) == {"a", "b"}
        assert files["a"] == files["b"]
    assert hidden(tmp_path) == []


def test_a_killed_process_leaves_no_half_publication(tmp_path):
    victims = [start(VICTIM, str(tmp_path), f"victim{n}") for n in range(4)]
    for victim in victims:
        assert victim.stdin
        victim.stdin.write(b"go\n")
        victim.stdin.flush()
    deadline = time.monotonic() + 60
    for n, victim in enumerate(victims):
        while not any(tmp_path.glob(f"victim{n}-*")) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.0037 * (n + 1))
        victim.send_signal(signal.SIGKILL)
        victim.communicate(timeout=30)
        assert victim.returncode == -signal.SIGKILL
    expected = {f"file-{i}": bytes([i]) * 50_000 for i in range(8)}
    published = list(tmp_path.glob("victim*"))
    assert len(published) >= 4
    for place in published:
        assert read(place) == expected
    resumed = FolderDestination(tmp_path)
    last = published[-1].name
    assert resumed.deliver(last, {"file-0": b"again"}) == str(tmp_path / last)
    assert read(tmp_path / last) == expected


def test_what_killed_processes_left_is_cleared_after_an_hour(tmp_path):
    old, young = tmp_path / ".incoming-1-old", tmp_path / ".incoming-2-young"
    for left in (old, young):
        left.mkdir()
        (left / "half").write_bytes(b"x")
    os.utime(old, (time.time() - 7200,) * 2)
    FolderDestination(tmp_path).deliver(KEY, FILES)
    assert not old.exists()
    assert young.exists()


LIMITED = """
import resource, sys
from pathlib import Path
from domain.errors import StorageFailed
from tools.publish.destination import FolderDestination
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    FolderDestination(Path(sys.argv[1])).deliver("key-00000001", {"a": b"small", "b": bytes(1_000_000)})
except StorageFailed as error:
    print(error.message)
"""


def test_a_file_system_that_takes_no_more_leaves_nothing_half_written(tmp_path):
    said, _ = start(LIMITED, str(tmp_path)).communicate(timeout=60)
    assert b"File too large" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_the_operators_matter(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed):
        FolderDestination(tmp_path / "file" / "out").deliver(KEY, FILES)
