"""The key that seals forms handed to clients: kept in the home, so that a form outlives a restart of the server."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from domain.errors import StorageFailed

FILE = "form.key"
LENGTH = 32


def state_key(home: Path) -> bytes:
    """The key of this home, made on first use and readable by its owner alone; processes on one home share it.

    Raises StorageFailed when it can be neither read nor written.
    """
    file = home / FILE
    try:
        if not file.exists():
            make(file)
        key = file.read_bytes()
    except OSError as error:
        raise StorageFailed(
            f"the key file cannot be used: {os.strerror(error.errno or 0)}",
            where=str(file),
            hint="see that the folder can be written to and has space",
        ) from error
    if len(key) < LENGTH:
        raise StorageFailed("the key file is damaged", where=str(file), hint="remove it; a new one is made")
    return key


def make(file: Path) -> None:
    """Write a new key. Of two processes doing so at once, the first one's stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as writing:
            writing.write(secrets.token_bytes(LENGTH))
            writing.flush()
            os.fsync(writing.fileno())
        os.link(own, file)
    except FileExistsError:
        return
    finally:
        own.unlink()
