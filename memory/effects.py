"""Approvals and their effects: an outbox that publishes each approved digest once (Promises 6 and 7).

No system gives exactly-once *execution*; what is kept here is exactly-once *effect*:

1. `approve` writes the approval and one intended effect for each digest and channel in one transaction. Once it
   returns, the effects happen eventually, whatever is killed. Ids are hashes of what was approved, never of a
   position in a graph: a crash, a replay or a second click arrives at the same row.
2. `once` takes a lease on the effect, asks the destination whether it is there already, sends it under its key if it
   is not, and writes the receipt. The destination's create-if-absent covers the one gap that no database can close:
   killed after delivery, before the receipt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select, update

from domain.errors import NotFound, RunBusy
from domain.run import PublicationView
from domain.values import BrandId, Digest, MarketCode, Model, RunId, Seconds
from memory.approvals import Approval, Effect, approval_id, effect_key, effect_of, insert_if_absent, record
from memory.database import Database
from memory.leases import TTL, Lease, acquire, check_fence, this_worker
from memory.tables import approvals, effects, publications

__all__ = ["Approval", "Effect", "Effects", "PublishedFile", "approval_id", "effect_key"]


class PublishedFile(Model):
    """One file that is out, as the monitor needs it: `path` is the destination's word for the publication."""

    key: Digest
    brand: BrandId
    run_id: RunId
    destination: str
    channel: str
    path: str
    name: str
    digest: Digest


class Effects:
    """The approvals and deliveries of every brand."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def approve(
        self,
        run_id: RunId,
        brand: BrandId,
        approver: str,
        digests: Sequence[Digest],
        markets: Sequence[MarketCode],
        channels: Sequence[str],
        destination: str,
        channel_of: Mapping[Digest, str] | None = None,
    ) -> Approval:
        """Write down a person's yes, and what follows from it, in one transaction.

        `channel_of` names the one channel an export was rendered for; without it every digest goes to every channel.
        Saying yes again to the same digest for the same markets, channel and destination adds nothing, whatever else
        the second yes holds.

        Raises:
            BadInput: nothing to approve (no digest, no market or no channel), or the run was cancelled.
            Conflict: a person's feedback is on its way, so the pictures are about to change.
            NotFound: no such run, or another brand's.
            ProgrammerMustAct: `channel_of` leaves a digest out, or names a channel outside `channels`.
        """
        with self.database.begin() as connection:
            return record(
                connection, run_id=run_id, brand=brand, approver=approver, digests=digests, markets=markets,
                channels=channels, destination=destination, channel_of=channel_of,
            )

    def approver(self, run_id: RunId) -> str:
        """Who said yes to something of this run; empty before anybody did."""
        query = select(approvals.c.approver).where(approvals.c.run_id == run_id).distinct()
        with self.database.read() as connection:
            return ", ".join(sorted(str(row[0]) for row in connection.execute(query).all()))

    def pending(self, run_id: RunId) -> list[Effect]:
        """The run's intended deliveries without a receipt, in the order of their keys."""
        return self._intended(effects.c.run_id == run_id)

    def undelivered(self, brand: BrandId) -> list[Effect]:
        """The same for every run of a brand: what a crash or an unreachable destination left to be done."""
        return self._intended(effects.c.brand == brand)

    def once(
        self,
        key: str,
        find: Callable[[str], str | None],
        do: Callable[[str], str],
        files: Mapping[str, Digest] | None = None,
        dossier: str = "",
        ttl: Seconds = TTL,
        patience: Seconds = 300.0,
    ) -> str:
        """Make one intended effect happen, and return where it is: the path `do` or `find` gave.

        With a receipt, that. Otherwise `find(key)` asks the destination whether a killed predecessor got as far;
        only then `do(key)` delivers, which must be create-if-absent under the same key. `files` (name to digest) are
        those `do` is about to deliver; they are kept for the monitor. While another worker is at it, this waits for
        its receipt; a worker that died, or was silent for `ttl` seconds, is replaced.

        What `find` and `do` raise passes through: the effect stays pending.

        Raises:
            NotFound: no approval ever intended this effect.
            RunBusy: another worker is still at it after `patience` seconds.
            LeaseLost: this worker was silent for longer than `ttl` and another took over; its receipt holds.
        """
        done = self._receipt(key)
        if done is not None:
            return done
        lease = self._claim(key, ttl, patience)
        if isinstance(lease, str):
            return lease
        with lease.kept():
            path = find(key)
            if path is None:
                self._note_attempt(lease, key, files or {}, dossier)
                path = do(key)
            return self._write_receipt(lease, key, path)

    def publications(self, brand: BrandId, run_id: RunId | None = None) -> list[PublicationView]:
        """What a brand has out, newest first; of one run where named."""
        query = select(publications).where(publications.c.brand == brand)
        if run_id is not None:
            query = query.where(publications.c.run_id == run_id)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(publications.c.published.desc(), publications.c.key)).all()
        return [
            PublicationView(
                key=row.key, run_id=row.run_id, digest=row.digest, channel=row.channel, market=", ".join(row.markets),
                destination=row.destination, path=row.path, dossier=row.dossier, published_at=row.published,
            )
            for row in rows
        ]

    def published_files(self, brand: BrandId) -> list[PublishedFile]:
        """Every file a brand has out with the digest it was delivered with: what the monitor re-hashes."""
        query = select(publications).where(publications.c.brand == brand).order_by(publications.c.published)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [
            PublishedFile(
                key=row.key, brand=row.brand, run_id=row.run_id, destination=row.destination, channel=row.channel,
                path=row.path, name=name, digest=digest,
            )
            for row in rows
            for name, digest in sorted(row.files.items())
        ]

    def _intended(self, whose: ColumnElement[bool]) -> list[Effect]:
        query = select(effects).where(whose, effects.c.status == "intended")
        with self.database.read() as connection:
            return [effect_of(row) for row in connection.execute(query.order_by(effects.c.key)).all()]

    def _receipt(self, key: str) -> str | None:
        with self.database.read() as connection:
            intended = connection.execute(select(effects.c.key).where(effects.c.key == key)).one_or_none()
            path = connection.execute(select(publications.c.path).where(publications.c.key == key)).one_or_none()
        if intended is None:
            raise NotFound(
                "Nobody approved this publication.", where=key, hint="Approve the picture first: onbrand runs approve"
            )
        return None if path is None else str(path[0])

    def _claim(self, key: str, ttl: Seconds, patience: Seconds) -> Lease | str:
        """The lease on an effect, or its receipt when another worker wrote it meanwhile."""
        deadline = time.monotonic() + patience
        while True:
            try:
                lease = acquire(self.database, f"effect:{key}", this_worker(), ttl)
            except RunBusy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                lease = None
            done = self._receipt(key)
            if done is not None:
                if lease is not None:
                    lease.release()
                return done
            if lease is not None:
                return lease

    def _note_attempt(self, lease: Lease, key: str, files: Mapping[str, Digest], dossier: str) -> None:
        # Before delivery: if it succeeds and its receipt is lost, `find` recovers the path but not what was sent.
        with self.database.begin() as connection:
            check_fence(connection, lease.name, lease.fence)
            values = {"attempts": effects.c.attempts + 1, "files": dict(files), "dossier": dossier}
            connection.execute(update(effects).where(effects.c.key == key).values(values))

    def _write_receipt(self, lease: Lease, key: str, path: str) -> str:
        with self.database.begin() as connection:
            check_fence(connection, lease.name, lease.fence)
            row = connection.execute(select(effects).where(effects.c.key == key).with_for_update()).one()
            receipt = {
                "key": key, "brand": row.brand, "run_id": row.run_id, "digest": row.digest, "markets": row.markets,
                "channel": row.channel, "destination": row.destination, "path": path, "files": row.files,
                "dossier": row.dossier, "published": datetime.now(UTC),
            }
            insert_if_absent(connection, publications, receipt, "key")
            connection.execute(update(effects).where(effects.c.key == key).values(status="done"))
            return str(
                connection.execute(select(publications.c.path).where(publications.c.key == key)).scalar_one()
            )
