"""A tool whose mistakes read as advice: unknown parameters are refused, errors say what to do next."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, cast

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.types import ToolAnnotations
from pydantic import ValidationError

from domain.errors import OnbrandError
from mcp_servers.studio.advice import told, told_arguments
from mcp_servers.studio.schemas import lean, open_ended

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
STARTS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
KEEPS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
PUBLISHES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)


class StudioTool(Tool):
    """A tool of the studio server."""

    @classmethod
    def of(cls, tool: Callable[..., Any], title: str, annotations: ToolAnnotations) -> StudioTool:
        """The tool made of a function: its name, docstring and annotated parameters are what callers read."""
        made = cls.from_function(
            tool, title=title, description=inspect.getdoc(tool), annotations=annotations
        )
        assert isinstance(made, StudioTool)
        loose = made.fn_metadata.arg_model
        # A misspelt parameter that is silently dropped looks to an assistant as if it had been heard.
        strict = cast("type[ArgModelBase]", types.new_class(loose.__name__, (loose,), {"extra": "forbid"}))
        made.fn_metadata.arg_model = strict
        made.parameters = lean(strict.model_json_schema(by_alias=True))
        made.fn_metadata.output_schema = open_ended(lean(made.fn_metadata.output_schema or {}))
        return made

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """One call. Raises ToolError in words for the assistant; what nobody foresaw keeps its secrets."""
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, OnbrandError):
                raise ToolError(told(cause)) from cause
            if isinstance(cause, ValidationError) and type(error) is ToolError:
                parameters = self.parameters.get("properties", {})
                raise ToolError(told_arguments(self.name, cause, parameters)) from cause
            raise
