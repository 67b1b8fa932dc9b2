import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.errors import Misconfigured, StorageFailed
from memory import Database, Home, open_database
from memory.migrations import HEAD
from memory.migrations.upgrade import is_ours, settings
from memory.tables import meta, metadata
from tests.integration.memory.races import race


def _differences(connection: Connection) -> list[object]:
    """Between the tables in the database and those the code declares."""
    return compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_ours}), metadata)


def test_migrations_from_nothing_lead_to_the_tables_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        assert _differences(connection) == []


def test_the_head_that_opening_compares_with_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(settings()).get_current_head() == HEAD


def test_opening_again_changes_nothing_and_keeps_the_rows(address: str) -> None:
    first = open_database(address)
    first.remember("library", "3")
    first.remember("library", "4")
    first.close()
    again = open_database(address)
    assert again.recall("library") == "4"
    assert again.recall("something else") is None
    again.close()


def test_an_up_to_date_database_opens_without_alembic(address: str) -> None:
    open_database(address).close()
    code = """
import sys
from memory import open_database
open_database(sys.argv[1]).close()
print("alembic" in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code, address], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"


OPEN = """
from memory import open_database
import memory.migrations.upgrade

def work(number, address):
    open_database(address).remember(str(number), "opened")
"""


def _empty(address: str) -> None:
    """Drop every table of a Postgres database; an SQLite address has no file yet."""
    if address.startswith("postgres"):
        database = open_database(address)
        with database.begin() as connection:
            metadata.drop_all(connection)
            connection.execute(text("DROP TABLE alembic_version"))
        database.close()


def test_processes_that_open_a_new_database_at_once_all_succeed(address: str) -> None:
    _empty(address)
    race(OPEN, 3, address)
    database = open_database(address)
    with database.read() as connection:
        assert sorted(connection.execute(text("SELECT name FROM meta")).scalars()) == ["0", "1", "2"]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
    database.close()


def test_a_migration_killed_half_way_leaves_nothing_behind_and_the_next_open_finishes(address: str) -> None:
    _empty(address)
    code = """
import os, signal, sys
from sqlalchemy import Engine, event

def after(connection, cursor, statement, parameters, context, executemany):
    if statement.lstrip().startswith("CREATE TABLE approvals"):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", after)
from memory import open_database
open_database(sys.argv[1])
"""
    assert subprocess.run([sys.executable, "-c", code, address], check=False).returncode == -9
    database = open_database(address)
    with database.read() as connection:
        assert _differences(connection) == []
    database.close()


def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        connection.execute(meta.insert().values(name="a", value="b"))
        _ = 1 / 0
    assert database.recall("a") is None


def test_a_broken_constraint_is_not_reported_as_a_storage_failure(database: Database) -> None:
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(meta.insert().values([{"name": "a", "value": "b"}, {"name": "a", "value": "c"}]))


def test_a_database_written_by_a_newer_version_is_left_alone(address: str) -> None:
    database = open_database(address)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    try:
        with pytest.raises(Misconfigured, match="newer Onbrand"):
            open_database(address)
    finally:
        engine = database.engine
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{HEAD}'"))
        engine.dispose()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "not a url", ""])
def test_an_address_that_names_no_supported_database_says_what_does(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_database(url)
    assert "postgresql+psycopg://" in caught.value.hint


def test_an_unreachable_server_is_a_storage_failure_that_hides_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StorageFailed, match="cannot be reached") as caught:
        open_database("postgresql://user:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in caught.value.where + str(caught.value)


def test_a_full_disk_is_said_to_be_full_and_what_was_there_stays(home: Home) -> None:
    database = open_database(home)
    database.remember("kept", "yes")
    with pytest.raises(StorageFailed, match="disk is full") as caught, database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))     # SQLite's own way to run out of room
        connection.execute(meta.insert().values(name="big", value="x" * 1_000_000))
    assert "space" in caught.value.hint
    assert database.recall("kept") == "yes"
    assert database.recall("big") is None
    database.close()


def test_a_database_another_process_holds_locked_is_said_to_be_locked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.database.BUSY_SECONDS", 0.05)
    database = open_database(home)
    other = sqlite3.connect(home.database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed, match="locked"):
        database.remember("a", "b")
    assert database.recall("a") is None                 # readers do not wait for the writer
    other.close()
    database.remember("a", "b")
    database.close()


@pytest.mark.parametrize("damage", ["not a database", "pages overwritten"])
def test_a_damaged_file_is_said_to_be_damaged(home: Home, damage: str) -> None:
    database = open_database(home)
    with database.begin() as connection:
        connection.execute(meta.insert(), [{"name": str(n), "value": "x" * 500} for n in range(200)])
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = bytearray(home.database_file.read_bytes())
    begin = 0 if damage == "not a database" else 4096
    data[begin:] = b"\xa5" * (len(data) - begin)
    home.database_file.write_bytes(data)
    with pytest.raises(StorageFailed, match=r"not a database|damaged") as caught:
        open_database(home).recall("1")
    assert str(home.database_file) in caught.value.where


def test_a_server_that_ends_the_connection_is_a_storage_failure_and_the_next_call_works(postgres: str) -> None:
    database = open_database(postgres)
    with pytest.raises(StorageFailed), database.begin() as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.begin() as other:
            other.execute(text(f"SELECT pg_terminate_backend({own})"))
        connection.execute(meta.insert().values(name="a", value="b"))
    database.remember("a", "c")
    assert database.recall("a") == "c"
    database.close()
