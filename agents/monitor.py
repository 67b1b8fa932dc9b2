"""Monitor: look again at what is out there."""

from __future__ import annotations

from agents.services import Services
from agents.state import Campaign
from mcp_servers.publish.contract import MonitorPublished

STAGE = "monitor"
TOOLS = frozenset({"publish.monitor_published"})


async def monitor(state: Campaign, services: Services) -> Campaign:
    """Re-hash the brand's publications; findings are kept with the run, nothing is changed."""
    tools = services.sessions.toolbox(STAGE, TOOLS)
    report = await tools.publish.monitor_published(MonitorPublished(brand=services.brand))
    return {"monitored": report.findings}
