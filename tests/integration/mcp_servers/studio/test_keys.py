"""The key that seals forms: one for a home, readable by its owner alone."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from domain.errors import StorageFailed
from mcp_servers.studio import state_key


def test_a_home_has_one_key_that_stays(tmp_path: Path) -> None:
    key = state_key(tmp_path / "home")
    assert len(key) == 32
    assert state_key(tmp_path / "home") == key
    assert state_key(tmp_path / "other") != key
    [file] = (tmp_path / "home").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_many_at_once_get_the_same_key(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(state_key(tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_key_is_told_not_used(tmp_path: Path) -> None:
    state_key(tmp_path)
    (tmp_path / "form.key").write_bytes(b"short")
    with pytest.raises(StorageFailed, match="damaged"):
        state_key(tmp_path)
