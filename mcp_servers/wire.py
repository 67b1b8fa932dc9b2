"""What every tool server and client share: how errors cross the wire, and how a call is made, allowed and recorded."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from mcp import Client
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import CONNECTION_CLOSED, CallToolRequest, CallToolRequestParams, CallToolResult, TextContent
from pydantic import BaseModel, ValidationError

from domain.errors import OnbrandError, ProgrammerMustAct, ToolBroke, ToolFailed, from_document
from domain.ports import Recorder, Surrounding
from mcp_servers.asked import made

P = ParamSpec("P")
R = TypeVar("R")
Answer = TypeVar("Answer", bound=BaseModel)

CALL_TIMEOUT_S = 300.0
"""Longest wait for one answer; a slower server is a `ToolFailed`, and the run can be resumed."""

MOST_SAID = 500
"""Characters taken over of what a server says went wrong."""

RETRY_AFTER_S = (0.3, 1.0, 3.0)
"""Waits before a call that may be repeated goes again to a server that is not there: a restart takes seconds."""


class Caller(Protocol):
    """One end of a connection to a tool server."""

    async def call_tool(self, name: str, request: dict[str, Any], timeout_s: float) -> CallToolResult:
        """One call. Raises what the way there raises; MCPError with CONNECTION_CLOSED where nobody answered."""


class InMemory:
    """A connection to a server object of this process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call_tool(self, name: str, request: dict[str, Any], timeout_s: float) -> CallToolResult:
        """One call."""
        return await exchange(self._client, name, request, timeout_s)


async def exchange(client: Client, name: str, request: dict[str, Any], timeout_s: float) -> CallToolResult:
    """Send one call. The schema a server claims for its answers is not held against them: the caller has the contract,
    and checking a schema of others takes longer than most tools.
    """
    params = CallToolRequestParams(name=name, arguments={"request": request})
    return await client.session.send_request(
        CallToolRequest(params=params), CallToolResult, request_read_timeout_seconds=timeout_s
    )


def typed_errors(tool: Callable[P, R]) -> Callable[P, R]:
    """Let an `OnbrandError` cross the wire as itself: its document becomes the tool error's text."""
    if inspect.iscoroutinefunction(tool):

        @functools.wraps(tool)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return await tool(*args, **kwargs)
            except OnbrandError as error:
                raise ToolError(json.dumps(error.document())) from error

        return cast("Callable[P, R]", guarded)

    @functools.wraps(tool)
    def guarded_sync(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except OnbrandError as error:
            raise ToolError(json.dumps(error.document())) from error

    return guarded_sync


def text_of(result: CallToolResult) -> str:
    """What a tool said, where it failed: its error."""
    return " ".join(block.text for block in result.content if isinstance(block, TextContent))


def error_from_text(server: str, tool: str, text: str) -> OnbrandError:
    """The error a shell raised, or a `ToolBroke` when the text is not one of ours."""
    start = text.find("{")
    if start >= 0:
        try:
            document = json.loads(text[start:])
        except json.JSONDecodeError:
            document = None
        if isinstance(document, dict) and "code" in document:
            return from_document({name: str(part)[:MOST_SAID] for name, part in document.items()})
    return ToolBroke(
        f"the tool {server}.{tool} failed: {text[:MOST_SAID]}",
        where=f"{server}.{tool}",
        hint="look at the log of the tool server; the run can be resumed with `onbrand runs resume`",
    )


class Session:
    """Calls to one tool server, however it is reached, and what is recorded of them."""

    def __init__(
        self, server: str, caller: Caller, recorder: Recorder, timeout_s: float = CALL_TIMEOUT_S
    ) -> None:
        self.server = server
        self._caller = caller
        self._recorder = recorder
        self._timeout_s = timeout_s

    async def call(
        self,
        stage: str,
        allowed: frozenset[str],
        tool: str,
        arguments: BaseModel,
        answer: type[Answer],
        *,
        once: bool = False,
        holds: Callable[[Answer], str] = lambda answer: "",
    ) -> Answer:
        """Call a tool; returns its validated answer. `cost` in the answer, if any, is recorded with the call.

        A server that is not there is asked again, unless the call may be made only `once`. `holds` says what is wrong
        with an answer to this very question, and nothing of one that fits.

        Raises ProgrammerMustAct when the stage's agent does not name this tool, the tool's own OnbrandError, or
        ToolFailed when the server is down, slow or answers outside its contract.
        """
        name = f"{self.server}.{tool}"
        if name not in allowed:
            raise ProgrammerMustAct(
                f"the {stage} stage may not call {name}", where=stage, hint="name the tool in the agent's TOOLS"
            )
        request = arguments.model_dump(mode="json")
        started = time.perf_counter()
        try:
            with self._recorder.around(stage) if isinstance(self._recorder, Surrounding) else nullcontext():
                parsed = await self._answer(stage, tool, request, answer, () if once else RETRY_AFTER_S)
            if wrong := holds(parsed):
                raise outside(name, wrong)
        except OnbrandError as error:
            self._record(stage, tool, request, started, error=error.document())
            raise
        result = parsed.model_dump(mode="json")
        self._record(stage, tool, request, started, result=result, cost=float(result.get("cost") or 0.0))
        return parsed

    async def raw(self, tool: str, request: dict[str, Any]) -> Any:
        """One call by a request as it was written down, for whoever makes recorded calls again: the structured answer
        as it came. Nothing is recorded. Raises the tool's own OnbrandError, or ToolFailed.
        """
        result = await self._result(tool, request, ())
        self._raise_if_error(tool, result)
        return result.structured_content

    async def _answer(
        self, stage: str, tool: str, request: dict[str, Any], answer: type[Answer], waits: tuple[float, ...]
    ) -> Answer:
        where = f"{self.server}.{tool}"
        result = await self._result(tool, request, waits)
        try:
            for call in made(result):
                self._recorder.record("model_call", stage=stage, **call.model_dump(mode="json"))
        except ValueError as error:
            raise outside(where, "what it says it asked models can be no such thing") from error
        self._raise_if_error(tool, result)
        try:
            return answer.model_validate(result.structured_content)
        except ValidationError as error:
            raise outside(where, error.errors()[0]["msg"]) from error

    def _raise_if_error(self, tool: str, result: CallToolResult) -> None:
        if result.is_error:
            raise error_from_text(self.server, tool, text_of(result))

    async def _result(self, tool: str, request: dict[str, Any], waits: tuple[float, ...]) -> CallToolResult:
        try:
            return await self._caller.call_tool(tool, request, self._timeout_s)
        except OnbrandError:
            raise
        except Exception as error:  # the transport's own failures have no common root
            if waits and isinstance(error, MCPError) and error.code == CONNECTION_CLOSED:
                await asyncio.sleep(waits[0])
                return await self._result(tool, request, waits[1:])
            raise ToolFailed(
                f"the tool server {self.server!r} did not answer: {str(error)[:MOST_SAID]}",
                where=f"{self.server}.{tool}",
                hint="check that it runs (`onbrand doctor`), then go on with `onbrand runs resume`",
            ) from error

    def _record(self, stage: str, tool: str, request: dict[str, Any], started: float, **fields: Any) -> None:
        self._recorder.record(
            "tool_call",
            stage=stage,
            server=self.server,
            tool=tool,
            arguments=request,
            seconds=round(time.perf_counter() - started, 6),
            **fields,
        )


def outside(where: str, what: str) -> ToolFailed:
    """The error for an answer that cannot be one."""
    return ToolFailed(
        f"{where} answered outside its contract: {what[:MOST_SAID]}",
        where=where,
        hint="the tool server and this program must be of the same version",
    )


@asynccontextmanager
async def plain_errors() -> AsyncIterator[None]:
    """Unwrap what the sessions' task groups wrap: a block that fails for one reason raises that reason."""
    try:
        yield
    except BaseExceptionGroup as group:
        inner: BaseException = group
        while isinstance(inner, BaseExceptionGroup) and len(inner.exceptions) == 1:
            inner = inner.exceptions[0]
        raise inner from None
