"""`onbrand brands`: brand books compiled from guidelines, reviewed and signed by a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from domain.errors import NotFound, Refused
from domain.values import BrandId
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import (
    Left,
    can_ask,
    ending_with_exit_codes,
    err,
    escaped,
    line,
    out,
    person,
    print_json,
)

if TYPE_CHECKING:
    from domain.guidelines import BookDraft
    from domain.rules import Criterion

app = typer.Typer(help="Brand books: compile guidelines, review and sign them.", no_args_is_help=True)

CHOICES = "keep [k], as a gate [g], for review [r], drop [d], stop [quit]"


@app.command("import")
def import_guidelines(
    place: Annotated[Path, typer.Argument(help="Guideline (Markdown, text, PDF), or a folder of them.")],
    brand: BrandOption = "demo",
    as_json: JsonOption = False,
) -> None:
    """Compile guidelines into criteria that can be checked. The result is a draft until a person signs it."""
    with ending_with_exit_codes(as_json=as_json):
        from memory.brand_books import BrandBooks
        from memory.database import open_database
        from memory.home import Home
        from memory.ledger import Ledger
        from service.brand_import import compiled
        from service.models import models_for
        from service.settings import load_settings

        brand = known_id(brand)
        settings = load_settings()
        home = Home(settings.home)
        database = open_database(settings.database_url or home)
        ledger = Ledger(database, settings.models.allowances, settings.models.team_of)
        models = models_for(settings.models, ledger, home)
        try:
            draft = compiled(brand, place, models, date.today())
        finally:
            models.close()
            database.close()
        path = BrandBooks(home).keep_draft(draft)
    if as_json:
        print_json(draft)
        return
    print_draft(draft)
    out.print(f"\ndraft: {escaped(str(path))}", highlight=False)
    out.print(f"review and sign it: onbrand brands sign --brand {brand}", highlight=False)


@app.command("sign")
def sign(
    brand: BrandOption = "demo",
    name: Annotated[str, typer.Option("--name", help="What the brand is called, where it has no book yet.")] = "",
) -> None:
    """Review a draft criterion by criterion, and sign it. Needs an interactive terminal: a person signs."""
    with ending_with_exit_codes(as_json=False):
        from memory.brand_books import BrandBooks
        from memory.home import Home
        from memory.rulebook import YamlRulebook
        from service.brand_import import signed_book
        from service.settings import load_settings

        brand = known_id(brand)
        if not can_ask():
            raise Refused(
                "signing needs an interactive terminal: a person decides what a guideline demands",
                where=brand,
                hint=f"run it yourself in a terminal: onbrand brands sign --brand {brand}",
            )
        home = Home(load_settings().home)
        books = BrandBooks(home)
        draft = books.draft(brand)
        try:
            decided = {criterion.id: decision_on(criterion) for criterion in draft.criteria}
            kept = sum(one is not None for one in decided.values())
            err.print(f"\n{kept} of {len(decided)} criteria are kept", highlight=False)
            if line(f"type {brand} to sign them: ") != brand:
                raise Left
        except Left:
            err.print("nothing was signed; the draft is as it was", highlight=False)
            raise typer.Exit(5) from None
        book = signed_book(draft, decided, YamlRulebook((home.root,)), by=person(), today=date.today(), name=name)
        path = books.sign(book)
    out.print(f"signed by {escaped(person())}: {escaped(str(path))}", highlight=False)


@app.command("show")
def show(brand: BrandOption = "demo", as_json: JsonOption = False) -> None:
    """A brand's book: its criteria as they count now, and who signed them."""
    with ending_with_exit_codes(as_json=as_json):
        from memory.home import Home
        from memory.rulebook import YamlRulebook
        from service.settings import load_settings

        book = YamlRulebook((Home(load_settings().home).root,)).brand(brand)
    if as_json:
        print_json(book)
        return
    out.print(f"[bold]{escaped(book.name)}[/bold] {book.version}, {book.dated}", highlight=False)
    for colour in book.colours:
        out.print(f"  {colour.role}: {escaped(colour.name)} {colour.hex}", highlight=False)
    print_criteria(book.criteria_in_force())
    if book.criteria:
        intact = book.criteria_in_force() == book.criteria
        signed = f"signed by {book.signed.by} on {book.signed.on}" if book.signed else "not signed"
        note = "" if intact else "; changed since, or never signed: no criterion counts as a gate"
        out.print(f"  {escaped(signed)}{note}", highlight=False)


def decision_on(criterion: Criterion) -> Criterion | None:
    """What a person makes of one criterion; Enter keeps it as it is. Raises Left."""
    from service.brand_import import as_gate, for_review

    page = f", page {criterion.page}" if criterion.page else ""
    err.print(f"\n[bold]{escaped(criterion.question)}[/bold]", highlight=False)
    err.print(f"  “{escaped(criterion.quote)}” ({escaped(criterion.document)}{page})", highlight=False)
    limit = f", {criterion.threshold:g} {criterion.unit}" if criterion.threshold is not None else ""
    how = f"{criterion.method.value}{limit}; {criterion.severity.value}; certainty {criterion.certainty.value}"
    err.print(f"  {escaped(how)}; by {escaped(criterion.compiled_by)}", highlight=False)
    while True:
        said = line(f"{CHOICES} [k]: ").lower() or "k"
        if said in {"k", "keep"}:
            return criterion
        if said in {"g", "gate"}:
            return as_gate(criterion)
        if said in {"r", "review"}:
            return for_review(criterion)
        if said in {"d", "drop"}:
            return None
        err.print("answer k, g, r, d or quit", highlight=False)


def print_draft(draft: BookDraft) -> None:
    """What was compiled, and what was not."""
    names = ", ".join(f"{document.name} ({document.pages} pages)" for document in draft.documents)
    out.print(f"read {escaped(names)}", highlight=False)
    for colour in draft.colours:
        out.print(f"  {colour.role}: {escaped(colour.name)} {colour.hex}", highlight=False)
    print_criteria(draft.criteria)
    if draft.left:
        out.print(f"\nleft to you ({len(draft.left)}): they demand something and fit no pattern", highlight=False)
        for passage in draft.left:
            out.print(f"  {escaped(passage.document)}, page {passage.page}: {escaped(passage.text)}", highlight=False)
    for note in draft.notes:
        out.print(f"note: {escaped(note)}", highlight=False)


def print_criteria(criteria: tuple[Criterion, ...]) -> None:
    """Criteria, a row each."""
    if not criteria:
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("id", "method", "limit", "severity", "question", "page"):
        table.add_column(column, overflow="fold")
    for one in criteria:
        limit = f"{one.threshold:g} {one.unit}" if one.threshold is not None else ""
        table.add_row(
            one.id, one.method.value, limit, f"{one.severity.value} ({one.certainty.value})", escaped(one.question),
            str(one.page or ""),
        )  # fmt: skip
    out.print(table)


def known_id(brand: str) -> str:
    """A brand id as given. Raises NotFound for what can be none: it becomes the name of a file."""
    try:
        return TypeAdapter(BrandId).validate_python(brand)
    except ValidationError as error:
        raise NotFound(
            f"there is no brand {brand!r}", where="--brand", hint="lower-case letters, digits and hyphens"
        ) from error
