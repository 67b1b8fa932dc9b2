"""Every scene loads, broken plates say so, and photographs become scenes when their rows allow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from domain.assets import Asset, AssetKind
from domain.errors import BadInput, Misconfigured, NotFound
from domain.values import Light, Size
from tests.unit.imaging.sketches import draw
from tools.imaging.plate import PLATES, plate_stage, plates
from tools.imaging.scenes import brand_scenes, catalogue, photo_scene, scene, stage_of, tabletop_scene, view_of


@pytest.mark.parametrize("entry", catalogue(), ids=lambda s: s.id)
def test_every_scene_loads_with_light_and_ground(entry: object) -> None:
    found = scene(entry.id)  # type: ignore[attr-defined]
    stage = stage_of(found.id, {}, {})
    assert stage.view == view_of(found)
    assert stage.beauty.dtype == np.uint8 and stage.beauty.shape[1::-1] == stage.view.size
    assert 0.03 < stage.beauty.mean() / 255 < 0.97
    assert np.linalg.norm(stage.view.sun) == pytest.approx(1, abs=1e-6)
    assert found.tags and found.title


def test_the_light_side_of_a_plate_agrees_with_its_sun() -> None:
    for entry in catalogue():
        if entry.kind == "plate" and abs(entry.light_side) > 0.3:
            assert entry.light_side * view_of(entry).sun[0] > 0, entry.id


def test_brand_colours_are_in_the_picture_and_in_the_id() -> None:
    found = next(s for s in brand_scenes(["#2f6b52", "#d9b45b"]) if s.id.startswith("studio:arch"))
    assert scene(found.id) == found
    picture = stage_of(found.id, {}, {}).beauty
    corner = picture[60:160, 60:160].reshape(-1, 3).mean(0)
    assert corner[1] > corner[0] * 1.3 and corner[1] > corner[2] * 1.1
    assert brand_scenes([]) == ()


@pytest.mark.parametrize("name", ["plate:nowhere", "studio:nowhere", "flat_lay:nowhere", "moon:base", "nonsense"])
def test_an_unknown_scene_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        stage_of(name, {}, {})


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for suffix in (".json", ".webp", ".key.webp"):
        shutil.copyfile(PLATES / f"terrace-noon{suffix}", tmp_path / f"terrace-noon{suffix}")
    return tmp_path


def test_a_plate_is_three_files_in_a_folder(copied: Path) -> None:
    assert list(plates(copied)) == ["terrace-noon"]
    assert plate_stage("terrace-noon", copied).view == plates(copied)["terrace-noon"].view()


@pytest.mark.parametrize("suffix", [".webp", ".key.webp"])
def test_a_missing_or_damaged_picture_is_named(copied: Path, suffix: str) -> None:
    picture = copied / f"terrace-noon{suffix}"
    picture.write_bytes(picture.read_bytes()[:200])
    with pytest.raises(Misconfigured, match="damaged"):
        plate_stage("terrace-noon", copied)
    picture.unlink()
    with pytest.raises(Misconfigured, match="missing"):
        plate_stage("terrace-noon", copied)


@pytest.mark.parametrize("broken", ["", "{", "[1]", '{"about": "x"}'])
def test_a_broken_record_is_named(copied: Path, broken: str) -> None:
    (copied / "terrace-noon.json").write_text(broken, encoding="utf-8")
    with pytest.raises(Misconfigured, match="terrace-noon"):
        plates(copied)


def test_a_picture_of_another_size_than_its_record_says_is_refused(copied: Path) -> None:
    path = copied / "terrace-noon.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"size": [640, 480]}), encoding="utf-8")
    with pytest.raises(Misconfigured, match="640x480"):
        plate_stage("terrace-noon", copied)


def _row(**fields: object) -> Asset:
    return Asset.model_validate(
        {"id": "place", "brand": "demo", "kind": AssetKind.BACKGROUND, "title": "Launch pad", "digest": "0" * 64,
         "size": Size(width=640, height=427)} | fields
    )


def test_a_photograph_is_ground_only_when_its_row_says_where_the_ground_is() -> None:
    photo = data.rocket()
    assert photo_scene(_row(), photo) is None
    assert photo_scene(_row(horizon=0.6, ground_line=0.55, camera_height=1.5), photo) is None
    row = _row(horizon=0.55, ground_line=0.9, camera_height=1.6, light=Light.MORNING, light_side=-0.5)
    found = photo_scene(row, photo)
    assert found is not None and not found.mirrorable and found.light_side == -0.5
    view = view_of(found)
    assert view.camera.horizon(0) == pytest.approx(0.55 * 427)
    assert view.camera.pixels_per_metre(0, 0) * 1.6 == pytest.approx(0.35 * 427)
    with pytest.raises(BadInput, match="no ground"):
        stage_of("photo:place", {"place": _row()}, {"place": photo})
    with pytest.raises(BadInput, match="without its photograph"):
        stage_of("photo:place", {"place": row}, {})
    stage = stage_of("photo:place", {"place": row}, {"place": photo})
    assert stage.view == view


def test_any_photograph_makes_a_table_backdrop_with_its_own_colours() -> None:
    photo = data.coffee()
    found = tabletop_scene(_row(), photo)
    stage = stage_of(found.id, {"place": _row()}, {"place": photo})
    assert stage.view == view_of(found)
    done = draw(stage)
    assert done.composition.true_scale == pytest.approx(1.0, abs=0.05)
    sharp = np.abs(np.diff(stage.beauty[:300].astype(int), axis=1)).mean()
    assert sharp < 0.5 * np.abs(np.diff(photo.astype(int), axis=1)).mean()
