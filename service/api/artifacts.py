"""Bytes under their digest: they never change, so caches may keep them for good; ranges and thumbnails."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from domain.values import Digest
from memory.artifacts import EXTENSIONS
from service.api.parts import Api
from service.api.problems import problem
from service.api.signed_in import BRAND_HEADER, Calling

router = APIRouter(prefix="/v1/artifacts", tags=["artifacts"])

FOR_GOOD = "private, max-age=31536000, immutable"
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/tiff"})
"""What a browser may show; everything else it is told to save."""

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_BINARY = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_SENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "the bytes", "content": {"image/png": _BINARY, "image/webp": _BINARY, "*/*": _BINARY}},
    206: {"description": "a part of the bytes", "content": {"*/*": _BINARY}},
    304: {"description": "as in your cache"},
}

DigestPath = Annotated[Digest, Path(description="SHA-256 of the bytes", examples=["0" * 64])]
Side = Annotated[
    int | None, Query(ge=64, le=2048, description="a WebP of the picture, so many pixels at its longest")
]


@router.head("/{digest}", operation_id="headArtifact", response_class=Response, responses=_SENT)
@router.get("/{digest}", operation_id="getArtifact", response_class=Response, responses=_SENT)
async def one(
    digest: DigestPath,
    calling: Calling,
    api: Api,
    request: Request,
    side: Side = None,
    range_: Annotated[str | None, Header(alias="Range", description="bytes=0-1023", examples=["bytes=0-1023"])] = None,
    if_range: Annotated[str | None, Header(alias="If-Range")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """An artifact's bytes, or a thumbnail of a picture."""
    if side is None:
        ref, data = await api.studio.artifact(calling, digest)
        media_type, name = ref.media_type, digest
    else:
        data = await api.studio.preview(calling, digest, side)
        media_type, name = "image/webp", hashlib.sha256(data).hexdigest()
    tag = f'"{name}"'
    headers = {
        "ETag": tag,
        "Cache-Control": FOR_GOOD,
        "Vary": f"Authorization, {BRAND_HEADER}",
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": disposition(media_type, name),
    }
    if if_none_match is not None and matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    asked = wanted(range_, len(data)) if range_ and if_range in (None, tag) else None
    if asked is None:
        return Response(data, headers=headers, media_type=media_type)
    first, last = asked
    if first >= len(data) or last < first:
        return problem(
            416, "range_not_satisfiable", f"there are {len(data)} bytes", instance=request.url.path, where="Range",
            hint="ask for bytes that are there", headers={"Content-Range": f"bytes */{len(data)}"},
        )  # fmt: skip
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, media_type)


def disposition(media_type: str, name: str) -> str:
    """How a browser treats it, and what it calls the file."""
    how = "inline" if media_type in SHOWN else "attachment"
    return f'{how}; filename="{name[:16]}.{EXTENSIONS.get(media_type, "bin")}"'


def matches(header: str, tag: str) -> bool:
    """Whether If-None-Match names this tag; weak and strong are the same here (RFC 9110, 13.1.2)."""
    named = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in named or tag in named


def wanted(header: str, length: int) -> tuple[int, int] | None:
    """First and last byte asked for, of `length`; None for a header to be passed over: no bytes, several ranges, or
    malformed (RFC 9110, 14.2). One that cannot be satisfied comes back as a first beyond the last.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return (max(0, length - int(suffix)), length - 1) if int(suffix) else (length, 0)
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last), length - 1) if last else length - 1
