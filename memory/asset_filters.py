"""Exact conditions on assets, by name: what a search may be narrowed by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from domain.assets import Asset
from domain.errors import BadInput

Condition = Callable[[Asset, str | bool], bool]


def condition(name: str) -> Condition:
    """The exact filter of this name. Raises BadInput when there is none."""
    try:
        return _CONDITIONS[name]
    except KeyError:
        raise BadInput(
            f"There is no filter {name!r}.", where="filters", hint=f"Use one of: {', '.join(sorted(_CONDITIONS))}."
        ) from None


def _same(have: str, wanted: str | bool) -> bool:
    return have.casefold() == str(wanted).casefold()


_CONDITIONS: dict[str, Condition] = {
    "id": lambda asset, value: _same(asset.id, value),
    "title": lambda asset, value: _same(asset.title, value),
    "tag": lambda asset, value: any(_same(tag, value) for tag in asset.tags),
    "colour": lambda asset, value: any(_same(colour, value) for colour in asset.colours),
    "sector": lambda asset, value: _same(asset.sector, value),
    "licence": lambda asset, value: _same(asset.licence, value),
    "source": lambda asset, value: _same(asset.source, value),
    "shape": lambda asset, value: _same(asset.shape, value),
    "light": lambda asset, value: asset.light is not None and _same(asset.light.value, value),
    "confidential": lambda asset, value: asset.confidential == truth(value),
    "embargoed": lambda asset, value: (asset.embargo is not None and asset.embargo > datetime.now(UTC)) == truth(value),
    "rendering": lambda asset, value: asset.rendering == truth(value),
    "cutout": lambda asset, value: (asset.cutout is not None) == truth(value),
}


def truth(value: str | bool) -> bool:
    """A filter's yes or no. Raises BadInput for anything else."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if value.casefold() not in words:
        raise BadInput(f"The filter takes yes or no, not {value!r}.", where="filters", hint="Use true or false.")
    return words[value.casefold()]
