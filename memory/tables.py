"""The tables as SQLAlchemy Core sees them. Their history is in `memory/migrations`; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so it is given none and one is put back on the way out."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """With a zone where the database can hold one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a naive moment is taken to be UTC already."""
        if value is None:
            return None
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always with a zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Document = JSON().with_variant(JSONB(), "postgresql")
"""JSON; binary where the database has it."""

NANO = 1_000_000_000
"""Money is written down in billionths of a US dollar, so that sums are exact."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("value", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("brand", String(63), nullable=False),
    Column("status", String(32), nullable=False),
    Column("request", Document, nullable=False),
    Column("view", Text),                                   # RunView as JSON text: parsed once, by Pydantic
    Column("failure", Document),
    Column("generator", String(64)),
    Column("shortlisted", Integer, nullable=False, default=0),
    Column("cancel", Boolean, nullable=False, default=False),
    Column("out_dir", Text, nullable=False, default=""),
    Column("trace_path", Text, nullable=False, default=""),
    Column("created", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("created_by", String(160), nullable=False, default=""),      # a principal's id
    Column("waiting_for", String(128)),                     # id of the graph's pending interrupt
    Column("crashes", Integer, nullable=False, default=0),  # processes that died of it, one after the other
    Index("runs_by_brand", "brand", "created"),
    Index("runs_by_creator", "brand", "created_by", "created"),
    Index("runs_by_status", "status", "created"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("run_id", String(64), ForeignKey("runs.run_id"), primary_key=True),
    Column("interrupt_id", String(128), nullable=False),
    Column("answer", Document, nullable=False),
    Column("by", Text, nullable=False),
    Column("created", Instant, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(128), primary_key=True),          # a run id, or "effect:" and an effect key
    Column("owner", Text),                                  # null: free
    Column("fence", BigInteger, nullable=False),            # only ever rises
    Column("expires", Double, nullable=False),              # seconds since 1970 by the database's clock
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(64), primary_key=True),             # hash of brand, run, digest, markets, channels
    Column("brand", String(63), nullable=False),
    Column("run_id", String(64), ForeignKey("runs.run_id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("markets", Document, nullable=False),
    Column("channels", Document, nullable=False),
    Column("approver", Text, nullable=False),
    Column("approved", Instant, nullable=False),
    Index("approvals_by_run", "brand", "run_id"),
)

effects = Table(
    "effects",
    metadata,
    Column("key", String(64), primary_key=True),            # hash of brand, digest, approval, channel, destination
    Column("brand", String(63), nullable=False),
    Column("run_id", String(64), ForeignKey("runs.run_id"), nullable=False),
    Column("approval", String(64), ForeignKey("approvals.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("markets", Document, nullable=False),
    Column("channel", String(64), nullable=False),
    Column("destination", Text, nullable=False),
    Column("status", String(16), nullable=False),           # intended, done
    Column("attempts", Integer, nullable=False, default=0),
    Column("files", Document, nullable=False),              # name to digest, as last sent
    Column("dossier", Text, nullable=False, default=""),
    Column("intended", Instant, nullable=False),
    Index("effects_by_run", "brand", "run_id", "status"),
    Index("effects_by_status", "status", "run_id"),
)

publications = Table(
    "publications",
    metadata,
    Column("key", String(64), ForeignKey("effects.key"), primary_key=True),
    Column("brand", String(63), nullable=False),
    Column("run_id", String(64), ForeignKey("runs.run_id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("markets", Document, nullable=False),
    Column("channel", String(64), nullable=False),
    Column("destination", Text, nullable=False),
    Column("path", Text, nullable=False),                   # the destination's own word for where it lies
    Column("files", Document, nullable=False),              # name to digest, as delivered
    Column("dossier", Text, nullable=False, default=""),
    Column("published", Instant, nullable=False),
    Index("publications_by_brand", "brand", "published"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("brand", String(63), nullable=False),
    Column("run_id", String(64), ForeignKey("runs.run_id")),            # null: outside of any run
    Column("stage", String(64), nullable=False),
    Column("what", Text, nullable=False),
    Column("status", String(16), nullable=False),           # reserved, booked, released
    Column("reserved", BigInteger, nullable=False),         # in NANO, as is `actual`
    Column("actual", BigInteger),
    Column("created", Instant, nullable=False),
    Column("settled", Instant),
    Column("team", String(63), nullable=False, default=""),
    Column("market", String(16), nullable=False, default=""),
    Column("role", String(32), nullable=False, default=""),             # this and the rest: calls of models
    Column("model", String(255), nullable=False, default=""),
    Column("place", String(63), nullable=False, default=""),
    Column("tokens_in", Integer, nullable=False, default=0),            # as reserved until booked
    Column("tokens_out", Integer, nullable=False, default=0),
    Column("cached", Integer, nullable=False, default=0),               # part of tokens_in
    Column("images", Integer, nullable=False, default=0),
    Column("price_version", String(64), nullable=False, default=""),
    Index("ledger_by_run", "run_id", "status"),
    Index("ledger_by_brand", "brand", "created"),
    Index("ledger_by_team", "team", "created"),
    Index("ledger_by_age", "created"),
)

shares = Table(
    "shares",
    metadata,
    Column("who", String(80), primary_key=True),            # "brand:acme", "team:growth"
    Column("calls", Double, nullable=False),                # left in the bucket
    Column("tokens", Double, nullable=False),               # below zero after a call larger than the bucket
    Column("filled", Double, nullable=False),               # when, in seconds since 1970 by the database's clock
)

assets = Table(
    "assets",
    metadata,
    Column("brand", String(63), primary_key=True),
    Column("id", String(127), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", Document, nullable=False),
    Column("document", Document, nullable=False),           # domain.assets.Asset, whole
    Column("digest", String(64), nullable=False),
    Column("confidential", Boolean, nullable=False, default=False),
    Column("embargo", Instant),
    Column("created", Instant, nullable=False),
    Index("assets_by_kind", "brand", "kind"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),          # SHA-256 of the secret
    Column("grants", Document, nullable=False),             # brand to roles
    Column("created", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires", Instant),
    Column("revoked", Instant),
    Column("last_used", Instant),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", String(160), primary_key=True),
    Column("key", String(255), primary_key=True),           # as the caller chose it
    Column("fingerprint", String(64), nullable=False),      # of the request it was first used for
    Column("owner", Text),                                  # who answers it; null once answered
    Column("status", Integer),                              # HTTP status of the answer; null while there is none
    Column("headers", Document, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Index("idempotency_by_age", "created"),
)

remembered = Table(
    "remembered",
    metadata,
    Column("brand", String(63), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("owner", String(160), nullable=False, default=""),           # a principal's id; empty for everybody
    Column("field", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("said", Text, nullable=False, default=""),
    Column("run_id", String(64)),
    Column("by", String(160), nullable=False, default=""),
    Column("created", Instant, nullable=False),
    Index("remembered_by_owner", "brand", "owner", "field"),
)

choices = Table(
    "choices",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("brand", String(63), nullable=False),
    Column("by", String(160), nullable=False, default=""),
    Column("value", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Index("choices_by_person", "brand", "by", "field", "created"),
)

known_answers = Table(
    "known_answers",
    metadata,
    Column("brand", String(63), primary_key=True),
    Column("key", String(64), primary_key=True),            # of the question, the very bytes and the model
    Column("answer", Document, nullable=False),
    Column("created", Instant, nullable=False),
)
