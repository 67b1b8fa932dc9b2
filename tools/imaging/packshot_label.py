"""Label artwork: type and simple shapes drawn flat, then wrapped around the product by the renderer."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageColor, ImageDraw

from tools.imaging import packshot_spec as spec
from tools.imaging.packshot_shape import Floats
from tools.imaging.typeface import font

_SUPER = 2


@dataclass(frozen=True)
class Artwork:
    """A drawn label. `layers` is height x width x 5: sRGB 0..1, cover 0..1, foil 0..1. `boxes`: component name to
    (left, top, right, bottom) in texture pixels.
    """

    layers: Floats
    boxes: dict[str, tuple[float, float, float, float]]


class _Sheet:
    """Three canvases drawn together: colour, cover and foil, at _SUPER times the texture's size."""

    def __init__(self, label: spec.Label, width: int, height: int) -> None:
        self.scale = height * _SUPER
        self.middle = width * _SUPER / 2
        size = (width * _SUPER, height * _SUPER)
        ground = label.top or "#000000"
        self.colour = Pillow.new("RGB", size, ground)
        if label.top and label.bottom:
            mix = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
            ends = [np.array(ImageColor.getrgb(c), np.float32) for c in (label.top, label.bottom)]
            column = ends[0] * (1 - mix) + ends[1] * mix
            self.colour = Pillow.fromarray(np.rint(np.broadcast_to(column[:, None], (*size[::-1], 3))).astype(np.uint8))
        self.cover = Pillow.new("L", size, 0)
        if label.top:
            ImageDraw.Draw(self.cover).rounded_rectangle(
                (0, 0, size[0] - 1, size[1] - 1), radius=label.corner * self.scale, fill=255
            )
        self.foil = Pillow.new("L", size, 0)
        self.boxes: dict[str, tuple[float, float, float, float]] = {}

    def x(self, value: float) -> float:
        return self.middle + value * self.scale

    def paint(self, stencil: Pillow.Image, colour: str, foil: bool) -> None:
        box = stencil.getbbox()
        if box is None:
            return
        shape = stencil.crop(box)
        self.colour.paste(colour, box, shape)
        self.cover.paste(255, box, shape)
        self.foil.paste(255 if foil else 0, box, shape)

    def stencil(self) -> tuple[Pillow.Image, ImageDraw.ImageDraw]:
        blank = Pillow.new("L", self.cover.size, 0)
        return blank, ImageDraw.Draw(blank)


def draw(label: spec.Label, width: int, height: int) -> Artwork:
    """Draw a label at a texture size in pixels."""
    sheet = _Sheet(label, width, height)
    for element in label.art:
        _paint(sheet, element)
    canvases = (sheet.colour, sheet.cover, sheet.foil)
    small = [np.asarray(canvas.reduce(_SUPER)).astype(np.float32) / 255 for canvas in canvases]
    boxes = {name: (a / _SUPER, b / _SUPER, c / _SUPER, d / _SUPER) for name, (a, b, c, d) in sheet.boxes.items()}
    return Artwork(np.dstack(small), boxes)


def _paint(sheet: _Sheet, item: spec.Element) -> None:
    match item:
        case spec.Text():
            _text(sheet, item)
        case spec.Rule():
            _rule(sheet, item)
        case spec.Frame():
            _frame(sheet, item)
        case spec.Disc():
            _disc(sheet, item)
        case spec.Citrus():
            _citrus(sheet, item)
        case spec.Rays():
            _rays(sheet, item)
        case spec.Sprig():
            _sprig(sheet, item)


def _text(sheet: _Sheet, item: spec.Text) -> None:
    face = font(item.font, max(4, round(item.size * sheet.scale)))
    gap = item.tracking * item.size * sheet.scale
    ends = [face.getlength(item.text[: index + 1]) for index in range(len(item.text))]     # kerning included
    total = ends[-1] + gap * (len(item.text) - 1)
    stencil, pen = sheet.stencil()
    left = sheet.x(item.x) - total / 2
    for index, letter in enumerate(item.text):
        start = ends[index] - face.getlength(letter)
        pen.text((left + start + gap * index, item.y * sheet.scale), letter, font=face, fill=255, anchor="ls")
    sheet.paint(stencil, item.colour, item.foil)
    if item.component and (box := stencil.getbbox()):
        sheet.boxes[item.component] = box


def _rule(sheet: _Sheet, item: spec.Rule) -> None:
    stencil, pen = sheet.stencil()
    half, thick = item.width * sheet.scale / 2, max(1.0, item.thickness * sheet.scale)
    x, y = sheet.x(item.x), item.y * sheet.scale
    pen.rectangle((x - half, y - thick / 2, x + half, y + thick / 2), fill=255)
    sheet.paint(stencil, item.colour, item.foil)


def _frame(sheet: _Sheet, item: spec.Frame) -> None:
    stencil, pen = sheet.stencil()
    inset = item.inset * sheet.scale
    width, height = stencil.size
    pen.rectangle(
        (inset, inset, width - inset, height - inset), outline=255, width=max(1, round(item.thickness * sheet.scale))
    )
    sheet.paint(stencil, item.colour, item.foil)


def _disc(sheet: _Sheet, item: spec.Disc) -> None:
    stencil, pen = sheet.stencil()
    x, y, r = sheet.x(item.x), item.y * sheet.scale, item.radius * sheet.scale
    box = (x - r, y - r, x + r, y + r)
    if item.thickness:
        pen.ellipse(box, outline=255, width=max(1, round(item.thickness * sheet.scale)))
    else:
        pen.ellipse(box, fill=255)
    sheet.paint(stencil, item.colour, item.foil)


def _citrus(sheet: _Sheet, item: spec.Citrus) -> None:
    x, y, r = sheet.x(item.x), item.y * sheet.scale, item.radius * sheet.scale
    for share, colour in ((1.0, item.rind), (0.955, item.pith)):
        stencil, pen = sheet.stencil()
        pen.ellipse((x - r * share, y - r * share, x + r * share, y + r * share), fill=255)
        sheet.paint(stencil, colour, False)
    steps = 9
    step = 2 * pi / item.segments
    inner, outer = (np.array(ImageColor.getrgb(c), np.float32) for c in (item.heart, item.flesh))
    for layer in range(steps):
        share = 1 - layer / steps
        stencil, pen = sheet.stencil()
        for index in range(item.segments):
            middle = radians(item.turn) + index * step
            pen.polygon(_wedge(x, y, r, middle, step, share), fill=255)
        mix = outer * share + inner * (1 - share)
        sheet.paint(stencil, "#" + "".join(f"{round(v):02x}" for v in mix.tolist()), False)


def _wedge(x: float, y: float, r: float, middle: float, step: float, share: float) -> list[tuple[float, float]]:
    """One segment of a slice with rounded corners, `share` of its full size about its own middle."""
    low, high = 0.10, 0.88
    centre = (low + high) / 2 + 0.08
    points = []
    for s in np.linspace(0, 2 * pi, 48, endpoint=False).tolist():
        # A superellipse in (radius, angle) is a wedge with rounded corners.
        cs, sn = cos(s), sin(s)
        radial = np.sign(cs) * abs(cs) ** 0.55 * (high - low) / 2
        angular = np.sign(sn) * abs(sn) ** 0.62 * (step / 2 - 0.045)
        reach = (low + high) / 2 + radial
        reach = centre + (reach - centre) * share
        angle = middle + angular * share
        points.append((x + r * reach * cos(angle), y + r * reach * sin(angle)))
    return points


def _rays(sheet: _Sheet, item: spec.Rays) -> None:
    stencil, pen = sheet.stencil()
    x, y = sheet.x(item.x), item.y * sheet.scale
    whole = item.arc >= 360
    for index in range(item.count):
        share = index / item.count if whole else index / max(1, item.count - 1) - 0.5
        angle = radians(share * item.arc - 90)
        ends = [(x + cos(angle) * r * sheet.scale, y + sin(angle) * r * sheet.scale) for r in (item.inner, item.outer)]
        pen.line(ends, fill=255, width=max(1, round(item.thickness * sheet.scale)))
    sheet.paint(stencil, item.colour, item.foil)


def _sprig(sheet: _Sheet, item: spec.Sprig) -> None:
    stencil, pen = sheet.stencil()
    x, foot, tall = sheet.x(item.x), (item.y + item.height / 2) * sheet.scale, item.height * sheet.scale
    pen.line([(x, foot), (x, foot - tall * 0.86)], fill=255, width=max(1, round(tall * 0.018)))
    for pair in range(item.pairs):
        base = foot - tall * (0.16 + 0.66 * pair / item.pairs)
        length = tall * (0.34 - 0.17 * pair / item.pairs)
        for side in (-1, 1):
            pen.polygon(_leaf(x, base, length, radians(-90 + side * 48)), fill=255)
    pen.polygon(_leaf(x, foot - tall * 0.80, tall * 0.20, radians(-90)), fill=255)
    sheet.paint(stencil, item.colour, item.foil)


def _leaf(x: float, y: float, length: float, angle: float) -> list[tuple[float, float]]:
    """A pointed leaf from (x, y) along `angle`."""
    along = np.linspace(0, 1, 24)
    width = 0.17 * np.sin(pi * along**0.85)
    outline: npt.NDArray[np.float64] = np.vstack([np.c_[along, width], np.c_[along, -width][::-1]]) * length
    return [(x + a * cos(angle) - b * sin(angle), y + a * sin(angle) + b * cos(angle)) for a, b in outline.tolist()]

