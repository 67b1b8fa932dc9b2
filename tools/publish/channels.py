"""The places a picture can be published, their sizes, and the canvas that serves them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from domain.documents import read_yaml
from domain.errors import BadInput, NotFound
from domain.rules import Channel
from domain.values import Edges, Size

DEFAULT = Size(width=1024, height=1024)
"""The canvas where neither channel, size nor aspect is named."""

_ASPECT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)\s*")
_ASPECT_NAMES = {"square": 1.0, "portrait": 4 / 5, "vertical": 4 / 5, "landscape": 3 / 2, "horizontal": 3 / 2,
                 "wide": 16 / 9, "widescreen": 16 / 9, "panorama": 2.0, "banner": 3.0, "tall": 9 / 16}
_SAME_ASPECT = 0.02
_WIDEST_ASPECT = 10.0
_SIDE = 16
_SHORTEST = 256


@cache
def channels() -> tuple[Channel, ...]:
    """Every channel, in the order of channels.yaml."""
    path = Path(__file__).with_name("channels.yaml")
    return TypeAdapter(tuple[Channel, ...]).validate_python(read_yaml(path.read_text(encoding="utf-8")))


def _key(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text.strip().casefold())


@cache
def _by_name() -> dict[str, Channel]:
    named = {_key(name): channel for channel in channels() for name in channel.names}
    return named | {_key(channel.id): channel for channel in channels()}


def channel(name: str) -> Channel:
    """The channel of an id or one of its names ("Instagram story"); raises NotFound with close matches."""
    found = _by_name().get(_key(name))
    if found is not None:
        return found
    close = difflib.get_close_matches(_key(name), _by_name(), n=3, cutoff=0.6)
    ids = list(dict.fromkeys(_by_name()[match].id for match in close))
    known = ", ".join(entry.id for entry in channels())
    raise NotFound(
        f"There is no channel {name.strip()[:60]!r}.",
        where="channel",
        hint=f"Did you mean {' or '.join(ids)}? All channels: {known}." if ids else f"Channels: {known}.",
    )


def file_channel(size: Size) -> Channel:
    """Where no channel is named: the picture itself, lossless and at its own size, under the id "file"."""
    return Channel(id="file", name="Picture file", width=size.width, height=size.height)


def parse_aspect(text: str) -> float:
    """Width over height from "4:5", "16/9", "1080x1350" or "square"; raises BadInput otherwise."""
    named = _ASPECT_NAMES.get(text.strip().casefold())
    if named:
        return named
    match = _ASPECT.fullmatch(text.casefold().replace("×", ":").replace("x", ":"))
    ratio = float(match[1]) / float(match[2]) if match and float(match[2]) > 0 else 0.0
    if not 1 / _WIDEST_ASPECT <= ratio <= _WIDEST_ASPECT:
        raise BadInput(
            f"{text.strip()[:40]!r} is not an aspect.", where="aspect", hint='Give it like "4:5", "16:9" or "square".'
        )
    return ratio


def canvas_for(names: Sequence[str] = (), size: Size | None = None, aspect: str | None = None) -> Size:
    """The canvas to draw on: a stated size, else the first channel's, else one of the aspect, else 1024x1024.

    With several channels the first one's aspect is drawn, at the largest size that any channel of that aspect asks
    for. A channel too small to draw a scene on (a 728x90 banner) is drawn at a whole multiple with at least 256 pixels
    on the short side, and exported down. An aspect alone gives about one megapixel, sides a multiple of 16.
    Raises NotFound for an unknown channel and BadInput for an unreadable aspect.
    """
    wanted = [channel(name) for name in names]
    if size is not None:
        return size
    if wanted:
        first = wanted[0].width / wanted[0].height
        alike = [c for c in wanted if abs(c.width / c.height - first) <= _SAME_ASPECT * first]
        largest = max(alike, key=lambda c: c.width * c.height)
        times = math.ceil(_SHORTEST / min(largest.width, largest.height))
        return Size(width=largest.width * times, height=largest.height * times)
    if aspect:
        ratio = parse_aspect(aspect)
        area = DEFAULT.width * DEFAULT.height
        return Size(
            width=round(math.sqrt(area * ratio) / _SIDE) * _SIDE, height=round(math.sqrt(area / ratio) / _SIDE) * _SIDE
        )
    return DEFAULT


def covered_by(names: Sequence[str], size: Size) -> Edges:
    """What the named channels of a canvas's aspect cover of it, the widest strip of each edge.

    Raises NotFound for an unknown channel.
    """
    aspect = size.width / size.height
    alike = [c for c in map(channel, names) if abs(c.width / c.height - aspect) <= _SAME_ASPECT * aspect]
    return Edges(**{edge: max((getattr(c.covered, edge) for c in alike), default=0.0) for edge in Edges.model_fields})
