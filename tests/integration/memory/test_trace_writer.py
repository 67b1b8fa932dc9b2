import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from domain.candidate import Finding, Severity, Verdict
from domain.errors import LeaseLost, ProgrammerMustAct, StorageFailed
from domain.ports import Recorder
from domain.trace import Header, NodeFinished, ToolCall, read_trace
from memory import Home, TraceWriter

RUN = "run-abcdefgh"


@pytest.fixture
def path(home: Home) -> Path:
    return home.trace("demo", RUN)


def _begin(path: Path) -> TraceWriter:
    writer = TraceWriter(path, RUN, "demo")
    writer.record("header", code="0.1.0", request={"request": "a can"})
    return writer


def test_events_are_read_back_as_the_typed_events_they_are(path: Path) -> None:
    finding = Finding(check="seam", verdict=Verdict.PASS, severity=Severity.GATE, reason="no seam")
    with _begin(path) as writer:
        port: Recorder = writer
        port.record("node_started", node="critique")
        port.record("tool_call", stage="critique", server="judges", tool="seam", arguments={"finding": finding},
                    result={"verdict": Verdict.PASS, "score": float("nan"), "file": Path("a/b")}, seconds=0.1)
        port.record("node_finished", node="critique", seconds=0.2, summary={"passed": 3})
        port.record("run_ended", status="review")
    events = list(read_trace(path))
    assert [event.n for event in events] == [0, 1, 2, 3, 4]
    header, call = events[0], events[2]
    assert isinstance(header, Header)
    assert (header.run_id, header.brand, header.at) == (RUN, "demo", 0.0)
    assert isinstance(call, ToolCall)
    assert Finding.model_validate(call.arguments["finding"]) == finding
    assert call.result == {"verdict": "pass", "score": None, "file": "a/b"}
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_secrets_do_not_reach_the_file(path: Path) -> None:
    with _begin(path) as writer:
        writer.record("model_call", role="writer", model="m", seconds=1.0,
                      request={"headers": {"Authorization": "Bearer hunter2hunter2"}, "api_key": "hunter2"},
                      response={"usage": {"input_tokens": 7}, "text": "use AKIAIOSFODNN7EXAMPLE"})
    text = path.read_text()
    assert "hunter2" not in text
    assert "AKIA" not in text
    assert '"input_tokens":7' in text


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("node_started", {}),                                           # a field is missing
        ("node_started", {"node": "plan", "colour": "red"}),            # a field too many
        ("dance", {"node": "plan"}),                                    # no such event
        ("node_finished", {"node": "plan", "seconds": 1, "summary": {"picture": b"\x89PNG"}}),
        ("node_finished", {"node": "plan", "seconds": 1, "summary": {"what": object()}}),
    ],
)
def test_what_is_no_event_is_a_bug_and_writes_nothing(path: Path, kind: str, fields: dict[str, object]) -> None:
    with _begin(path) as writer:
        with pytest.raises(ProgrammerMustAct):
            writer.record(kind, **fields)
        writer.record("node_started", node="plan")
    assert [event.n for event in read_trace(path)] == [0, 1]


def test_a_trace_begins_with_its_header_and_has_one(path: Path) -> None:
    with TraceWriter(path, RUN, "demo") as writer:
        assert not writer.started
        with pytest.raises(ProgrammerMustAct, match="header"):
            writer.record("node_started", node="plan")
    for _ in range(2):
        with _begin(path) as writer:
            assert writer.started
    assert [event.kind for event in read_trace(path)] == ["header"]


def test_a_resumed_run_goes_on_with_the_numbers_and_the_clock(path: Path) -> None:
    _begin(path).close()
    time.sleep(0.05)
    with TraceWriter(path, RUN, "demo") as writer:
        writer.record("node_started", node="plan")
    _, event = read_trace(path)
    assert event.n == 1
    assert 0.04 < event.at < 5


@pytest.mark.parametrize("kept", [0, 1, 25, -1])
def test_a_line_torn_by_a_kill_is_dropped_and_the_trace_goes_on(path: Path, kept: int) -> None:
    with _begin(path) as writer:
        writer.record("node_started", node="plan")
    whole = path.read_bytes()
    torn = b'{"kind":"node_finished","n":2,"at":1.0,"node":"plan","seconds":1.0}'
    path.write_bytes(whole + torn[:kept])
    with TraceWriter(path, RUN, "demo") as writer:
        writer.record("node_started", node="generate")
    assert path.read_bytes().startswith(whole)
    assert [event.n for event in read_trace(path)] == [0, 1, 2]


def test_a_trace_torn_inside_its_header_starts_afresh(path: Path) -> None:
    path.write_bytes(b'{"kind":"header","n":0')
    _begin(path).close()
    assert [event.kind for event in read_trace(path)] == ["header"]


def test_threads_write_whole_lines_with_numbers_of_their_own(path: Path) -> None:
    with _begin(path) as writer:
        def work(number: int) -> None:
            for _ in range(50):
                writer.record("node_finished", node="generate", index=str(number), seconds=0.1,
                              summary={"text": "x" * 2000})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = list(read_trace(path))
    assert [event.n for event in events] == list(range(401))
    counts = [sum(isinstance(e, NodeFinished) and e.index == str(number) for e in events) for number in range(8)]
    assert counts == [50] * 8


def test_two_writers_of_one_trace_are_noticed(path: Path) -> None:
    paused = _begin(path)
    with TraceWriter(path, RUN, "demo") as successor:
        successor.record("node_started", node="plan")
        with pytest.raises(LeaseLost):
            paused.record("node_started", node="generate")
    paused.close()
    assert len(list(read_trace(path))) == 2


def test_a_closed_trace_takes_no_more(path: Path) -> None:
    writer = _begin(path)
    writer.close()
    writer.close()
    with pytest.raises(ProgrammerMustAct, match="closed"):
        writer.record("node_started", node="plan")


KILLED = """
import sys
from pathlib import Path
from memory import TraceWriter
writer = TraceWriter(Path(sys.argv[1]), "run-abcdefgh", "demo")
writer.record("header", code="1", request={})
while True:
    writer.record("node_finished", node="generate", seconds=0.1, summary={"text": "x" * 5000})
    print("written", flush=True)
"""


def test_what_was_recorded_before_a_kill_is_there_after_it(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(40):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    acknowledged = 40 + child.stdout.read().count(b"\n")
    child.stdout.close()
    child.wait()
    with TraceWriter(path, RUN, "demo") as writer:
        writer.record("run_ended", status="failed")
    numbers = [event.n for event in read_trace(path)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= acknowledged + 2


LIMITED = """
import resource, sys
from pathlib import Path
from domain.errors import StorageFailed
from memory import TraceWriter
writer = TraceWriter(Path(sys.argv[1]), "run-abcdefgh", "demo")
writer.record("header", code="1", request={})
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, resource.RLIM_INFINITY))
for size in (100, 10_000):
    try:
        writer.record("node_finished", node="generate", seconds=0.1, summary={"text": "x" * size})
    except StorageFailed as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.record("run_ended", status="failed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE")
def test_a_disk_that_fills_up_keeps_the_whole_lines_and_the_trace_goes_on_afterwards(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True)
    assert "disk is full" in done.stdout
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [0, 1, 2]


def test_a_trace_that_cannot_be_opened_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="trace"):
        TraceWriter(tmp_path / "file/trace.jsonl", RUN, "demo")
