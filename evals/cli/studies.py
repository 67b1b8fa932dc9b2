"""`onbrand evals pairs`: a blind study of two runs' pictures, by people or by a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli.options import TraceArgument, settings_in_force
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, out, print_json

if TYPE_CHECKING:
    from evals.pairs import Result

app = typer.Typer(help="A blind study of two runs' pictures, by people or by a model.", no_args_is_help=True)


@app.command("make")
def make_pairs(
    a: TraceArgument,
    b: TraceArgument,
    folder: Annotated[Path, typer.Option("--out", help="Folder for study.html and study.json.")],
    brand: BrandOption = "demo",
) -> None:
    """A page on which people choose, pair by pair, between the finalists of two runs or two folders of runs."""
    from evals.pairs import study_of, study_page
    from evals.recording import load
    from evals.shelf import expand
    from memory.artifacts import DirectoryStore
    from memory.home import Home

    with ending_with_exit_codes(as_json=False):
        home = Home(settings_in_force().home)
        study = study_of(*([load(path) for path in expand([name], home, brand)] for name in (a, b)))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "study.html").write_text(study_page(study, DirectoryStore(home)), encoding="utf-8")
        (folder / "study.json").write_text(study.model_dump_json(indent=1) + "\n", encoding="utf-8")
    out.print(f"{len(study.pairs)} pairs, {len(study.questions)} showings", highlight=False)
    out.print(f"give people {folder / 'study.html'}; keep {folder / 'study.json'}, which says whose is whose")


@app.command("score")
def score_pairs(
    study: Annotated[Path, typer.Argument(help="The study.json that was kept.")],
    answers: Annotated[list[Path], typer.Argument(help="Files of answers that people saved.")],
    as_json: JsonOption = False,
) -> None:
    """What people preferred: wins, ties, and the interval of the share."""
    from evals.pairs import read_answers, read_study, score

    with ending_with_exit_codes(as_json=as_json):
        result = score(read_study(study), [read_answers(path) for path in answers])
    _print_result(result, as_json=as_json)


@app.command("ask")
def ask_pairs(
    study: Annotated[Path, typer.Argument(help="The study.json that was kept.")], as_json: JsonOption = False
) -> None:
    """Let the model that judges sets choose, in both orders. Needs `models.set_judge` in the settings."""
    from domain.errors import Misconfigured
    from domain.models import ModelRole, Payer
    from evals.pairs import by_model, read_study
    from service.wiring import wire
    from tools.judges.looking import Bench

    with ending_with_exit_codes(as_json=as_json):
        held = read_study(study)
        wired = wire(settings_in_force())
        try:
            bench = Bench(wired.workshop.models, Payer(brand=held.brand, stage="evals"), wired.workshop.known)
            if not bench.looks(ModelRole.SET_JUDGE):
                raise Misconfigured(
                    "no model that looks at pictures serves as set_judge", where="models.set_judge",
                    hint="set one, or give people the page: onbrand evals pairs make",
                )
            result = by_model(held, wired.workshop.artifacts, bench)
        finally:
            wired.close()
    _print_result(result, as_json=as_json)


def _print_result(result: Result, *, as_json: bool) -> None:
    share = result.share
    if as_json:
        interval = list(share) if share else None
        print_json({**result.model_dump(mode="json"), "b_share": interval, "verdict": result.verdict})
        return
    out.print(f"a {result.a_wins}, b {result.b_wins}, ties {result.ties}, unanswered {result.unanswered}")
    out.print(f"b wins {share} of what was decided: {result.verdict}" if share else "nothing was decided")
    if result.agreement is not None:
        out.print(f"the same answer in both orders: {result.agreement:.0%}")
