"""The wheel holds everything the code reads, and works away from its source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what the checkout would commit, in a copy, so that no stale build folder can lend a file."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).symlink_to(ROOT / name)
    into = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(source)],
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = into.glob("*.whl")
    return built


def shipped_packages() -> list[str]:
    """The top packages that pyproject.toml ships."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [name for name in project["tool"]["setuptools"]["packages"]["find"]["include"] if "." not in name]


def sources() -> set[str]:
    """Every file under a shipped package that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *shipped_packages()], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return {name for name in listed if name and (ROOT / name).is_file()}


def test_every_module_and_every_file_of_data_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    missing = sorted(sources() - inside)
    assert not missing, f"{len(missing)} files are not shipped, such as {missing[:5]}"


@pytest.mark.parametrize(
    "pattern",
    [
        "tools/*/plates/*.webp", "tools/*.yaml", "tools/*/fonts/*.ttf", "tools/search/*.npz", "tools/*.html",
        "memory/migrations/versions/*.py", "evals/suites/*.yaml", "evals/pages/*.html", "*.dist-info/licenses/LICENSE",
    ],
)  # fmt: skip
def test_each_kind_of_data_is_there(wheel: Path, pattern: str) -> None:
    assert any(fnmatch(name, pattern) for name in zipfile.ZipFile(wheel).namelist())


def test_nothing_that_belongs_to_building_or_testing_is_shipped(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(shipped_packages())


def test_the_doctor_is_content_with_an_unpacked_wheel_and_uses_nothing_else(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = (
        "import sys, service.cli.app as app\n"
        "try:\n    app.main()\n"
        "except SystemExit as end:\n"
        "    ours = [m.__file__ for n, m in sorted(sys.modules.items())"
        f" if n.partition('.')[0] in {shipped_packages()!r} and getattr(m, '__file__', None)]\n"
        "    print(*ours, sep='\\n', file=sys.stderr)\n"
        "    raise\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONBRAND_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--json"],
        env=kept | {"PYTHONPATH": str(unpacked), "ONBRAND_HOME": str(tmp_path / "home")},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(check["ok"] for check in json.loads(done.stdout)["checks"] if check["needed"])
    used = [line for line in done.stderr.splitlines() if line.endswith(".py")]
    assert len(used) > 50
    strangers = [path for path in used if not path.startswith(str(unpacked))]
    assert not strangers, strangers[:5]


def test_commands_of_packages_beside_the_service_are_found_by_their_entry_points(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONBRAND_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", "import service.cli.app as app; app.main()", "evals", "suites"],
        env=kept | {"PYTHONPATH": str(unpacked), "ONBRAND_HOME": str(tmp_path / "home")},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "understanding" in done.stdout
