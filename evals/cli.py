"""`onbrand evals`: replay, recompute, fork and compare runs, keep traces, run suites."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, err, escaped, out, print_json, run

if TYPE_CHECKING:
    from evals.diff import Diff
    from evals.pages import Thumbnail
    from evals.pairs import Result
    from service.settings import Settings

app = typer.Typer(
    help="Recorded runs: replay, fork, compare, keep as cases; and suites with scores.", no_args_is_help=True
)

TraceArgument = Annotated[str, typer.Argument(help="Trace file, or run id.", show_default=False)]
TracesArgument = Annotated[list[str], typer.Argument(help="Trace files, folders of them, or run ids.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Also write a page with pictures to this file.")]

DIFFERS = 1
"""Exit code where a replay, or a recomputed answer, comes out otherwise."""


def settings_in_force() -> Settings:
    """The settings, as every command reads them."""
    from service.settings import load_settings

    return load_settings()


@app.command("replay")
def replay_traces(
    traces: TracesArgument,
    brand: BrandOption = "demo",
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Also make every call again, over this home's library.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run recorded runs again from their traces alone: no key, no network, no home. Exit code 1 where one differs."""
    with ending_with_exit_codes(as_json=as_json):
        documents = run(_replay(traces, brand, recompute=recompute, as_json=as_json))
        same = all(document["same"] and _recomputed(document) for document in documents)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)
    if not same:
        raise typer.Exit(DIFFERS)


def _recomputed(document: dict[str, Any]) -> bool:
    return document.get("recomputed", {}).get("difference") is None


async def _replay(traces: list[str], brand: str, *, recompute: bool, as_json: bool) -> list[dict[str, Any]]:
    from evals.recompute import recompute as made_again
    from evals.recording import load
    from evals.replay import replay
    from evals.shelf import expand
    from memory.home import Home

    settings = settings_in_force()
    documents = []
    for path in await asyncio.to_thread(expand, traces, Home(settings.home), brand):
        recording = await asyncio.to_thread(load, path)
        replayed = await replay(recording)
        document = replayed.document()
        if recompute:
            document["recomputed"] = (again := await made_again(recording, settings)).document()
        documents.append(document)
        if as_json:
            continue
        if replayed.difference:
            out.print(f"[red]{path.stem}: differs[/red]  {escaped(str(replayed.difference))}", highlight=False)
        else:
            out.print(
                f"{path.stem}: same path and decisions, {document['calls']} calls from the tape, "
                f"{replayed.seconds:.2f} s for a run of {recording.seconds:.1f} s",
                highlight=False,
            )
        for note in replayed.notes:
            out.print(f"  note: {escaped(note)}", highlight=False)
        if recompute and again.difference:
            out.print(f"  [red]recomputed: differs[/red]  {escaped(str(again.difference))}", highlight=False)
        elif recompute:
            out.print(f"  recomputed: {again.calls} calls, {again.artifacts} pictures, all the same", highlight=False)
    return documents


@app.command("fork")
def fork_trace(
    trace: TraceArgument,
    brand: BrandOption = "demo",
    sets: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE: rounds, seed, grid, request, …")] = None,
    rules: Annotated[list[Path] | None, typer.Option("--rule", help="Market pack or brand book (YAML).")] = None,
    judges: Annotated[
        list[str] | None, typer.Option("--judge", help="CHECK.LIMIT=VALUE, CHECK.severity=S, or a checks.yaml.")
    ] = None,
    prompts: Annotated[list[Path] | None, typer.Option("--prompt", help="Prompt file of a model role.")] = None,
    step: Annotated[str | None, typer.Option("--from", help="Everything live from this step on; critique:2.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for the fork's trace.")] = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change one thing of a recorded run and see what comes of it. What does not depend on it comes from the tape.

    A fork never publishes.
    """
    from evals.changes import parsed

    with ending_with_exit_codes(as_json=as_json):
        changes = parsed(sets or (), rules=rules or (), judges=judges or (), prompts=prompts or (), step=step)
        document, difference = run(_fork(trace, brand, changes, folder, html))
    if as_json:
        print_json(document)
        return
    live = ", ".join(f"{name} {count}" for name, count in document["live_calls"].items()) or "none"
    out.print(f"fork of {escaped(trace)}: {escaped('; '.join(document['changes']))}", highlight=False)
    out.print(f"calls: {document['taped_calls']} from the tape, live: {live}", highlight=False)
    out.print(f"trace: {document['trace']}", highlight=False)
    print_diff(difference)


async def _fork(
    trace: str, brand: str, changes: Any, folder: Path | None, html: Path | None
) -> tuple[dict[str, Any], Diff]:
    from evals.fork import fork
    from evals.recording import load
    from evals.shelf import resolve
    from memory.home import Home

    settings = settings_in_force()
    path = await asyncio.to_thread(resolve, trace, Home(settings.home), brand)
    forked = await fork(await asyncio.to_thread(load, path), changes, settings, folder)
    if html is not None:
        await asyncio.to_thread(write_page, forked.diff, html, settings)
    return forked.document(), forked.diff


@app.command("diff")
def diff_traces(
    one: TraceArgument,
    other: TraceArgument,
    brand: BrandOption = "demo",
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Two runs side by side: path, calls, findings, edits, pictures, cost and verdict."""
    with ending_with_exit_codes(as_json=as_json):
        difference = _diff(one, other, brand, html)
    if as_json:
        print_json(difference)
    else:
        print_diff(difference)


def _diff(one: str, other: str, brand: str, html: Path | None) -> Diff:
    from evals.diff import diff
    from evals.recording import load
    from evals.shelf import resolve
    from memory.home import Home

    settings = settings_in_force()
    home = Home(settings.home)
    difference = diff(load(resolve(one, home, brand)), load(resolve(other, home, brand)))
    if html is not None:
        write_page(difference, html, settings)
    return difference


def write_page(difference: Diff, html: Path, settings: Settings) -> None:
    """The page of a diff, with the pictures this home has."""
    from evals.pages import diff_page, thumbnails
    from memory.artifacts import DirectoryStore
    from memory.home import Home

    thumbnail: Thumbnail = thumbnails(DirectoryStore(Home(settings.home)), difference.brand)
    html.write_text(diff_page(difference, thumbnail), encoding="utf-8")
    err.print(f"page: {html}", highlight=False)


def print_diff(difference: Diff) -> None:
    """A diff for a terminal."""
    from evals.text import diff_lines

    for line in diff_lines(difference):
        out.print(line, highlight=False)


@app.command("list")
def list_traces(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of traces; this home's if none.")] = None,
    brand: BrandOption = "demo",
    status: Annotated[str | None, typer.Option(help="Only runs of this status, or that failed with this code.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only traces with this tag.")] = None,
    words: Annotated[str | None, typer.Option(help="Only requests with these words.")] = None,
    has: Annotated[list[str] | None, typer.Option(help="Only traces with this text anywhere; all of several.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Traces, newest first."""
    from itertools import islice

    from evals.shelf import read_tags, searched
    from evals.text import entry_table
    from memory.home import Home

    with ending_with_exit_codes(as_json=as_json):
        home = Home(settings_in_force().home)
        places = folders or [home.traces(brand), home.evals(brand) / "forks"]
        paths = [path for place in places for path in place.glob("*.jsonl")]
        tags = {run_id: given for place in places for run_id, given in read_tags(place).items()}
        found = searched(paths, tags, status=status, tag=tag, has=has or (), words=words)
        shown = list(islice(found, limit))
    if as_json:
        print_json([entry.document() for entry in shown])
    else:
        out.print(entry_table(shown))


@app.command("tag")
def tag_trace(
    trace: TraceArgument,
    tags: Annotated[list[str], typer.Argument(help="Words to put on it.")],
    brand: BrandOption = "demo",
    remove: Annotated[bool, typer.Option("--remove", help="Take these words away.")] = False,
) -> None:
    """Put words on a trace, to find it again."""
    from evals.shelf import resolve, tag
    from memory.home import Home

    with ending_with_exit_codes(as_json=False):
        path = resolve(trace, Home(settings_in_force().home), brand)
        now = tag(path, () if remove else tags, tags if remove else ())
    out.print(f"{path.stem}: {', '.join(now) or 'no tags'}", highlight=False)


@app.command("minimise")
def minimise_trace(
    trace: TraceArgument,
    to: Annotated[Path, typer.Argument(help="File to write the shorter trace to.")],
    shows: Annotated[
        str | None, typer.Option(help="What it must still show, as floating=fail; a replay that differs if none.")
    ] = None,
    brand: BrandOption = "demo",
) -> None:
    """The shortest beginning of a trace that still shows a failure."""
    from evals import cases
    from evals.shelf import resolve
    from memory.home import Home

    with ending_with_exit_codes(as_json=False):
        events = cases.all_events(resolve(trace, Home(settings_in_force().home), brand))
        if shows:
            kept = cases.prefix(events, cases.Shows.parse(shows))
        else:
            kept = events[: run(cases.differing_prefix(events, cases.replays_otherwise))]
        cases.write(kept, to)
    out.print(f"{to}: {len(kept)} of {len(events)} events", highlight=False)


@app.command("keep")
def keep_trace(
    trace: TraceArgument,
    name: Annotated[str, typer.Argument(help="Name of the case.")],
    folder: Annotated[Path, typer.Option("--to", help="Folder of cases.")] = Path("evals/cases"),
    brand: BrandOption = "demo",
) -> None:
    """Keep a trace as a regression case: `onbrand evals replay FOLDER` holds today's code against it."""
    from evals import cases
    from evals.shelf import resolve
    from memory.home import Home

    with ending_with_exit_codes(as_json=False):
        path = folder / f"{name}.jsonl"
        cases.write(cases.all_events(resolve(trace, Home(settings_in_force().home), brand)), path)
    out.print(f"{path}: replay it with `onbrand evals replay {path}`", highlight=False)


@app.command("run")
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


@app.command("suites")
def list_suites() -> None:
    """The suites there are."""
    from evals.suite import SUITES, suite_named

    for name in SUITES:
        found = suite_named(name)
        out.print(f"[bold]{name}[/bold]  {escaped(found.about)}\n  {escaped(found.scorer)}", highlight=False)


@app.command("compare")
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


@app.command("report")
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


pairs_app = typer.Typer(help="A blind study of two runs' pictures, by people or by a model.", no_args_is_help=True)
app.add_typer(pairs_app, name="pairs")


@pairs_app.command("make")
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


@pairs_app.command("score")
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


@pairs_app.command("ask")
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


def main() -> None:
    """Entry point of `python -m evals.cli`."""
    from service.cli.terminal import quiet_libraries

    quiet_libraries()
    app()


if __name__ == "__main__":
    main()
