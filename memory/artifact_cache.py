"""Copies of artifacts that lie elsewhere, on this machine's disk: bounded, and never trusted without their digest."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from domain.values import BrandId, Digest
from memory.home import Home

ROOM_BYTES = 2**30
"""Of all brands together."""

KEPT_SHARE = 0.9
"""What stays when there is no more room: the rest, longest unused, goes."""

log = logging.getLogger(__name__)


class ArtifactCache:
    """`brands/<brand>/cache/ab/<digest>` in a home. A brand finds what was put in for this brand and nothing else.

    A copy that cannot be written or read is no failure: the artifact is read from where it lies.
    """

    def __init__(self, home: Home, room: int = ROOM_BYTES) -> None:
        self._home = home
        self._room = room
        self._held: int | None = None
        self._guard = threading.Lock()

    def get(self, brand: BrandId, digest: Digest) -> bytes | None:
        """A copy of an artifact, if there is one whose bytes have this digest. Raises NotFound for no brand id."""
        path = self._path(brand, digest)
        try:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == digest:
                os.utime(path)                  # the longest unused goes first
                return data
            path.unlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("A copy of an artifact cannot be read (%s): %s", error.strerror, path)
        return None

    def keep(self, brand: BrandId, digest: Digest, data: bytes) -> None:
        """Keep a copy, making room for it. Raises NotFound for no brand id."""
        if len(data) > self._room:
            return
        path = self._path(brand, digest)
        incoming = path.with_name(f".{digest[:12]}-{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            incoming.write_bytes(data)
            incoming.replace(path)
            with self._guard:
                self._make_room(len(data))
        except OSError as error:
            with suppress(OSError):
                incoming.unlink()
            log.warning("An artifact is kept without a copy on this machine (%s): %s", error.strerror, path)

    def _make_room(self, added: int) -> None:
        """Count what was added; when there is too much, count anew (other processes add too) and remove the oldest."""
        if self._held is not None and self._held + added <= self._room:
            self._held += added
            return
        copies = sorted(self._copies())
        self._held = sum(size for _, size, _ in copies)
        if self._held <= self._room:
            return
        for _, size, path in copies:
            if self._held <= self._room * KEPT_SHARE:
                break
            path.unlink(missing_ok=True)
            self._held -= size

    def _copies(self) -> Iterator[tuple[float, int, Path]]:
        """When each copy was last used, its size and file."""
        for path in self._home.root.glob("brands/*/cache/*/*"):
            try:
                about = path.stat()
            except FileNotFoundError:
                continue
            yield about.st_mtime, about.st_size, path

    def _path(self, brand: str, digest: str) -> Path:
        return self._home.cache(brand) / digest[:2] / digest
