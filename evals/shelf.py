"""Thousands of traces: find one by its run, list them, search in them, and put words on them.

A list reads the first line of each file and its last few: a thousand traces in about a second. Tags lie in `tags.json`
beside the traces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import ValidationError

from domain.errors import BadInput, NotFound, TraceUnreadable
from domain.trace import Header, RunEnded, RunStatusSet, TraceEvent, parse_event
from memory.home import Home

TAIL = 8192
"""Bytes at the end of a trace that hold its last status."""

TAGS = "tags.json"


@dataclass(frozen=True)
class Entry:
    """One trace in a list. `status` is empty where the run was cut off."""

    path: Path
    run_id: str
    brand: str
    request: str
    code: str
    status: str
    code_of_failure: str
    spent: float
    seconds: float
    modified: datetime
    forked_from: str
    tags: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "path": str(self.path), "modified": self.modified.isoformat(), "tags": list(self.tags)}


def resolve(name: str, home: Home, brand: str) -> Path:
    """A trace by its file, or by its run in a brand's traces and forks. Raises NotFound."""
    path = Path(name)
    if path.is_file():
        return path
    folders = (home.traces(brand), home.evals(brand) / "forks")
    found = next((f for folder in folders if (f := folder / f"{name}.jsonl").is_file()), None)
    if found is None or Path(name).name != name:
        raise NotFound(f"there is no trace {name!r}", where="TRACE", hint="`onbrand evals list` shows what there is")
    return found


def expand(names: Sequence[str], home: Home, brand: str) -> list[Path]:
    """Traces by file, folder or run."""
    paths: list[Path] = []
    for name in names:
        folder = Path(name)
        paths += sorted(folder.glob("*.jsonl")) if folder.is_dir() else [resolve(name, home, brand)]
    return paths


def entries(paths: Iterable[Path], tags: dict[str, tuple[str, ...]]) -> Iterator[Entry]:
    """The traces among these files, newest first; what is no trace is left out."""
    for path in sorted(paths, key=lambda p: p.stat().st_mtime, reverse=True):
        try:
            yield entry(path, tags)
        except TraceUnreadable:
            continue


def entry(path: Path, tags: dict[str, tuple[str, ...]]) -> Entry:
    """One trace in a few words. Raises TraceUnreadable when its first line is no header."""
    with path.open("rb") as file:
        head = _event(file.readline())
        if not isinstance(head, Header):
            raise TraceUnreadable("this is no trace", where=str(path))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        events = [event for line in file.read().split(b"\n") if (event := _event(line)) is not None]
    status = next((e for e in reversed(events) if isinstance(e, RunStatusSet)), None)
    ended = next((e for e in reversed(events) if isinstance(e, RunEnded)), None)
    return Entry(
        path=path,
        run_id=head.run_id,
        brand=head.brand,
        request=str(head.request.get("request", "")),
        code=head.code,
        status=status.status if status else "",
        code_of_failure=str((ended.failure or {}).get("code", "")) if ended else "",
        spent=status.spent if status else 0.0,
        seconds=events[-1].at if events else 0.0,
        modified=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        forked_from=head.forked_from,
        tags=tags.get(head.run_id, ()),
    )


def _event(line: bytes) -> TraceEvent | None:
    try:
        return parse_event(line)
    except ValidationError:
        return None                                 # the beginning of the tail, in the middle of a line


def searched(
    paths: Iterable[Path],
    tags: dict[str, tuple[str, ...]],
    *,
    status: str | None = None,
    tag: str | None = None,
    has: Sequence[str] = (),
    words: str | None = None,
) -> Iterator[Entry]:
    """The traces with this status (or failure), tag, all of these texts anywhere in them, and words in the request."""
    wanted = [json.dumps(text, ensure_ascii=False)[1:-1].encode() for text in has]
    for found in entries(paths, tags):
        if status and status not in {found.status, found.code_of_failure}:
            continue
        if (tag and tag not in found.tags) or (words and words.lower() not in found.request.lower()):
            continue
        if wanted:
            whole = found.path.read_bytes()
            if not all(text in whole for text in wanted):
                continue
        yield found


def read_tags(folder: Path) -> dict[str, tuple[str, ...]]:
    """The tags of a folder's traces, by run. Raises BadInput when the file is no JSON object of lists."""
    try:
        held = json.loads((folder / TAGS).read_text(encoding="utf-8"))
        return {run: tuple(str(tag) for tag in tags) for run, tags in held.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise BadInput(f"{TAGS} cannot be read: {error}", where=str(folder / TAGS), hint="mend or remove it") from error


def tag(path: Path, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
    """Put words on a trace, and take some away; returns those it has then."""
    folder, run_id = path.parent, entry(path, {}).run_id
    with FileLock(folder / f".{TAGS}.lock"):
        held = read_tags(folder)
        now = tuple(sorted({*held.get(run_id, ()), *add} - set(remove)))
        held |= {run_id: now}
        incoming = folder / f".{TAGS}.new"
        incoming.write_text(json.dumps({run: tags for run, tags in sorted(held.items()) if tags}, indent=1) + "\n")
        incoming.replace(folder / TAGS)
    return now
