"""`onbrand evals fork` and `diff`: a recorded run with one thing changed, and two runs side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.cli.options import HtmlOption, TraceArgument, settings_in_force
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, err, escaped, out, print_json, run

if TYPE_CHECKING:
    from evals.diff import Diff
    from evals.pages import Thumbnail
    from service.settings import Settings


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
