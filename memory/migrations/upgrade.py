"""Running the migrations on a connection that already holds the lock and the transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from domain.errors import Misconfigured
from memory.tables import metadata


def settings(connection: Connection | None = None) -> Config:
    """Alembic's settings, without an ini file; `env.py` beside this module finds the connection in them."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether Alembic should look at a thing it found: LangGraph keeps its own tables in the same Postgres database."""
    return kind != "table" or name in metadata.tables


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision inside the caller's transaction; nothing happens when they are there.

    Raises:
        Misconfigured: the database was written by a newer Onbrand.
    """
    try:
        command.upgrade(settings(connection), "head")
    except CommandError as error:
        raise Misconfigured(
            "This database was written by a newer Onbrand.",
            where=connection.engine.url.render_as_string(hide_password=True),
            hint="Update Onbrand: pip install --upgrade onbrand",
        ) from error
