"""What calls of models need: who used which model for what, shares of calls and tokens, money without a run.

The ledger is copied, since SQLite cannot let a column be empty in place; nothing refers to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORDS = (("team", 63), ("market", 16), ("role", 32), ("model", 255), ("place", 63), ("price_version", 64))
COUNTS = ("tokens_in", "tokens_out", "cached", "images")


def upgrade() -> None:
    with op.batch_alter_table("ledger") as ledger:
        ledger.alter_column("run_id", existing_type=sa.String(64), nullable=True)
    for name, longest in WORDS:
        op.add_column("ledger", sa.Column(name, sa.String(longest), nullable=False, server_default=""))
    for name in COUNTS:
        op.add_column("ledger", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.create_index("ledger_by_team", "ledger", ["team", "created"])
    op.create_index("ledger_by_age", "ledger", ["created"])
    op.create_table(
        "shares",
        sa.Column("who", sa.String(80), primary_key=True),
        sa.Column("calls", sa.Double, nullable=False),
        sa.Column("tokens", sa.Double, nullable=False),
        sa.Column("filled", sa.Double, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("shares")
    op.execute("DELETE FROM ledger WHERE run_id IS NULL")
    op.drop_index("ledger_by_age", "ledger")
    op.drop_index("ledger_by_team", "ledger")
    for name in (*COUNTS, *(name for name, _ in WORDS)):
        op.drop_column("ledger", name)
    with op.batch_alter_table("ledger") as ledger:
        ledger.alter_column("run_id", existing_type=sa.String(64), nullable=False)
