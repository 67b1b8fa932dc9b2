"""What a request would be understood as, ask and cost: the first two stages of the graph, and nothing kept of them."""

from __future__ import annotations

from dataclasses import replace

from agents import plan as plan_stage
from agents import understand as understand_stage
from agents.services import Services
from agents.state import Campaign
from domain.errors import NeedsAnswer
from domain.run import RunRequest
from domain.studio import Offer
from mcp_servers.connect import open_sessions
from memory.runs import new_run_id
from service.checking import Silent
from service.orchestrator import Onbrand
from service.summary import understood, worth_a_look
from service.view import shown


async def offer(onbrand: Onbrand, request: RunRequest, by: str = "") -> Offer:
    """Understand and plan a request with every default, and say what it would take. `by` is the asker's principal id.

    While a required question is open there are no options. Raises as the stages do: NotFound, RefusedByRule,
    OverBudget, NothingPassed where no scene can hold the product.
    """
    async with open_sessions(onbrand.servers, Silent()) as sessions:
        services = Services(
            brand=request.brand,
            sessions=sessions,
            language=onbrand.language,
            ledger=onbrand.driver.ledger,
            history=onbrand.workshop.runs,
            grid=onbrand.settings.grid,
            memory=replace(onbrand.wired.memory, learns=False),
            by=by,
        )
        state: Campaign = {"run_id": new_run_id(), "request": request}
        state |= await understand_stage.understand(state, services)
        questions = state["questions"]
        if not any(question.required for question in questions):
            state |= understand_stage.clarify(state, {}, services)
            try:
                state |= await plan_stage.plan(state, services)
            except NeedsAnswer as error:
                return _offer(state, questions=questions, left_out=(f"{error.message}: {error.hint}",))
        return _offer(state, questions=questions)


def _offer(state: Campaign, **told: object) -> Offer:
    plan = state.get("plan")
    brief = state["brief"]
    found = {
        "understood": understood(brief),
        "assumed": brief.assumed(),
        "options": tuple(shown(option) for option in plan.options) if plan else (),
        "cannot_draw": plan.cannot_draw if plan else (),
        "left_out": plan.left_out if plan else (),
        "rules": tuple(rule for rule in state.get("rules", ()) if worth_a_look(rule)),
    }
    return Offer.model_validate(found | told)
