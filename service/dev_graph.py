"""The campaign graph for `langgraph dev`: it brings its own saver and knows nothing of services, so this opens them.

The campaign runs as a subgraph of one node. Its interrupts (questions, options, review) reach the dev server as they
are; a thread is a run of the home that ONBRAND_HOME names.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.services import Services
from domain.errors import NotFound
from domain.run import RunRequest
from graphs.campaign import build
from mcp_servers.connect import open_sessions
from service.orchestrator import Onbrand
from service.settings import load_settings

Graph = CompiledStateGraph[Any, Any, Any, Any]


class Conversation(TypedDict, total=False):
    """What the dev server shows: the words that start a run, and where the run has come to."""

    request: str
    brand: str
    status: str
    shortlist: list[str]
    pictures: list[str]


class Unrecorded:
    """The dev server keeps its own record of a run."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


def conversation(onbrand: Onbrand) -> StateGraph[Conversation, None, Conversation, Conversation]:
    """One node around the campaign; compile it with a saver, or let the dev server do so."""
    inner = build().compile()

    async def campaign(state: Conversation, config: RunnableConfig) -> Conversation:
        """Run the campaign to its next interrupt or its end."""
        brand = state.get("brand") or "demo"
        request = RunRequest(request=state["request"], brand=brand)
        run_id = await asyncio.to_thread(run_of_thread, onbrand, request, str(config["configurable"]["thread_id"]))
        async with open_sessions(onbrand.servers, Unrecorded()) as sessions:
            services = Services(
                brand=brand,
                sessions=sessions,
                language=onbrand.language,
                ledger=onbrand.driver.ledger,
                history=onbrand.workshop.runs,
            )
            ended = await inner.ainvoke({"run_id": run_id, "request": request}, config, context=services)
        candidates = ended.get("candidates", {})
        shortlist = list(ended.get("shortlist", ()))
        paths = [candidates[name].artifact.path for name in shortlist if candidates[name].artifact]
        return {"status": str(ended.get("status", "")), "shortlist": shortlist, "pictures": paths}

    return StateGraph(Conversation).add_node(campaign).add_edge(START, "campaign").add_edge("campaign", END)


def run_of_thread(onbrand: Onbrand, request: RunRequest, thread: str) -> str:
    """The run that belongs to a thread of the dev server, written down when it is new."""
    run_id = "run-" + hashlib.sha256(thread.encode()).hexdigest()[:16]
    try:
        onbrand.workshop.runs.get(request.brand, run_id)
    except NotFound:
        onbrand.prepare(request.brand, lambda text, share: None)
        onbrand.workshop.runs.create(request, run_id)
    return run_id


@asynccontextmanager
async def graph() -> AsyncIterator[Graph]:
    """What `langgraph.json` names: opened while the server runs."""
    settings = await asyncio.to_thread(load_settings)
    async with Onbrand.open(settings) as onbrand:
        yield conversation(onbrand).compile()
