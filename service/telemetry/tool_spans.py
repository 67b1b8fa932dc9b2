"""The span of one call of a tool as its server sees it, in the trace of the run that made it.

The caller sends W3C trace context in the request's `_meta` (MCP SEP-414), which the SDK does from the current span:
`SpanRecorder.around` makes that the stage's.
"""

from __future__ import annotations

import re
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.types import CallToolResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mcp_servers.wire import error_from_text, text_of

_CALLERS = TraceContextTextMapPropagator()
_TOOL = re.compile(r"[a-z][a-z_]{0,63}")
OTHER = "_OTHER"


class ToolSpans(ServerMiddleware[Any]):
    """Middleware of one tool server. Spans carry the tool's name and an error's code, nothing of what was asked."""

    def __init__(self, server: str, tracer: Tracer) -> None:
        self._server = server
        self._tracer = tracer

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Answer, within a span if it is a call of a tool."""
        if ctx.method != "tools/call":
            return await call_next(ctx)
        carrier = {name: held for name, held in (ctx.meta or {}).items() if isinstance(held, str)}
        named = str((ctx.params or {}).get("name", ""))
        tool = f"{self._server}.{named if _TOOL.fullmatch(named) else OTHER}"
        with self._tracer.start_as_current_span(
            f"execute_tool {tool}",
            _CALLERS.extract(carrier),
            SpanKind.SERVER,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                result = await call_next(ctx)
            except Exception as error:
                _failed(span, type(error).__name__)
                raise
            if isinstance(result, dict) and result.get("isError") is True:      # as it goes on the wire
                says = text_of(CallToolResult.model_validate(result))
                _failed(span, error_from_text(self._server, named, says).code)
            return result


def _failed(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))
