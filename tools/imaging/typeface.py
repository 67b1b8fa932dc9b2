"""The typefaces that ship (SIL Open Font License), what they have letters for, and lines of them as ink."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import cast

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from domain.composition import TextAlign
from domain.ports import Mask

_ABSENT = "\uffff"
_LETTERS = (*range(0x20, 0x250), *range(0x2010, 0x2040), *range(0x20A0, 0x20C0), 0x2122)
"""Code points worth asking a Latin typeface for: Latin with its extensions, punctuation, currencies, trade mark."""


@lru_cache(maxsize=64)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels."""
    with as_file(files("tools.imaging").joinpath(f"fonts/{face}.ttf")) as path:
        return ImageFont.truetype(str(path), size)


@cache
def glyphs(face: str) -> str:
    """Every character a face has a letter for."""
    pen = font(face, 24)

    def drawn(character: str) -> tuple[bytes, tuple[float, ...]]:
        return bytes(pen.getmask(character)), pen.getbbox(character)

    absent = drawn(_ABSENT)
    return "".join(c for c in map(chr, _LETTERS) if (c.isprintable() or c == "\u00a0") and drawn(c) != absent)


def lacking(face: str, text: str) -> str:
    """The characters of `text`, composed (NFC), that a face has no letter for, each once."""
    known = glyphs(face)
    return "".join(dict.fromkeys(c for c in unicodedata.normalize("NFC", text) if c not in known))


@lru_cache(maxsize=2048)
def length(face: str, size: int, text: str) -> float:
    """How far a line reaches in pixels, kerning included."""
    return font(face, size).getlength(text)


def ink(lines: Sequence[str], face: str, size: int, align: TextAlign, leading: float) -> Mask:
    """The lines as cover, 0..255, cut to the ink itself; an empty array where there is none.

    Args:
        lines: top to bottom, each set with the face's own kerning.
        face: a shipped typeface.
        size: type size in pixels.
        align: how the lines stand to each other.
        leading: from one baseline to the next, as a factor of the size.
    """
    lengths = [length(face, size, line) for line in lines]
    pad, step = size, round(leading * size)
    sheet = Pillow.new("L", (int(max(lengths, default=0)) + 2 * pad, (len(lines) - 1) * step + 3 * pad), 0)
    pen = ImageDraw.Draw(sheet)
    for number, (line, reach) in enumerate(zip(lines, lengths, strict=True)):
        start = pad if align is TextAlign.LEFT else round((sheet.width - reach) / 2)
        pen.text((start, 2 * pad + number * step), line, fill=255, font=font(face, size), anchor="ls")
    box = sheet.getbbox()
    return cast(Mask, np.asarray(sheet.crop(box), np.uint8)) if box else np.zeros((0, 0), np.uint8)
