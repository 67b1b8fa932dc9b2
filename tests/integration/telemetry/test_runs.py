"""What a run's trace events become in the metrics."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ProgrammerMustAct
from memory.traces import TraceWriter
from service.telemetry import Metrics
from tests.integration.telemetry.conftest import sample

RUN = "run-000000000000"


def test_events_are_counted_as_they_are_recorded(tmp_path: Path) -> None:
    metrics = Metrics()
    judged = {"verdicts": {"passed": 2, "failed": 1}}

    def read(line: str) -> float | None:
        return sample(metrics.registry, line)

    with TraceWriter(tmp_path / "t.jsonl", RUN, "demo") as trace, metrics.recording(trace) as recorder:
        assert read("onbrand_runs_working") == 1
        recorder.record("header", code="test", request={})
        for _ in range(2):
            recorder.record("node_started", node="critique")
        for _ in range(2):
            recorder.record("node_finished", node="critique", seconds=1.0, summary=judged)
        recorder.record("node_started", node="settle")
        recorder.record("node_finished", node="settle", seconds=1.0, summary=judged, error="it broke")
        call = {"stage": "critique", "server": "judges", "tool": "judge", "arguments": {}, "seconds": 0.2}
        recorder.record("tool_call", **call, result={}, cost=0.25)
        recorder.record("tool_call", **call, error={"code": "tool_failed", "message": "x"})
        recorder.record("model_call", role="reader", model="m", request={}, seconds=0.1, cost=0.5)
        recorder.record("run_status", status="failed")
        recorder.record("run_ended", status="failed")
        with pytest.raises(ProgrammerMustAct):
            recorder.record("tool_call", **call, result={"bytes": b"1"}, cost=100.0)
    assert read("onbrand_runs_started_total") == 1
    assert read('onbrand_runs_finished_total{status="failed"}') == 1
    assert read('onbrand_turns_total{status="failed"}') == 1
    assert read("onbrand_runs_working") == 0
    assert read('onbrand_stage_duration_seconds_count{stage="critique"}') == 1
    assert read('onbrand_candidates_total{verdict="passed"}') == 4
    assert read('onbrand_candidates_total{verdict="failed"}') == 2
    assert read('onbrand_stage_errors_total{stage="settle"}') == 1
    assert read('onbrand_stage_errors_total{stage="critique"}') is None
    labels = 'server="judges",tool="judge"'
    assert read(f'onbrand_tool_call_duration_seconds_count{{{labels},outcome="ok"}}') == 1
    assert read(f'onbrand_tool_call_duration_seconds_count{{{labels},outcome="tool_failed"}}') == 1
    assert read("onbrand_cost_dollars_total") == 0.75
