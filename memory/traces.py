"""Writing a run's trace: one JSON object a line, numbered, never with a secret in it."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from domain.errors import LeaseLost, ProgrammerMustAct, StorageFailed
from domain.trace import TRACE_VERSION, parse_event
from domain.values import BrandId, RunId

MASK = "***"
"""What stands in a trace where a secret was."""

_SECRET_WORDS = {
    "apikey", "authorization", "cookie", "key", "keys", "passwd", "password", "passwords",
    "secret", "secrets", "token", "tokens",
}
_SECRET_NUMBERS = {"passwd", "password", "passwords", "secret", "secrets"}
_PUBLICATION = {"key", "digest", "channel", "destination"}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_TEXT = re.compile(r"\bBearer +[\w.~+/=-]{8,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bsk-[\w-]{20,}")


class TraceWriter:
    """A `Recorder` that appends to a trace file; safe to share between threads.

    Opening an existing trace goes on with its numbers and its clock, after cutting off a last line that a killed
    process left torn. Each event is one write of a whole line, so a reader sees whole events.
    """

    def __init__(self, path: Path, run_id: RunId, brand: BrandId) -> None:
        self.path = path
        self.run_id = run_id
        self.brand = brand
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise _failed(error, path) from error
        self._count, self._size, passed = self._resume()
        # Events say seconds since the first one, as a clock on the wall would; a wall clock set back does not rewind.
        self._zero = time.monotonic() - passed if self._count else None

    @property
    def started(self) -> bool:
        """Whether the trace has its header already: a run that is resumed has."""
        return self._count > 0

    def record(self, kind: str, **fields: Any) -> None:
        """Append one event of `domain.trace`; `n`, `at`, and in a header version, run and brand, are filled in.

        The first event must be a header; a header for a trace that has one is left out, so that a resumed run need
        not know. Values may be JSON, domain models, enums, moments and paths.

        Raises:
            ProgrammerMustAct: not an event, a missing header, or bytes in a payload.
            StorageFailed: the disk is full; the trace keeps its whole lines.
            LeaseLost: another process wrote to this trace meanwhile.
        """
        if kind == "header":
            fields |= {"version": TRACE_VERSION, "run_id": self.run_id, "brand": self.brand}
        body = masked(_plain(fields))
        with self._lock:
            if kind == "header" and self._count:
                return
            if kind != "header" and not self._count:
                raise ProgrammerMustAct("A trace begins with its header.", where=str(self.path))
            now = time.monotonic()
            zero = now if self._zero is None else self._zero
            event = {"kind": kind, "n": self._count, "at": round(now - zero, 6), **body}
            line = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
            try:
                parse_event(line)
            except ValidationError as error:
                raise ProgrammerMustAct(f"This is no trace event: {error}", where=kind) from error
            self._append(line)
            self._zero = zero
            self._count += 1
            if kind == "run_ended":
                os.fsync(self._file)

    def close(self) -> None:
        """Close the file; recording afterwards is an error."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _resume(self) -> tuple[int, int, float]:
        """Events there are, the size of their lines, and seconds since the first; a torn last line is cut off."""
        data = self.path.read_bytes()
        paused = max(0.0, time.time() - self.path.stat().st_mtime)
        size = data.rfind(b"\n") + 1
        if size < len(data):
            os.ftruncate(self._file, size)
        if not size:
            return 0, 0, 0.0
        last = json.loads(data[data.rfind(b"\n", 0, size - 1) + 1 : size])
        return int(last["n"]) + 1, size, float(last["at"]) + paused

    def _append(self, line: bytes) -> None:
        if self._file < 0:
            raise ProgrammerMustAct("This trace is closed.", where=str(self.path))
        if os.fstat(self._file).st_size != self._size:
            raise LeaseLost(
                "Another process writes to this trace.",
                where=str(self.path), hint="Look at the run again; the other process carries it on.",
            )
        try:
            written = os.write(self._file, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise _failed(error, self.path) from error
        self._size += len(line)


def masked(value: Any) -> Any:
    """JSON with the values of secret-looking names, and secret-looking text, replaced by `MASK`.

    A name is secret when one of its words is: "api_key", "x-api-key", "accessToken", "DB_PASSWORD"; "keyboard" is not.
    Numbers under "key" and "token" (counts, angles of a key light) stay, and so does a publication's own key, a hash.

    >>> masked({"api_key": "abc", "usage": {"input_tokens": 12}, "keyboard": "mechanical"})
    {'api_key': '***', 'usage': {'input_tokens': 12}, 'keyboard': 'mechanical'}
    """
    if isinstance(value, dict):
        public = {"key"} if value.keys() >= _PUBLICATION else set()
        return {
            name: MASK if name not in public and _is_secret(name, held) else masked(held)
            for name, held in value.items()
        }
    if isinstance(value, list):
        return [masked(held) for held in value]
    if isinstance(value, str):
        return _SECRET_TEXT.sub(MASK, value)
    return value


def _is_secret(name: str, value: Any) -> bool:
    words = {word.lower() for word in _WORDS.findall(name)}
    if value is None or isinstance(value, bool) or not words & _SECRET_WORDS:
        return False
    return not isinstance(value, int | float) or bool(words & _SECRET_NUMBERS)


def _plain(value: Any) -> Any:
    """As JSON values; bytes anywhere are refused, since a trace carries digests."""
    if isinstance(value, bytes | bytearray | memoryview):
        raise ProgrammerMustAct("A trace carries digests, never bytes.")
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(held) for held in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None                             # JSON has no word for it
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError as error:
        raise ProgrammerMustAct(f"A trace cannot carry a {type(value).__name__}.") from error


def _failed(error: OSError, path: Path) -> StorageFailed:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageFailed(
            "The disk is full: the run's trace cannot be written.",
            where=str(path), hint="Free some space, then resume the run.",
        )
    return StorageFailed(
        f"The run's trace cannot be written: {os.strerror(error.errno or 0)}.",
        where=str(path), hint="Check the folder's permissions and the disk, then resume the run.",
    )
