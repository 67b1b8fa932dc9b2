import hashlib
import os
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import NotFound, ProgrammerMustAct, StorageFailed
from domain.ports import ArtifactStore
from domain.values import ArtifactRef
from memory import DirectoryStore, Home
from memory.artifacts import EXTENSIONS
from memory.bucket import Bucket
from memory.s3_artifacts import S3Store
from tests.object_store import ObjectService

PICTURE = b"\x89PNG\r\n" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(PICTURE).hexdigest()


class Folder:
    """Artifacts in a home's folders."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.home: Home = request.getfixturevalue("home")

    def store(self) -> ArtifactStore:
        """A store that has seen nothing yet."""
        return DirectoryStore(self.home)

    def kept(self, brand: str = "demo") -> dict[str, int]:
        """What is there, with something that changes when it is written again."""
        root = self.home.artifacts(brand)
        found = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in found}

    def overwrite(self, ref: ArtifactRef, data: bytes) -> None:
        """Do damage."""
        Path(ref.path).write_bytes(data)


class InBucket:
    """Artifacts in a bucket."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.bucket: Bucket = request.getfixturevalue("bucket")
        self.service: ObjectService = request.getfixturevalue("object_service")
        self.homes: Path = request.getfixturevalue("tmp_path")

    def store(self) -> ArtifactStore:
        """A store that has seen nothing yet, with a home of its own."""
        return S3Store(self.bucket, Home(self.homes / uuid.uuid4().hex))

    def kept(self, brand: str = "demo") -> dict[str, int]:
        """What is there, with something that changes when it is written again."""
        return self.service.written(self.bucket.address.bucket, f"onbrand/brands/{brand}/artifacts/")

    def overwrite(self, ref: ArtifactRef, data: bytes) -> None:
        """Do damage."""
        bucket, _, key = ref.path.removeprefix("s3://").partition("/")
        self.service.client.put_object(Bucket=bucket, Key=key, Body=data)


Place = Folder | InBucket


@pytest.fixture(params=[Folder, InBucket])
def place(request: pytest.FixtureRequest) -> Place:
    """Each place artifacts can be kept in."""
    return request.param(request)


@pytest.fixture
def store(place: Place) -> ArtifactStore:
    return place.store()


@pytest.fixture
def folder_store(home: Home) -> DirectoryStore:
    return DirectoryStore(home)


def _files(home: Home, brand: str = "demo") -> list[Path]:
    return sorted(path for path in home.artifacts(brand).rglob("*") if path.is_file())


def test_bytes_come_back_under_their_digest_with_their_type(place: Place, store: ArtifactStore) -> None:
    ref = store.put("demo", PICTURE, "image/png")
    assert (ref.digest, ref.media_type, ref.bytes) == (DIGEST, "image/png", len(PICTURE))
    assert list(place.kept()) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.png"]
    for reader in (store, place.store()):
        assert reader.get("demo", DIGEST) == PICTURE
        assert reader.ref("demo", DIGEST) == ref
        assert reader.has("demo", DIGEST)


def test_the_same_bytes_again_are_the_same_artifact_of_the_first_type(place: Place, store: ArtifactStore) -> None:
    first = store.put("demo", PICTURE, "image/png")
    before = place.kept()
    for again in (store, place.store()):
        assert again.put("demo", PICTURE, "application/octet-stream") == first
    assert place.kept() == before
    assert len(before) == 1


@pytest.mark.parametrize("media_type", sorted(EXTENSIONS))
def test_every_type_that_can_be_kept_is_remembered(place: Place, store: ArtifactStore, media_type: str) -> None:
    data = media_type.encode()
    store.put("demo", data, media_type)
    assert place.store().ref("demo", hashlib.sha256(data).hexdigest()).media_type == media_type


def test_a_type_nobody_planned_for_is_a_bug_and_leaves_nothing(place: Place, store: ArtifactStore) -> None:
    with pytest.raises(ProgrammerMustAct, match="application/x-sh"):
        store.put("demo", PICTURE, "application/x-sh")
    assert place.kept() == {}


@pytest.mark.parametrize(
    "digest", ["0" * 64, "../../../etc/passwd", "*" * 64, DIGEST[:63], DIGEST.upper(), "", f"{DIGEST}.png"]
)
def test_what_is_not_there_and_what_is_no_digest_are_both_not_found(store: ArtifactStore, digest: str) -> None:
    store.put("demo", PICTURE, "image/png")
    assert not store.has("demo", digest)
    for ask in (store.get, store.ref):
        with pytest.raises(NotFound):
            ask("demo", digest)


@pytest.mark.parametrize("brand", ["", "..", "../acme", "acme/artifacts", "Acme", "ac me", "a" * 64, "acme\n"])
def test_what_is_no_brand_id_leads_nowhere(place: Place, store: ArtifactStore, brand: str) -> None:
    store.put("acme", PICTURE, "image/png")
    before = place.kept("acme")
    for ask in (store.get, store.ref, store.has):
        with pytest.raises(NotFound, match="no brand"):
            ask(brand, DIGEST)
    with pytest.raises(NotFound, match="no brand"):
        store.put(brand, b"other", "image/png")
    assert place.kept("acme") == before


def test_another_brands_artifact_looks_exactly_like_none(store: ArtifactStore) -> None:
    store.put("acme", PICTURE, "image/png")
    assert not store.has("demo", DIGEST)
    with pytest.raises(NotFound) as not_mine:
        store.get("demo", DIGEST)
    absent = "0" * 64
    with pytest.raises(NotFound) as not_there:
        store.get("demo", absent)
    assert {name: text.replace(DIGEST, absent).replace(DIGEST[:12], absent[:12])
            for name, text in not_mine.value.document().items()} == not_there.value.document()


@pytest.mark.parametrize("damage", ["one bit", "cut short", "empty"])
def test_damage_is_never_handed_out_and_putting_the_bytes_again_heals_it(
    place: Place, store: ArtifactStore, damage: str
) -> None:
    ref = store.put("demo", PICTURE, "image/png")
    flipped = bytes([PICTURE[0] ^ 1]) + PICTURE[1:]
    place.overwrite(ref, {"one bit": flipped, "cut short": PICTURE[:-1], "empty": b""}[damage])
    with pytest.raises(StorageFailed, match="damaged") as caught:
        place.store().get("demo", DIGEST)
    assert caught.value.where == ref.path
    assert store.put("demo", PICTURE, "image/png") == ref
    assert place.store().get("demo", DIGEST) == PICTURE


def test_threads_that_put_the_same_bytes_at_once_leave_one_artifact(place: Place, store: ArtifactStore) -> None:
    together = threading.Barrier(8)

    def put(_: int) -> str:
        together.wait()
        return store.put("demo", PICTURE, "image/png").path

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(put, range(8)))) == 1
    assert len(place.kept()) == 1
    assert place.store().get("demo", DIGEST) == PICTURE


def test_a_file_that_cannot_be_read_is_a_storage_failure(folder_store: DirectoryStore) -> None:
    path = Path(folder_store.put("demo", PICTURE, "image/png").path)
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageFailed, match="cannot be read"):
        folder_store.get("demo", DIGEST)


LIMITED = """
import resource, sys
from pathlib import Path
from domain.errors import StorageFailed
from memory import DirectoryStore, Home
store = DirectoryStore(Home(Path(sys.argv[1])))
small = store.put("demo", b"small", "text/plain")
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))      # the kernel refuses to let any file grow beyond this
try:
    store.put("demo", bytes(10_000), "image/png")
except StorageFailed as error:
    assert store.get("demo", small.digest) == b"small"
    print(error, error.hint)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE")
def test_a_disk_that_fills_up_half_way_leaves_no_half_written_file(home: Home) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(home.root)], capture_output=True, text=True, check=True)
    assert "disk is full" in done.stdout
    assert "Free some space" in done.stdout
    assert [path.suffix for path in _files(home)] == [".txt"]


CRASHING = """
import os, signal, sys
from pathlib import Path
from memory import DirectoryStore, Home

home, data = Home(Path(sys.argv[1])), bytes(range(256)) * 40
home.artifacts("demo")
begun, killed = 0, True
while killed:
    child = os.fork()
    if child == 0:
        left = begun
        def around(function):
            def counted(*arguments, **options):
                global left
                for moment in (lambda: None, lambda: function(*arguments, **options)):
                    value = moment()
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)
                    left -= 1
                return value
            return counted
        for name in ("open", "mkdir", "fsync", "replace"):
            setattr(os, name, around(getattr(os, name)))
        real_open = Path.open
        Path.open = around(real_open)
        DirectoryStore(home).put("demo", data + bytes([begun]), "image/png")
        print(begun, flush=True)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    begun += 1
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_step_of_writing_an_artifact_is_whole_or_absent(home: Home, folder_store: DirectoryStore) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(home.root)], capture_output=True, text=True, check=True, timeout=120
    )
    points = int(done.stdout)
    assert points >= 10, "fewer kill points than the store has steps"
    states = set()
    for number in range(points + 1):
        data = bytes(range(256)) * 40 + bytes([number])
        digest = hashlib.sha256(data).hexdigest()
        there = folder_store.has("demo", digest)
        if there:
            assert folder_store.get("demo", digest) == data
        states.add(there)
        assert folder_store.put("demo", data, "image/png").digest == digest        # and the work can be done again
        assert folder_store.get("demo", digest) == data
    assert states == {True, False}


def test_what_killed_processes_left_behind_is_swept_away_once_it_is_old(
    home: Home, folder_store: DirectoryStore
) -> None:
    folder_store.put("demo", PICTURE, "image/png")
    incoming = home.artifacts("demo") / "incoming"
    for name, age in (("old", 7200), ("young", 60)):
        path = incoming / name
        path.write_bytes(b"half")
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))
    DirectoryStore(home).put("demo", b"another", "text/plain")
    assert [path.name for path in incoming.iterdir()] == ["young"]


def test_a_folder_that_cannot_be_written_is_a_storage_failure(home: Home, folder_store: DirectoryStore) -> None:
    (home.artifacts("demo") / DIGEST[:2]).write_text("a file where a folder belongs")
    with pytest.raises(StorageFailed, match="could not be written"):
        folder_store.put("demo", PICTURE, "image/png")
