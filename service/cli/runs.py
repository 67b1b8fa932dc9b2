"""`onbrand runs`: list, show, resume, approve, cancel."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from domain.errors import BadInput, Refused
from domain.run import RunStatus, RunView
from service.cli.create import answers_of, drive, finish
from service.cli.opening import opened, reported
from service.cli.options import AnswerOption, BrandOption, JsonOption
from service.cli.questions import answers_from
from service.cli.summary import HEADLINES, print_approval
from service.cli.terminal import Left, can_ask, ending_with_exit_codes, escaped, line, out, person, print_json, run

app = typer.Typer(help="Runs: list, show, resume, approve, cancel.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(help="Run id, as `onbrand runs list` shows it.", show_default=False)]


@app.command("list")
def list_runs(
    brand: BrandOption = "demo",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    as_json: JsonOption = False,
) -> None:
    """The newest runs of a brand."""
    with ending_with_exit_codes(as_json=as_json):
        rows = run(_list(brand, limit))
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    table = Table(box=None, padding=(0, 2))
    for column in ("run", "status", "created", "request"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row.run_id, HEADLINES[row.status], f"{row.created_at:%Y-%m-%d %H:%M}", escaped(row.request.request)
        )
    out.print(table)


async def _list(brand: str, limit: int) -> list[RunView]:
    async with opened(brand) as onbrand:
        return [await onbrand.view(brand, row.run_id) for row in onbrand.workshop.runs.list(brand, limit)]


@app.command("show")
def show(run_id: RunArgument, brand: BrandOption = "demo", as_json: JsonOption = False) -> None:
    """One run, whole."""
    with ending_with_exit_codes(as_json=as_json):
        view = run(_view(brand, run_id))
    finish(view, as_json=as_json)


async def _view(brand: str, run_id: str) -> RunView:
    async with opened(brand) as onbrand:
        return await onbrand.view(brand, run_id)


@app.command("resume")
def resume(
    run_id: RunArgument, brand: BrandOption = "demo", answer: AnswerOption = None, as_json: JsonOption = False
) -> None:
    """Go on with a run that was cut off, or that waits for an answer; finished candidates are not made again."""
    with ending_with_exit_codes(as_json=as_json):
        view = run(_resume(brand, run_id, answers_of(answer or []), as_json=as_json))
    finish(view, as_json=as_json)


async def _resume(brand: str, run_id: str, answers: dict[str, str], *, as_json: bool) -> RunView:
    async with opened(brand) as onbrand:
        before = await onbrand.view(brand, run_id)
        if answers and not (before.status is RunStatus.NEEDS_INPUT and before.questions):
            raise BadInput(
                f"run {run_id} is not waiting for an answer", where=run_id, hint=f"see `onbrand runs show {run_id}`"
            )
        view = await drive(
            onbrand,
            brand,
            run_id,
            as_json=as_json,
            stop_to_ask=False,
            may_prompt=can_ask() and not as_json,
            answer=answers_from(onbrand, before, answers) if answers else None,
        )
        return reported(onbrand, view)


@app.command("approve")
def approve(
    run_id: RunArgument,
    brand: BrandOption = "demo",
    candidate: Annotated[
        list[str] | None, typer.Option("--candidate", help="Which of the shortlist; the first if none.")
    ] = None,
    market: Annotated[
        list[str] | None, typer.Option("--market", help="For which markets, instead of the brief's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say yes to final files and publish them, once. Needs an interactive terminal: a person approves."""
    with ending_with_exit_codes(as_json=as_json):
        if not can_ask():
            raise Refused(
                "approval needs an interactive terminal: a person approves what is published",
                where=run_id,
                hint=f"run it yourself in a terminal: onbrand runs approve {run_id}",
            )
        view = run(_approve(brand, run_id, tuple(candidate or ()), tuple(m.upper() for m in market or ())))
    finish(view, as_json=as_json)


async def _approve(brand: str, run_id: str, candidates: tuple[str, ...], markets: tuple[str, ...]) -> RunView:
    async with opened(brand) as onbrand:
        view = await onbrand.view(brand, run_id)
        exports, target = onbrand.approvable(view, candidates, markets)
        print_approval(view, exports, target)
        confirm(run_id)
        view = await onbrand.approve(brand, run_id, tuple(e.candidate for e in exports), person(), target)
        return reported(onbrand, view)


def confirm(run_id: str) -> None:
    """Raises BadInput when the person says anything but yes."""
    try:
        said = line("publish? Type yes: ")
    except Left:
        said = ""
    if said.lower() != "yes":
        raise BadInput("not approved", where=run_id, hint="nothing was published")


@app.command("cancel")
def cancel(run_id: RunArgument, brand: BrandOption = "demo", as_json: JsonOption = False) -> None:
    """Stop a run: at once when it waits, at its next step when it works. A run that has ended stays as it is."""
    with ending_with_exit_codes(as_json=as_json):
        view = run(_cancel(brand, run_id))
    if as_json:
        print_json(view)
    elif view.status is RunStatus.WORKING:
        out.print(f"{view.run_id} stops at its next step", highlight=False)
    else:
        out.print(f"{view.run_id}: {HEADLINES[view.status]}", highlight=False)


async def _cancel(brand: str, run_id: str) -> RunView:
    async with opened(brand) as onbrand:
        return await onbrand.cancel(brand, run_id)
