"""Pictures of pictures: thumbnails, and the contact sheet a person looks at first."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from domain.ports import Image
from tools.publish.lettering import line, write

WIDTH = 2000
_MARGIN, _GAP, _SMALL_GAP = 88, 36, 22
_PAPER, _INK, _GREY, _HAIR = (250, 248, 245), (28, 27, 26), (117, 112, 106), (222, 217, 210)
_WIDEST = 900
_SMALL_COLUMNS = 6
_SMALLEST_PREVIEW = 96


class Tile(NamedTuple):
    """One picture of the sheet, RGB, with a title and a line under it."""

    image: Image
    title: str
    subtitle: str = ""


def thumbnail(image: Image, side: int = 480) -> bytes:
    """The picture as WebP, its longer side at most `side` pixels; never enlarged."""
    return _webp(image, side, 82)


def preview(image: Image, side: int, most_bytes: int) -> bytes:
    """As `thumbnail`, and at most `most_bytes` long: first at a lower quality, then smaller."""
    while True:
        for quality in (82, 70, 55):
            data = _webp(image, side, quality)
            if len(data) <= most_bytes or side <= _SMALLEST_PREVIEW:
                return data
        side = max(_SMALLEST_PREVIEW, side * 3 // 4)


def _webp(image: Image, side: int, quality: int) -> bytes:
    picture = _scaled(image, min(side, image.shape[1]), min(side, image.shape[0]))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def _scaled(image: Image, width: int, height: int) -> Pillow.Image:
    height_now, width_now = image.shape[:2]
    share = min(width / width_now, height / height_now)
    size = (max(1, round(width_now * share)), max(1, round(height_now * share)))
    smaller = cv2.resize(image[..., :3], size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC)
    return Pillow.fromarray(np.ascontiguousarray(smaller))


class _Row(NamedTuple):
    """One row of tiles, ready to paste: pictures, their captions, and the height the row takes."""

    pictures: tuple[Pillow.Image, ...]
    tiles: tuple[Tile, ...]
    column: int
    gap: int
    title_size: int
    height: int


def _rows(tiles: Sequence[Tile], columns: int, gap: int, title_size: int, tallest: float) -> list[_Row]:
    """The tiles in rows of `columns`; a picture is as wide as its column, or lower than `tallest` times that."""
    column = min(_WIDEST, (WIDTH - 2 * _MARGIN - (columns - 1) * gap) // columns)
    rows = []
    for first in range(0, len(tiles), columns):
        part = tuple(tiles[first:first + columns])
        pictures = tuple(_scaled(tile.image, column, round(column * tallest)) for tile in part)
        text = round(title_size * (3.6 if any(tile.subtitle for tile in part) else 2.1))
        rows.append(_Row(pictures, part, column, gap, title_size, max(p.height for p in pictures) + text))
    return rows


def _draw_row(sheet: Pillow.Image, row: _Row, top: int) -> None:
    floor = top + max(picture.height for picture in row.pictures)
    for i, (picture, tile) in enumerate(zip(row.pictures, row.tiles, strict=True)):
        left = _MARGIN + i * (row.column + row.gap)
        sheet.paste(picture, (left, floor - picture.height))
        small = round(row.title_size * 0.8)
        at = floor + round(row.title_size * 0.65)
        write(sheet, (left, at), line(tile.title, row.title_size, row.column), row.title_size, _INK)
        if tile.subtitle:
            write(sheet, (left, at + round(row.title_size * 1.4)), line(tile.subtitle, small, row.column), small, _GREY)


def contact_sheet(
    shortlist: Sequence[Tile], candidates: Sequence[Tile] = (), *, heading: str = "", note: str = ""
) -> Image:
    """One page with the shortlist large and the candidates small beneath it: RGB, 2000 pixels wide.

    Args:
        shortlist: what passed, best first; up to three stand in a row. May be empty.
        candidates: all that were drawn, or those not chosen (then none has a shortlisted title); six in a row.
        heading: the request, shortened to one line.
        note: a line beside the rule under the heading, such as run, markets and date.
    """
    large = _rows(shortlist, min(3, len(shortlist)), _GAP, 30, 1.5) if shortlist else []
    small = _rows(candidates, _SMALL_COLUMNS, _SMALL_GAP, 19, 1.5) if candidates else []
    head = _MARGIN + (72 if heading else 0) + (48 if note else 0) + (36 if heading or note else 0)
    label = 84 if small else 0
    body = sum(row.height + row.gap for row in (*large, *small))
    sheet = Pillow.new("RGB", (WIDTH, head + body + label + _MARGIN), _PAPER)
    width = WIDTH - 2 * _MARGIN
    top = _MARGIN
    if heading:
        write(sheet, (_MARGIN, top - 8), line(heading, 46, width), 46, _INK)
        top += 72
    if note:
        write(sheet, (_MARGIN, top), line(note, 25, width), 25, _GREY)
    top = head
    for row in large:
        _draw_row(sheet, row, top)
        top += row.height + row.gap
    if small:
        ImageDraw.Draw(sheet).line((_MARGIN, top, WIDTH - _MARGIN, top), _HAIR, 2)
        again = not shortlist or {tile.title for tile in shortlist} & {tile.title for tile in candidates}
        label_text = f"All {len(candidates)} candidates" if again else f"{len(candidates)} not chosen"
        write(sheet, (_MARGIN, top + 26), line(label_text, 25, width), 25, _GREY)
        top += label
    for row in small:
        _draw_row(sheet, row, top)
        top += row.height + row.gap
    return np.asarray(sheet, dtype=np.uint8)
