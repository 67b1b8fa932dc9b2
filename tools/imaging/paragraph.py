"""Words into balanced lines, and the stack of texts they make: a headline and what stands under it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np

from domain.composition import TextAlign
from domain.ports import Mask
from tools.imaging.typeface import ink, length

HEADLINE, SUPPORT = "Outfit-Medium", "Outfit-Medium"
LEADING = {True: 1.06, False: 1.30}
"""Baseline to baseline over type size, of a headline and of what supports it: large type stands closer."""

MOST_LINES = 3
_SUPPORT_SHARE = 0.44
_GAP, _NEXT_GAP = 0.50, 0.75
"""Free height under the headline, as a share of its size, and between further texts, as a share of theirs."""

_PAUSES = (",", ".", ";", ":", "!", "?", "–", "—")

_MOST_WORDS = 24
"""Words among which every way to break is tried; longer texts are filled line by line."""


@dataclass(frozen=True)
class Set:
    """One text of a stack: its lines, face, size, ink, and the ink's place from the stack's top left."""

    text: str
    lines: tuple[str, ...]
    face: str
    size: int
    cover: Mask
    at: tuple[int, int]


@dataclass(frozen=True)
class Stack:
    """Texts set under each other; `cover` is their ink together, height x width."""

    sets: tuple[Set, ...]
    align: TextAlign
    cover: Mask


def calm(text: str) -> str:
    """The text composed (NFC), without control characters, its spaces single; a no-break space stays."""
    printable = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in unicodedata.normalize("NFC", text))
    return re.sub(r"[ \t]+", " ", printable).strip()


@lru_cache(maxsize=512)
def broken(text: str, count: int, face: str) -> tuple[str, ...] | None:
    """The text in exactly `count` lines of nearly equal length; None when it has fewer words.

    Of all ways to break, the one whose longest line is shortest and whose lines are of like length; a break after a
    comma or a full stop may cost a little of both.
    """
    words = text.split(" ")
    if len(words) < count:
        return None
    if len(words) > _MOST_WORDS:
        return _filled(words, count)

    def cost(breaks: Sequence[int]) -> float:
        lines = _lines(words, breaks)
        lengths = [length(face, 100, line) for line in lines]
        pauses = sum(line.endswith(_PAUSES) for line in lines[:-1])
        return max(lengths) + 0.35 * float(np.std(lengths)) - 0.06 * pauses * sum(lengths)

    return _lines(words, min(combinations(range(1, len(words)), count - 1), key=cost))


def _lines(words: Sequence[str], breaks: Sequence[int]) -> tuple[str, ...]:
    edges = (0, *breaks, len(words))
    return tuple(" ".join(words[a:b]) for a, b in pairwise(edges))


def _filled(words: Sequence[str], count: int) -> tuple[str, ...]:
    """Line by line to an equal share of the letters."""
    share = sum(len(word) + 1 for word in words) / count
    reached = np.cumsum([len(word) + 1 for word in words])
    breaks = [int(np.searchsorted(reached, share * n)) or 1 for n in range(1, count)]
    return _lines(words, sorted(set(breaks)))


@lru_cache(maxsize=48)
def stack(texts: tuple[str, ...], lines: int, size: int, align: TextAlign, least: int) -> Stack | None:
    """The texts under each other: the first in `lines` lines at `size` pixels, the others smaller and no wider.

    None when the first has fewer words than lines, or another text would have to be smaller than `least` pixels or
    take more than three lines to stay within one and a half times the headline's width.
    """
    head = broken(texts[0], lines, HEADLINE)
    if head is None:
        return None
    covers = [(texts[0], head, HEADLINE, size, ink(head, HEADLINE, size, align, LEADING[True]))]
    widest = max(covers[0][4].shape[1], 9 * size)
    small = max(round(size * _SUPPORT_SHARE), least)
    for text in texts[1:]:
        fitting = (broken(text, n, SUPPORT) for n in range(1, MOST_LINES + 1))
        chosen = next((b for b in fitting if b and max(length(SUPPORT, small, x) for x in b) <= widest), None)
        if chosen is None:
            return None
        covers.append((text, chosen, SUPPORT, small, ink(chosen, SUPPORT, small, align, LEADING[False])))
    return _stacked(covers, align, (round(_GAP * size), *(round(_NEXT_GAP * small) for _ in texts[2:])))


def _stacked(
    covers: Sequence[tuple[str, tuple[str, ...], str, int, Mask]], align: TextAlign, gaps: tuple[int, ...]
) -> Stack | None:
    if any(cover.size == 0 for *_, cover in covers):
        return None
    width = max(cover.shape[1] for *_, cover in covers)
    free = gaps[: len(covers) - 1]
    height = sum(cover.shape[0] for *_, cover in covers) + sum(free)
    whole, sets, y = np.zeros((height, width), np.uint8), [], 0
    for (text, lines, face, size, cover), gap in zip(covers, (*free, 0), strict=True):
        x = 0 if align is TextAlign.LEFT else (width - cover.shape[1]) // 2
        whole[y : y + cover.shape[0], x : x + cover.shape[1]] = cover
        sets.append(Set(text, lines, face, size, cover, (x, y)))
        y += cover.shape[0] + gap
    return Stack(tuple(sets), align, whole)
