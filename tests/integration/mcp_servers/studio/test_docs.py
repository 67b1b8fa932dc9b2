"""docs/mcp.md says what is so."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from tests.integration.mcp_servers.studio.clients import connected, server_for
from tests.integration.mcp_servers.studio.pretend import ANNA, PretendStudio

DOCS = Path(__file__).parents[4] / "docs"
GUIDE = (DOCS / "mcp.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_configuration_can_be_read_and_starts_or_reaches_the_server() -> None:
    found = []
    for document in [*map(json.loads, blocks("json")), *map(tomllib.loads, blocks("toml"))]:
        servers = document.get("mcpServers") or document.get("servers") or document["mcp_servers"]
        found.append(servers["onbrand"])
    assert len(found) == 8
    for server in found:
        if "command" in server:
            assert [server["command"], *server["args"]] == ["onbrand", "mcp", "--brand", "demo"]
        else:
            assert server["url"].endswith("/mcp")
            assert "onbrand-key" in str(server) or "ONBRAND_KEY" in str(server)


async def test_the_table_of_tools_and_the_resources_are_those_of_the_server() -> None:
    async with connected(server_for(PretendStudio(), ANNA), "auto") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        templates = [t.uri_template for t in (await client.list_resource_templates()).resource_templates]
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
    rows = dict(re.findall(r"^\| `(\w+)\([^`]*\)` \| .* \| *(yes)? *\|$", GUIDE, re.MULTILINE))
    assert set(rows) == set(tools)
    assert {name for name, reads in rows.items() if reads} == {
        name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint
    }
    for name in (*templates, *prompts):
        assert f"`{name}`" in GUIDE
