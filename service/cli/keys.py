"""`onbrand keys`: make, list and revoke API keys.

A key that may approve or administer is made by a person: it takes an interactive terminal and a typed yes, so that a
program in a shell cannot make itself an approver by a command alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from domain.access import Role
from domain.errors import BadInput, Refused
from service.cli.options import JsonOption
from service.cli.terminal import Left, can_ask, ending_with_exit_codes, err, escaped, line, out, person, print_json

if TYPE_CHECKING:
    from memory.keys import Key, Keys

app = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)

BY_A_PERSON = frozenset({Role.APPROVER, Role.ADMIN})
"""Roles that only a person at a terminal grants."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.", show_default=False)],
    brand: Annotated[str, typer.Option("--brand", help="The brand it works for.", show_default=False)],
    role: Annotated[
        list[Role], typer.Option("--role", help="What it may do there; repeat for more.", show_default=False)
    ],
    expires_days: Annotated[
        int | None, typer.Option("--expires-days", min=1, max=3650, help="Days until it expires.", show_default="never")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. Its secret is printed once, now, and kept nowhere."""
    with ending_with_exit_codes(as_json=as_json), opened() as keys:
        must_be_there(brand)
        roles = frozenset(role)
        if roles & BY_A_PERSON:
            confirm(name, brand, roles)
        expires = datetime.now(UTC) + timedelta(days=expires_days) if expires_days else None
        secret, key = keys.create(name, {brand: roles}, f"local:{person()}", expires)
    if as_json:
        print_json({**shown(key), "secret": secret})
        return
    err.print(f"key {escaped(key.id)} for {escaped(key.name)}; its secret is shown only now:", highlight=False)
    print(secret)


@app.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """Every key, without its secret; revoked and expired ones too."""
    with ending_with_exit_codes(as_json=as_json), opened() as keys:
        found = keys.list()
    if as_json:
        print_json([shown(key) for key in found])
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("key", "name", "grants", "made by", "last used", "stands"):
        table.add_column(column, overflow="fold")
    for key in found:
        grants = ", ".join(f"{brand}: {' '.join(sorted(roles))}" for brand, roles in sorted(key.grants.items()))
        used = f"{key.last_used:%Y-%m-%d %H:%M}" if key.last_used else "never"
        table.add_row(key.id, escaped(key.name), grants, escaped(key.created_by), used, standing(key))
    out.print(table)


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Key id, as `onbrand keys list` shows it.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Make a key open nothing any more. Streams it opened before end within ten minutes."""
    with ending_with_exit_codes(as_json=as_json), opened() as keys:
        revoked = keys.revoke(key)
    if as_json:
        print_json(shown(revoked))
    else:
        out.print(f"{revoked.id} ({escaped(revoked.name)}) is revoked", highlight=False)


@contextmanager
def opened() -> Iterator[Keys]:
    """The keys of the installation that the settings name, nothing else of it."""
    from memory.database import open_database
    from memory.home import Home
    from memory.keys import Keys
    from service.settings import load_settings

    settings = load_settings()
    database = open_database(settings.database_url or Home(settings.home))
    try:
        yield Keys(database)
    finally:
        database.close()


def must_be_there(brand: str) -> None:
    """Raises NotFound for a brand without a book: a key for it would open nothing."""
    from memory.rulebook import YamlRulebook
    from service.settings import load_settings

    YamlRulebook((load_settings().home,)).brand(brand)


def confirm(name: str, brand: str, roles: frozenset[Role]) -> None:
    """Have a person say that this key may approve or administer.

    Raises Refused without an interactive terminal, BadInput when the person says anything but yes.
    """
    named = " and ".join(sorted(roles & BY_A_PERSON))
    if not can_ask():
        raise Refused(
            f"granting {named} needs an interactive terminal: a person decides who may approve",
            where="--role",
            hint="run it yourself in a terminal; the roles viewer and creator need none",
        )
    err.print(f"{escaped(name)} will be {named} of {escaped(brand)}: who has the key can act as that.", highlight=False)
    try:
        said = line("make this key? Type yes: ")
    except Left:
        said = ""
    if said.lower() != "yes":
        raise BadInput("no key was made", where="--role", hint="type yes, or leave the role out")


def standing(key: Key) -> str:
    """Whether a key opens anything now."""
    if key.revoked:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.expires and key.expires <= datetime.now(UTC):
        return f"expired {key.expires:%Y-%m-%d}"
    return f"until {key.expires:%Y-%m-%d}" if key.expires else "in force"


def shown(key: Key) -> dict[str, Any]:
    """A key as JSON, with roles in a stable order."""
    document = key.model_dump(mode="json")
    document["grants"] = {brand: sorted(roles) for brand, roles in key.grants.items()}
    return document
