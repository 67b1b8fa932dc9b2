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
from tools.publish.destination import FolderDestination

KEY = "a" * 64
FILES = {"picture.png": b"pixels", "dossier.html": b"<html>", "candidates/c1.webp": b"thumb"}


def read(place: str | Path) -> dict[str, bytes]:
    root = Path(place)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def hidden(root: Path) -> list[Path]:
    return list(root.glob(".*"))


def test_a_publication_is_a_folder_with_its_files(tmp_path):
    destination = FolderDestination(tmp_path / "out")
    assert destination.find(KEY) is None
    place = destination.deliver(KEY, FILES)
    assert read(place) == FILES
    assert destination.find(KEY) == place
    assert hidden(tmp_path / "out") == []


def test_a_second_delivery_changes_nothing_and_returns_the_same_path(tmp_path):
    destination = FolderDestination(tmp_path)
    first = destination.deliver(KEY, FILES)
    before = {path: path.stat().st_mtime_ns for path in Path(first).rglob("*")}
    assert FolderDestination(tmp_path).deliver(KEY, {"picture.png": b"other"}) == first
    assert {path: path.stat().st_mtime_ns for path in Path(first).rglob("*")} == before
    assert read(first) == FILES


def test_two_hundred_threads_deliver_once(tmp_path):
    gate = threading.Barrier(200)

    def deliver(n: int) -> str:
        gate.wait()
        return FolderDestination(tmp_path).deliver(KEY, {"a": str(n).encode(), "b": str(n).encode()})

    with ThreadPoolExecutor(200) as pool:
        places = set(pool.map(deliver, range(200)))
    assert len(places) == 1
    files = read(places.pop())
    assert set(files) == {"a", "b"}
    assert files["a"] == files["b"]
    assert hidden(tmp_path) == []


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


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc", "a/b/c/d/e/f", ".incoming-abcdefgh", "short", "x" * 200, "key\nnewline"]
)
def test_a_key_that_leads_elsewhere_is_refused(tmp_path, key):
    with pytest.raises(BadInput):
        FolderDestination(tmp_path).deliver(key, FILES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/../../x", ".hidden", "a\\b", "a\nb", "c:x"])
def test_a_file_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(BadInput):
        FolderDestination(tmp_path).deliver(KEY, {name: b"x"})
    assert list(tmp_path.iterdir()) == []


def test_a_publication_of_nothing_is_refused(tmp_path):
    with pytest.raises(BadInput):
        FolderDestination(tmp_path).deliver(KEY, {})
