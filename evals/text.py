"""Diffs, lists and scores for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from evals.diff import Changed, Diff
from evals.differences import shown
from evals.shelf import Entry
from service.cli.terminal import escaped

MOST_LINES = 12
"""Lines shown of one part of a diff; the page and the JSON have all."""


def diff_lines(diff: Diff) -> Iterator[str]:
    """A diff, the outcome first."""
    for side, mark in ((diff.a, "a"), (diff.b, "b")):
        places = ", ".join(side.shortlist) or "empty"
        yield (
            f"{mark}: {escaped(side.name)}  {side.status}, shortlist {places}, ${side.spent:.4f}, "
            f"{side.seconds:.1f} s, {side.calls} calls ({side.live} live)"
        )
    if diff.parts is None:
        yield "same path, same decisions"
    else:
        yield f"they part at {escaped(line(diff.parts))}"
    if any(one != other for one, other in diff.path):
        yield "path:"
        yield from (f"  {one or '–':24} {other or '–'}" for one, other in diff.path if one != other)
    parts = (
        ("request", diff.request), ("made by", diff.head), ("brief", diff.brief), ("rules", diff.rules),
        ("captions", diff.captions), ("findings", diff.findings), ("edits", diff.edits),
    )
    for title, rows in parts:
        yield from part(title, rows)
    for call in diff.calls:
        if call.a != call.b or call.alike != call.a:
            yield f"calls: {call.stage} {call.tool}: {call.a} and {call.b}, {call.alike} asked alike"
    changed = [p.candidate for p in diff.pictures if not p.same]
    if changed:
        yield f"pictures: {len(changed)} of {len(diff.pictures)} candidates differ ({', '.join(changed[:8])})"


def part(title: str, rows: Sequence[Changed]) -> Iterator[str]:
    """One part of a diff."""
    if not rows:
        return
    yield f"{title}:"
    yield from (f"  {escaped(line(row))}" for row in rows[:MOST_LINES])
    if len(rows) > MOST_LINES:
        yield f"  and {len(rows) - MOST_LINES} more"


def line(row: Changed) -> str:
    """One changed value."""
    return f"{row.name}: {shown(row.a)} → {shown(row.b)}"


def entry_table(entries: Sequence[Entry]) -> Table:
    """Traces as a table."""
    table = Table(box=None, padding=(0, 2))
    for column in ("trace", "status", "when", "seconds", "request", "tags"):
        table.add_column(column, overflow="fold", justify="right" if column == "seconds" else "left")
    for entry in entries:
        status = entry.status + (f" ({entry.code_of_failure})" if entry.code_of_failure else "") or "cut off"
        fork = " (fork)" if entry.forked_from else ""
        table.add_row(
            entry.path.stem + fork, status, f"{entry.modified:%Y-%m-%d %H:%M}", f"{entry.seconds:.1f}",
            escaped(entry.request), ", ".join(entry.tags),
        )
    return table
