"""Files a person hands in: decoded, re-encoded without metadata, kept by digest, and given a row in the library."""

from __future__ import annotations

import re
from pathlib import Path

from domain.assets import Asset, AssetKind
from domain.errors import BadInput, UnusableImage
from domain.values import BrandId, Metres, Size
from mcp_servers.workshop import UPLOAD_TAG, Workshop
from tools.imaging.decode import MAX_BYTES, decode


def read_photo(path: Path) -> bytes:
    """The bytes of a file; raises BadInput or UnusableImage before reading one that is absent or too large."""
    if not path.is_file():
        raise BadInput(f"there is no file {path}", where=str(path), hint="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise UnusableImage(
            f"{path.name} is larger than {MAX_BYTES // 2**20} MB", where=str(path), hint="give a smaller version"
        )
    return path.read_bytes()


def add_photo(
    workshop: Workshop,
    brand: BrandId,
    path: Path,
    *,
    kind: str,
    title: str = "",
    tags: tuple[str, ...] = (),
    real_height: Metres | None = None,
    confidential: bool = False,
    for_one_run: bool = False,
) -> Asset:
    """Take a photo file into a brand's library; as `take_in`, and BadInput when there is no such file."""
    return take_in(
        workshop,
        brand,
        read_photo(path),
        path.name,
        kind=kind,
        title=title,
        tags=tags,
        real_height=real_height,
        confidential=confidential,
        for_one_run=for_one_run,
    )


def take_in(
    workshop: Workshop,
    brand: BrandId,
    data: bytes,
    name: str,
    *,
    kind: str,
    title: str = "",
    tags: tuple[str, ...] = (),
    real_height: Metres | None = None,
    confidential: bool = False,
    for_one_run: bool = False,
) -> Asset:
    """Take a photo into a brand's library under the name of its file. The same photo again is the same asset.

    Raises UnusableImage when it cannot be read safely; nothing is left half-written.
    """
    decoded = decode(data, name=name)
    ref = workshop.pixels.put(brand, decoded.image)
    height, width = decoded.image.shape[:2]
    plain = Path(name).stem
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "photo"
    return workshop.library.add(
        Asset(
            id=f"{UPLOAD_TAG}-{ref.digest[:16]}" if for_one_run else f"{stem[:48]}-{ref.digest[:8]}",
            brand=brand,
            kind=AssetKind(kind),
            title=title or plain.replace("_", " ").replace("-", " "),
            tags=(*tags, UPLOAD_TAG) if for_one_run else tags,
            digest=ref.digest,
            size=Size(width=width, height=height),
            real_height=real_height,
            confidential=confidential,
            source=Path(name).name,
        )
    )
