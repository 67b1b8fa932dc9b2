"""What every tool server and client share: how errors cross the wire, and how a call is made, allowed and recorded."""

from __future__ import annotations

import functools
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar, cast

from mcp import Client
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.dispatcher import ProgressFnT
from mcp.types import TextContent
from pydantic import BaseModel, ValidationError

from domain.errors import OnbrandError, ProgrammerMustAct, ToolFailed, from_document
from domain.ports import Recorder

P = ParamSpec("P")
R = TypeVar("R")
Answer = TypeVar("Answer", bound=BaseModel)

CALL_TIMEOUT_S = 300.0
"""Longest wait for one answer; a slower server is a `ToolFailed`, and the run can be resumed."""


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


def error_from_text(server: str, tool: str, text: str) -> OnbrandError:
    """The error a shell raised, or a `ToolFailed` when the text is not one of ours."""
    start = text.find("{")
    if start >= 0:
        try:
            document = json.loads(text[start:])
        except json.JSONDecodeError:
            document = None
        if isinstance(document, dict) and "code" in document:
            return from_document(document)
    return ToolFailed(
        f"the tool {server}.{tool} failed: {text[:300]}",
        where=f"{server}.{tool}",
        hint="look at the log of the tool server; the run can be resumed with `onbrand runs resume`",
    )


class Session:
    """One MCP session with a tool server, and what is recorded of it."""

    def __init__(self, server: str, client: Client, recorder: Recorder) -> None:
        self.server = server
        self._client = client
        self._recorder = recorder

    async def call(
        self,
        stage: str,
        allowed: frozenset[str],
        tool: str,
        arguments: BaseModel,
        answer: type[Answer],
        progress: ProgressFnT | None = None,
    ) -> Answer:
        """Call a tool; returns its validated answer. `cost` in the answer, if any, is recorded with the call.

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
            parsed = await self._answer(tool, request, answer, progress)
        except OnbrandError as error:
            self._record(stage, tool, request, started, error=error.document())
            raise
        result = parsed.model_dump(mode="json")
        self._record(stage, tool, request, started, result=result, cost=float(result.get("cost") or 0.0))
        return parsed

    async def _answer(
        self, tool: str, request: dict[str, Any], answer: type[Answer], progress: ProgressFnT | None
    ) -> Answer:
        where = f"{self.server}.{tool}"
        try:
            result = await self._client.call_tool(
                tool, {"request": request}, read_timeout_seconds=CALL_TIMEOUT_S, progress_callback=progress
            )
        except Exception as error:  # the transport's own failures have no common root
            raise ToolFailed(
                f"the tool server {self.server!r} did not answer: {error}",
                where=where,
                hint="check that it runs (`onbrand doctor`), then resume the run",
            ) from error
        if result.is_error:
            texts = [block.text for block in result.content if isinstance(block, TextContent)]
            raise error_from_text(self.server, tool, " ".join(texts))
        try:
            return answer.model_validate(result.structured_content)
        except ValidationError as error:
            raise ToolFailed(
                f"{where} answered outside its contract: {error.errors()[0]['msg']}",
                where=where,
                hint="the tool server and this program must be of the same version",
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
