import stat
from pathlib import Path

import pytest

from domain.errors import NotFound, StorageFailed
from memory import Home


def test_each_brand_has_folders_of_its_own_made_when_asked_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    assert home.artifacts("acme") == tmp_path / "state/brands/acme/artifacts"
    assert home.traces("acme").is_dir()
    assert home.index("acme").is_dir()
    assert home.out.is_dir()
    assert not (tmp_path / "state/brands/other").exists()


def test_a_home_it_makes_is_closed_to_other_users_of_the_machine(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep/state")
    assert home.database_file.parent.is_dir()
    assert stat.S_IMODE((tmp_path / "deep/state").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "brand", ["..", ".", "", "a/b", "../other", "/etc", "a\0b", "Acme", "-x", "a" * 64, "demo\n", "dëmo"]
)
def test_what_is_no_brand_id_never_becomes_a_path(tmp_path: Path, brand: str) -> None:
    home = Home(tmp_path / "state")
    for folder in (home.artifacts, home.traces, home.index):
        with pytest.raises(NotFound):
            folder(brand)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "run_id", ["../../x", "run-", "run-../..", "run-abcdefgh/..", "run-ABCDEFGH", "run-abcdefgh\n"]
)
def test_what_is_no_run_id_never_becomes_a_trace(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(NotFound):
        Home(tmp_path).trace("demo", run_id)


def test_a_home_that_cannot_be_made_says_which_folder_and_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageFailed, match="file/home") as caught:
        _ = Home(tmp_path / "file/home").database_file
    assert "ONBRAND_HOME" in caught.value.hint
