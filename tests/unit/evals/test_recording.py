"""A trace as what the run did in the end, however often it was cut off."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import TraceUnreadable
from domain.trace import TRACE_VERSION, parse_event, read_trace
from evals.recording import Recording, load, path_of, recording_of
from evals.replay import replay

TRACES = Path(__file__).parent / "traces"


def trace(*events: dict[str, Any]) -> Recording:
    """Events, numbered, after a header."""
    head = {"kind": "header", "version": 2, "run_id": "run-abcdefgh", "brand": "demo", "code": "x", "request": {}}
    lines = [{"n": n, "at": float(n), **event} for n, event in enumerate((head, *events))]
    return recording_of(parse_event(json.dumps(line)) for line in lines)


def start(node: str, index: int = 0, digest: str = "") -> dict[str, Any]:
    return {"kind": "node_started", "node": node, "index": str(index), "digest": digest or f"{node}{index}"}


def finish(node: str, index: int = 0, **decided: Any) -> dict[str, Any]:
    return {"kind": "node_finished", "node": node, "index": str(index), "seconds": 0.1, "decided": decided}


def call(stage: str, asked: int, answer: int = 0, error: str = "") -> dict[str, Any]:
    told = {"error": {"code": error, "message": "m"}} if error else {"result": {"answer": answer}}
    return {
        "kind": "tool_call", "stage": stage, "server": "s", "tool": "t", "arguments": {"asked": asked}, "seconds": 0.1,
        **told,
    }


RESUMED = {"kind": "resumed", "code": "x"}


def answers(recording: Recording) -> list[Any]:
    return [made.result and made.result["answer"] for made in recording.calls]


def test_branches_that_run_side_by_side_are_one_step() -> None:
    made = trace(start("a"), finish("a"), start("b"), start("b", 1), call("b", 1), finish("b", 1), finish("b"))
    assert path_of(made.steps) == ["a", "b x2"]
    assert all(branch.finished for step in made.steps for branch in step.branches)


def test_a_branch_that_was_cut_off_counts_as_it_ended_the_second_time() -> None:
    made = trace(
        start("b"), start("b", 1), call("b", 1, answer=1), call("b", 2, answer=2), finish("b"),
        RESUMED, start("b", 0, digest="b1"), call("b", 2, answer=3), finish("b"),
    )
    assert path_of(made.steps) == ["b x2"]
    assert answers(made) == [1, 3]
    assert [spare.result for spare in made.spare] == [{"answer": 2}]


def test_a_branch_whose_end_was_told_but_not_kept_is_the_same_branch() -> None:
    made = trace(
        start("b"), start("b", 1), call("b", 1, 1), finish("b"), RESUMED, start("b"), start("b", 1), call("b", 1, 4),
        finish("b"), finish("b", 1),
    )
    assert path_of(made.steps) == ["b x2"]
    assert answers(made) == [4]


def test_a_step_whose_end_was_told_but_not_kept_is_the_same_step() -> None:
    once, again = call("a", 1, answer=1), call("a", 1, answer=2)
    made = trace(start("a"), once, finish("a"), RESUMED, start("a"), again, finish("a"), start("b"))
    assert path_of(made.steps) == ["a", "b"]
    assert answers(made) == [2]


def test_a_step_that_asked_begins_again_with_the_answer() -> None:
    asks = {"kind": "interrupt", "node": "review", "interrupt_id": "i", "payload": {"kind": "review"}}
    made = trace(start("review"), finish("review"), asks, RESUMED, start("review"), finish("review"))
    assert path_of(made.steps) == ["review", "review"]


def test_what_ended_an_attempt_is_not_asked_again() -> None:
    status = {"kind": "run_status", "status": "failed"}
    failed = trace(start("a"), call("a", 1, error="tool_failed"), status)
    assert [made.error and made.error["code"] for made in failed.calls] == ["tool_failed"]
    resumed = trace(
        start("a"), call("a", 1, error="tool_failed"), status, RESUMED, start("a"), call("a", 1, 7), finish("a")
    )
    assert answers(resumed) == [7]
    assert resumed.spare == []


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A trace that the first version of Onbrand wrote."""
    path = tmp_path / "old.jsonl"
    path.write_bytes(gzip.decompress((TRACES / "version-1.jsonl.gz").read_bytes()))
    return path


async def test_a_trace_of_version_1_opens_and_replays_on_its_calls_and_summaries(first_version: Path) -> None:
    old = load(first_version)
    assert old.header.version == 1
    assert path_of(old.steps)[:4] == ["understand", "plan", "choose", "generate x5"]
    played = await replay(old)
    assert played.replayed.calls
    assert played.same, str(played.difference)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"kind":"header","n":0,"at":0,"version":99,"run_id":"run-abcdefgh","later":1}\n', "version 99"),
        (b"not json at all\n", "no trace"),
        (b'{"kind":"node_started","n":0,"at":0,"node":"plan"}\n', "no trace"),
        (b'{"kind":"header","n":0,"at":0,"version":2}\n', "run_id"),
        (b'{"kind":"header","version":0,"n":0,"at":0}\n', "version 0"),
    ],
)
def test_what_cannot_be_read_says_plainly_why(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(line)
    with pytest.raises(TraceUnreadable, match=says) as refused:
        load(path)
    assert str(path) in refused.value.where
    assert refused.value.hint


def test_a_line_in_the_middle_that_is_none_is_named(first_version: Path) -> None:
    lines = first_version.read_bytes().splitlines(keepends=True)
    first_version.write_bytes(b"".join([*lines[:5], b'{"kind":"dance"}\n', *lines[5:]]))
    with pytest.raises(TraceUnreadable) as refused:
        list(read_trace(first_version))
    assert refused.value.where.endswith(":6")


def test_the_writer_says_its_version(tmp_path: Path) -> None:
    from memory import TraceWriter

    with TraceWriter(tmp_path / "x.jsonl", "run-abcdefgh", "demo") as writer:
        writer.record("header", code="x", request={})
    assert load(tmp_path / "x.jsonl").header.version == TRACE_VERSION
