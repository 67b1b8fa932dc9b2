"""The two servers that `benchmarks.serve_chats` compares: Onbrand, and bare FastAPI over LangGraph.

    python -m benchmarks.chat_servers onbrand|bare HOME

Both work the same scripted graph with the same SQLite saver: the campaign's stages with its two fan-outs, a question at
the end of every turn, and nothing decided in between. Onbrand is the whole of `onbrand serve`: sign-in by key, shares,
idempotency keys, run table, lease, inbox, trace, metrics, log. The bare one keeps its runs in a dictionary and its
events in queues. A first line of JSON on stdout says where it listens; the log goes to a file in HOME.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel

from agents.services import Services
from agents.state import Campaign
from domain.access import Role
from domain.brief import Question, QuickReply
from domain.run import RunRequest
from memory.checkpoints import open_checkpoints
from memory.database import open_database
from memory.home import Home
from memory.keys import Keys
from service import orchestrator
from service.server import serve
from service.settings import Settings
from service.tool_server import Listening

BRAND = "bench"
AT_ONCE = 4
"""Runs worked on at the same time, by either server."""

BRANCHES = 3
MANY = 1_000_000
QUESTION = Question(
    id="more",
    text="Once more?",
    why="a chat goes on for as long as it is answered",
    field="count",
    replies=(QuickReply(label="Yes", value="yes"),),
    default="yes",
    gain=0.5,
)


async def step(state: Campaign) -> Campaign:
    """A stage that decides nothing."""
    return {"round": state.get("round", 0) + 1}


async def branch(state: Campaign) -> Campaign:
    """One branch of a fan-out."""
    return {}


async def clarify(state: Campaign) -> Campaign:
    """Ask, and take the answer."""
    asked = {"kind": "questions", "questions": [QUESTION.model_dump(mode="json")]}
    return {"answers": interrupt(asked)}


async def ask(state: Campaign) -> Campaign:
    """What is to be asked next."""
    return {"questions": (QUESTION,)}


def scripted() -> StateGraph[Campaign, Services, Campaign, Campaign]:
    """The campaign's stages in its order; review gives way to the next question."""

    def fan(to: str) -> Any:
        return lambda state: [Send(to, {"run_id": state["run_id"]}) for _ in range(BRANCHES)]

    builder = StateGraph(Campaign, context_schema=Services).add_node("understand", ask).add_node("clarify", clarify)
    for name in ("plan", "choose", "drawn", "settle", "shortlist"):
        builder.add_node(name, step)
    for name in ("generate", "critique"):
        builder.add_node(name, branch)
    return (
        builder.add_node("review", ask)
        .add_edge(START, "understand")
        .add_edge("understand", "clarify")
        .add_edge("clarify", "plan")
        .add_edge("plan", "choose")
        .add_conditional_edges("choose", fan("generate"), ["generate"])
        .add_edge("generate", "drawn")
        .add_conditional_edges("drawn", fan("critique"), ["critique"])
        .add_edge("critique", "settle")
        .add_edge("settle", "shortlist")
        .add_edge("shortlist", "review")
        .add_edge("review", "clarify")
    )


@dataclass
class Chat:
    """One run of the bare server: what happened, and who follows it."""

    told: list[str] = field(default_factory=list)
    followers: set[asyncio.Queue[str]] = field(default_factory=set)

    def tell(self, event: str, data: Any) -> None:
        """To whoever follows, and for who comes later."""
        line = f"id: {len(self.told)}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
        self.told.append(line)
        for follower in self.followers:
            follower.put_nowait(line)


class Begin(BaseModel):
    """A new run."""

    request: str


class Answer(BaseModel):
    """An answer to its question."""

    answers: dict[str, str]


def bare(home: Path) -> FastAPI:
    """The least service that does the same graph: no sign-in, no run table, no lease, no trace, no idempotency."""
    chats: dict[str, Chat] = {}
    tasks: set[asyncio.Task[None]] = set()
    room = asyncio.Semaphore(AT_ONCE)
    graph: Any = None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        nonlocal graph
        async with open_checkpoints(home / "checkpoints.sqlite") as saver:
            graph = scripted().compile(checkpointer=saver)
            yield

    async def work(run_id: str, graph_input: Any) -> None:
        chat = chats[run_id]
        config = {"configurable": {"thread_id": run_id}, "max_concurrency": 2}
        async with room:
            parts = graph.astream(graph_input, config, durability="sync", stream_mode=["tasks"], version="v2")
            async for part in parts:
                task = part["data"]
                chat.tell("stage.finished" if "result" in task else "stage.started", {"stage": task["name"]})
            state = await graph.aget_state(config)
            chat.tell("run.status", {"status": "needs_input", "waiting_for": state.interrupts[0].value["kind"]})

    def begin(run_id: str, graph_input: Any) -> None:
        task = asyncio.create_task(work(run_id, graph_input))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/runs", status_code=201)
    async def create(new: Begin) -> dict[str, str]:
        run_id = secrets.token_hex(8)
        chats[run_id] = Chat()
        begin(run_id, {"run_id": run_id, "request": RunRequest(request=new.request, brand=BRAND)})
        return {"run_id": run_id}

    @app.post("/v1/runs/{run_id}/answer")
    async def answer(run_id: str, said: Answer) -> dict[str, str]:
        state = await graph.aget_state({"configurable": {"thread_id": run_id}})
        begin(run_id, Command(resume={state.interrupts[0].id: said.answers}))
        return {"run_id": run_id}

    @app.get("/v1/runs/{run_id}/events")
    async def events(run_id: str) -> StreamingResponse:
        chat, follower = chats[run_id], asyncio.Queue[str]()

        async def lines() -> AsyncIterator[str]:
            chat.followers.add(follower)
            try:
                for line in list(chat.told):
                    yield line
                while True:
                    yield await follower.get()
            finally:
                chat.followers.discard(follower)

        return StreamingResponse(lines(), media_type="text/event-stream")

    return app


def serve_bare(home: Path) -> None:
    """Serve until a signal."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listens:
        config = uvicorn.Config(bare(home), log_config=None, access_log=False, timeout_graceful_shutdown=1)
        ready(f"http://127.0.0.1:{listens.getsockname()[1]}", "")
        uvicorn.Server(config).run(sockets=[listens])


def serve_onbrand(home: Path) -> None:
    """Serve until a signal, with the scripted graph in the campaign's place."""
    (home / "brands").mkdir(parents=True)
    book = files("memory").joinpath("brands/demo.yaml").read_text(encoding="utf-8")
    (home / "brands" / f"{BRAND}.yaml").write_text(book.replace("brand: demo", f"brand: {BRAND}"), encoding="utf-8")
    database = open_database(Home(home))
    key, _ = Keys(database).create("load", {BRAND: {Role.CREATOR}}, f"the benchmark, {datetime.now(UTC):%F}")
    database.close()
    settings = Settings(home=home)
    wide = {"rate_per_minute": MANY, "streams_at_once": MANY, "runs_at_once": MANY, "work_at_once": AT_ONCE}
    settings = settings.model_copy(update={"serve": settings.serve.model_copy(update=wide)})
    orchestrator.build = scripted  # type: ignore[assignment]  # the one thing that is not as shipped
    sys.stderr = (home / "log").open("w", encoding="utf-8")
    serve(settings, Listening("127.0.0.1", 0), lambda url: ready(url, key))


def ready(url: str, key: str) -> None:
    """Tell whoever started this where to go."""
    print(json.dumps({"url": url, "key": key, "pid": os.getpid()}), flush=True)


def main() -> None:
    """Serve one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("onbrand", "bare"))
    parser.add_argument("home", type=Path)
    asked = parser.parse_args()
    {"onbrand": serve_onbrand, "bare": serve_bare}[asked.which](asked.home)


if __name__ == "__main__":
    main()
