"""A whole run as its server tells of it: in the metrics and as spans, and no name of anything in either."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.run import RunRequest, RunStatus
from service.orchestrator import Onbrand
from service.settings import Settings
from service.telemetry import Metrics, Telemetry, exposition
from tests.integration.telemetry.conftest import sample

REQUEST = RunRequest(
    request="our blood-orange can on a sunlit terrace, for Sweden", brand="demo", option="quick", assume=True
)
STAGES = {"understand", "plan", "generate", "critique", "settle", "shortlist", "deploy", "monitor"}


async def test_a_run_from_request_to_publication_is_told_without_a_name_in_it(home: Path) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(Metrics(), provider.get_tracer("test"))
    async with Onbrand.open(Settings(home=home), telemetry.recording) as onbrand:
        row = onbrand.begin(REQUEST)
        await onbrand.advance("demo", row.run_id)
        view = await onbrand.approve("demo", row.run_id, (), "Ada")
    assert view.status is RunStatus.PUBLISHED, view.failure

    def read(line: str) -> float:
        return sample(telemetry.metrics.registry, line) or 0.0

    assert read("onbrand_runs_started_total") == 1
    assert read('onbrand_runs_finished_total{status="published"}') == 1
    assert read("onbrand_runs_working") == 0
    for stage in STAGES:
        assert read(f'onbrand_stage_duration_seconds_count{{stage="{stage}"}}') >= 1, stage
    verdicts = [read(f'onbrand_candidates_total{{verdict="{verdict}"}}') for verdict in ("passed", "failed")]
    assert sum(verdicts) == len(view.candidates)
    page = exposition(telemetry.metrics.registry)[0].decode()

    spans = exporter.get_finished_spans()
    by_id = {span.get_span_context().span_id: span for span in spans}
    turns = [span for span in spans if span.name == "invoke_workflow campaign"]
    assert [(turn.attributes or {}).get("onbrand.run.waits_for") for turn in turns] == ["review", "review"]
    assert (turns[1].attributes or {})["onbrand.run.status"] == "published"
    assert {f"invoke_agent {stage}" for stage in STAGES} <= {span.name for span in spans}
    calls = [span for span in spans if span.name.startswith("execute_tool ")]
    assert calls
    for call in calls:
        assert call.parent is not None
        assert by_id[call.parent.span_id].name.startswith("invoke_agent ")
    assert {(span.attributes or {})["gen_ai.conversation.id"] for span in spans} == {row.run_id}

    told = page + "".join(span.to_json() for span in spans)
    for name in ("orange", "terrace", "Ada", str(home)):
        assert name not in told
    assert "run-" not in page
    assert "demo" not in page
