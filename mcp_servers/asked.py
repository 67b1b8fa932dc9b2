"""What a tool server in another process asked models, told with its answer: the run's trace has those calls too.

They travel in the answer's `_meta`, beside what the tool says. A server in the run's own process tells nothing: there
the gateway records by itself.
"""

from __future__ import annotations

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.types import CallToolResult
from pydantic import Field, TypeAdapter

from domain.models import ModelRole
from domain.values import Model, Money, Seconds
from tools.models.hearing import hearing

KEY = "onbrand/model_calls"
MOST_CALLS = 64
"""Model calls told of with one answer. A tool asks a handful."""


class ModelCallMade(Model):
    """One call as the gateway tells of it (`domain.trace.ModelCall`), the stage left to the caller, who knows it."""

    role: ModelRole
    model: str = Field(max_length=300)
    request: dict[str, Any]
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    seconds: Seconds = Field(ge=0)
    cost: Money = Field(ge=0)


_CALLS = TypeAdapter(tuple[ModelCallMade, ...])


class _Heard:
    """Implements `domain.ports.Recorder`: keeps the model calls of one call of a tool."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def record(self, kind: str, **fields: Any) -> None:
        """Keep it; an ask is made from one thread after the other, or from several: appending is atomic."""
        if kind == "model_call":
            self.calls.append({name: fields[name] for name in ModelCallMade.model_fields})


class TellsModelCalls(ServerMiddleware[Any]):
    """Middleware of a tool server that other processes call."""

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Answer, and add what models were asked meanwhile; also to an answer that says why there is none."""
        heard = _Heard()
        with hearing(heard):
            result = await call_next(ctx)
        if ctx.method == "tools/call" and heard.calls and isinstance(result, dict):
            result = {**result, "_meta": {**(result.get("_meta") or {}), KEY: heard.calls[:MOST_CALLS]}}
        return result


def made(result: CallToolResult) -> tuple[ModelCallMade, ...]:
    """The model calls an answer tells of. Raises ValueError for what can be none."""
    told = (result.meta or {}).get(KEY, ())
    if not isinstance(told, list | tuple) or len(told) > MOST_CALLS:
        raise ValueError(f"{KEY} is no list of at most {MOST_CALLS} calls")
    return _CALLS.validate_python(tuple(told))
