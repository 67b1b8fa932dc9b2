"""Every stage may call the tools its agent names and no other: what it may not call never leaves the process."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from mcp import Client
from mcp.types import CallToolResult

import agents
from domain.errors import ProgrammerMustAct, ToolFailed
from mcp_servers.connect import BUILD
from mcp_servers.toolbox import Sessions, Toolbox
from mcp_servers.wire import Session
from service import checking
from service.settings import Settings
from service.wiring import wire

MODULES = [importlib.import_module(f"agents.{found.name}") for found in pkgutil.iter_modules(agents.__path__)]
STAGES = {module.STAGE: module.TOOLS for module in MODULES if hasattr(module, "STAGE")} | {"check": checking.TOOLS}


class Outside:
    """The other end of a connection, which notes what reaches it and has no answer."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def call_tool(self, name: str, request: dict[str, Any], timeout_s: float) -> CallToolResult:
        self.reached.append(name)
        raise ConnectionError("nobody is here")


class Silent:
    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


def toolbox(stage: str, allowed: frozenset[str]) -> tuple[Toolbox, dict[str, Outside]]:
    """The clients of a stage, and what lies beyond each of them."""
    ends = {name: Outside() for name in BUILD}
    sessions = Sessions(**{name: Session(name, end, Silent()) for name, end in ends.items()})
    return sessions.toolbox(stage, allowed), ends


def questions(tools: Toolbox) -> list[tuple[str, str, Any]]:
    """Every method of every client: server, method, and a call of it with an empty request."""
    found = []
    for server in BUILD:
        client = getattr(tools, server)
        for name in (name for name in dir(client) if not name.startswith("_")):
            method = getattr(client, name)
            if not callable(method):
                continue
            request = get_type_hints(method)["request"].model_construct()
            extra = {"slots": ()} if "slots" in get_type_hints(method) else {}
            found.append((server, name, lambda m=method, r=request, e=extra: m(r, **e)))
    return found


async def offered(home: Path) -> set[str]:
    """Every tool there is."""
    wired = wire(Settings(home=home))
    try:
        names = set()
        for server, build in BUILD.items():
            async with Client(build(wired.workshop)) as client:
                names |= {f"{server}.{tool.name}" for tool in (await client.list_tools()).tools}
        return names
    finally:
        wired.close()


def test_every_agent_says_what_it_may_call() -> None:
    assert set(STAGES) >= {"understand", "plan", "generate", "critique", "revise", "shortlist", "deploy", "monitor"}


@pytest.mark.timeout(120)
async def test_stages_name_only_tools_that_exist_and_every_client_method_calls_one(own_home: Path) -> None:
    exist = await offered(own_home)
    for stage, allowed in STAGES.items():
        assert allowed <= exist, f"{stage} names {sorted(allowed - exist)}"
    tools, ends = toolbox("everything", frozenset(exist))
    for _, _, call in questions(tools):
        with pytest.raises(ToolFailed):
            await call()
    called = {f"{server}.{name}" for server, end in ends.items() for name in end.reached}
    assert called == exist


@pytest.mark.parametrize("stage", sorted(STAGES))
async def test_a_call_outside_a_stages_set_is_refused_before_it_leaves(stage: str) -> None:
    allowed = STAGES[stage]
    tools, ends = toolbox(stage, allowed)
    refused = 0
    for server, method, call in questions(tools):
        before = list(ends[server].reached)
        try:
            await call()
        except ProgrammerMustAct as error:
            assert error.where == stage
            assert ends[server].reached == before, f"{stage} reached {server} by {method}"
            refused += 1
        except ToolFailed:
            assert f"{server}.{ends[server].reached[-1]}" in allowed
    assert refused == len(questions(tools)) - len(allowed)
    assert {f"{server}.{name}" for server, end in ends.items() for name in end.reached} == allowed
