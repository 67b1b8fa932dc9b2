"""Runs of suites kept and told: on a terminal, as a page, and as the tables of docs/evals.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from evals.intervals import Interval
from evals.pages import templates
from evals.suite import SUITES, Compared, Metric, SuiteRun, measured, read_run

COMMAND = "onbrand evals run all --out RUNS && onbrand evals report RUNS --markdown docs/evals.md"


def keep(run: SuiteRun, folder: Path) -> Path:
    """Write a run down under its suite and time."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.suite}-{run.at:%Y%m%dT%H%M%S}.json"
    path.write_text(run.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def newest(paths: Sequence[Path]) -> list[SuiteRun]:
    """The latest run of each suite among files and folders of them, in the order of the suites."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    runs: dict[str, SuiteRun] = {}
    for file in files:
        run = read_run(file)
        if run.suite not in runs or run.at > runs[run.suite].at:
            runs[run.suite] = run
    return sorted(runs.values(), key=lambda run: list(SUITES).index(run.suite) if run.suite in SUITES else len(SUITES))


def cell(interval: Interval | None) -> str:
    """A value with its interval."""
    return "not measured" if interval is None else f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def rows(run: SuiteRun) -> list[tuple[Metric, str, dict[str, str]]]:
    """Every metric with the system's value and each baseline's."""
    return [
        (metric, cell(measured(metric, run.cases)), {n: cell(measured(metric, c)) for n, c in run.baselines.items()})
        for metric in run.metrics
    ]


def run_table(run: SuiteRun) -> Table:
    """A run for a terminal."""
    table = Table(title=f"{run.suite}: {len(run.cases)} cases, {run.seconds:.1f} s", title_justify="left", box=None)
    for column in ("metric", "", "Onbrand", *run.baselines):
        table.add_column(column)
    for metric, ours, others in rows(run):
        table.add_row(metric.name, "↑" if metric.better == "higher" else "↓", ours, *others.values())
    return table


def compared_table(compared: Sequence[Compared]) -> Table:
    """Two runs for a terminal."""
    table = Table(box=None)
    for column in ("metric", "a", "b", "grew by", "95% interval", ""):
        table.add_column(column)
    for row in compared:
        table.add_row(
            row.metric, f"{row.a:.3f}", f"{row.b:.3f}", f"{row.grew:+.3f}", f"[{row.low:+.3f}, {row.high:+.3f}]",
            row.verdict,
        )
    return table


def page(runs: Sequence[SuiteRun]) -> str:
    """Runs as a page, with what went wrong in each."""
    told = [{"run": run, "rows": rows(run), "wrong": [case for case in run.cases if case.says]} for run in runs]
    return templates().get_template("report.html").render(told=told)


def markdown(runs: Sequence[SuiteRun]) -> str:
    """Runs as docs/evals.md."""
    lines = [
        "# Evaluations",
        "",
        f"Made by `{COMMAND}`. Values are with 95% intervals: Wilson's for shares of cases, the percentile bootstrap",
        "over cases for other ratios. ↑ means that more is better. Suites that are not listed were not measured.",
    ]
    for run in runs:
        lines += ["", f"## {run.suite}", "", f"{run.about} {len(run.cases)} cases. {run.scorer}"]
        lines += [f"{note}" for note in run.notes]
        heads = ["metric", "Onbrand", *run.baselines]
        lines += ["", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
        for metric, ours, others in rows(run):
            arrow = "↑" if metric.better == "higher" else "↓"
            lines.append(f"| {metric.name} {arrow} | {' | '.join([ours, *others.values()])} |")
        lines += ["", f"`onbrand evals run {run.suite}`, {run.at:%Y-%m-%d}, code {run.code.partition('+')[2][:12]}."]
    return "\n".join(lines) + "\n"
