"""A run's turn as spans: their shape, and what reaches a real collector over OTLP/HTTP."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.errors import StorageFailed
from domain.trace import NodeFinished, read_trace
from memory.traces import TraceWriter
from service.telemetry import Metrics, Telemetry, json_lines, open_telemetry
from service.telemetry.spans import turn
from tests.collector import Collector
from tests.integration.telemetry.conftest import served
from tests.serving import serving

RUN = "run-000000000000"
CLOSED_PORT = "http://127.0.0.1:9"
VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@contextmanager
def recorded(path: Path) -> Iterator[tuple[Any, list[ReadableSpan]]]:
    """A recorder over a real trace file, and the spans once the block has ended."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans: list[ReadableSpan] = []
    with TraceWriter(path, RUN, "demo") as trace:
        try:
            with turn(trace, provider.get_tracer("test"), RUN) as recorder:
                recorder.record("header", code="test", request={"request": "a secret launch"})
                yield recorder, spans
        finally:
            spans += exporter.get_finished_spans()


def call(recorder: Any, stage: str, tool: str, seconds: float = 0.01, **more: Any) -> None:
    recorder.record(
        "tool_call", stage=stage, server="assets", tool=tool, seconds=seconds,
        arguments={"text": "a secret launch"}, **more,
    )


def only(spans: Sequence[ReadableSpan], name: str) -> ReadableSpan:
    (found,) = [span for span in spans if span.name == name]
    return found


def test_a_turn_is_a_tree_of_workflow_stages_and_tools(tmp_path: Path) -> None:
    with recorded(tmp_path / "t.jsonl") as (recorder, spans):
        recorder.record("node_started", node="plan")
        call(recorder, "plan", "search", seconds=0.25, result={"hits": ["a secret launch"]}, cost=0.5)
        recorder.record("node_finished", node="plan", seconds=0.3, summary={"to_draw": 9, "verdicts": {"passed": 1}})
        recorder.record("interrupt", node="clarify", interrupt_id="i", payload={"kind": "questions", "q": "secret?"})
    workflow = only(spans, "invoke_workflow campaign")
    stage = only(spans, "invoke_agent plan")
    tool = only(spans, "execute_tool assets.search")
    assert workflow.parent is None
    assert stage.parent is not None
    assert stage.parent.span_id == workflow.get_span_context().span_id
    assert tool.parent is not None
    assert tool.parent.span_id == stage.get_span_context().span_id
    assert dict(workflow.attributes or {}) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "campaign",
        "gen_ai.conversation.id": RUN,
        "onbrand.run.waits_for": "questions",
    }
    assert dict(stage.attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "plan",
        "gen_ai.conversation.id": RUN,
        "onbrand.stage.branches": 1,
        "onbrand.stage.to_draw": 9,
    }
    assert dict(tool.attributes or {}) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "assets.search",
        "gen_ai.tool.type": "extension",
        "gen_ai.conversation.id": RUN,
        "onbrand.cost.dollars": 0.5,
    }
    assert tool.end_time is not None
    assert tool.start_time is not None
    assert abs((tool.end_time - tool.start_time) / 1e9 - 0.25) < 0.01
    assert not any("secret" in span.to_json() for span in spans)


def test_branches_that_overlap_are_one_span(tmp_path: Path) -> None:
    with recorded(tmp_path / "t.jsonl") as (recorder, spans):
        for _ in range(3):
            recorder.record("node_started", node="generate")
        for _ in range(3):
            call(recorder, "generate", "draw", result={})
            recorder.record("node_finished", node="generate", seconds=1.0)
        recorder.record("node_started", node="generate")
        recorder.record("node_finished", node="generate", seconds=1.0)
    first, second = [span for span in spans if span.name == "invoke_agent generate"]
    assert (first.attributes or {})["onbrand.stage.branches"] == 3
    assert (second.attributes or {})["onbrand.stage.branches"] == 1
    parents = {span.parent.span_id for span in spans if span.name.startswith("execute_tool") and span.parent}
    assert parents == {first.get_span_context().span_id}


def test_an_error_is_told_by_its_code_and_never_by_its_words(tmp_path: Path) -> None:
    with recorded(tmp_path / "t.jsonl") as (recorder, spans):
        recorder.record("node_started", node="plan")
        call(recorder, "plan", "search", error={"code": "tool_failed", "message": "a secret launch"})
        recorder.record("node_finished", node="plan", seconds=1.0, error="a secret launch")
        recorder.record("run_status", status="failed")
        recorder.record("run_ended", status="failed", failure={"code": "tool_failed", "message": "a secret launch"})
    assert {span.name: (span.attributes or {}).get("error.type") for span in spans} == {
        "execute_tool assets.search": "tool_failed",
        "invoke_agent plan": "tool_failed",
        "invoke_workflow campaign": "tool_failed",
    }
    assert not any(span.status.is_ok for span in spans)
    assert not any("secret" in span.to_json() for span in spans)


def test_a_turn_that_is_cut_off_still_ends_its_spans(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed), recorded(tmp_path / "t.jsonl") as (recorder, spans):
        recorder.record("node_started", node="generate")
        raise StorageFailed("the disk is full")
    stage, workflow = only(spans, "invoke_agent generate"), only(spans, "invoke_workflow campaign")
    assert (stage.attributes or {})["onbrand.cut_off"] is True
    assert (workflow.attributes or {})["error.type"] == "storage_failed"


def test_the_trace_file_is_written_as_without_spans(tmp_path: Path) -> None:
    with recorded(tmp_path / "t.jsonl") as (recorder, _):
        recorder.record("node_started", node="plan")
        recorder.record("node_finished", node="plan", seconds=0.5)
    *_, last = read_trace(tmp_path / "t.jsonl")
    assert isinstance(last, NodeFinished)
    assert last.n == 2


def one_stage(telemetry: Telemetry, path: Path) -> None:
    """A turn of one stage."""
    with TraceWriter(path, RUN, "demo") as trace, telemetry.recording(trace, RUN) as recorder:
        recorder.record("header", code="test", request={})
        recorder.record("node_started", node="plan")
        recorder.record("node_finished", node="plan", seconds=0.1)


def test_spans_reach_a_collector_over_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=studio")
    collector = Collector()
    with serving(collector.app) as url:
        with open_telemetry(url, "1.2.3") as telemetry:
            one_stage(telemetry, tmp_path / "t.jsonl")
        assert set(collector.spans) == {"invoke_workflow campaign", "invoke_agent plan"}
    assert collector.attributes("invoke_agent plan")["gen_ai.agent.name"] == "plan"
    assert collector.headers[0]["x-team"] == "studio"
    about = collector.requests[0].resource_spans[0].resource.attributes
    resource = {each.key: each.value.string_value for each in about}
    assert (resource["service.name"], resource["service.version"]) == ("onbrand", "1.2.3")


@pytest.mark.parametrize(("variable", "path"), [(VARIABLES[0], ""), (VARIABLES[1], "/v1/traces")])
def test_the_standards_own_variables_name_the_collector_too(
    variable: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    with serving(collector.app) as url:
        monkeypatch.setenv(variable, url + path)
        with open_telemetry() as telemetry:
            one_stage(telemetry, tmp_path / "t.jsonl")
    assert "invoke_agent plan" in collector.spans


def test_without_an_endpoint_neither_sdk_nor_exporter_is_imported() -> None:
    script = (
        "import sys\n"
        "from service.telemetry import open_telemetry\n"
        "with open_telemetry() as telemetry:\n"
        "    with telemetry.recording(None, 'run-000000000000'): pass\n"
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter')\n"
        "print([name for name in sys.modules if name.startswith(heavy)], telemetry.tracer)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[] None\n"


def test_a_dead_collector_neither_fails_a_turn_nor_holds_the_end_up(tmp_path: Path) -> None:
    began = time.perf_counter()
    with json_lines(io.StringIO()), open_telemetry(CLOSED_PORT) as telemetry:
        one_stage(telemetry, tmp_path / "t.jsonl")
    assert time.perf_counter() - began < 6
    assert len(list(read_trace(tmp_path / "t.jsonl"))) == 3


def test_a_request_is_a_server_span_in_its_callers_trace_and_its_log_lines_say_so() -> None:
    collector, stream = Collector(), io.StringIO()
    caller = f"00-{'ab' * 16}-{'cd' * 8}-01"
    with serving(collector.app) as url, json_lines(stream), served(url) as app:
        httpx2.get(f"{app.url}/runs/run-secret?token=abc", headers={"traceparent": caller})
        httpx2.get(f"{app.url}/broken")
    assert set(collector.spans) == {"GET /runs/{run_id}", "GET /broken"}
    span = collector.spans["GET /runs/{run_id}"]
    assert span.trace_id.hex() == "ab" * 16
    assert span.parent_span_id.hex() == "cd" * 8
    assert collector.attributes("GET /runs/{run_id}") == {
        "http.request.method": "GET", "http.route": "/runs/{run_id}", "http.response.status_code": 200,
    }
    assert collector.attributes("GET /broken")["error.type"] == "RuntimeError"
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [line for line in lines if line.get("trace_id") == "ab" * 16]
    assert [line["event"] for line in told] == ["looked", "request"]
    assert told[0]["span_id"] == span.span_id.hex()


def test_a_turn_begun_by_a_request_has_a_trace_of_its_own_linked_to_it(tmp_path: Path) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("POST /v1/runs"):
        one_stage(Telemetry(Metrics(), tracer), tmp_path / "t.jsonl")
    spans = exporter.get_finished_spans()
    request, workflow = only(spans, "POST /v1/runs"), only(spans, "invoke_workflow campaign")
    assert workflow.parent is None
    assert [link.context.span_id for link in workflow.links] == [request.get_span_context().span_id]
    assert workflow.get_span_context().trace_id != request.get_span_context().trace_id
