"""Where a setting comes from: argument, environment, TOML file, default, in that order."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import Misconfigured
from service.settings import FILE_NAME, load_settings


@pytest.fixture
def file(own_home: Path) -> Path:
    """The settings file of this test's home."""
    own_home.mkdir(exist_ok=True)
    return own_home / FILE_NAME


def test_with_nothing_set_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.grid, settings.parallel, settings.database_url) == (9, 2, None)


def test_each_source_wins_over_the_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("grid = 3\nparallel = 4\n", encoding="utf-8")
    assert (load_settings().grid, load_settings().parallel) == (3, 4)
    monkeypatch.setenv("ONBRAND_GRID", "5")
    assert (load_settings().grid, load_settings().parallel) == (5, 4)
    assert load_settings(grid=6).grid == 6


def test_the_home_is_found_under_the_persons_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ONBRAND_HOME", "~/state")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE_NAME).write_text("grid = 4\n", encoding="utf-8")
    settings = load_settings()
    assert settings.home == tmp_path / "state"
    assert settings.grid == 4


@pytest.mark.parametrize(
    ("toml", "named"),
    [("grid = 400", "grid"), ('parallel = "many"', "parallel"), ("grrid = 4", "grrid"), ("grid = = 4", FILE_NAME)],
)
def test_a_wrong_setting_is_named(file: Path, toml: str, named: str) -> None:
    file.write_text(toml + "\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=named) as caught:
        load_settings()
    assert caught.value.hint


def test_a_wrong_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBRAND_PARALLEL", "0")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert "ONBRAND_PARALLEL" in caught.value.where
