"""`onbrand evals`: replay, fork and compare runs, keep and inspect traces, run suites; one module for each idea."""

from __future__ import annotations

import typer

from evals.cli import forking, inspecting, replaying, shelf, studies, suites

app = typer.Typer(
    help="Recorded runs: replay, fork, compare, keep as cases; and suites with scores.", no_args_is_help=True
)
app.command("replay")(replaying.replay_traces)
app.command("fork")(forking.fork_trace)
app.command("diff")(forking.diff_traces)
app.command("list")(shelf.list_traces)
app.command("tag")(shelf.tag_trace)
app.command("minimise")(shelf.minimise_trace)
app.command("keep")(shelf.keep_trace)
app.command("inspect")(inspecting.inspect_traces)
app.command("run")(suites.run_suites)
app.command("suites")(suites.list_suites)
app.command("compare")(suites.compare_runs)
app.command("report")(suites.report)
app.add_typer(studies.app, name="pairs")

__all__ = ["app"]
