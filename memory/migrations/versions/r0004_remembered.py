"""What a brand remembers: its defaults, the answers that may become some, and what models said of pictures."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def instant() -> sa.types.TypeEngine[Any]:
    return sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "remembered",
        sa.Column("brand", sa.String(63), primary_key=True),
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("owner", sa.String(160), nullable=False),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("by", sa.String(160), nullable=False),
        sa.Column("created", instant(), nullable=False),
    )
    op.create_index("remembered_by_owner", "remembered", ["brand", "owner", "field"])
    op.create_table(
        "choices",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("field", sa.String(32), primary_key=True),
        sa.Column("brand", sa.String(63), nullable=False),
        sa.Column("by", sa.String(160), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("created", instant(), nullable=False),
    )
    op.create_index("choices_by_person", "choices", ["brand", "by", "field", "created"])
    op.create_table(
        "known_answers",
        sa.Column("brand", sa.String(63), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("answer", document(), nullable=False),
        sa.Column("created", instant(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("known_answers")
    op.drop_index("choices_by_person", "choices")
    op.drop_table("choices")
    op.drop_index("remembered_by_owner", "remembered")
    op.drop_table("remembered")
