"""`onbrand check`: a picture made elsewhere, held against the measured checks and the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from domain.candidate import Finding, Severity, Verdict
from domain.rules import RuleCheck, RuleVerdict
from mcp_servers.assets.contract import CheckRules, CutOut, ReadRules
from mcp_servers.connect import open_sessions
from mcp_servers.judges.contract import JudgeImage
from service.cli.create import BrandOption, JsonOption, MarketOption
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json, progress, run
from service.orchestrator import Onbrand
from service.settings import load_settings

TOOLS = frozenset({"judges.judge_image", "assets.cut_out", "assets.check_rules", "assets.read_rules"})
MARKS = {
    Verdict.PASS: "[green]pass[/green]",
    Verdict.FAIL: "[red]fail[/red]",
    Verdict.ABSTAIN: "[dim]cannot tell[/dim]",
}


class Silent:
    """A recorder for work that is no run."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


def check(
    image: Annotated[Path, typer.Argument(help="Picture to check.")],
    product: Annotated[
        Path | None, typer.Option("--product", help="Photo of the product that should be in it.")
    ] = None,
    caption: Annotated[str, typer.Option("--caption", help="What the picture should show.")] = "",
    brand: BrandOption = "demo",
    market: MarketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a picture: exit code 4 when a gate fails, 5 when a rule forbids it."""
    with ending_with_exit_codes(as_json=as_json):
        findings, quality, rules = run(_check(image, product, caption, brand, tuple(market or ()), as_json=as_json))
    failed = [f for f in findings if f.verdict is Verdict.FAIL and f.severity is Severity.GATE]
    if as_json:
        print_json(
            {
                "verdict": "failed" if failed else "passed",
                "quality": quality,
                "findings": [finding.model_dump(mode="json") for finding in findings],
                "rules_checked": [rule.model_dump(mode="json") for rule in rules],
            }
        )
    else:
        print_findings(findings, quality, rules)
    if failed:
        raise typer.Exit(4)


async def _check(
    image: Path, product: Path | None, caption: str, brand: str, markets: tuple[str, ...], *, as_json: bool
) -> tuple[tuple[Finding, ...], float, tuple[RuleCheck, ...]]:
    async with Onbrand.open(load_settings()) as onbrand:
        with progress(shown=not as_json) as show:
            show("reading the picture", 0.1)
            picture = onbrand.add_upload(brand, image, "background")
            async with open_sessions(onbrand.servers, Silent()) as sessions:
                tools = sessions.toolbox("check", TOOLS)
                cutout = None
                if product is not None:
                    asset = onbrand.add_upload(brand, product, "product")
                    cutout = (await tools.assets.cut_out(CutOut(brand=brand, asset=asset.id))).cutout.digest
                show("checking", 0.4)
                book = await tools.assets.read_rules(ReadRules(brand=brand, markets=markets))
                brief = onbrand.language.read(caption, brand) if caption.strip() else None
                judged = await tools.judges.judge_image(
                    JudgeImage(
                        brand=brand,
                        image=picture.digest,
                        cutout=cutout,
                        caption=caption,
                        brief=brief,
                        palette=tuple(colour.hex for colour in book.book.colours),
                    )
                )
                rules: tuple[RuleCheck, ...] = ()
                if brief is not None:
                    checked = await tools.assets.check_rules(
                        CheckRules(brand=brand, brief=brief, captions=(), markets=markets)
                    )
                    rules = checked.checks
        return judged.findings, judged.quality, rules


def print_findings(findings: tuple[Finding, ...], quality: float, rules: tuple[RuleCheck, ...]) -> None:
    """A line a check."""
    table = Table(box=None, padding=(0, 2))
    for column in ("check", "verdict", "severity", "reason"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        table.add_row(finding.check, MARKS[finding.verdict], finding.severity, escaped(finding.reason))
    out.print(table)
    out.print(f"technical quality: {quality:.2f}", highlight=False)
    for rule in rules:
        if rule.verdict not in {RuleVerdict.NOT_APPLICABLE, RuleVerdict.MET}:
            told = f"{rule.verdict}: {rule.market} {rule.rule}: {rule.reason}"
            out.print(escaped(told), highlight=False)
