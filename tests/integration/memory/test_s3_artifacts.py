"""What artifacts in a bucket have beyond the contract: a cache of copies that never lies, and drawings beside them."""

from __future__ import annotations

import hashlib
import socket
import sys
from pathlib import Path

import pytest

from domain.candidate import Candidate
from domain.composition import Caption, Composition, SceneRef
from domain.errors import NotFound, StorageFailed
from domain.values import ArtifactRef, Point, Size
from memory import Home
from memory import bucket as bucket_module
from memory.bucket import Bucket, Connection
from memory.drawings import BucketDrawings
from memory.s3_artifacts import S3Store
from tests.object_store import ObjectService

PICTURES = [bytes([n]) * 100_000 for n in range(12)]
DIGESTS = [hashlib.sha256(picture).hexdigest() for picture in PICTURES]


@pytest.fixture
def unreachable(bucket: Bucket, object_service: ObjectService, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The same bucket over a way that leads nowhere."""
    monkeypatch.setattr(bucket_module, "ATTEMPTS", 1)
    for name, value in object_service.environment.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    return Bucket(bucket.address, Connection(nobody))


def copies(home: Home) -> list[Path]:
    return sorted(path for path in home.root.glob("brands/*/cache/**/*") if path.is_file())


def test_what_was_written_or_read_here_is_read_without_the_bucket(
    bucket: Bucket, unreachable: Bucket, home: Home, tmp_path: Path
) -> None:
    S3Store(bucket, home).put("demo", PICTURES[0], "image/png")
    assert S3Store(unreachable, home).get("demo", DIGESTS[0]) == PICTURES[0]
    reader = Home(tmp_path / "reader")
    assert S3Store(bucket, reader).get("demo", DIGESTS[0]) == PICTURES[0]
    assert S3Store(unreachable, reader).get("demo", DIGESTS[0]) == PICTURES[0]


def test_a_copy_is_for_the_brand_that_asked(bucket: Bucket, unreachable: Bucket, home: Home) -> None:
    S3Store(bucket, home).put("acme", PICTURES[0], "image/png")
    with pytest.raises(NotFound):
        S3Store(bucket, home).get("demo", DIGESTS[0])
    with pytest.raises(StorageFailed, match="cannot be reached"):
        S3Store(unreachable, home).get("demo", DIGESTS[0])
    for brand in ("../acme", "acme/cache"):
        with pytest.raises(NotFound):
            S3Store(unreachable, home).get(brand, DIGESTS[0])


@pytest.mark.parametrize("damage", [b"", b"other bytes"])
def test_a_damaged_copy_is_thrown_away_and_the_bucket_asked(bucket: Bucket, home: Home, damage: bytes) -> None:
    store = S3Store(bucket, home)
    store.put("demo", PICTURES[0], "image/png")
    (copy,) = copies(home)
    copy.write_bytes(damage)
    assert store.get("demo", DIGESTS[0]) == PICTURES[0]
    assert copy.read_bytes() == PICTURES[0]


def test_copies_never_take_more_than_their_room_and_the_longest_unused_go_first(bucket: Bucket, home: Home) -> None:
    store = S3Store(bucket, home, room=500_000)
    for picture in PICTURES:
        store.put("demo" if picture[0] % 2 else "acme", picture, "image/png")
        store.get("acme", DIGESTS[0])
        assert sum(path.stat().st_size for path in copies(home)) <= 500_000
    assert DIGESTS[0] in {path.name for path in copies(home)}, "what was always used was thrown away"
    assert DIGESTS[1] not in {path.name for path in copies(home)}
    assert [store.get("demo" if n % 2 else "acme", digest)[0] for n, digest in enumerate(DIGESTS)] == list(range(12))


def test_what_other_processes_keep_counts_too(bucket: Bucket, home: Home) -> None:
    one, other = S3Store(bucket, home, room=500_000), S3Store(bucket, home, room=500_000)
    for n, picture in enumerate(PICTURES):
        (one if n % 2 else other).put("demo", picture, "image/png")
    assert sum(path.stat().st_size for path in copies(home)) <= 1_000_000


def test_what_is_larger_than_the_room_is_kept_without_a_copy(bucket: Bucket, home: Home) -> None:
    store = S3Store(bucket, home, room=1000)
    store.put("demo", PICTURES[0], "image/png")
    assert copies(home) == []
    assert store.get("demo", DIGESTS[0]) == PICTURES[0]


def test_a_home_that_takes_no_copies_is_no_failure(
    bucket: Bucket, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    (home.cache("demo") / DIGESTS[0][:2]).write_text("a file where a folder belongs")
    store = S3Store(bucket, home)
    assert store.put("demo", PICTURES[0], "image/png").digest == DIGESTS[0]
    assert store.get("demo", DIGESTS[0]) == PICTURES[0]
    assert "without a copy" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_copies_are_readable_by_their_owner_alone(bucket: Bucket, home: Home) -> None:
    S3Store(bucket, home).put("demo", PICTURES[0], "image/png")
    assert home.cache("demo").stat().st_mode & 0o077 == 0


def test_an_artifact_that_left_the_bucket_is_not_found_by_who_has_no_copy(
    bucket: Bucket, home: Home, tmp_path: Path
) -> None:
    store, reader = S3Store(bucket, home), S3Store(bucket, Home(tmp_path / "reader"))
    ref = store.put("demo", PICTURES[0], "image/png")
    assert reader.ref("demo", DIGESTS[0]) == ref
    assert reader.has("demo", DIGESTS[0])
    bucket.delete(ref.path.removeprefix(f"{bucket.url()}/"))
    for _ in range(2):
        with pytest.raises(NotFound):
            reader.get("demo", DIGESTS[0])
    for one in (store, reader):
        assert not one.has("demo", DIGESTS[0])
    store.put("demo", PICTURES[0], "image/png")
    assert reader.get("demo", DIGESTS[0]) == PICTURES[0]


def test_a_bucket_that_cannot_be_asked_is_not_a_bucket_without_the_artifact(unreachable: Bucket, home: Home) -> None:
    store = S3Store(unreachable, home)
    for ask in (store.has, store.ref, store.get):
        with pytest.raises(StorageFailed, match="cannot be reached"):
            ask("demo", DIGESTS[0])
    with pytest.raises(StorageFailed, match="cannot be reached"):
        store.put("demo", PICTURES[0], "image/png")


def test_a_drawing_is_found_again_from_any_host_for_its_brand(bucket: Bucket) -> None:
    key = "a" * 64
    drawn = Candidate(
        id="c0-01", caption=Caption(subject="a can"), scene=SceneRef(id="plate:terrace"), products=("can",), seed=7,
        composition=Composition(canvas=Size(width=512, height=512), scale=0.5, centre=Point(x=0.5, y=0.6)),
        artifact=ArtifactRef(digest=DIGESTS[0], path=f"{bucket.url()}/somewhere.png"),
    )
    assert BucketDrawings(bucket).find("demo", key) is None
    BucketDrawings(bucket).keep("demo", key, drawn)
    assert BucketDrawings(bucket).find("demo", key) == drawn
    assert BucketDrawings(bucket).find("acme", key) is None
    with pytest.raises(NotFound):
        BucketDrawings(bucket).find("../demo", key)
    bucket.replace(f"brands/demo/drawings/{key}.json", b'{"id": ', "application/json")
    assert BucketDrawings(bucket).find("demo", key) is None
    BucketDrawings(bucket).keep("demo", key, drawn)
    assert BucketDrawings(bucket).find("demo", key) == drawn
