"""Every test that takes `address` or `database` runs twice: on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from memory import Database, Effects, Home, Ledger, RunTable, new_run_id, open_database
from memory.tables import metadata


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without rows; the tables may be there already."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/onbrand.sqlite"
    url: str = request.getfixturevalue("postgres")
    database = open_database(url)
    with database.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))
    database.close()
    return url


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    database = open_database(address)
    yield database
    database.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def runs(database: Database) -> RunTable:
    return RunTable(database)


@pytest.fixture
def effects(database: Database) -> Effects:
    return Effects(database)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def run_id(runs: RunTable) -> str:
    """A working run of the brand "demo"."""
    from domain.run import RunRequest

    return runs.create(RunRequest(request="our can on a terrace"), new_run_id()).run_id
