"""Composing: cutouts stand in a scene.

picture = (ambient + key x (1 - cast shadow)) x (1 - occlusion) + reflection, finished and harmonised as a background;
the product's own pixels are copied on top last and are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians

import cv2
import numpy as np

from domain.composition import Composition, SceneRef, Settings
from domain.ports import Image, Mask
from domain.values import Affine, Box, Point, Size
from tools.imaging.defocus import defocus
from tools.imaging.figure import Actor, Figure, moved, place, view_elevation, wanted_ppm
from tools.imaging.finish import finish, printing, shaded
from tools.imaging.framing import Frame, frame
from tools.imaging.harmonise import shift
from tools.imaging.shading import Shot, background, shade
from tools.imaging.silhouette import over, paste
from tools.imaging.stage import Stage, View
from tools.imaging.typesetting import typeset


@dataclass(frozen=True)
class Composed:
    """A finished picture: the composition as drawn, the picture (RGB), the products alone (RGBA) and their mask.

    Words, where the composition asks for some, are set last, on the finished background.
    """

    composition: Composition
    image: Image
    layer: Image
    mask: Mask


def compose(
    stage: Stage, scene: SceneRef, composition: Composition, settings: Settings, actors: Sequence[Actor], seed: int
) -> Composed:
    """Draws one composition.

    Args:
        stage: the scene.
        scene: whether it is mirrored.
        composition: canvas, place and size of the first product and of `others`, roll and lift.
        settings: strengths of every effect on the background.
        actors: the first product, then one for each of `composition.others`, in that order.
        seed: moves the grain.
    """
    view = stage.view.mirrored() if scene.mirrored else stage.view
    canvas = composition.canvas
    places = [(composition.centre, composition.scale, composition.rotation)]
    places += [(o.centre, o.scale, o.rotation) for o in composition.others]
    figures = [
        place(view, canvas, actor, centre, scale, rotation, composition.roll)
        for actor, (centre, scale, rotation) in zip(actors, places, strict=True)
    ]
    crop, figures = _settled(view, composition, figures)
    shot = Shot(stage, view, scene.mirrored, crop, canvas)
    order = sorted(range(len(figures)), key=lambda i: figures[i].base[1])
    empty = defocus(background(shot), crop.camera, crop.foot, stage, settings, view.from_above)
    shading = [
        part for i in order for part in shade(shot, figures[i], settings, composition.lift if i == 0 else 0.0)
    ]
    look = printing(stage, settings, shift(empty, actors[0].look, settings.harmonise), seed)
    image = finish(empty, shading, look)
    layer = np.zeros((canvas.height, canvas.width, 4), np.uint8)
    for i in order:
        paste(image, figures[i].raster, figures[i].at)
        over(layer, figures[i].raster, figures[i].at)
    mask = layer[..., 3].copy()
    filled = _filled(composition, crop, figures, view)
    if not composition.wording.texts:
        return Composed(filled, image, layer, mask)
    words = typeset(image, mask, shaded(shading, canvas), composition.wording)
    return Composed(filled.model_copy(update={"text_blocks": words.blocks}), words.image, layer, mask)


def _settled(view: View, composition: Composition, figures: list[Figure]) -> tuple[Frame, list[Figure]]:
    """The crop, and the figures moved together until the first stands where the scene lets it.

    Repeated until nothing moves, so that a composition as drawn, drawn again, comes out the same.
    """
    for _ in range(4):
        lead = figures[0]
        base = (lead.base[0], lead.base[1] + composition.lift)
        crop = frame(view, composition.canvas, base, wanted_ppm(view, lead), composition.roll)
        dx, dy = crop.base[0] - base[0], crop.base[1] - base[1]
        if (round(dx), round(dy)) == (0, 0):
            break
        figures = [moved(figure, dx, dy) for figure in figures]
    return crop, figures


def _filled(composition: Composition, crop: Frame, figures: Sequence[Figure], view: View) -> Composition:
    """The composition with everything that only drawing knows."""
    canvas, lead = composition.canvas, figures[0]
    drawn = lead.height
    real = lead.geometry.real_height
    true = None
    if real:
        true = drawn / (real * crop.ppm * cos(radians(0 if view.from_above else view_elevation(view))))
    horizon = crop.camera.horizon(lead.base[0])
    return composition.model_copy(
        update={
            "centre": _centre(lead, canvas),
            "others": tuple(
                other.model_copy(update={"affine": _affine(figure), "centre": _centre(figure, canvas)})
                for other, figure in zip(composition.others, figures[1:], strict=True)
            ),
            "affine": _affine(lead),
            "box": _box(lead, canvas),
            "contacts": _contacts(lead, composition.lift, view.from_above),
            "horizon": None if view.from_above or not -1e6 < horizon < 1e6 else horizon,
            "light_from": _light_from(crop, view),
            "true_scale": true,
        }
    )


def _affine(figure: Figure) -> Affine:
    m = figure.raster.affine.copy()
    m[:, 2] += figure.at
    a, b = ((float(r[0]), float(r[1]), float(r[2])) for r in m)
    return a, b


def _centre(figure: Figure, canvas: Size) -> Point:
    h, w = figure.raster.rgba.shape[:2]
    return Point(x=(figure.at[0] + w / 2) / canvas.width, y=(figure.at[1] + h / 2) / canvas.height)


def _box(figure: Figure, canvas: Size) -> Box | None:
    x, y, w, h = cv2.boundingRect((figure.raster.alpha > 8).astype(np.uint8))
    x0, y0 = max(x + figure.at[0], 0), max(y + figure.at[1], 0)
    x1, y1 = min(x + figure.at[0] + w, canvas.width), min(y + figure.at[1] + h, canvas.height)
    return Box(x=x0, y=y0, width=x1 - x0, height=y1 - y0) if x1 > x0 and y1 > y0 else None


def _contacts(figure: Figure, lift: float, lying: bool) -> tuple[Point, ...]:
    """Ground points under the product's supports: where it would touch if it stood."""
    if lying:
        return ()
    stance = figure.footing
    return tuple(Point(x=figure.at[0] + p[0], y=figure.at[1] + p[1] + lift) for p in (stance.left, stance.right))


def _light_from(crop: Frame, view: View) -> Point:
    """Direction on the picture towards the key light, seen from the foot; a unit vector, y down."""
    x, y = crop.foot
    step = 0.02 * float(np.linalg.norm(crop.camera.position()))
    u0, v0 = crop.camera.project(x, y)
    u1, v1 = crop.camera.project(x + step * view.sun[0], y + step * view.sun[1], step * view.sun[2])
    length = max(hypot(u1 - u0, v1 - v0), 1e-6)
    return Point(x=(u1 - u0) / length, y=(v1 - v0) / length)
