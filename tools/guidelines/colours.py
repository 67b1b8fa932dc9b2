"""Brand colours in prose: hex, RGB and CMYK values with the names and roles around them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.guidelines import Passage
from domain.rules import BrandColour

_HEX = r"#(?P<hex>[0-9a-fA-F]{6})\b"
_RGB = r"\bRGB[\s:(]*(?P<r>\d{1,3})[\s,/.]+(?P<g>\d{1,3})[\s,/.]+(?P<b>\d{1,3})\b"
_CMYK = r"\bCMYK[\s:(]*(?P<c>\d{1,3})%?[\s,/.]+(?P<m>\d{1,3})%?[\s,/.]+(?P<y>\d{1,3})%?[\s,/.]+(?P<k>\d{1,3})%?"
_VALUE = re.compile(f"{_HEX}|{_RGB}|{_CMYK}", re.IGNORECASE)
_ROLES = (
    ("primary", r"\b(?:primary|main|lead|core|hero)\b"),
    ("accent", r"\b(?:accent|highlight|secondary|supporting|complementary)\b"),
    ("background", r"\b(?:background|neutral|base)\b"),
)
_OTHER_NOTATION = re.compile(r"\b(?:RGB|CMYK|HEX|Pantone|PMS|RAL|NCS)\b.*", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"([A-Z][\w'’-]*(?:\s+[\w'’-]+){0,3})\s*$")
_NOT_NAMES = re.compile(
    r"^(?:our|the|use|is|and|colou?rs?|primary|secondary|accent|main|background|palette)\b[\s:]*", re.IGNORECASE
)
NEAR = 6
"""Two values of one colour differ by less in every channel: its RGB and a rounded CMYK."""


def colours_in(passages: Iterable[Passage]) -> tuple[BrandColour, ...]:
    """The colours a guideline gives values for, each once; a second notation of the same colour adds nothing."""
    found: list[BrandColour] = []
    for passage in passages:
        end = 0
        for match in _VALUE.finditer(passage.text):
            before = _OTHER_NOTATION.sub("", passage.text[end : match.start()]).rstrip(" :(–—-,=")
            named = _named(before)
            if end and not named:       # the same colour in another notation
                end = match.end()
                continue
            end = match.end()
            value = _hex(match)
            if value is None or any(_near(value, colour.hex) for colour in found):
                continue
            context = f"{passage.heading} {passage.text[: match.start()]}"
            found.append(BrandColour(name=named or f"colour {value}", hex=value, role=_role(context)))
    return tuple(found)


def _hex(match: re.Match[str]) -> str | None:
    if match["hex"]:
        return "#" + match["hex"].lower()
    if match["r"]:
        channels = [int(match[name]) for name in "rgb"]
    else:
        c, m, y, k = (int(match[name]) / 100 for name in "cmyk")
        channels = [round(255 * (1 - ink) * (1 - k)) for ink in (c, m, y)]
    if any(not 0 <= channel <= 255 for channel in channels):
        return None
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _named(before: str) -> str:
    text = before
    while (shorter := _NOT_NAMES.sub("", text)) != text:
        text = shorter
    match = _NAME.search(text.split(":")[-1].strip() or text.rstrip(": "))
    return " ".join(match[1].split()) if match else ""


def _role(context: str) -> str:
    places = [(m.start(), role) for role, pattern in _ROLES for m in re.finditer(pattern, context, re.IGNORECASE)]
    return max(places)[1] if places else "primary"


def _near(one: str, other: str) -> bool:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return all(abs(a - b) <= NEAR for a, b in pairs)
