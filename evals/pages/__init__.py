"""Pages for people: one file each, with their pictures inside, that need nothing else to be looked at."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from domain.errors import OnbrandError
from domain.ports import ArtifactStore
from evals.diff import Diff
from evals.differences import shown
from tools.imaging.decode import decode

WIDE = 360
"""Pixels across a picture in a page."""

STUDY_WIDTH = 720
"""Pixels across a picture that people choose between."""

QUALITY = 82

OUTCOMES = (
    ("status", "status"), ("shortlist", "shortlist"), ("cost, $", "spent"), ("predicted, $", "predicted"),
    ("seconds", "seconds"), ("calls", "calls"), ("made for real", "live"),
)

Thumbnail = Callable[[str], str]
"""Digest of an artifact to a data URL, or nothing where the picture is not at hand."""


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The pages' templates; everything put into them is escaped."""
    return Environment(loader=PackageLoader("evals", "pages"), autoescape=True, undefined=StrictUndefined)


def thumbnails(artifacts: ArtifactStore, brand: str, wide: int = WIDE) -> Thumbnail:
    """Small WebP copies of a brand's pictures."""

    def thumbnail(digest: str) -> str:
        if not digest:
            return ""
        try:
            image = decode(artifacts.get(brand, digest), name=digest[:12]).image[..., :3]
        except OnbrandError:
            return ""                               # the page says that no picture is at hand
        height, width = image.shape[:2]
        small = cv2.resize(image, (wide, max(1, round(height * wide / width))), interpolation=cv2.INTER_AREA)
        done, data = cv2.imencode(".webp", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
        return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode() if done else ""

    return thumbnail


def without_pictures(digest: str) -> str:
    """No picture is at hand."""
    return ""


def diff_page(diff: Diff, thumbnail: Thumbnail = without_pictures, most: int = 24) -> str:
    """Two runs side by side, with the pictures that differ or are on a shortlist first, at most `most` pairs."""
    rows = sorted(diff.pictures, key=lambda row: (row.a_place is None and row.b_place is None, row.same))
    pictures: list[dict[str, Any]] = [
        {"row": row.model_dump(), "a": thumbnail(row.a_artifact), "b": thumbnail(row.b_artifact)} for row in rows[:most]
    ]
    tables = (
        ("Request", diff.request), ("Made by", diff.head), ("Brief", diff.brief), ("Rules", diff.rules),
        ("Captions", diff.captions), ("Findings", diff.findings), ("Edits", diff.edits),
    )
    document = diff.model_dump()
    return templates().get_template("diff.html").render(
        d=document, pictures=pictures, tables=tables, outcomes=OUTCOMES, shown=shown
    )
