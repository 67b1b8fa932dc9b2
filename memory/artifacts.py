"""Artifacts: bytes under their SHA-256, one directory a brand, whole or not there at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
import uuid
from pathlib import Path

from domain.errors import NotFound, ProgrammerMustAct, StorageFailed
from domain.values import ArtifactRef, BrandId, Digest
from memory.home import Home

_DIGEST = re.compile(r"[0-9a-f]{64}")
_STALE_SECONDS = 3600.0

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/svg+xml": "svg",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/octet-stream": "bin",
    "application/x-npy": "npy",
    "application/x-npz": "npz",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/csv": "csv",
    "video/mp4": "mp4",
}
"""Media types that can be kept, and the file name extension that remembers each."""

MEDIA_TYPES = {extension: media_type for media_type, extension in EXTENSIONS.items()}
"""The inverse."""


class DirectoryStore:
    """An `ArtifactStore` in a home's folders: `brands/<brand>/artifacts/ab/cd/abcd....png`.

    A file appears under its name in one step, after its bytes are on the disk: a killed process or a full disk leaves
    a whole artifact or none. Reading hashes again, so a damaged file is never handed out as what it was.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._swept: set[Path] = set()

    def put(self, brand: BrandId, data: bytes, media_type: str) -> ArtifactRef:
        """Keep these bytes, once; the same bytes again are the same artifact, under the media type it had first.

        Raises:
            StorageFailed: the disk is full or cannot be written; nothing is left behind.
            NotFound: `brand` is no brand id.
            ProgrammerMustAct: a media type not in `EXTENSIONS`.
        """
        digest = hashlib.sha256(data).hexdigest()
        there = self._find(brand, digest)
        if there is not None and _hash_of(there) == digest:
            return _ref(there, digest)
        extension = EXTENSIONS.get(media_type)
        if extension is None:
            raise ProgrammerMustAct(f"Artifacts of type {media_type} are not kept; add it to EXTENSIONS.")
        # A damaged file of this digest is replaced: these bytes are what it should hold.
        root = self.home.artifacts(brand)
        path = there or self._folder(brand, digest) / f"{digest}.{extension}"
        incoming = root / "incoming" / f"{digest[:16]}-{uuid.uuid4().hex}"
        try:
            _make_folders(path.parent, root)
            _make_folders(incoming.parent, root)
            self._sweep_once(incoming.parent)
            _write_synced(incoming, data)
            # Replacing is create-if-absent here: a file of this name from another process holds the same bytes.
            incoming.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            incoming.unlink(missing_ok=True)
            raise _write_failed(error, path) from error
        return _ref(path, digest)

    def get(self, brand: BrandId, digest: Digest) -> bytes:
        """The bytes of an artifact.

        Raises:
            NotFound: none of this digest, or another brand's.
            StorageFailed: the file cannot be read, or no longer has this digest.
        """
        path = self._path(brand, digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise not_found(digest) from error
        except OSError as error:
            raise StorageFailed(
                f"An artifact cannot be read: {os.strerror(error.errno or 0)}.",
                where=str(path), hint="Check the disk and the file's permissions.",
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StorageFailed(
                "An artifact on disk is damaged: its bytes no longer have its digest.",
                where=str(path), hint="Delete the file and resume the run, which draws it again; or restore a backup.",
            )
        return data

    def ref(self, brand: BrandId, digest: Digest) -> ArtifactRef:
        """Where an artifact is and what it is. Raises NotFound as `get`."""
        return _ref(self._path(brand, digest), digest)

    def has(self, brand: BrandId, digest: Digest) -> bool:
        """Whether the brand has an artifact of this digest."""
        return self._find(brand, digest) is not None

    def _path(self, brand: str, digest: str) -> Path:
        found = self._find(brand, digest)
        if found is None:
            raise not_found(digest)
        return found

    def _find(self, brand: str, digest: str) -> Path | None:
        if not is_digest(digest):
            return None
        return next(iter(self._folder(brand, digest).glob(f"{digest}.*")), None)

    def _folder(self, brand: str, digest: str) -> Path:
        return self.home.artifacts(brand) / digest[:2] / digest[2:4]

    def _sweep_once(self, incoming: Path) -> None:
        if incoming not in self._swept:
            self._swept.add(incoming)
            _sweep(incoming)


def _ref(path: Path, digest: str) -> ArtifactRef:
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise not_found(digest) from error
    return ArtifactRef(digest=digest, media_type=MEDIA_TYPES[path.suffix[1:]], path=str(path), bytes=size)


def _hash_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path, root: Path) -> None:
    """Make `folder` below `root`, each new entry on the disk before anything is put into it."""
    if folder.is_dir():
        return
    if folder.parent != root:
        _make_folders(folder.parent, root)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return                                  # Windows cannot open folders; NTFS journals the rename
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(incoming: Path) -> None:
    """Remove what killed processes left half-written; an hour old, so that nobody is still at it."""
    for path in incoming.iterdir():
        try:
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue


def _write_failed(error: OSError, path: Path) -> StorageFailed:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageFailed(
            "The disk is full: an artifact could not be kept.",
            where=str(path), hint="Free some space, then resume the run: what it finished is kept.",
        )
    return StorageFailed(
        f"An artifact could not be written: {os.strerror(error.errno or 0)}.",
        where=str(path), hint="Check the folder's permissions and the disk, then resume the run.",
    )


def is_digest(text: str) -> bool:
    """Whether this can be a digest; nothing else may become part of a path or key."""
    return _DIGEST.fullmatch(text) is not None


def not_found(digest: str) -> NotFound:
    """The error for an artifact that is not there, or is another brand's. `where` is the digest."""
    return NotFound(f"There is no artifact {digest[:12]}.", where=digest, hint="If it was removed, draw it again.")
