"""`onbrand evals run`, `suites`, `compare` and `report`: cases with scores, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.options import settings_in_force
from service.cli.options import JsonOption
from service.cli.terminal import ending_with_exit_codes, err, escaped, out, print_json, run


def run_suites(
    suite: Annotated[str, typer.Argument(help="Suite, or all. `onbrand evals suites` tells of each.")],
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for the run; this home's if none.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a suite: cases, scores with intervals, and the baselines beside them."""
    from evals.results import keep, run_table
    from evals.suite import SUITES, run_suite
    from memory.home import Home

    with ending_with_exit_codes(as_json=as_json):
        place = folder or Home(settings_in_force().home).results
        made = []
        for name in list(SUITES) if suite == "all" else [suite]:
            made.append(run(run_suite(name, limit)))
            path = keep(made[-1], place)
            if not as_json:
                out.print(run_table(made[-1]))
                err.print(f"kept: {path}", highlight=False)
    if as_json:
        documents = [one.model_dump(mode="json") for one in made]
        print_json(documents[0] if len(documents) == 1 else documents)


def list_suites() -> None:
    """The suites there are."""
    from evals.suite import SUITES, suite_named

    for name in SUITES:
        found = suite_named(name)
        out.print(f"[bold]{name}[/bold]  {escaped(found.about)}\n  {escaped(found.scorer)}", highlight=False)


def compare_runs(
    one: Annotated[Path, typer.Argument(help="Run of a suite, as `onbrand evals run` keeps it.")],
    other: Annotated[Path, typer.Argument(help="Another run of the same suite.")],
    as_json: JsonOption = False,
) -> None:
    """Whether one run of a suite is better than another, over the same cases."""
    from evals.results import compared_table
    from evals.suite import compare, read_run

    with ending_with_exit_codes(as_json=as_json):
        compared = compare(read_run(one), read_run(other))
    if as_json:
        print_json([{**row.model_dump(), "verdict": row.verdict} for row in compared])
    else:
        out.print(compared_table(compared))


def report(
    runs: Annotated[list[Path] | None, typer.Argument(help="Runs, or folders of them; this home's if none.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Page to write.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Markdown to write, as docs/evals.md.")] = None,
) -> None:
    """The newest run of each suite, as a page or as the tables of docs/evals.md."""
    from evals.results import markdown as told
    from evals.results import newest, page, run_table
    from memory.home import Home

    with ending_with_exit_codes(as_json=False):
        found = newest(runs or [Home(settings_in_force().home).results])
        if html is not None:
            html.write_text(page(found), encoding="utf-8")
        if markdown is not None:
            markdown.write_text(told(found), encoding="utf-8")
    if html is None and markdown is None:
        for one in found:
            out.print(run_table(one))
