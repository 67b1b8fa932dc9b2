"""Every tool's schema as it was last agreed to: whoever changes one sees what callers will see.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/integration/mcp_servers/test_schemas.py -n0` writes them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from mcp import Client

from mcp_servers.connect import BUILD
from mcp_servers.workshop import Workshop
from tests.integration.mcp_servers.studio.clients import server_for
from tests.integration.mcp_servers.studio.pretend import ANNA, PretendStudio

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
SERVERS = (*BUILD, "studio")


def built(name: str) -> Any:
    """A server; no tool is called, so the tool servers need no workshop."""
    return server_for(PretendStudio(), ANNA) if name == "studio" else BUILD[name](cast(Workshop, None))


@pytest.mark.parametrize("name", SERVERS)
async def test_tools_are_offered_as_agreed(name: str) -> None:
    async with Client(built(name)) as client:
        tools = (await client.list_tools()).tools
    offered = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools}
    file = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(offered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    agreed = json.loads(file.read_text(encoding="utf-8"))
    assert set(offered) == set(agreed)
    for tool, schema in offered.items():
        assert schema == agreed[tool], f"{name}.{tool} changed: UPDATE_SNAPSHOTS=1 writes it anew"


@pytest.mark.parametrize("name", SERVERS)
async def test_schemas_are_json_schemas(name: str) -> None:
    async with Client(built(name)) as client:
        tools = (await client.list_tools()).tools
    assert tools
    for tool in tools:
        for schema in filter(None, (tool.input_schema, tool.output_schema)):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
