"""Lines of text in the one typeface that is the same on every machine: the face that comes with Pillow.

It holds little beyond ASCII. Accented letters are drawn as the plain letter with its mark set above; other characters
are spelt out where that is customary, and stand as a question mark where it is not.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_SPELT = {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "đ": "d", "ł": "l", "Ł": "L", "ı": "i",
          "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "×": "x", "…": "...", "€": "EUR ", "→": ">"}
_FINE = 4

# Each mark as strokes on a unit square, y upwards from the top of the letter: a circle (x, y, radius, filled) or the
# points of a line, all in shares of the type size.
_CIRCLES = {
    "\u0308": ((-0.11, 0.11, 0.052, True), (0.11, 0.11, 0.052, True)),
    "\u030a": ((0.0, 0.13, 0.085, False),),
    "\u0307": ((0.0, 0.11, 0.055, True),),
}
_STROKES = {
    "\u0301": ((-0.05, 0.05), (0.08, 0.19)),
    "\u0300": ((0.05, 0.05), (-0.08, 0.19)),
    "\u0302": ((-0.12, 0.06), (0.0, 0.18), (0.12, 0.06)),
    "\u030c": ((-0.12, 0.18), (0.0, 0.06), (0.12, 0.18)),
    "\u0303": ((-0.14, 0.08), (-0.06, 0.15), (0.06, 0.08), (0.14, 0.15)),
    "\u0304": ((-0.12, 0.11), (0.12, 0.11)),
    "\u030b": ((-0.02, 0.05), (0.07, 0.19)),
}


class Line(NamedTuple):
    """Text as the face can draw it: plain characters, and the marks above some of them by position."""

    plain: str
    marks: tuple[tuple[int, str], ...] = ()


@cache
def font(size: int) -> _Font:
    """The face at a size in pixels."""
    return ImageFont.load_default(size)


@cache
def _drawn(character: str) -> bytes:
    return bytes(font(24).getmask(character))


def _known(text: str) -> bool:
    """Whether the face holds every character, seen by their not being its crossed box."""
    return all(_drawn(character) != _drawn("\uffff") for character in text)


@cache
def _letter(character: str) -> tuple[str, str]:
    """A character as the face can draw it: plain characters, and the mark above the first of them."""
    if character in _SPELT:
        return _SPELT[character], ""
    if _known(character):
        return character, ""
    base, *above = list(unicodedata.normalize("NFKD", character))
    if not _known(base) or unicodedata.combining(base):
        return "?", ""
    mark = above[0] if len(above) == 1 and above[0] in {**_CIRCLES, **_STROKES} else ""
    return base, mark


def line(text: str, size: int, width: float) -> Line:
    """The text in one line no wider than `width` pixels, ended with three dots where it was longer."""
    calm = " ".join("".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text)).split())
    letters = [_letter(character) for character in calm[:2000]]
    face = font(size)
    if face.getlength("".join(plain for plain, _ in letters)) > width:
        low, high = 0, len(letters)
        while low < high:
            middle = (low + high + 1) // 2
            fits = face.getlength("".join(plain for plain, _ in letters[:middle]) + "...") <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        letters = [*letters[:low], ("...", "")]
    marks, at = [], 0
    for plain, mark in letters:
        if mark:
            marks.append((at, mark))
        at += len(plain)
    return Line("".join(plain for plain, _ in letters), tuple(marks))


@cache
def _mark(mark: str, size: int) -> Pillow.Image:
    """A mark as a mask, half the type size wide and 0.3 of it high, smooth by drawing it larger."""
    scale = size * _FINE
    mask = Pillow.new("L", (scale // 2, round(scale * 0.3)))
    draw = ImageDraw.Draw(mask)
    stroke = max(1, round(scale * 0.062))

    def at(x: float, y: float) -> tuple[float, float]:
        return mask.width / 2 + x * scale, mask.height - y * scale

    for x, y, radius, filled in _CIRCLES.get(mark, ()):
        box = (*at(x - radius, y + radius), *at(x + radius, y - radius))
        draw.ellipse(box, fill=255 if filled else 0, outline=255, width=stroke)
    if mark in _STROKES:
        draw.line([at(x, y) for x, y in _STROKES[mark]], 255, stroke, "curve")
    return mask.resize((mask.width // _FINE, mask.height // _FINE), Pillow.Resampling.BOX)


def write(sheet: Pillow.Image, at: tuple[int, int], text: Line, size: int, colour: tuple[int, int, int]) -> None:
    """Draw a line with its top left at `at`."""
    face = font(size)
    ImageDraw.Draw(sheet).text(at, text.plain, colour, font=face)
    for position, mark in text.marks:
        letter = text.plain[position]
        left, top, right, _ = face.getbbox(letter)
        mask = _mark(mark, size)
        x = at[0] + face.getlength(text.plain[:position]) + (left + right) / 2 - mask.width / 2
        sheet.paste(colour, (round(x), round(at[1] + top - mask.height)), mask)
