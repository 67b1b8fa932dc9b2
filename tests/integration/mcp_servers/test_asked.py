"""What a tool server in another process asks models is in the run's trace, as if it had been asked here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from domain.errors import AnswerUnusable, ToolFailed
from domain.models import TextPart
from domain.trace import ModelCall, ToolCall, read_trace
from domain.values import BrandId, Model
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from evals.endpoints.gateways import GOOD, Verdict, gateway, openai_place, question, sqlite
from mcp_servers.asked import KEY, TellsModelCalls
from mcp_servers.endpoint import Endpoint
from mcp_servers.remote import Remote
from mcp_servers.serve import application
from mcp_servers.wire import InMemory, Session, typed_errors
from memory.artifacts import DirectoryStore
from memory.home import Home
from memory.traces import TraceWriter
from tests.serving import serving
from tools.models import Known, Price
from tools.models.gateway import Gateway

RUN = "run-000000000000"
TOKEN = "a-token-that-nobody-guesses"
KNOWN = [Known(match="*", price=Price(input=1, output=10))]


class Ask(Model):
    brand: BrandId = "demo"
    what: str


class Said(Model):
    score: int


def script(asked: Seen) -> Reply:
    return Reply(GOOD, Fault.WRONG_TYPE if "nonsense" in asked.text else None)


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Gateway]:
    database = sqlite(tmp_path)
    with ModelEndpoint(script) as endpoint:
        made = gateway(database, [openai_place(endpoint)], known=KNOWN)
        yield made
        made.close()
    database.close()


def judge(models: Gateway, *, tells: bool = True) -> MCPServer:
    server = MCPServer("judge", log_level="CRITICAL")

    @server.tool()
    @typed_errors
    def look(request: Ask) -> Said:
        """Ask a model."""
        ask = question(TextPart(text=request.what), run_id=None)
        return Said(score=models.ask(ask, Verdict).value.score)

    if tells:
        server.middleware.append(TellsModelCalls())
    return server


@asynccontextmanager
async def session(url: str, folder: Path, trace: TraceWriter) -> AsyncIterator[Session]:
    async with Remote.open("judge", Endpoint(f"{url}/mcp", TOKEN, 20.0), DirectoryStore(Home(folder / "home"))) as to:
        yield Session("judge", to, trace, 20.0)


async def look(at: Session, what: str) -> Said:
    return await at.call("critique", frozenset({"judge.look"}), "look", Ask(what=what), Said)


def written(folder: Path) -> tuple[list[ModelCall], list[ToolCall]]:
    events = list(read_trace(folder / "t.jsonl"))
    return [e for e in events if isinstance(e, ModelCall)], [e for e in events if isinstance(e, ToolCall)]


async def test_calls_of_models_elsewhere_are_events_of_the_trace_each_once_also_when_it_failed(
    tmp_path: Path, models: Gateway
) -> None:
    with (
        serving(application(judge(models), TOKEN)) as url,
        TraceWriter(tmp_path / "t.jsonl", RUN, "demo") as trace,
    ):
        trace.record("header", code="test", request={})
        async with session(url, tmp_path, trace) as at:
            await asyncio.gather(*(look(at, f"picture {n}") for n in range(4)))
            with pytest.raises(AnswerUnusable):
                await look(at, "nonsense")
    calls, tools = written(tmp_path)
    assert [len(calls), len(tools)] == [5, 5]
    assert {call.request["parts"][0]["text"] for call in calls} == {*(f"picture {n}" for n in range(4)), "nonsense"}
    assert {(call.stage, call.role) for call in calls} == {("critique", "gate_judge")}
    good = [call for call in calls if call.error is None]
    assert all(call.response is not None and call.response["value"]["score"] == 4 for call in good)
    assert all(call.cost == pytest.approx(0.0015) for call in good)
    [bad] = [call for call in calls if call.error is not None]
    assert bad.error is not None and bad.error["code"] == "answer_unusable" and bad.cost == pytest.approx(0.0045)
    assert all(KEY not in str(tool.result) for tool in tools)


async def test_a_server_of_this_process_tells_nothing_that_the_gateway_records_itself(
    tmp_path: Path, models: Gateway
) -> None:
    with TraceWriter(tmp_path / "t.jsonl", RUN, "demo") as trace:
        trace.record("header", code="test", request={})
        async with Client(judge(models, tells=False)) as client:
            await look(Session("judge", InMemory(client), trace, 20.0), "picture")
    calls, tools = written(tmp_path)
    assert [len(calls), len(tools)] == [0, 1]


CALL = {"role": "gate_judge", "model": "openai:m", "request": {}, "response": {}, "seconds": 1.0, "cost": 0.1}


@pytest.mark.parametrize(
    "told",
    ["calls", {"role": "gate_judge"}, [{**CALL, "cost": -1}], [{**CALL, "role": "emperor"}], [CALL] * 65, [3]],
    ids=["words", "one", "a cost below nothing", "no role", "too many", "numbers"],
)
async def test_what_cannot_be_such_calls_fails_the_call_and_leaves_no_event(tmp_path: Path, told: Any) -> None:
    class Lies:
        async def __call__(self, ctx: Any, call_next: Any) -> Any:
            result = await call_next(ctx)
            return {**result, "_meta": {KEY: told}} if ctx.method == "tools/call" else result

    server = MCPServer("judge", log_level="CRITICAL")

    @server.tool()
    def look_(request: Ask) -> Said:
        """Answer."""
        return Said(score=1)

    server.middleware.append(Lies())
    with TraceWriter(tmp_path / "t.jsonl", RUN, "demo") as trace:
        trace.record("header", code="test", request={})
        async with Client(server) as client:
            at = Session("judge", InMemory(client), trace, 20.0)
            with pytest.raises(ToolFailed, match="outside its contract"):
                await at.call("critique", frozenset({"judge.look_"}), "look_", Ask(what="x"), Said)
    calls, [tool] = written(tmp_path)
    assert calls == [] and tool.error is not None
