import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.access import Role
from domain.errors import BadInput, NotFound
from memory import Database, Home, Keys, open_database
from memory.tables import keys as table

GRANTS = {"demo": frozenset({Role.CREATOR, Role.APPROVER}), "acme": frozenset({Role.VIEWER})}


@pytest.fixture
def keys(database: Database) -> Keys:
    return Keys(database)


def test_a_key_is_found_by_its_secret_with_all_it_grants(keys: Keys) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    secret, key = keys.create(" CI ", GRANTS, "local:anna", expires=later)
    found = keys.find(secret)
    assert found is not None
    assert (found.id, found.name, found.grants, found.created_by, found.expires) == (
        key.id, "CI", GRANTS, "local:anna", later,
    )
    assert found.revoked is None
    assert secret.startswith(f"onb_{key.id}_")


def test_the_secret_is_nowhere_in_the_database(database: Database, keys: Keys) -> None:
    secret, key = keys.create("CI", GRANTS, "local:anna")
    with database.read() as connection:
        row = connection.execute(select(table)).one()
    random_part = secret.removeprefix(f"onb_{key.id}_")
    assert len(random_part) == 43
    assert random_part not in str(row)
    assert row.digest == hashlib.sha256(secret.encode()).hexdigest()


def test_what_is_no_secret_of_a_key_finds_none(keys: Keys) -> None:
    secret, key = keys.create("CI", GRANTS, "local:anna")
    other, _ = keys.create("other", GRANTS, "local:anna")
    swapped = f"onb_{key.id}_" + other.rpartition(f"onb_{other[4:20]}_")[2]
    assert len(swapped) == len(secret)
    for wrong in (
        "", "onb_", key.id, secret[:-1], secret + "a", secret.upper(), swapped, " " + secret, secret + "\n",
        "onb_' OR 1=1 --_" + "a" * 43, "a" * 10_000, secret.replace("onb_", "ONB_"), "onb_" + "é" * 60,
    ):
        assert keys.find(wrong) is None, wrong
    assert keys.find(secret) is not None


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(keys: Keys) -> None:
    secret, key = keys.create("CI", GRANTS, "local:anna")
    other, _ = keys.create("other", GRANTS, "local:anna")
    revoked = keys.revoke(key.id)
    assert revoked.revoked is not None
    assert keys.revoke(key.id).revoked == revoked.revoked
    assert keys.find(secret) is None
    assert keys.find(other) is not None
    assert [(found.name, found.revoked is None) for found in keys.list()] == [("other", True), ("CI", False)]
    with pytest.raises(NotFound):
        keys.revoke("nobody")


def test_an_expired_key_opens_nothing(database: Database, keys: Keys) -> None:
    secret, key = keys.create("CI", GRANTS, "local:anna", expires=datetime.now(UTC) + timedelta(hours=1))
    assert keys.find(secret) is not None
    with database.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(table).where(table.c.id == key.id).values(expires=past))
    assert keys.find(secret) is None


def test_its_use_is_noted_once_a_minute(database: Database, keys: Keys) -> None:
    secret, key = keys.create("CI", GRANTS, "local:anna")
    assert keys.list()[0].last_used is None
    keys.find(secret)
    first = keys.list()[0].last_used
    assert first is not None
    keys.find(secret)
    assert keys.list()[0].last_used == first
    with database.begin() as connection:
        connection.execute(update(table).where(table.c.id == key.id).values(last_used=first - timedelta(minutes=2)))
    keys.find(secret)
    again = keys.list()[0].last_used
    assert again is not None
    assert again >= first


def test_a_key_that_was_not_used_by_its_secret_is_not_noted_as_used(keys: Keys) -> None:
    secret, _ = keys.create("CI", GRANTS, "local:anna")
    keys.find(secret[:-1] + ("a" if secret[-1] != "a" else "b"))
    assert keys.list()[0].last_used is None


@pytest.mark.parametrize(
    ("name", "grants", "expires"),
    [
        (" ", GRANTS, None),
        ("CI", {}, None),
        ("CI", {"demo": frozenset()}, None),
        ("CI", GRANTS, datetime(2020, 1, 1)),
    ],
)
def test_a_key_that_could_open_nothing_is_not_made(
    keys: Keys, name: str, grants: dict[str, frozenset[Role]], expires: datetime | None
) -> None:
    with pytest.raises(BadInput):
        keys.create(name, grants, "local:anna", expires)
    assert keys.list() == []


def test_a_good_key_opens_though_its_use_cannot_be_noted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.database.BUSY_SECONDS", 0.05)
    database, other = open_database(home), open_database(home)
    secret, _ = Keys(database).create("CI", GRANTS, "local:anna")
    with other.begin():                                                 # SQLite has one writer at a time
        assert Keys(database).find(secret) is not None
    assert Keys(database).list()[0].last_used is None
    other.close()
    database.close()
