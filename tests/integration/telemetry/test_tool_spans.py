"""A run's trace goes on at a tool server in another process: W3C trace context in the call, over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.errors import NotFound
from domain.values import BrandId, Model
from mcp_servers.assets.contract import GetAsset, Hits
from mcp_servers.endpoint import Endpoint
from mcp_servers.remote import Remote
from mcp_servers.serve import application
from mcp_servers.wire import Session, typed_errors
from memory.artifacts import DirectoryStore
from memory.home import Home
from memory.traces import TraceWriter
from service.telemetry.spans import turn
from service.telemetry.tool_spans import ToolSpans
from tests.collector import Collector
from tests.end_to_end.conftest import tool_server
from tests.serving import serving

RUN = "run-000000000000"
TOKEN = "a-token-that-nobody-guesses"


class Ask(Model):
    brand: BrandId = "demo"
    what: str


class Said(Model):
    text: str


def traced() -> tuple[TracerProvider, InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter


def echo() -> MCPServer:
    server = MCPServer("echo", log_level="CRITICAL")

    @server.tool()
    @typed_errors
    def say(request: Ask) -> Said:
        """Answer, or find nothing."""
        if request.what == "nothing":
            raise NotFound("no secret launch here", where="there")
        return Said(text=request.what)

    return server


async def called(folder: Path, url: str, *said: str) -> list[ReadableSpan]:
    """The spans at the caller's after its plan stage has said so much to the server."""
    provider, exporter = traced()
    with (
        TraceWriter(folder / "t.jsonl", RUN, "demo") as trace,
        turn(trace, provider.get_tracer("test"), RUN) as recorder,
    ):
        recorder.record("header", code="test", request={})
        recorder.record("node_started", node="plan")
        endpoint, store = Endpoint(url, TOKEN, 20.0), DirectoryStore(Home(folder / "home"))
        async with Remote.open("echo", endpoint, store) as remote:
            session = Session("echo", remote, recorder, 20.0)
            for what in said:
                try:
                    await session.call("plan", frozenset({"echo.say"}), "say", Ask(what=what), Said)
                except NotFound:
                    continue
        recorder.record("node_finished", node="plan", seconds=0.1, summary={})
    return list(exporter.get_finished_spans())


async def test_a_call_at_another_process_is_a_span_below_the_stage_that_made_it(tmp_path: Path) -> None:
    provider, exporter = traced()
    server = echo()
    server.middleware.append(ToolSpans("echo", provider.get_tracer("there")))
    with serving(application(server, TOKEN)) as address:
        here = await called(tmp_path, f"{address}/mcp", "a secret launch", "nothing")
    stage = next(span for span in here if span.name == "invoke_agent plan")
    there = exporter.get_finished_spans()
    assert [span.name for span in there] == ["execute_tool echo.say"] * 2
    for span in there:
        assert span.parent is not None and span.parent.is_remote
        assert span.parent.span_id == stage.get_span_context().span_id
        assert span.get_span_context().trace_id == stage.get_span_context().trace_id
    assert [(span.attributes or {}).get("error.type") for span in there] == [None, "not_found"]
    assert "secret" not in "".join(span.to_json() for span in there)


@pytest.mark.parametrize("meta", [{}, {"traceparent": "nonsense"}, {"traceparent": 7}])
async def test_a_caller_without_a_trace_gets_its_answer_and_a_span_of_its_own(
    tmp_path: Path, meta: dict[str, Any]
) -> None:
    import httpx2

    provider, exporter = traced()
    server = echo()
    server.middleware.append(ToolSpans("echo", provider.get_tracer("there")))
    asked = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "say", "arguments": {"request": {"what": "hi"}}, "_meta": meta},
    }
    headers = {"authorization": f"Bearer {TOKEN}", "accept": "application/json, text/event-stream"}
    with serving(application(server, TOKEN)) as address:
        answer = httpx2.post(f"{address}/mcp", json=asked, headers=headers, trust_env=False)
    assert answer.status_code == 200, answer.text
    [span] = exporter.get_finished_spans()
    assert span.parent is None


async def test_onbrand_tools_serve_sends_its_spans_to_the_collector(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    collector = Collector()
    provider, exporter = traced()
    with (
        serving(collector.app) as where,
        tool_server(home, "assets", settings={"ONBRAND_TELEMETRY__ENDPOINT": where}) as served,
        TraceWriter(tmp_path / "t.jsonl", RUN, "demo") as trace,
        turn(trace, provider.get_tracer("test"), RUN) as recorder,
    ):
        recorder.record("header", code="test", request={})
        endpoint = Endpoint(served.url, served.token, 20.0)
        async with Remote.open("assets", endpoint, DirectoryStore(Home(home))) as remote:
            session, asked = Session("assets", remote, recorder, 20.0), GetAsset(brand="demo", asset="can-1")
            with pytest.raises(NotFound):
                await session.call("plan", frozenset({"assets.get_asset"}), "get_asset", asked, Hits)
        served.process.terminate()
        assert served.process.wait(20) == 0
    [root] = [span for span in exporter.get_finished_spans() if span.name == "invoke_workflow campaign"]
    span = collector.spans["execute_tool assets.get_asset"]
    assert span.trace_id == root.get_span_context().trace_id.to_bytes(16, "big")
    assert span.parent_span_id == root.get_span_context().span_id.to_bytes(8, "big")
    assert collector.attributes("execute_tool assets.get_asset")["error.type"] == "not_found"
    assert "can-1" not in json.dumps(collector.attributes("execute_tool assets.get_asset"))
