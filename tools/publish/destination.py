"""Publications in a folder, each delivered once: create-if-absent by key."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from domain.errors import BadInput, StorageFailed
from domain.values import Digest

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
_INCOMING = ".incoming-"
_ABANDONED_SECONDS = 3600.0
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY}


def checked_key(key: str) -> str:
    """A publication's key; raises BadInput for what cannot be one."""
    if not _KEY.fullmatch(key):
        raise BadInput(f"{key[:80]!r} is no publication key.", where="publication")
    return key


def checked_files(key: str, files: Mapping[str, bytes]) -> dict[PurePosixPath, bytes]:
    """The files of a publication; raises BadInput when there are none, or for a name that would lead out of it."""
    if not files:
        raise BadInput("A publication needs at least one file.", where=f"publication {key}")
    return {_checked(name): data for name, data in files.items()}


def _checked(name: str) -> PurePosixPath:
    """A file name inside a publication; raises BadInput for one that would lead out of it."""
    path = PurePosixPath(name)
    strange = any(ord(character) < 32 or character in "\\:" for character in name)
    hidden = any(part.startswith(".") for part in path.parts)
    if not name or path.is_absolute() or strange or hidden:
        raise BadInput(f"{name!r} is no file name for a publication.", where="publication")
    return path


def _flush_directory(path: Path) -> None:
    """Make a directory's entries last through a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(place: Path, file: Path) -> str:
    return file.name if file == place else file.relative_to(place).as_posix()


class FolderDestination:
    """The `Destination` port over one folder: a publication is a sub-folder named by its key.

    Files are written and flushed to a hidden folder beside it, which is then renamed: the publication is there whole
    or not at all, whenever the process dies. Renaming onto a folder that has files fails, so of any number of
    deliveries of one key, in threads, processes or machines on one file system, exactly one wins and all return its
    path. What killed processes left behind is cleared by later deliveries after an hour.
    """

    def __init__(self, path: Path, name: str = "folder") -> None:
        self.name = name
        self._root = path

    def _place(self, key: str) -> Path:
        return self._root / checked_key(key)

    def find(self, key: str) -> str | None:
        """The path of the publication with this key, or None when it was never delivered."""
        place = self._place(key)
        return str(place) if place.is_dir() else None

    def deliver(self, key: str, files: Mapping[str, bytes]) -> str:
        """Put the files there under the key, unless that was done before; the publication's path either way.

        Raises BadInput for an impossible key or file name, StorageFailed when the folder cannot be written (full,
        read-only); nothing half-written is left behind then.
        """
        place = self._place(key)
        named = checked_files(key, files)
        if place.is_dir():
            return str(place)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._clear_abandoned()
            incoming = self._root / f"{_INCOMING}{os.getpid()}-{secrets.token_hex(8)}"
            try:
                self._write(incoming, named)
                self._publish(incoming, place)
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
        except OSError as error:
            raise StorageFailed(
                f"The publication could not be written: {error.strerror or error}.",
                where=str(place), hint="Free some space or choose another folder, then try again: nothing was sent.",
            ) from error
        return str(place)

    def digests(self, path: str) -> Mapping[str, Digest] | None:
        """SHA-256 of each file in a publication's folder, by name; of a single file where the path is one.

        Raises StorageFailed when one cannot be read.
        """
        place = Path(path)
        if "://" in path:
            return None
        try:
            files = [place] if place.is_file() else [found for found in place.rglob("*") if found.is_file()]
            return {_name(place, file): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)}
        except OSError as error:
            raise StorageFailed(
                f"A publication cannot be read: {error.strerror or error}.",
                where=str(place), hint="Check the folder's permissions and the disk.",
            ) from error

    def read(self, path: str, name: str) -> bytes | None:
        """One of these files."""
        place = Path(path)
        file = place if place.is_file() else place / _checked(name)
        return file.read_bytes() if file.is_file() and name == _name(place, file) else None

    @staticmethod
    def _write(incoming: Path, files: Mapping[PurePosixPath, bytes]) -> None:
        incoming.mkdir()
        folders = {incoming}
        for name, data in files.items():
            path = incoming / name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for folder in folders:
            _flush_directory(folder)

    def _publish(self, incoming: Path, place: Path) -> None:
        """Give the finished folder its name, unless another delivery was first."""
        try:
            incoming.rename(place)
        except OSError as error:
            if error.errno not in _TAKEN and not place.is_dir():
                raise
        _flush_directory(self._root)

    def _clear_abandoned(self) -> None:
        limit = time.time() - _ABANDONED_SECONDS
        for left in self._root.glob(f"{_INCOMING}*"):
            try:
                abandoned = left.stat().st_mtime < limit
            except FileNotFoundError:
                continue
            if abandoned:
                shutil.rmtree(left, ignore_errors=True)
