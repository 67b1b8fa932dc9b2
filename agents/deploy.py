"""Deploy: deliver what a person approved, once, with its dossier."""

from __future__ import annotations

from agents.services import Services
from agents.state import Campaign
from domain.run import RunStatus
from mcp_servers.publish.contract import DeliverApproved

STAGE = "deploy"
TOOLS = frozenset({"publish.deliver_approved"})


async def deploy(state: Campaign, services: Services) -> Campaign:
    """Deliver every approved effect of this run. Approvals were recorded by the person's own act before this stage."""
    tools = services.sessions.toolbox(STAGE, TOOLS)
    delivered = await tools.publish.deliver_approved(DeliverApproved(brand=services.brand, run_id=state["run_id"]))
    return {"publications": delivered.publications, "status": RunStatus.PUBLISHED}
