"""A person approves; publishing happens once, with its dossier."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.commands import Result, call, environment

Command = Callable[..., Result]


@dataclass(frozen=True)
class Reviewed:
    """A run that waits for its review, in a home that can be put back to that."""

    home: Path
    kept: Path
    document: dict[str, Any]


@pytest.fixture(scope="module")
def made(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    """The run, made once; its documents name files, so its home must stay where it is."""
    home = tmp_path_factory.mktemp("reviewed") / "onbrand"
    shutil.copytree(demo_home, home)
    request = "our lemon can on a marble counter, for Sweden, Instagram"
    result = call(home, "create", request, "--option", "quick", "--json")
    assert result.code == 0, result.err
    kept = home.with_name("as-it-was")
    shutil.copytree(home, kept)
    return Reviewed(home, kept, result.document)


@pytest.fixture
def home(made: Reviewed) -> Path:
    """The run's home, with nothing of earlier tests in it."""
    shutil.rmtree(made.home)
    shutil.copytree(made.kept, made.home)
    return made.home


@pytest.fixture
def reviewed(made: Reviewed, home: Path) -> dict[str, Any]:
    """The run's document."""
    return made.document


def approve(home: Path, run_id: str, *arguments: str, say: str = "yes") -> int:
    """Approve at a real pseudo-terminal; the exit code."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "service.cli.app", "runs", "approve", run_id, *arguments],
        env=environment(home),
        cwd=str(home.parent),
        encoding="utf-8",
        timeout=120,
    )
    if child.expect(["Type yes", pexpect.EOF]) == 0:
        assert ".png" in (child.before or "") or ".jpg" in (child.before or ""), "asked before the files were shown"
        child.sendline(say)
        child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus if child.exitstatus is not None else 1)


def published(home: Path) -> list[Path]:
    """Publication folders that are out."""
    folder = home / "published"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def test_a_script_cannot_approve(reviewed: dict[str, Any], onbrand: Command, home: Path) -> None:
    result = onbrand("runs", "approve", str(reviewed["run_id"]))
    assert result.code == 5
    assert "terminal" in result.err
    assert not published(home)


def test_a_persons_yes_publishes_once_with_its_dossier(reviewed: dict[str, Any], home: Path) -> None:
    run_id = str(reviewed["run_id"])
    assert approve(home, run_id) == 0
    (folder,) = published(home)
    assert (folder / "dossier.html").is_file()
    assert list(folder.glob("*-instagram.png")) or list(folder.glob("*-instagram.jpg"))
    view = json.loads(call(home, "runs", "show", run_id, "--json").out)
    assert view["status"] == "published"
    assert len(view["publications"]) == 1
    assert approve(home, run_id) == 0
    assert published(home) == [folder]


def test_another_finalist_can_be_published_later(reviewed: dict[str, Any], home: Path) -> None:
    run_id, (first, second, *_) = reviewed["run_id"], reviewed["shortlist"]
    assert approve(home, run_id, "--candidate", first) == 0
    assert approve(home, run_id, "--candidate", second) == 0
    view = json.loads(call(home, "runs", "show", run_id, "--json").out)
    assert view["status"] == "published"
    assert len(view["publications"]) == len(published(home)) == 2


def test_anything_but_yes_publishes_nothing(reviewed: dict[str, Any], home: Path) -> None:
    assert approve(home, str(reviewed["run_id"]), say="maybe") == 2
    assert not published(home)


def test_a_market_without_a_pack_is_not_published_to(onbrand: Command, home: Path) -> None:
    view = onbrand("create", "our lemon can on a marble counter, for Norway", "--option", "quick", "--json").document
    assert approve(home, str(view["run_id"])) == 5
    assert not published(home)


def test_a_cancelled_run_stays_cancelled(reviewed: dict[str, Any], onbrand: Command) -> None:
    run_id = str(reviewed["run_id"])
    assert onbrand("runs", "cancel", run_id, "--json").document["status"] == "cancelled"
    assert onbrand("runs", "resume", run_id, "--json").document["status"] == "cancelled"
