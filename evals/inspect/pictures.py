"""Which pictures of a recorded run may stand in a log that is handed on: small ones, and none of confidential work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from domain.errors import NotFound
from domain.ports import ArtifactStore, AssetLibrary
from evals.pages import Thumbnail, thumbnails, without_pictures
from evals.recording import Recording
from service.models import touches_confidential

SHOWN_TWICE = 64
"""Pictures kept in mind: a finalist is shown where it was drawn, and again when people are asked."""


def pictures_of(recording: Recording, library: AssetLibrary, artifacts: ArtifactStore) -> Thumbnail:
    """Small copies of a run's pictures as data URLs; of none if anything they show is confidential."""
    if is_confidential(recording, library):
        return without_pictures
    return lru_cache(maxsize=SHOWN_TWICE)(thumbnails(artifacts, recording.header.brand))


def is_confidential(recording: Recording, library: AssetLibrary) -> bool:
    """Whether what a run's pictures show, or its request speaks of, is confidential or under embargo: by the trace
    then, or by the library now. So is what neither of them knows.
    """
    head = recording.header
    seen = {asset for call in recording.calls for asset in shown_in(call.arguments)}
    rows = [row for call in recording.calls for row in assets_in(call.result)]
    known = {row["id"] for row in rows}
    if any(row["id"] in seen and (row["confidential"] or embargoed(row.get("embargo"))) for row in rows):
        return True
    if any(asset not in known and not is_there(library, head.brand, asset) for asset in seen):
        return True
    return touches_confidential(library, head.brand, str(head.request.get("request", "")), sorted(seen))


def shown_in(value: Any) -> Iterator[str]:
    """Ids of assets that a tool was asked to cut out, place, stand in or judge."""
    if isinstance(value, list):
        for held in value:
            yield from shown_in(held)
    elif isinstance(value, dict):
        if isinstance(asset := value.get("asset"), str):
            yield asset
        if isinstance(products := value.get("products"), list):
            yield from (name for name in products if isinstance(name, str))
        for held in value.values():
            yield from shown_in(held)


def assets_in(value: Any) -> Iterator[dict[str, Any]]:
    """Rows of the library in a tool's answer."""
    if isinstance(value, list):
        for held in value:
            yield from assets_in(held)
    elif isinstance(value, dict):
        if "confidential" in value and isinstance(value.get("id"), str):
            yield value
        for held in value.values():
            yield from assets_in(held)


def embargoed(until: str | None) -> bool:
    """Whether an embargo, as a trace has it, still holds."""
    return until is not None and datetime.fromisoformat(until) > datetime.now(UTC)


def is_there(library: AssetLibrary, brand: str, asset: str) -> bool:
    """Whether the library has an asset."""
    try:
        library.get(brand, asset)
    except NotFound:
        return False
    return True
