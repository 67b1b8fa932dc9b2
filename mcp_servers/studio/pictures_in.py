"""Pictures that a caller names: asset ids, or files of the person's own machine where server and person share it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from domain.assets import AssetKind
from domain.errors import BadInput, UnusableImage
from domain.values import AssetId
from mcp_servers.studio.desk import Call
from tools.imaging.decode import MAX_BYTES

ASSET_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}")
ID_OR_PATH = "an asset id that search_assets finds; over stdio also the path of a PNG, JPEG or WebP"
PHOTOS = frozenset({".png", ".jpg", ".jpeg", ".webp"})


async def asset_of(call: Call, given: str, what: str, kind: AssetKind) -> AssetId:
    """The asset id that `given` is, or that its file gets for this one piece of work.

    Raises BadInput for a URL, and for a path where none may be given; UnusableImage for a file that is no picture.
    """
    text = given.strip().strip("'\"")
    if "://" in text or text.startswith("data:"):
        raise BadInput(
            "pictures are never fetched from a URL",
            where=what,
            hint="give an asset id that search_assets finds" + (", or a path" if call.desk.local_files else ""),
        )
    is_path = "/" in text or "\\" in text or Path(text).suffix.lower() in PHOTOS
    if not is_path and ASSET_ID.fullmatch(text):
        return text
    if not is_path:
        raise BadInput(f"{text[:60]!r} is no asset id", where=what, hint="search_assets finds assets and their ids")
    if not call.desk.local_files:
        raise BadInput(
            "this server cannot read files of the person's machine",
            where=what,
            hint="let the person upload the picture to the library, then give its asset id; search_assets finds it",
        )
    photo = await asyncio.to_thread(read_photo, text, what)
    return (await call.studio.upload(call.caller, photo, Path(text).name, kind=kind)).id


def read_photo(given: str, what: str) -> bytes:
    """The bytes of a picture file. Raises BadInput or UnusableImage before reading what is absent or too large."""
    path = Path(given).expanduser()
    if path.suffix.lower() not in PHOTOS:
        raise UnusableImage("only PNG, JPEG and WebP files are read", where=what, hint="give such a file")
    if not path.is_file():
        raise BadInput(f"there is no file {path.name!r} there", where=what, hint="give the full path of the picture")
    try:
        with path.open("rb") as file:
            read = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path.name!r} cannot be read", where=what, hint="check its permissions") from error
    if len(read) > MAX_BYTES:
        raise UnusableImage(
            f"{path.name!r} is larger than {MAX_BYTES // 2**20} MB", where=what, hint="give a smaller version"
        )
    return read
