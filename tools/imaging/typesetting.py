"""Setting words on a finished picture: place, size, lines and colour; the product is never touched.

Several sizes, breaks and places are held against each other: large and in few lines speaks for a setting, a busy
or mixed background against it. The best whose letters reach the wanted contrast is drawn; where the background is
between light and dark, it is dimmed or lifted softly on the words' side of the picture, never on the product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from domain.composition import TextAlign, TextBlock, TextPlace, Wording
from domain.errors import BadInput
from domain.plan import TextLimits
from domain.ports import Image, Mask
from domain.values import Box, HexColour
from tools.imaging.colour import Floats, contrast, encode, floats, from_hex, linear, luminance, smoothstep, to_bytes
from tools.imaging.paragraph import HEADLINE, LEADING, MOST_LINES, Set, Stack, calm, stack
from tools.imaging.text_room import Room, Spot
from tools.imaging.typeface import glyphs, ink

LIMITS = TextLimits(texts=3, characters=120, word=28, glyphs=glyphs(HEADLINE))
"""What words can be set."""

CONTRAST = 4.5
"""Least contrast of letters to what lies under and around them (WCAG 2.2, 1.4.3 level AA, text of any size)."""

_WANTED = 4.8
_LOW = 4
"""Percentile of the contrasts under and around the letters that must reach `_WANTED`: grain and JPEG take some away."""

_NEAR_WHITE, _NEAR_BLACK = "#fdfbf7", "#17171a"
_BRAND_CONTRAST = 5.5
"""A brand colour is only taken where it is clearly legible by itself."""

_LARGEST, _LEAST, _LEAST_SUPPORT = 0.088, 0.034, 0.025
_SHRINK = (1.0, 0.93, 0.86, 0.79, 0.72, 0.66, 0.60)
_LEAST_PIXELS = 10
_TRIED = 160
_VEILS = {_NEAR_WHITE: (0.0, 0.14, 0.27, 0.39, 0.50, 0.60), _NEAR_BLACK: (0.0, 0.03, 0.06, 0.10, 0.14)}
"""Strengths of the veil under light letters, that dims, and under dark ones, that lifts; shares in linear light."""

_RIM, _LEAST_FADE = 0.4, 1.5
"""How far a veil reaches past the words, and over what distance at least it must be able to fade out, in gaps."""


@dataclass(frozen=True)
class Typeset:
    """The picture with its words, and what was set; no blocks where there was no room."""

    image: Image
    blocks: tuple[TextBlock, ...]


@dataclass(frozen=True)
class _Setting:
    stack: Stack
    spot: Spot
    cost: float


def typeset(image: Image, mask: Mask, shaded: Mask, wording: Wording) -> Typeset:
    """Set the wording on a picture, crisp, at the picture's own resolution. The same input gives the same bytes.

    Args:
        image: finished picture, RGB.
        mask: the products on it, 0..255; no letter comes within a margin of them.
        shaded: where the products visibly shade or mirror, 255; words rather stand elsewhere.
        wording: texts, the side of the product or None for the calmest, size, brand colours, covered strips.

    Raises BadInput when a text has characters the typeface has no letters for, or is more than `LIMITS` allow. Where
    nothing fits legibly the picture comes back as it was, without blocks.
    """
    texts = tuple(text for text in map(calm, wording.texts) if text)
    if not texts or wording.place is TextPlace.NONE:
        return Typeset(image, ())
    beyond = LIMITS.beyond(texts)
    if beyond:
        raise BadInput(f"cannot set {'; '.join(beyond)}", where="the text to set", hint="shorten it, or leave it out")
    room = Room(image, mask, shaded, wording.covered)
    settings = sorted(_settings(room, texts, wording), key=lambda s: (s.cost, s.spot.y, s.spot.x))
    light = luminance(linear(image))
    best: tuple[float, _Setting, HexColour, float] | None = None
    for setting in islice((s for s in settings if room.clear(s.stack.cover, s.spot)), _TRIED):
        if best is not None and setting.cost >= best[0]:
            break
        found = _coloured(setting, room, light, wording.colours)
        if found is not None and (best is None or setting.cost + _dear(*found) < best[0]):
            best = setting.cost + _dear(*found), setting, *found
    if best is None:
        return Typeset(image, ())
    _, setting, colour, veil = best
    return _drawn(image, room, setting, colour, veil)


def block_ink(block: TextBlock) -> Mask:
    """The letters of a block again, as cover 0..255; its top left is the block's box's."""
    return ink(block.lines, block.face, block.size, block.align, LEADING[block.face == HEADLINE])


def ideal_size(texts: Sequence[str], canvas_unit: float, factor: float) -> int:
    """Type size of the headline in pixels: the longer the words, the smaller, as on a poster."""
    letters = max(len(texts[0]), 8) + 0.25 * sum(len(text) for text in texts[1:])
    return round(factor * _LARGEST * canvas_unit * math.pow(8 / letters, 0.27))


def _settings(room: Room, texts: tuple[str, ...], wording: Wording) -> Iterator[_Setting]:
    """Sizes, breaks and places that keep clear of the product and the frame, each with what speaks against it."""
    ideal = ideal_size(texts, room.unit, wording.size)
    least = max(_LEAST_PIXELS, round(_LEAST * room.unit * min(wording.size, 1.0)))
    small = max(_LEAST_PIXELS, round(_LEAST_SUPPORT * room.unit * min(wording.size, 1.0)))
    for share in _SHRINK:
        size = round(ideal * share)
        if size < least:
            return
        for lines in range(1, MOST_LINES + 1):
            for align in TextAlign:
                made = stack(texts, lines, size, align, small)
                if made is None:
                    continue
                height, width = made.cover.shape
                dear = (1 - share) + 2 * max(0.0, 0.8 - share) + _shape(texts[0], width / room.width, lines)
                for spot in room.spots(width, height, wording.place):
                    if spot.align is align:
                        yield _Setting(made, spot, dear + spot.cost)


def _shape(headline: str, width: float, lines: int) -> float:
    """Against a line that runs from margin to margin, and against breaking what is short enough for fewer lines."""
    return 0.05 * (lines - 1) + 0.25 * max(0, lines - 1 - len(headline) // 14) + max(0.0, width - 0.72) * 1.5


def _coloured(
    setting: _Setting, room: Room, light: Floats, brand: Sequence[HexColour]
) -> tuple[HexColour, float] | None:
    """A colour that is legible under every text of the stack, and the strength of the veil it needs; or None."""
    grounds = [_ground(one, setting.spot, room, light) for one in setting.stack.sets]

    def least(colour: HexColour, veil: float = 0.0) -> float:
        to = _veil_to(colour)
        return min(_least_contrast(colour, _veiled(d, to, veil), _veiled(b, to, veil)) for d, b in grounds)

    ready = [colour for colour in brand if least(colour) >= _BRAND_CONTRAST]
    if ready:
        return max(ready, key=least), 0.0
    veiled = _fade(setting, room)[1] >= _LEAST_FADE * room.gap
    reaching = (
        (colour, veil)
        for colour, veils in _VEILS.items()
        for veil in (veils if veiled else veils[:1])
        if least(colour, veil) >= _WANTED
    )
    return min(reaching, key=lambda found: _dear(*found), default=None)


def _dear(colour: HexColour, veil: float) -> float:
    """What a veil costs: one that lifts looks like fog and is much dearer than one that dims."""
    return (3.2 if _veil_to(colour) else 0.8) * veil


def _ground(one: Set, spot: Spot, room: Room, light: Floats) -> tuple[float, float]:
    """Low and high luminance, by percentile, of what lies under and close around one text."""
    height, width = one.cover.shape
    edge = max(2, one.size // 4)
    x, y = spot.x + one.at[0], spot.y + one.at[1]
    rows, columns = slice(max(0, y - edge), y + height + edge), slice(max(0, x - edge), x + width + edge)
    dark, bright = np.percentile(light[rows, columns][::2, ::2], (_LOW, 100 - _LOW))
    return float(dark), float(bright)


def _least_contrast(colour: HexColour, dark: float, bright: float) -> float:
    """Contrast of a colour to a background between two luminances; 1 where it lies between them."""
    own = float(luminance(from_hex(colour)[None])[0])
    return 1.0 if dark < own < bright else float(min(contrast(own, dark), contrast(own, bright)))


def _veil_to(colour: HexColour) -> float:
    """What light a veil mixes in: none under light letters, white under dark ones."""
    return 0.0 if colour == _NEAR_WHITE else 1.0


def _veiled(light: float, to: float, strength: float) -> float:
    return light + (to - light) * strength


def _drawn(image: Image, room: Room, setting: _Setting, colour: HexColour, veil: float) -> Typeset:
    """Veil and letters onto a copy of the picture, in linear light so that thin strokes keep their weight."""
    out = image.copy() if veil == 0 else _dimmed(image, room, setting, _veil_to(colour), veil)
    height, width = setting.stack.cover.shape
    window = np.s_[setting.spot.y : setting.spot.y + height, setting.spot.x : setting.spot.x + width]
    cover = setting.stack.cover[..., None]
    under = linear(out[window])
    inked = to_bytes(encode(floats(under + (from_hex(colour) - under) * (cover.astype(np.float32) / 255))))
    out[window] = np.where(cover > 0, inked, out[window])
    return Typeset(out, tuple(_block(s, setting, colour) for s in setting.stack.sets))


def _block(one: Set, setting: _Setting, colour: HexColour) -> TextBlock:
    height, width = one.cover.shape
    x, y = setting.spot.x + one.at[0], setting.spot.y + one.at[1]
    return TextBlock(
        text=one.text, lines=one.lines, box=Box(x=x, y=y, width=width, height=height), size=one.size, face=one.face,
        align=setting.stack.align, colour=colour,
    )


def _fade(setting: _Setting, room: Room) -> tuple[TextPlace, int]:
    """The side of the products a veil lies on, and over how many pixels it fades out before their margin."""
    height, width = setting.stack.cover.shape
    side, between = room.apart(setting.spot.x, setting.spot.y, width, height)
    return side, between - round((1 + _RIM) * room.gap)


def _dimmed(image: Image, room: Room, setting: _Setting, to: float, strength: float) -> Image:
    """The background on the words' side of the products dimmed or lifted: full from the frame's edge to the words.

    It fades out in a straight line, ahead of the margin around the products' box: a veil that followed their outline
    would be seen as a halo.
    """
    side, fade = _fade(setting, room)
    height, width = setting.stack.cover.shape
    x, y, rim = setting.spot.x, setting.spot.y, round(_RIM * room.gap)
    rows = np.arange(room.height, dtype=np.float32)[:, None]
    columns = np.arange(room.width, dtype=np.float32)[None]
    beyond = {
        TextPlace.TOP: rows - (y + height + rim), TextPlace.BOTTOM: y - rim - rows,
        TextPlace.LEFT: columns - (x + width + rim), TextPlace.RIGHT: x - rim - columns,
    }[side]
    field = smoothstep(float(fade), 0.0, floats(beyond)) * np.float32(strength)
    field = np.broadcast_to(field, (room.height, room.width))[..., None]
    light = linear(image)
    light += (np.float32(to) - light) * field
    return np.asarray(np.where(field > 0, to_bytes(encode(light)), image), np.uint8)
