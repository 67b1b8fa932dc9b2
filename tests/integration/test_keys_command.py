"""Keys are made by hand, shown once, and a program cannot make itself an approver."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from typer.testing import CliRunner, Result

from domain.access import Role
from memory import Home, open_database
from memory.keys import Keys
from service.cli.app import app

Command = Callable[..., Result]


@pytest.fixture
def keys(own_home: Path) -> Command:
    """`onbrand keys ...` without a terminal, over the test's own home."""
    return lambda *arguments: CliRunner().invoke(app, ["keys", *arguments])


def test_a_key_is_made_shown_once_used_and_revoked(own_home: Path, keys: Command) -> None:
    made = keys("create", "ci", "--brand", "demo", "--role", "creator", "--role", "viewer",
                "--expires-days", "30", "--json")  # fmt: skip
    document = json.loads(made.stdout)
    secret = document["secret"]
    assert document["grants"] == {"demo": ["creator", "viewer"]}
    database = open_database(Home(own_home))
    found = Keys(database).find(secret)
    assert found is not None
    assert (found.name, found.grants) == ("ci", {"demo": {Role.CREATOR, Role.VIEWER}})
    assert found.expires is not None
    listed = keys("list", "--json")
    assert [key["id"] for key in json.loads(listed.stdout)] == [document["id"]]
    assert secret not in listed.stdout
    assert secret not in keys("list").stdout
    assert keys("revoke", document["id"]).exit_code == 0
    assert Keys(database).find(secret) is None
    assert "revoked" in keys("list").stdout
    database.close()


def test_the_secret_alone_is_on_stdout(keys: Command) -> None:
    made = keys("create", "ci", "--brand", "demo", "--role", "viewer")
    assert made.exit_code == 0
    assert made.stdout.startswith("onb_")
    assert len(made.stdout.split()) == 1


@pytest.mark.parametrize("role", ["approver", "admin"])
def test_a_script_cannot_grant_what_only_people_grant(keys: Command, role: str) -> None:
    for arguments in (("--json",), ()):
        refused = keys("create", "bot", "--brand", "demo", "--role", role, "--role", "viewer", *arguments)
        assert refused.exit_code == 5
        assert "onb_" not in refused.stdout
    assert keys("list", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize(("say", "code", "made"), [("yes", 0, 1), ("no", 2, 0)])
def test_a_person_at_a_terminal_grants_approval(keys: Command, say: str, code: int, made: int) -> None:
    arguments = ["-m", "service.cli.app", "keys", "create", "Ada", "--brand", "demo", "--role", "approver"]
    child = pexpect.spawn(sys.executable, arguments, env=dict(os.environ), encoding="utf-8", timeout=60)
    child.expect("Type yes")
    child.sendline(say)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("onb_" in (child.before or "")) == bool(made)
    assert len(json.loads(keys("list", "--json").stdout)) == made


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "ci", "--brand", "nobody", "--role", "viewer"),
        ("create", "ci", "--brand", "demo", "--role", "owner"),
        ("create", "ci", "--brand", "demo"),
        ("create", " ", "--brand", "demo", "--role", "viewer"),
        ("create", "ci", "--brand", "demo", "--role", "viewer", "--expires-days", "0"),
        ("revoke", "0000000000000000"),
    ],
)
def test_what_cannot_be_is_refused_in_words(keys: Command, arguments: tuple[str, ...]) -> None:
    refused = keys(*arguments)
    assert refused.exit_code == 2
    assert refused.stderr
