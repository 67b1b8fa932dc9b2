"""Calls over a real MCP session: typed errors cross it, contracts are held, and a stage calls only what it names."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from domain import errors
from domain.values import Model
from mcp_servers.wire import InMemory, Session, plain_errors, typed_errors


class Ask(Model):
    """A question."""

    what: str


class Said(Model):
    """An answer."""

    text: str
    cost: float = 0.0


class Notes:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def record(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})


def server() -> MCPServer:
    """Four tools: one answers, one refuses, one breaks, one lies about its contract."""
    mcp = MCPServer("echo", log_level="CRITICAL")

    @mcp.tool()
    @typed_errors
    def say(request: Ask) -> Said:
        """Answer."""
        return Said(text=request.what.upper(), cost=0.25)

    @mcp.tool()
    @typed_errors
    async def refuse(request: Ask) -> Said:
        """Refuse with a typed error."""
        raise errors.subclasses()[request.what]("no", where="here", hint="do this")

    @mcp.tool()
    @typed_errors
    def crash(request: Ask) -> Said:
        """Break."""
        raise ZeroDivisionError("secret detail")

    @mcp.tool()
    def lie(request: Ask) -> dict[str, int]:
        """Answer something else."""
        return {"number": 3}

    return mcp


async def call(tool: str, what: str, notes: Notes | None = None, allowed: str | None = None) -> Said:
    """One call over a fresh session."""
    recorder = notes or Notes()
    async with plain_errors(), Client(server()) as client:
        session = Session("echo", InMemory(client), recorder)
        return await session.call("plan", frozenset({f"echo.{allowed or tool}"}), tool, Ask(what=what), Said)


async def test_an_answer_comes_back_validated_and_is_recorded_with_its_cost() -> None:
    notes = Notes()
    assert (await call("say", "hi", notes)).text == "HI"
    (event,) = notes.events
    assert (event["kind"], event["stage"], event["tool"], event["cost"]) == ("tool_call", "plan", "say", 0.25)
    assert event["arguments"] == {"what": "hi"}


@pytest.mark.parametrize("code", sorted(set(errors.subclasses()) - {"fault"}))
async def test_every_error_of_ours_crosses_the_wire_as_itself(code: str) -> None:
    notes = Notes()
    with pytest.raises(errors.subclasses()[code]) as caught:
        await call("refuse", code, notes)
    assert caught.value.document() == {"code": code, "message": "no", "where": "here", "hint": "do this"}
    assert notes.events[0]["error"]["code"] == code


async def test_a_tool_that_breaks_is_a_tool_failure_without_its_inner_words() -> None:
    with pytest.raises(errors.ToolFailed) as caught:
        await call("crash", "x")
    assert "secret" not in str(caught.value)
    assert caught.value.hint


async def test_an_answer_outside_the_contract_is_a_tool_failure() -> None:
    with pytest.raises(errors.ToolFailed, match="contract"):
        await call("lie", "x")


async def test_a_stage_cannot_call_a_tool_its_agent_does_not_name() -> None:
    notes = Notes()
    with pytest.raises(errors.ProgrammerMustAct, match="may not call"):
        await call("say", "hi", notes, allowed="refuse")
    assert not notes.events


async def test_a_server_that_is_gone_is_a_tool_failure() -> None:
    async with Client(server()) as client:
        session = Session("echo", InMemory(client), Notes())
    with pytest.raises(errors.ToolFailed, match="did not answer"):
        await asyncio.wait_for(session.call("plan", frozenset({"echo.say"}), "say", Ask(what="x"), Said), timeout=20)
