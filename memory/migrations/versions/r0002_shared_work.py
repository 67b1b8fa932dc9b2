"""What several servers need to share the work: who began a run, what it waits for, answers, keys, requests answered.

Columns are added in place, never by copying the table as `render_as_batch` would: SQLite would have to drop `runs`
while other tables refer to it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("runs", sa.Column("created_by", sa.String(160), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("waiting_for", sa.String(128)))
    op.add_column("runs", sa.Column("crashes", sa.Integer, nullable=False, server_default="0"))
    op.create_index("runs_by_creator", "runs", ["brand", "created_by", "created"])
    op.create_index("runs_by_status", "runs", ["status", "created"])
    op.create_index("effects_by_status", "effects", ["status", "run_id"])
    op.create_index("ledger_by_brand", "ledger", ["brand", "created"])
    op.create_table(
        "inbox",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.run_id"), primary_key=True),
        sa.Column("interrupt_id", sa.String(128), nullable=False),
        sa.Column("answer", document(), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created", instant(), nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("grants", document(), nullable=False),
        sa.Column("created", instant(), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires", instant()),
        sa.Column("revoked", instant()),
        sa.Column("last_used", instant()),
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.String(160), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("status", sa.Integer),
        sa.Column("headers", document(), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created", instant(), nullable=False),
    )
    op.create_index("idempotency_by_age", "idempotency", ["created"])


def downgrade() -> None:
    for table in ("idempotency", "keys", "inbox"):
        op.drop_table(table)
    op.drop_index("ledger_by_brand", "ledger")
    op.drop_index("effects_by_status", "effects")
    op.drop_index("runs_by_status", "runs")
    op.drop_index("runs_by_creator", "runs")
    for column in ("crashes", "waiting_for", "created_by"):
        op.drop_column("runs", column)
