"""The first tables: runs, leases, approvals, effects, publications, ledger, assets, meta.

Types are spelt out here rather than taken from `memory.tables`: a revision stays what it was when the tables move on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("request", document(), nullable=False),
        sa.Column("view", sa.Text),
        sa.Column("failure", document()),
        sa.Column("generator", sa.String(64)),
        sa.Column("shortlisted", sa.Integer, nullable=False),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("out_dir", sa.Text, nullable=False),
        sa.Column("trace_path", sa.Text, nullable=False),
        sa.Column("created", instant(), nullable=False),
        sa.Column("updated", instant(), nullable=False),
    )
    op.create_index("runs_by_brand", "runs", ["brand", "created"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("owner", sa.Text),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("markets", document(), nullable=False),
        sa.Column("channels", document(), nullable=False),
        sa.Column("approver", sa.Text, nullable=False),
        sa.Column("approved", instant(), nullable=False),
    )
    op.create_index("approvals_by_run", "approvals", ["brand", "run_id"])
    op.create_table(
        "effects",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("approval", sa.String(64), sa.ForeignKey("approvals.id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("markets", document(), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("files", document(), nullable=False),
        sa.Column("dossier", sa.Text, nullable=False),
        sa.Column("intended", instant(), nullable=False),
    )
    op.create_index("effects_by_run", "effects", ["brand", "run_id", "status"])
    op.create_table(
        "publications",
        sa.Column("key", sa.String(64), sa.ForeignKey("effects.key"), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("markets", document(), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("files", document(), nullable=False),
        sa.Column("dossier", sa.Text, nullable=False),
        sa.Column("published", instant(), nullable=False),
    )
    op.create_index("publications_by_brand", "publications", ["brand", "published"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("stage", sa.String(64), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("actual", sa.BigInteger),
        sa.Column("created", instant(), nullable=False),
        sa.Column("settled", instant()),
    )
    op.create_index("ledger_by_run", "ledger", ["run_id", "status"])
    op.create_table(
        "assets",
        sa.Column("brand", sa.String(63), primary_key=True),
        sa.Column("id", sa.String(127), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", document(), nullable=False),
        sa.Column("document", document(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("embargo", instant()),
        sa.Column("created", instant(), nullable=False),
    )
    op.create_index("assets_by_kind", "assets", ["brand", "kind"])


def downgrade() -> None:
    for table in ("assets", "ledger", "publications", "effects", "approvals", "leases", "runs", "meta"):
        op.drop_table(table)
