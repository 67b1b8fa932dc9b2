"""Alembic's way in: it executes this file for every command, with the connection that `upgrade` passed along."""

from __future__ import annotations

from alembic import context

from memory.migrations.upgrade import is_ours
from memory.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    transactional_ddl=True,     # also true of SQLite, now that the driver no longer commits around DDL
    render_as_batch=True,       # SQLite cannot alter most of a column: new revisions copy the table instead
)
with context.begin_transaction():
    context.run_migrations()
