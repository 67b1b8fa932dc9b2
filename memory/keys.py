"""API keys: each names its holder and grants roles by brand. The secret is shown once; what is kept does not tell."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Set
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from domain.access import Role
from domain.errors import BadInput, NotFound, StorageFailed
from domain.values import BrandId, Model
from memory.database import Database
from memory.tables import keys

_SECRET = re.compile(r"onb_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Key(Model):
    """A key without its secret. `expires` and `revoked` say from when on it no longer opens anything."""

    id: str
    name: str
    grants: dict[BrandId, frozenset[Role]]
    created: datetime
    created_by: str
    expires: datetime | None = None
    revoked: datetime | None = None
    last_used: datetime | None = None


class Keys:
    """The keys of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(
        self, name: str, grants: Mapping[BrandId, Set[Role]], created_by: str, expires: datetime | None = None
    ) -> tuple[str, Key]:
        """A new key and its secret, which cannot be had again.

        Only the secret's SHA-256 is kept. A slow password hash would add nothing: nobody guesses 256 random bits.

        Raises BadInput for a key without a name, one that grants nothing, and one that has expired already.
        """
        now = datetime.now(UTC)
        if expires is not None:
            expires = expires.replace(tzinfo=UTC) if expires.tzinfo is None else expires.astimezone(UTC)
        if not name.strip():
            raise BadInput("A key needs a name.", where="name", hint="say who or what will use it")
        if not grants or not all(grants.values()):
            raise BadInput("A key must grant a role in every brand it names, and name one.", where="grants")
        if expires is not None and expires <= now:
            raise BadInput("The key would have expired already.", where="expires", hint="give a time to come")
        identity = secrets.token_hex(8)
        secret = f"onb_{identity}_{secrets.token_urlsafe(32)}"
        key = Key(
            id=identity, name=name.strip(), grants={brand: frozenset(roles) for brand, roles in grants.items()},
            created=now, created_by=created_by, expires=expires,
        )
        written = {brand: sorted(role.value for role in roles) for brand, roles in key.grants.items()}
        values = {**key.model_dump(exclude={"grants"}), "grants": written, "digest": _digest(secret)}
        with self.database.begin() as connection:
            connection.execute(insert(keys).values(values))
        return secret, key

    def find(self, secret: str) -> Key | None:
        """The key with this secret; None when it is unknown, revoked or expired."""
        named = _SECRET.fullmatch(secret)
        if named is None:
            return None
        with self.database.read() as connection:
            row = connection.execute(select(keys).where(keys.c.id == named[1])).one_or_none()
        if row is None or not hmac.compare_digest(row.digest, _digest(secret)):
            return None
        key, now = _key(row), datetime.now(UTC)
        if key.revoked is not None or (key.expires is not None and key.expires <= now):
            return None
        return self._note_use(key, now)

    def revoke(self, key_id: str) -> Key:
        """Make a key open nothing any more, from now on; one revoked before stays so. Raises NotFound."""
        with self.database.begin() as connection:
            mine = keys.c.id == key_id
            stops = update(keys).where(mine, keys.c.revoked.is_(None)).values(revoked=datetime.now(UTC))
            connection.execute(stops)
            row = connection.execute(select(keys).where(mine)).one_or_none()
        if row is None:
            raise NotFound(f"There is no key {key_id[:64]!r}.", where="key", hint="List the keys: onbrand keys list")
        return _key(row)

    def list(self) -> list[Key]:
        """Every key, revoked and expired ones too, newest first."""
        with self.database.read() as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created.desc(), keys.c.id)).all()
        return [_key(row) for row in rows]

    def _note_use(self, key: Key, now: datetime) -> Key:
        """Write down when a key was used, at most once a minute: not every request should cost a write."""
        before = now - _USE_IS_NOTED_EVERY
        if key.last_used is not None and key.last_used > before:
            return key
        due = or_(keys.c.last_used.is_(None), keys.c.last_used <= before)
        # A request is not turned away because this could not be noted: the key was read and is good.
        with suppress(StorageFailed), self.database.begin() as connection:
            connection.execute(update(keys).where(keys.c.id == key.id, due).values(last_used=now))
        return key.model_copy(update={"last_used": now})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key.model_validate({name: value for name, value in row._mapping.items() if name != "digest"})
