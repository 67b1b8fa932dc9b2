"""Requests that may be sent again: the same key and the same request get the first answer, the work is done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import BadInput, Conflict
from memory.database import Database
from memory.leases import is_gone
from memory.tables import idempotency

ABANDONED = timedelta(minutes=10)
"""After this long a request without an answer counts as never answered, though its process may live."""

KEPT = timedelta(hours=24)
"""How long an answer can be asked for again."""

_LONGEST_KEY = 255


@dataclass(frozen=True)
class Stored:
    """The answer the first request got: HTTP status, headers worth repeating, and body."""

    status: int
    headers: dict[str, str]
    body: str


class Idempotency:
    """The keys and answers of every principal; keys of two principals never meet."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, principal: str, key: str, fingerprint: str, owner: str) -> Stored | None:
        """None: go ahead, then `finish` or `forget`. Otherwise the answer to give again.

        `fingerprint` is a hash of all that makes two requests the same (method, path, brand, body); `owner` is
        `memory.leases.this_worker()`. A request whose process died, or that has had no answer for ten minutes, is
        handed to whoever asks next: what it does must be safe to do again.

        Raises:
            BadInput: the key is empty or longer than 255 characters.
            Conflict: the key was used for another request, or the first one is still being answered.
        """
        if not 0 < len(key) <= _LONGEST_KEY:
            raise BadInput("An Idempotency-Key has 1 to 255 characters.", where="Idempotency-Key")
        mine = _row(principal, key)
        row = None
        with self.database.begin() as connection:
            while row is None:                                          # until nobody forgets it in between
                if _insert(connection, principal, key, fingerprint, owner):
                    return None
                row = connection.execute(select(idempotency).where(mine).with_for_update()).one_or_none()
            if row.fingerprint != fingerprint:
                raise Conflict(
                    "This key was used for another request.",
                    where="Idempotency-Key", hint="Make a new key for each request; send it again only to retry.",
                )
            if row.status is not None:
                return Stored(row.status, dict(row.headers), row.body)
            now = datetime.now(UTC)
            if row.created > now - ABANDONED and not is_gone(row.owner or ""):
                raise Conflict(
                    "The first request with this key is still being answered.",
                    where="Idempotency-Key", hint="Wait a moment, then send it again with the same key.",
                )
            connection.execute(update(idempotency).where(mine).values(owner=owner, created=now))
        return None

    def finish(self, principal: str, key: str, status: int, headers: Mapping[str, str], body: str) -> None:
        """Keep the answer; the first one kept stays."""
        values = {"status": status, "headers": dict(headers), "body": body, "owner": None}
        with self.database.begin() as connection:
            unanswered = _row(principal, key) & idempotency.c.status.is_(None)
            connection.execute(update(idempotency).where(unanswered).values(values))

    def forget(self, principal: str, key: str) -> None:
        """As if `begin` had never been called: nothing was done, and the key may be used again. An answer stays."""
        with self.database.begin() as connection:
            connection.execute(delete(idempotency).where(_row(principal, key), idempotency.c.status.is_(None)))

    def sweep(self, older_than: timedelta = KEPT) -> int:
        """Delete what is older; returns how many rows that was."""
        with self.database.begin() as connection:
            old = idempotency.c.created < datetime.now(UTC) - older_than
            return connection.execute(delete(idempotency).where(old)).rowcount


def _row(principal: str, key: str) -> ColumnElement[bool]:
    return (idempotency.c.principal == principal) & (idempotency.c.key == key)


def _insert(connection: Connection, principal: str, key: str, fingerprint: str, owner: str) -> bool:
    """Whether the row was new."""
    values: dict[str, Any] = {
        "principal": principal, "key": key, "fingerprint": fingerprint, "owner": owner, "status": None,
        "headers": {}, "body": "", "created": datetime.now(UTC),
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(idempotency).values(**values).on_conflict_do_nothing(index_elements=["principal", "key"])
    # Asked for by `returning`: the row count of such an insert is not known on Postgres.
    return connection.execute(row.returning(idempotency.c.key)).one_or_none() is not None
