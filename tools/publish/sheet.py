"""Pictures of pictures: thumbnails, and the contact sheet a person looks at first."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from domain.ports import Image

WIDTH = 2000
_MARGIN, _GAP, _SMALL_GAP = 88, 36, 22
_PAPER, _INK, _GREY, _HAIR = (250, 248, 245), (28, 27, 26), (117, 112, 106), (222, 217, 210)
_WIDEST = 900
_SMALL_COLUMNS = 6
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Tile(NamedTuple):
    """One picture of the sheet, RGB, with a title and a line under it."""

    image: Image
    title: str
    subtitle: str = ""


def thumbnail(image: Image, side: int = 480) -> bytes:
    """The picture as WebP, its longer side at most `side` pixels; never enlarged."""
    picture = Pillow.fromarray(np.ascontiguousarray(image[..., :3]))
    picture.thumbnail((side, side), Pillow.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


@cache
def _font(size: int) -> _Font:
    """The FreeType face that comes with Pillow: the same on every machine."""
    return ImageFont.load_default(size)


_SPELT = {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "đ": "d", "ł": "l", "Ł": "L", "–": "-",
          "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "×": "x", "…": "...", "€": "EUR ", "→": ">"}


@cache
def _drawn(character: str) -> bytes:
    return bytes(_font(24).getmask(character))


@cache
def _spelt(character: str) -> str:
    """A character as the face can draw it: itself, else spelt out, else without its accent, else a question mark.

    The face holds little beyond ASCII and draws a crossed box for the rest; a plain letter reads better.
    """
    if character.isspace() or not character.isprintable():
        return " "
    if _drawn(character) != _drawn("\uffff"):
        return character
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    known = plain and all(_drawn(c) != _drawn("\uffff") for c in plain)
    return _SPELT.get(character) or (plain if known else "?")


def _shortened(text: str, font: _Font, width: float) -> str:
    """The text in one line, ended with three dots where it is too long."""
    line = " ".join("".join(map(_spelt, unicodedata.normalize("NFC", text))).split())
    if font.getlength(line) <= width:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(line[:middle].rstrip() + "...") <= width else (low, middle - 1)
    return line[:low].rstrip() + "..."


def _scaled(image: Image, width: int, height: int) -> Pillow.Image:
    picture = Pillow.fromarray(np.ascontiguousarray(image[..., :3]))
    share = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Pillow.Resampling.LANCZOS)


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


def _draw_row(sheet: Pillow.Image, draw: ImageDraw.ImageDraw, row: _Row, top: int) -> None:
    floor = top + max(picture.height for picture in row.pictures)
    for i, (picture, tile) in enumerate(zip(row.pictures, row.tiles, strict=True)):
        left = _MARGIN + i * (row.column + row.gap)
        sheet.paste(picture, (left, floor - picture.height))
        title, small = _font(row.title_size), _font(round(row.title_size * 0.8))
        at = floor + round(row.title_size * 0.65)
        draw.text((left, at), _shortened(tile.title, title, row.column), _INK, font=title)
        if tile.subtitle:
            below = at + round(row.title_size * 1.4)
            draw.text((left, below), _shortened(tile.subtitle, small, row.column), _GREY, font=small)


def contact_sheet(
    shortlist: Sequence[Tile], candidates: Sequence[Tile] = (), *, heading: str = "", note: str = ""
) -> Image:
    """One page with the shortlist large and every candidate small beneath it: RGB, 2000 pixels wide.

    Args:
        shortlist: what passed, best first; up to three stand in a row. May be empty.
        candidates: all that were drawn, six in a row. May be empty.
        heading: the request, shortened to one line.
        note: a line beside the rule under the heading, such as run, markets and date.
    """
    large = _rows(shortlist, min(3, len(shortlist)), _GAP, 30, 1.5) if shortlist else []
    small = _rows(candidates, _SMALL_COLUMNS, _SMALL_GAP, 19, 1.5) if candidates else []
    head = _MARGIN + (72 if heading else 0) + (48 if note else 0) + (36 if heading or note else 0)
    label = 84 if small else 0
    body = sum(row.height + row.gap for row in (*large, *small))
    sheet = Pillow.new("RGB", (WIDTH, head + body + label + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(sheet)
    width = WIDTH - 2 * _MARGIN
    top = _MARGIN
    if heading:
        draw.text((_MARGIN, top - 8), _shortened(heading, _font(46), width), _INK, font=_font(46))
        top += 72
    if note:
        draw.text((_MARGIN, top), _shortened(note, _font(25), width), _GREY, font=_font(25))
    top = head
    for row in large:
        _draw_row(sheet, draw, row, top)
        top += row.height + row.gap
    if small:
        draw.line((_MARGIN, top, WIDTH - _MARGIN, top), _HAIR, 2)
        draw.text((_MARGIN, top + 26), f"All {len(candidates)} candidates", _GREY, font=_font(25))
        top += label
    for row in small:
        _draw_row(sheet, draw, row, top)
        top += row.height + row.gap
    return np.asarray(sheet, dtype=np.uint8)
