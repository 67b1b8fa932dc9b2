"""Scenes: every way to make an empty scene, as a catalogue to search in and as stages to draw on.

A new scene is one plate (three files in `plates/`) or one entry in `studio.yaml` or `flat_lay.yaml`; photographs from
a brand's library become scenes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from domain.assets import Asset
from domain.composition import Scene, SceneKind
from domain.errors import NotFound
from domain.ports import Image
from tools.imaging.plate import PlateRecord, plate_stage, plates
from tools.imaging.product import BALL_SHARE, SIDE_GAIN, side_of
from tools.imaging.stage import Stage, View

_LUMA = (0.2126, 0.7152, 0.0722)


@lru_cache(maxsize=1)
def catalogue() -> tuple[Scene, ...]:
    """Every scene that ships: plates first, then procedural sets in neutral colours, then surfaces from above."""
    return tuple(_plate_scene(record) for record in plates().values())


def scene(scene_id: str) -> Scene:
    """A scene of the catalogue by id, or a set in brand colours; raises NotFound when there is none."""
    for entry in catalogue():
        if entry.id == scene_id:
            return entry
    raise NotFound(f"there is no scene {scene_id!r}", hint="list the scenes to see which there are")


def view_of(entry: Scene) -> View:
    """The geometry of a scene, without its pixels."""
    kind, _, name = entry.id.partition(":")
    if kind == "plate":
        record = plates().get(name)
        if record is None:
            raise NotFound(f"there is no scene {entry.id!r}", hint="list the scenes to see which there are")
        return record.view()
    raise NotFound(f"there is no scene {entry.id!r}", hint="list the scenes to see which there are")


def stage_of(scene_id: str, assets: Mapping[str, Asset], photos: Mapping[str, Image]) -> Stage:
    """The scene ready to draw on; raises NotFound when it is unknown or its photograph was not handed over."""
    kind, _, name = scene_id.partition(":")
    if kind == "plate":
        return plate_stage(name)
    raise NotFound(f"there is no scene {scene_id!r}", hint="list the scenes to see which there are")


def _plate_scene(record: PlateRecord) -> Scene:
    left = sum(w * c for w, c in zip(_LUMA, record.probe.left, strict=True)) + 0.02
    right = sum(w * c for w, c in zip(_LUMA, record.probe.right, strict=True)) + 0.02
    return Scene(
        id=f"plate:{record.id}",
        kind=SceneKind.PLATE,
        title=record.about[:1].upper() + record.about[1:],
        light=record.light,
        tags=_tags(record.family, *record.place_tags, *record.mood_tags, record.time_of_day, record.season,
                   record.weather, record.light.value),
        surface=record.surface,
        palette=record.palette,
        view_elevation=record.view_elevation,
        scale=record.scale,
        light_side=side_of(left, right, SIDE_GAIN * BALL_SHARE),
        light_ratio=max(left, right) / min(left, right),
    )


def _tags(*words: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def brand_scenes(palette: Sequence[str]) -> tuple[Scene, ...]:
    """The procedural sets in a brand's colours."""
    return ()
