"""The campaign graph.

    understand ─┬─> clarify ─┐
                └────────────┴─> plan ─> choose ─> generate* ─> drawn ─> critique* ─> settle ─┬─> shortlist ─> review
                                                      ^                                      │                 │  │
                                                      ├──────────────── revise <─────────────┘                 │  │
                                                      └──────────────── adjust <── a person's feedback ────────┘  │
                                                                                    monitor <─ deploy <───────────┘

A star marks a fan-out: one branch per scene group. The loop is bounded by `rounds` in the request and by the budget.
"""

from __future__ import annotations

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from agents import critique as critique_stage
from agents import deploy as deploy_stage
from agents import generate as generate_stage
from agents import monitor as monitor_stage
from agents import plan as plan_stage
from agents import revise as revise_stage
from agents import shortlist as shortlist_stage
from agents import understand as understand_stage
from agents.remember import learn_choices
from agents.services import Services
from agents.state import Campaign, CandidateGroup, SlotGroup
from domain.run import ReviewAction, ReviewDecision, RunStatus


async def understand(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """The request as a Brief."""
    return await understand_stage.understand(state, runtime.context)


async def clarify(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Ask; one interrupt, answered by id."""
    questions = [question.model_dump(mode="json") for question in state["questions"]]
    answers: dict[str, str] = interrupt({"kind": "questions", "questions": questions})
    await learn_choices(state["questions"], answers, state["run_id"], runtime.context)
    return understand_stage.clarify(state, answers, runtime.context)


async def plan(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Everything decided before drawing."""
    return await plan_stage.plan(state, runtime.context)


async def choose(state: Campaign) -> Campaign:
    """Let a person choose an option, unless told to go ahead."""
    request = state["request"]
    if request.option or request.assume or len(state["plan"].options) == 1:
        return plan_stage.choose(state, request.option)
    options = [option.model_dump(mode="json", exclude={"slots"}) for option in state["plan"].options]
    answer: dict[str, str] = interrupt({"kind": "options", "options": options})
    return plan_stage.choose(state, answer.get("option"))


async def generate(state: SlotGroup, runtime: Runtime[Services]) -> Campaign:
    """Draw one scene group. One that cannot be drawn becomes broken candidates: its siblings are kept."""
    try:
        return await generate_stage.generate(state, runtime.context)
    except Exception as error:
        if generate_stage.ends_the_attempt(error):
            raise
        return generate_stage.broken(state, error)


async def drawn(state: Campaign) -> Campaign:
    """Where the branches of generate meet."""
    return {"to_draw": ()}


async def critique(state: CandidateGroup, runtime: Runtime[Services]) -> Campaign:
    """Judge one scene group."""
    return await critique_stage.critique(state, runtime.context)


async def settle(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Outcome of edits, ranking, finalists' text."""
    return await critique_stage.settle(state, runtime.context)


async def revise(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Edits from findings."""
    return await revise_stage.revise(state, runtime.context)


async def adjust(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Edits from a person's feedback at review."""
    return await revise_stage.adjust(state, runtime.context)


async def shortlist(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Final files of what passed."""
    return await shortlist_stage.prepare_review(state, runtime.context)


async def review(state: Campaign) -> Campaign:
    """A person approves, gives feedback, or leaves it."""
    answer: dict[str, Any] = interrupt({"kind": "review", "shortlist": list(state["shortlist"])})
    return {"decision": ReviewDecision.model_validate(answer)}


async def deploy(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Deliver once."""
    return await deploy_stage.deploy(state, runtime.context)


async def monitor(state: Campaign, runtime: Runtime[Services]) -> Campaign:
    """Look again."""
    return await monitor_stage.monitor(state, runtime.context)


def after_understand(state: Campaign) -> Literal["clarify", "plan"]:
    """Ask only what is left to ask."""
    return "clarify" if state["questions"] else "plan"


def scene_groups(state: Campaign) -> list[Send] | Literal["settle"]:
    """One branch a scene; with nothing to draw the round is over."""
    return [Send("generate", group) for group in generate_stage.groups(state)] or "settle"


def unjudged(state: Campaign) -> list[Send] | Literal["settle"]:
    """One branch a scene of candidates nobody has judged."""
    return [Send("critique", group) for group in critique_stage.groups(state)] or "settle"


def after_settle(state: Campaign, runtime: Runtime[Services]) -> Literal["revise", "shortlist"]:
    """Go on until the shortlist is full, the rounds are used, or a round proposed nothing new."""
    full = critique_stage.enough(state, runtime.context)
    return "shortlist" if full or state.get("exhausted") or state["round"] >= state["round_limit"] else "revise"


def after_shortlist(state: Campaign) -> str:
    """Nothing passed: the run is over; otherwise a person looks."""
    return END if state["status"] is RunStatus.NOTHING_PASSED else "review"


def after_review(state: Campaign) -> str:
    """What the person wants."""
    action = state["decision"].action
    return {ReviewAction.APPROVE: "deploy", ReviewAction.FEEDBACK: "adjust", ReviewAction.FINISH: END}[action]


def build() -> StateGraph[Campaign, Services, Campaign, Campaign]:
    """The graph before compilation; the caller adds a saver."""
    return (
        StateGraph(Campaign, context_schema=Services)
        .add_node(understand)
        .add_node(clarify)
        .add_node(plan)
        .add_node(choose)
        .add_node(generate, input_schema=SlotGroup)
        .add_node(drawn)
        .add_node(critique, input_schema=CandidateGroup)
        .add_node(settle)
        .add_node(revise)
        .add_node(shortlist)
        .add_node(review)
        .add_node(adjust)
        .add_node(deploy)
        .add_node(monitor)
        .add_edge(START, "understand")
        .add_conditional_edges("understand", after_understand)
        .add_edge("clarify", "plan")
        .add_edge("plan", "choose")
        .add_conditional_edges("choose", scene_groups, ["generate", "settle"])
        .add_edge("generate", "drawn")
        .add_conditional_edges("drawn", unjudged, ["critique", "settle"])
        .add_edge("critique", "settle")
        .add_conditional_edges("settle", after_settle)
        .add_conditional_edges("revise", scene_groups, ["generate", "settle"])
        .add_conditional_edges("adjust", scene_groups, ["generate", "settle"])
        .add_conditional_edges("shortlist", after_shortlist, ["review", END])
        .add_conditional_edges("review", after_review, ["deploy", "adjust", END])
        .add_edge("deploy", "monitor")
        .add_edge("monitor", "review")  # a person may approve another finalist later
    )


graph = build().compile()
"""Without a saver, for `langgraph dev`, which brings its own."""
