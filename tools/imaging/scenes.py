"""Scenes: every way to make an empty scene, as a catalogue to search in and as stages to draw on.

A new scene is one plate (three files in `plates/`) or one entry in `studio.yaml` or `flat_lay.yaml`; photographs from
a brand's library become scenes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from domain.assets import Asset
from domain.composition import Scene, SceneKind
from domain.errors import BadInput, NotFound
from domain.ports import Image
from tools.imaging.backdrop import (
    photo_scene,
    photo_stage,
    photo_view,
    tabletop_scene,
    tabletop_stage,
    tabletop_view,
)
from tools.imaging.flat_lay import flat_lay_stage, surfaces
from tools.imaging.plate import PlateRecord, plate_stage, plates
from tools.imaging.product import BALL_SHARE, SIDE_GAIN, side_of
from tools.imaging.stage import Stage, View
from tools.imaging.studio import painted, sets, studio_stage

__all__ = ["brand_scenes", "catalogue", "photo_scene", "scene", "stage_of", "tabletop_scene", "view_of"]

_SHADED = 0.14
"""Strength given to the side of a key light whose measure is lost: enough to name it, too little to exclude."""

_LUMA = (0.2126, 0.7152, 0.0722)


@lru_cache(maxsize=1)
def catalogue() -> tuple[Scene, ...]:
    """Every scene that ships: plates first, then procedural sets in neutral colours, then surfaces from above."""
    return (
        *(_plate_scene(record) for record in plates().values()),
        *(recipe.scene() for recipe in sets().values()),
        *(recipe.scene() for recipe in surfaces().values()),
    )


def brand_scenes(palette: Sequence[str]) -> tuple[Scene, ...]:
    """The procedural sets with the wall in a brand's first colour and the rest in its second; none without colours."""
    colours = tuple(palette[:2])
    return tuple(recipe.scene(colours) for recipe in sets().values()) if colours else ()


def scene(scene_id: str) -> Scene:
    """A scene of the catalogue, or a set in brand colours, by id; raises NotFound when there is none."""
    for entry in catalogue():
        if entry.id == scene_id:
            return entry
    kind, _, name = scene_id.partition(":")
    if kind == "studio" and "@" in name:
        return painted(name).scene(tuple(f"#{c}" for c in name.partition("@")[2].split(".")))
    raise _unknown(scene_id)


def view_of(entry: Scene) -> View:
    """The geometry of a scene, without its pixels; raises NotFound when there is no such scene."""
    kind, _, name = entry.id.partition(":")
    if kind == "plate" and name in plates():
        return plates()[name].view()
    if kind == "studio":
        return painted(name).view()
    if kind == "flat_lay" and name in surfaces():
        return surfaces()[name].view()
    if kind == "tabletop":
        return tabletop_view(entry.light, entry.light_side)
    if kind == "photo":
        return photo_view(entry)
    raise _unknown(entry.id)


def stage_of(scene_id: str, assets: Mapping[str, Asset], photos: Mapping[str, Image]) -> Stage:
    """The scene ready to draw on.

    Args:
        scene_id: "plate:terrace-noon", "studio:arch", "studio:arch@e3c9b3.c98f6a", "flat_lay:oak", "photo:<asset>",
            "tabletop:<asset>".
        assets: library rows of the photographs.
        photos: their pixels, RGB.

    Raises NotFound when the scene is unknown, BadInput when its photograph was not handed over or has no ground.
    """
    kind, _, name = scene_id.partition(":")
    if kind == "plate" and name in plates():
        return plate_stage(name)
    if kind == "studio":
        return studio_stage(name)
    if kind == "flat_lay":
        return flat_lay_stage(name)
    if kind in ("photo", "tabletop"):
        if name not in assets or name not in photos:
            raise BadInput(
                f"scene {scene_id!r} came without its photograph", where=name, hint="hand over its row and its pixels"
            )
        build = photo_stage if kind == "photo" else tabletop_stage
        return build(assets[name], photos[name])
    raise _unknown(scene_id)


def _unknown(scene_id: str) -> NotFound:
    return NotFound(f"there is no scene {scene_id!r}", hint="list the scenes to see which there are")


def _plate_scene(record: PlateRecord) -> Scene:
    left = sum(w * c for w, c in zip(_LUMA, record.probe.left, strict=True)) + 0.02
    right = sum(w * c for w, c in zip(_LUMA, record.probe.right, strict=True)) + 0.02
    side, ratio = side_of(left, right, SIDE_GAIN * BALL_SHARE), max(left, right) / min(left, right)
    if side * record.sun[0] < 0:
        # The ball stood in a shadow of the set and tells of the fill; products stand in the key light beside it.
        side, ratio = _SHADED * (1 if record.sun[0] > 0 else -1), 1.2
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
        light_side=side,
        light_ratio=ratio,
    )


def _tags(*words: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))

