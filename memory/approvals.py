"""Approvals: a person's yes, and the deliveries that follow from it, as rows of one transaction.

Every id here is a hash of what was approved, never of a position in a graph: a crash, a replay or a second click
arrives at the same row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import BadInput, Conflict, NotFound, ProgrammerMustAct
from domain.run import RunStatus
from domain.values import BrandId, Digest, MarketCode, Model, RunId
from memory.tables import approvals, effects, inbox, runs


class Effect(Model):
    """One intended delivery: this digest, under this approval, for this channel, to this destination."""

    key: Digest
    brand: BrandId
    run_id: RunId
    approval: Digest
    digest: Digest
    markets: tuple[MarketCode, ...]
    channel: str
    destination: str
    attempts: int = 0


class Approval(Model):
    """A person's yes to the final pixels of some exports, for named markets and channels.

    `ids` holds one id a digest; `effects` every delivery that follows from them, done or not, also those that an
    earlier, equal yes brought about.
    """

    run_id: RunId
    brand: BrandId
    approver: str
    ids: dict[Digest, Digest]
    markets: tuple[MarketCode, ...]
    channels: tuple[str, ...]
    destination: str
    effects: tuple[Effect, ...]


def record(
    connection: Connection,
    *,
    run_id: RunId,
    brand: BrandId,
    approver: str,
    digests: Sequence[Digest],
    markets: Sequence[MarketCode],
    channels: Sequence[str],
    destination: str,
    channel_of: Mapping[Digest, str] | None,
) -> Approval:
    """Write an approval and its intended effects inside the caller's transaction; see `Effects.approve`."""
    digests, markets, channels = sorted(set(digests)), sorted(set(markets)), sorted(set(channels))
    if channel_of is not None and {channel_of.get(digest) for digest in digests} - set(channels):
        raise ProgrammerMustAct("An export was approved for a channel that the approval does not name.")
    if not (digests and markets and channels):
        raise BadInput(
            "An approval names at least one picture, one market and one channel.",
            where=run_id, hint=f"onbrand runs approve {run_id} --market SE --channel instagram",
        )
    now = datetime.now(UTC)
    ids = {}
    _lock_run(connection, brand, run_id)
    covered = _covered(connection, brand, run_id, markets, destination)
    followed = []
    for digest in digests:
        mine = [channel_of[digest]] if channel_of else channels
        ids[digest] = approval_id(brand, run_id, digest, markets, mine)
        row = {
            "id": ids[digest], "brand": brand, "run_id": run_id, "digest": digest, "markets": markets,
            "channels": mine, "approver": approver, "approved": now,
        }
        insert_if_absent(connection, approvals, row, "id")
        for channel in mine:
            key = covered.get((digest, channel))
            if key is None:
                key = effect_key(brand, digest, ids[digest], channel, destination)
                intent = {
                    "key": key, "brand": brand, "run_id": run_id, "approval": ids[digest], "digest": digest,
                    "markets": markets, "channel": channel, "destination": destination, "status": "intended",
                    "attempts": 0, "files": {}, "dossier": "", "intended": now,
                }
                insert_if_absent(connection, effects, intent, "key")
            followed.append(key)
    rows = connection.execute(select(effects).where(effects.c.key.in_(followed)).order_by(effects.c.key)).all()
    return Approval(
        run_id=run_id, brand=brand, approver=approver, ids=ids, markets=tuple(markets), channels=tuple(channels),
        destination=destination, effects=tuple(effect_of(row) for row in rows),
    )


def approval_id(
    brand: BrandId, run_id: RunId, digest: Digest, markets: Sequence[str], channels: Sequence[str]
) -> Digest:
    """The id of a yes to one digest: a hash of what was said yes to, whoever says it and however often."""
    return _hash(brand, run_id, digest, sorted(set(markets)), sorted(set(channels)))


def effect_key(brand: BrandId, digest: Digest, approval: Digest, channel: str, destination: str) -> Digest:
    """The key a delivery happens once under (Promise 7)."""
    return _hash(brand, digest, approval, channel, destination)


def _hash(*parts: Any) -> Digest:
    # JSON keeps the parts apart: ("ab", "c") and ("a", "bc") must not meet.
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _covered(
    connection: Connection, brand: str, run_id: str, markets: list[str], destination: str
) -> dict[tuple[str, str], str]:
    """(digest, channel) to the key of the run's effect that an earlier yes for the same markets brought about."""
    query = select(effects.c.digest, effects.c.channel, effects.c.key, effects.c.markets).where(
        effects.c.brand == brand, effects.c.run_id == run_id, effects.c.destination == destination
    )
    return {(row.digest, row.channel): row.key for row in connection.execute(query).all() if row.markets == markets}


def _lock_run(connection: Connection, brand: str, run_id: str) -> None:
    row = select(runs.c.status, runs.c.cancel).where(runs.c.brand == brand, runs.c.run_id == run_id)
    found = connection.execute(row.with_for_update(key_share=True)).one_or_none()
    if found is None:
        raise NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")
    letter = select(inbox.c.run_id).where(inbox.c.run_id == run_id)
    if found.status == RunStatus.WORKING and connection.execute(letter).one_or_none() is not None:
        raise Conflict(
            f"The run {run_id} is being changed: what was shown is not what it will be.",
            where=run_id, hint="Wait until it is in review again, then look at the pictures.",
        )
    if found.cancel or found.status == RunStatus.CANCELLED:
        raise BadInput(
            f"The run {run_id} was cancelled: nothing of it can be approved.",
            where=run_id, hint="Create the picture again: onbrand create",
        )


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, Any], unique: str) -> None:
    """Insert a row unless one with the same `unique` column is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing(index_elements=[unique]))


def effect_of(row: Row[Any]) -> Effect:
    """The Effect of a row of the effects table."""
    return Effect(
        key=row.key, brand=row.brand, run_id=row.run_id, approval=row.approval, digest=row.digest,
        markets=tuple(row.markets), channel=row.channel, destination=row.destination, attempts=row.attempts,
    )
