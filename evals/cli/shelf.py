"""`onbrand evals list`, `tag`, `minimise` and `keep`: traces found, marked, cut short and kept as cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.options import TraceArgument, settings_in_force
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, out, print_json, run


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
