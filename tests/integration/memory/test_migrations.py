from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from domain.run import RunStatus
from memory import Effects, Keys, RunTable, open_database
from memory.migrations import HEAD
from memory.migrations.upgrade import settings
from memory.tables import metadata

RUN = "run-00000000first"
DIGEST = "ab" * 32
OLD_ROWS = (
    "INSERT INTO runs (run_id, brand, status, request, shortlisted, cancel, out_dir, trace_path, created, updated)"
    f" VALUES ('{RUN}', 'demo', 'review', '{{\"request\": \"our can\"}}', 1, false, 'out', '', '2026-01-02',"
    " '2026-01-02')",
    "INSERT INTO approvals (id, brand, run_id, digest, markets, channels, approver, approved) VALUES"
    f" ('{DIGEST}', 'demo', '{RUN}', '{DIGEST}', '[\"SE\"]', '[\"web\"]', 'anna', '2026-01-02')",
    "INSERT INTO effects (key, brand, run_id, approval, digest, markets, channel, destination, status, attempts, files,"
    f" dossier, intended) VALUES ('{DIGEST}', 'demo', '{RUN}', '{DIGEST}', '{DIGEST}', '[\"SE\"]', 'web', 'folder',"
    " 'intended', 0, '{}', '', '2026-01-02')",
)


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """Without what `open_database` does, which is to migrate."""
    url = make_url(address)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url)
    yield engine
    engine.dispose()


def _first_revision(connection: Connection) -> None:
    """The tables as 0001 made them, and nothing else; on Postgres other tests may have left newer ones."""
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    command.upgrade(settings(connection), "0001")


def _columns(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT * FROM runs")).keys())


def test_a_database_of_the_first_revision_opens_with_every_row_and_an_approval_still_to_deliver(
    address: str, engine: Engine
) -> None:
    with engine.begin() as connection:
        _first_revision(connection)
        for row in OLD_ROWS:
            connection.exec_driver_sql(row)
    assert "created_by" not in _columns(engine)
    database = open_database(address)
    with database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
    runs = RunTable(database)
    found = runs.get("demo", RUN)
    assert (found.status, found.request.request, found.out_dir) == (RunStatus.REVIEW, "our can", "out")
    assert (found.created_by, found.waiting_for, found.crashes) == ("", None, 0)
    assert [effect.key for effect in Effects(database).pending(RUN)] == [DIGEST]
    assert runs.claimable() == [("demo", RUN)]
    assert Keys(database).list() == []
    database.close()


def test_going_back_a_revision_and_forward_again_keeps_the_runs(address: str, engine: Engine) -> None:
    with engine.begin() as connection:
        _first_revision(connection)
        connection.exec_driver_sql(OLD_ROWS[0])
    open_database(address).close()
    with engine.begin() as connection:
        command.downgrade(settings(connection), "0001")
    assert "created_by" not in _columns(engine)
    database = open_database(address)
    assert RunTable(database).get("demo", RUN).request.request == "our can"
    database.close()
