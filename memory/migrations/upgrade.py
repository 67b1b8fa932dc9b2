"""Running the migrations on a connection that already holds the lock and the transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from domain.errors import Misconfigured


def settings(connection: Connection | None = None) -> Config:
    """Alembic's settings, without an ini file; `env.py` beside this module finds the connection in them."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


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
