"""`onbrand evals replay`: recorded runs again from their traces."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from evals.cli.options import TracesArgument, settings_in_force
from service.cli.options import BrandOption, JsonOption
from service.cli.terminal import ending_with_exit_codes, escaped, out, print_json, run

DIFFERS = 1
"""Exit code where a replay, or a recomputed answer, comes out otherwise."""


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
