"""The demo brand: rendered once, by whoever comes first, and never twice."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from domain.assets import AssetKind
from domain.errors import StorageFailed
from memory.artifacts import DirectoryStore
from memory.demo import DEMO_BRAND, ensure_demo
from memory.home import Home
from memory.library import Library
from tests.integration.library.test_library import open_library
from tools.imaging.decode import decode, encode_png
from tools.imaging.packshot import catalogue, render

PIXELS = 80
"""Enough to be a picture; the full size is the same code and takes a hundred times longer."""


def fill(library: Library, home: Home) -> list[tuple[str, float]]:
    told: list[tuple[str, float]] = []
    ensure_demo(
        library, DirectoryStore(home), lambda what, share: told.append((what, share)), products=catalogue(),
        render=render, encode=encode_png, lock=home.root / "demo.lock", height=PIXELS,
    )
    return told


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[tuple[str, float]]]:
    home = Home(tmp_path_factory.mktemp("demo") / "home")
    library = open_library(home)
    told = fill(library, home)
    library.close()
    return home, told


def test_first_use_makes_every_product_with_its_cutout_size_and_label(
    filled: tuple[Home, list[tuple[str, float]]]
) -> None:
    home, _ = filled
    library = open_library(home)
    products = library.list(DEMO_BRAND, AssetKind.PRODUCT)
    assert {asset.id for asset in products} == {spec.id for spec in catalogue()}
    assert len(products) >= 6
    for asset in products:
        assert asset.rendering
        assert "Rendering" in asset.description
        assert asset.licence
        assert asset.real_height and asset.depth and asset.view_elevation
        assert asset.cutout and asset.cutout.confidence == 1
        alpha = decode(DirectoryStore(home).get(DEMO_BRAND, asset.cutout.digest)).image[..., 3]
        assert 0.1 < float(np.mean(alpha > 127)) < 0.95
        height, width = alpha.shape
        assert (asset.size.width, asset.size.height) == (width, height)
        for box in asset.components.values():
            assert box.x + box.width <= width and box.y + box.height <= height
    library.close()


def test_backdrops_and_themes_come_with_it(filled: tuple[Home, list[tuple[str, float]]]) -> None:
    library = open_library(filled[0])
    assert len(library.list(DEMO_BRAND, AssetKind.BACKGROUND)) >= 3
    assert len(library.list(DEMO_BRAND, AssetKind.THEME)) >= 2
    hits = library.search(DEMO_BRAND, "the sea at sunset", AssetKind.BACKGROUND)
    assert hits[0].asset.id == "solara-backdrop-sea"
    library.close()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("our blood-orange can", {"solara-blood-orange-can"}), ("lemon can", {"solara-lemon-can"}),
        ("two red mugs", {"solara-mug-red"}), ("blue kettle", {"solara-kettle-blue"}),
        ("face serum", {"aurelia-serum"}), ("iced tea", {"solara-iced-tea-bottle"}),
        ("scented candle", {"aurelia-candle"}), ("raspberry can", set()), ("red car", set()), ("green mug", set()),
        ("red kettle", set()), ("perfume", set()), ("day cream", set()),
    ],
)
def test_its_products_are_found_by_their_own_words_and_no_others(
    filled: tuple[Home, list[tuple[str, float]]], asked: str, found: set[str]
) -> None:
    library = open_library(filled[0])
    assert {hit.asset.id for hit in library.search(DEMO_BRAND, asked, AssetKind.PRODUCT)} == found
    library.close()


def test_progress_rises_to_the_end_and_a_second_call_does_nothing(filled: tuple[Home, list[tuple[str, float]]]) -> None:
    home, told = filled
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == 1
    library = open_library(home)
    before = library.list(DEMO_BRAND)
    assert fill(library, home) == []
    assert library.list(DEMO_BRAND) == before
    library.close()


def test_an_asset_somebody_changed_is_left_alone_and_a_lost_picture_is_made_again(
    filled: tuple[Home, list[tuple[str, float]]]
) -> None:
    home, _ = filled
    library = open_library(home)
    can, mug = library.get(DEMO_BRAND, "solara-lemon-can"), library.get(DEMO_BRAND, "solara-mug-red")
    library.add(can.model_copy(update={"title": "Our own lemon can"}))
    Path(DirectoryStore(home).ref(DEMO_BRAND, mug.digest).path).unlink()
    assert [what for what, _ in fill(library, home)] == [f"Rendering {mug.title}", "The demo library is ready"]
    assert library.get(DEMO_BRAND, "solara-lemon-can").title == "Our own lemon can"
    assert library.get(DEMO_BRAND, "solara-mug-red") == mug, "the renderer is deterministic"
    library.add(can)
    library.close()


SCRIPT = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    sys.path.insert(0, str(Path.cwd()))
    from memory.artifacts import DirectoryStore
    from memory.demo import ensure_demo
    from memory.home import Home
    from tests.integration.library.test_library import open_library
    from tools.imaging.decode import encode_png
    from tools.imaging.packshot import catalogue, render
    home, die_after = Home(Path(sys.argv[1])), int(sys.argv[2])
    made = []
    def progress(what, share):
        made.append(what)
        print(what, flush=True)
        if len(made) > die_after:
            os._exit(9)
    ensure_demo(open_library(home), DirectoryStore(home), progress, products=catalogue()[:4], render=render,
                encode=encode_png, lock=home.root / "demo.lock", height=40)
""")


def start(home: Home, die_after: int = 99) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(home.root), str(die_after)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_after_a_kill_only_what_is_missing_is_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    killed = start(home, die_after=2)
    first = killed.communicate(timeout=120)[0].splitlines()
    assert killed.returncode == 9
    library = open_library(home)
    finished = {asset.title for asset in library.list(DEMO_BRAND)}
    assert finished == {line.removeprefix("Rendering ") for line in first[:2]}
    library.close()
    resumed = start(home)
    second, errors = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, errors
    made = {line.split(" ", 1)[1] for line in second.splitlines()}
    assert not made & finished
    assert first[2].split(" ", 1)[1] in made


def test_two_processes_at_once_make_everything_once_between_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    both = [start(home), start(home)]
    said = [process.communicate(timeout=180) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    made = [line for out, _ in said for line in out.splitlines() if line.startswith(("Rendering", "Painting"))]
    assert len(made) == len(set(made)) == 9


def test_a_process_that_holds_the_lock_for_ever_is_named_as_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    home = Home(tmp_path / "home")
    library = open_library(home)
    monkeypatch.setattr("memory.demo.library.PATIENCE", 0.1)
    with FileLock(home.root / "demo.lock"), pytest.raises(StorageFailed) as refused:
        fill(library, home)
    assert "Another process" in refused.value.message
    library.close()
