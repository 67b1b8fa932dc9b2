"""`onbrand check`: a picture made elsewhere, held against the measured checks and the rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from domain.candidate import Verdict
from domain.rules import RuleVerdict
from service.cli.opening import opened
from service.cli.options import BrandOption, JsonOption, MarketOption
from service.cli.questions import asset_or_upload
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json, progress, run

if TYPE_CHECKING:
    from domain.studio import Checked

MARKS = {
    Verdict.PASS: "[green]pass[/green]",
    Verdict.FAIL: "[red]fail[/red]",
}


def check(
    image: Annotated[Path, typer.Argument(help="Picture to check.")],
    product: Annotated[
        str | None, typer.Option("--product", help="The product that should be in it: photo file, or asset id.")
    ] = None,
    caption: Annotated[str, typer.Option("--caption", help="What the picture should show.")] = "",
    brand: BrandOption = "demo",
    market: MarketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a picture: exit code 4 when a gate fails or the product is not found in it, 5 when a rule forbids it."""
    with ending_with_exit_codes(as_json=as_json):
        checked = run(_check(image, product, caption, brand, tuple(market or ()), as_json=as_json))
        if as_json:
            print_json(checked)
        else:
            print_checked(checked)
        if checked.verdict != "passed":
            raise typer.Exit(4)


async def _check(
    image: Path, product: str | None, caption: str, brand: str, markets: tuple[str, ...], *, as_json: bool
) -> Checked:
    from service.checking import check_picture

    async with opened(brand, judges=True) as onbrand:
        with progress(shown=not as_json) as show:
            onbrand.prepare(brand, show)
            asset = asset_or_upload(onbrand, brand, product, "product")
            picture = onbrand.add_upload(brand, image, "background")
            return await check_picture(
                onbrand, brand, picture, product=asset, caption=caption, markets=markets, on_step=show
            )


def print_checked(checked: Checked) -> None:
    """A line a check, what could not be told, the rules that want something, and the verdict."""
    table = Table(box=None, padding=(0, 2))
    for column in ("check", "verdict", "severity", "reason"):
        table.add_column(column, overflow="fold")
    untold: dict[str, list[str]] = {}
    for finding in checked.findings:
        name = finding.check.replace("_", " ")
        if finding.verdict is Verdict.ABSTAIN:
            untold.setdefault(finding.reason, []).append(name)
        else:
            table.add_row(name, MARKS[finding.verdict], finding.severity, escaped(finding.reason))
    out.print(table)
    for reason, names in untold.items():
        out.print(f"[dim]cannot tell[/dim] {', '.join(names)}: {escaped(reason)}", highlight=False)
    for rule in checked.rules_checked:
        if rule.verdict not in {RuleVerdict.NOT_APPLICABLE, RuleVerdict.MET}:
            told = f"{rule.verdict.replace('_', ' ')}: {rule.market} {rule.rule}: {rule.reason}"
            out.print(escaped(told), highlight=False)
    for note in checked.notes:
        out.print(f"note: {escaped(note)}", highlight=False)
    colour = "green" if checked.verdict == "passed" else "red"
    out.print(
        f"[bold {colour}]{checked.verdict}[/bold {colour}], technical quality {checked.quality:.2f}", highlight=False
    )
