"""One database behind one door: SQLite in the home folder, or Postgres by URL. Its failures become StorageFailed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import BadInput, Misconfigured, StorageFailed
from memory.home import Home
from memory.migrations import HEAD
from memory.tables import meta

BUSY_SECONDS = 30.0
"""How long a connection waits for another writer before it gives up."""

_MIGRATION_LOCK = 0x0B5A2D00
_WRITES = "onbrand_writes"


class Database:
    """An open, migrated database. Safe to share between threads; every transaction takes its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def where(self) -> str:
        """The database as shown to people: no password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction that may write: committed when the block ends, rolled back when it raises.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a transaction that first reads and then writes
        would otherwise fail without waiting when another writer came in between. So whatever is read inside is still
        true when written. On Postgres take row locks where that matters.

        Raises:
            StorageFailed: the disk is full, or the database is locked, corrupt, read-only or unreachable.
            BadInput: a text is to be written that the database cannot hold.
        """
        with translated(self.where), _text_refused(), self.engine.connect() as connection:
            writing = connection.execution_options(**{_WRITES: True})
            with writing.begin():
                yield writing

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads: a single consistent view, which on SQLite never waits for a writer.

        Raises:
            StorageFailed: as `begin`.
        """
        with translated(self.where), _text_refused(), self.engine.connect() as connection, connection.begin():
            yield connection

    def now(self, connection: Connection) -> float:
        """Seconds since 1970 by the clock all users of this database share: the server's, or this machine's."""
        if connection.dialect.name == "sqlite":
            return time.time()
        return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())

    def remember(self, name: str, value: str) -> None:
        """Keep one small fact about this installation, such as the version of the demo library."""
        with self.begin() as connection:
            connection.execute(meta.delete().where(meta.c.name == name))
            connection.execute(meta.insert().values(name=name, value=value))

    def recall(self, name: str) -> str | None:
        """What `remember` kept under this name, if anything."""
        with self.read() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()

    def close(self) -> None:
        """Give every connection back. The object is of no use afterwards."""
        self.engine.dispose()


def open_database(where: str | Path | Home) -> Database:
    """Open the database of a home, or the one a URL names, and bring its tables up to date.

    Any number of processes may open a new database at once: the first migrates inside one transaction under the
    database's own lock, the others wait and find it done. A process killed half-way leaves nothing behind.

    Raises:
        Misconfigured: the URL is none, names an unsupported database, or was written by a newer Onbrand.
        StorageFailed: the file or server cannot be used.
    """
    url = _url(where)
    engine = _engine(url)
    database = Database(engine)
    try:
        with translated(database.where):
            if engine.dialect.name == "sqlite":
                _use_write_ahead_log(engine)
            if _version(engine) != HEAD:
                _migrate(database)
    except BaseException:
        engine.dispose()
        raise
    return database


def _url(where: str | Path | Home) -> URL:
    if isinstance(where, Path):
        where = Home(where)
    if isinstance(where, Home):
        return URL.create("sqlite+pysqlite", database=str(where.database_file))
    try:
        url = make_url(where)
    except Exception as error:
        raise Misconfigured(
            "The database URL cannot be read.", hint="Use postgresql+psycopg://user@host:5432/name, or leave it out."
        ) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite+pysqlite")
    raise Misconfigured(
        f"The database {url.render_as_string(hide_password=True)} is not supported.",
        hint="Use postgresql+psycopg://user@host:5432/name, or leave it out for SQLite in ONBRAND_HOME.",
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        except ModuleNotFoundError as error:
            raise Misconfigured(
                "Postgres is configured but its driver is not installed.", hint='pip install "onbrand[postgres]"'
            ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _: Any) -> None:
    # The driver's own transaction handling starts transactions late and commits around DDL; ours is explicit.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL syncs the log at each commit: what was acknowledged survives a power cut, not only a killed process.
    connection.execute("PRAGMA synchronous = FULL")


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_write_ahead_log(engine: Engine) -> None:
    """Switch to WAL once; the mode is kept in the file. SQLite does not wait for others here, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                cursor.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        cursor.close()
    finally:
        raw.close()


def _version(engine: Engine) -> str | None:
    """The migration the tables are at; None in an empty database."""
    with engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        except (OperationalError, ProgrammingError) as error:
            if _is_missing_table(error):
                return None
            raise


def _is_missing_table(error: DBAPIError) -> bool:
    return "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "42P01"


def _migrate(database: Database) -> None:
    from memory.migrations.upgrade import upgrade  # noqa: PLC0415  Alembic takes 0.5 s to import: only when needed

    with database.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        upgrade(connection)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn a database driver's failure inside the block into StorageFailed; broken constraints pass as they are."""
    try:
        yield
    except Exception as error:
        failure = storage_failure(error, where)
        if failure is None:
            raise
        raise failure from error


_LOCKED = ("The database is locked by another process.", "Wait for it to finish, or end it, then try again.")
_SQLITE_FAILURES = {
    "SQLITE_FULL": ("The disk is full.", "Free some space, then resume: nothing already saved is lost."),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_CORRUPT": ("The database is damaged.", "Restore it from a backup, or move it away to start afresh."),
    "SQLITE_NOTADB": ("This file is not a database.", "Move it away, or set ONBRAND_HOME to another folder."),
    "SQLITE_READONLY": ("The database cannot be written.", "Make the file and its folder writable for you."),
    "SQLITE_CANTOPEN": ("The database cannot be opened.", "Check the folder's permissions, or set ONBRAND_HOME."),
    "SQLITE_IOERR": ("Reading or writing the database failed.", "Check the disk and its free space, then try again."),
}

_POSTGRES_FAILURES = {
    "53": ("The database server is out of space, memory or connections.", "Free some, then resume."),
    "57": ("The database server stopped the work.", "Check the server, then resume."),
    "08": ("The database server cannot be reached.", "Check the database URL and that the server runs."),
    "28": ("The database server refuses this user.", "Check the user and password in the database URL."),
    "3D": ("The database server has no such database.", "Create it, or correct the database URL."),
    "40": ("Two transactions got in each other's way.", "Try again."),
    "55": _LOCKED,
    "58": ("The database server cannot use its disk.", "Check the server's disk."),
    "XX": ("The database is damaged.", "Restore it from a backup."),
    "25": ("The database cannot be written.", "Connect to the primary, not a read-only replica."),
}


_UNUSABLE_TEXT = frozenset({"22001", "22021", "22P02", "22P05"})


@contextmanager
def _text_refused() -> Iterator[None]:
    """Turn the refusal of text that a database cannot hold (a null character, half a surrogate pair) into BadInput."""
    try:
        yield
    except (DataError, UnicodeEncodeError) as error:
        driver = error.orig if isinstance(error, DataError) else None
        state = getattr(driver, "sqlstate", None)
        if driver is not None and state not in _UNUSABLE_TEXT and "NUL" not in str(driver):
            raise
        raise BadInput(
            "A text is too long, or holds a character that cannot be kept.",
            hint="Take out null characters and broken symbols, then send it again.",
        ) from error


def storage_failure(error: BaseException | None, where: str) -> StorageFailed | None:
    """The StorageFailed for a driver's error, or None when it is not about storage (a broken constraint, a bug)."""
    if isinstance(error, PoolTimeout):
        return StorageFailed(
            "Every database connection is in use.", where=where, hint="Try again; lower the number of parallel runs."
        )
    if isinstance(error, DBAPIError):
        error = error.orig
    name = str(getattr(error, "sqlite_errorname", "") or "")
    for prefix, (message, hint) in _SQLITE_FAILURES.items():
        if name.startswith(prefix):
            return StorageFailed(message, where=where, hint=hint)
    if type(error).__module__.startswith("psycopg"):
        state = str(getattr(error, "sqlstate", "") or "")
        if not state and any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):
            state = "08000"                     # no connection came about, or it broke
        if state[:2] in _POSTGRES_FAILURES:
            message, hint = _POSTGRES_FAILURES[state[:2]]
            return StorageFailed(message, where=where, hint=hint)
    return None
