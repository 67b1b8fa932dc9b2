"""Questions of a run put to the person in whichever of three ways the client has.

A client of protocol 2026-07-28 is handed the form as the call's result and calls again with what the person filled in;
an older one is sent the form while its call waits; one that shows no forms gets a `needs_input` result, and its
assistant asks in its own words and calls answer_question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp.types.version import is_version_at_least

from domain.brief import Question
from domain.errors import BadInput, Conflict
from domain.run import OptionView
from domain.studio import RunSummary
from domain.values import RunId
from mcp_servers.studio.advice import here
from mcp_servers.studio.desk import Call, Ctx
from mcp_servers.studio.results import RunResult, cut, run_result
from mcp_servers.studio.turns import asks
from mcp_servers.studio.waiting import meanwhile, watch

Out = Annotated[CallToolResult, RunResult] | InputRequiredResult

MODERN = "2026-07-28"
FORM = "form"
"""Name of the one form in an input-required result."""

CLOSED = frozenset({"products", "props"})
"""Brief fields whose answers must be one of the replies."""

OTHER = "_other"
MOST_ATTEMPTS = 3
MOST_ANSWER = 400
NOT_ANSWERED = "The person did not answer; the run keeps waiting."


class Way(Enum):
    """How a client takes a form."""

    RETURNED = "returned"
    PUSHED = "pushed"
    NONE = "none"


@dataclass(frozen=True)
class Form:
    """A flat form: `schema` has primitive fields only, as the protocol wants."""

    message: str
    schema: dict[str, Any]


def way(ctx: Ctx) -> Way:
    """How this client takes a form, by the protocol it speaks and what it declared."""
    capability = ctx.client_capabilities.elicitation if ctx.client_capabilities else None
    if capability is None or (capability.form is None and capability.url is not None):
        return Way.NONE
    return Way.RETURNED if is_version_at_least(ctx.protocol_version or "", MODERN) else Way.PUSHED


def returned(form: Form, state: Mapping[str, str]) -> InputRequiredResult:
    """The form as a result. The SDK seals `state` and binds it to tool, arguments and principal."""
    params = ElicitRequestFormParams(message=form.message, requested_schema=form.schema)
    return InputRequiredResult(
        input_requests={FORM: ElicitRequest(params=params)}, request_state=json.dumps(dict(state))
    )


def resumed(ctx: Ctx) -> tuple[dict[str, str], ElicitResult | None] | None:
    """The state of the form that this call answers, and what came back; None for a call that answers none.

    What comes from a client that declared no forms in this very request is no person's answer.
    """
    if ctx.request_state is None:
        return None
    filled = (ctx.input_responses or {}).get(FORM) if way(ctx) is Way.RETURNED else None
    return json.loads(ctx.request_state), filled if isinstance(filled, ElicitResult) else None


async def pushed(call: Call, form: Form) -> ElicitResult:
    """Send the form and wait for the person. A client that cannot show it after all counts as a person who left."""
    ctx = call.ctx
    sending = ctx.session.elicit_form(form.message, form.schema, related_request_id=ctx.request_id)
    try:
        return await meanwhile(call, "waiting for the person", sending)
    except MCPError:
        return ElicitResult(action="cancel")


async def settle(call: Call, summary: RunSummary, note: str = "") -> Out:
    """Stay with a run for a moment and put what it asks to the person; then where it stands."""
    summary = await watch(call, summary, call.pace.brief_s)
    problem = ""
    for _ in range(MOST_ATTEMPTS):
        if not asks(summary) or way(call.ctx) is Way.NONE:
            break
        form = form_of(summary, problem)
        if way(call.ctx) is Way.RETURNED:
            return returned(form, {"run": summary.run_id})
        filled = await pushed(call, form)
        if filled.action != "accept":
            return await run_result(call, summary, note or NOT_ANSWERED)
        summary, problem = await answered(call, summary.run_id, filled)
        if not problem:
            summary = await watch(call, summary, call.pace.brief_s)
    return await run_result(call, summary, problem or note)


async def go_on(call: Call, run_id: RunId, filled: ElicitResult | None) -> Out:
    """Go on with a run whose form came back."""
    if filled is None or filled.action != "accept":
        return await run_result(call, await call.studio.run(call.caller, run_id), NOT_ANSWERED)
    summary, problem = await answered(call, run_id, filled)
    if problem and asks(summary):
        return returned(form_of(summary, problem), {"run": run_id})
    return await settle(call, summary)


async def answered(call: Call, run_id: RunId, filled: ElicitResult) -> tuple[RunSummary, str]:
    """The run after a filled form, and what is wrong with the answers, if anything.

    A run that somebody else answered meanwhile goes on with that answer.
    """
    summary = await call.studio.run(call.caller, run_id)
    if not asks(summary):
        return summary, ""
    try:
        return await call.studio.answer(call.caller, run_id, answers_of(summary, filled.content or {})), ""
    except BadInput as error:
        summary = await call.studio.run(call.caller, run_id)
        return summary, "" if isinstance(error, Conflict) else here(f"{error.message}. {error.hint}".strip())


def form_of(summary: RunSummary, problem: str = "") -> Form:
    """The form for what a run waits for: its questions, or the choice of an option."""
    opening = f"{problem}\n\n" if problem else ""
    about = f"{summary.run_id}, “{cut(summary.request, 120)}”"
    if summary.questions:
        told = "\n".join(f"- {here(q.text)} ({q.why})" for q in summary.questions)
        properties: dict[str, Any] = {}
        for question in summary.questions:
            properties |= fields(question)
        required = [q.id for q in summary.questions if q.required and q.default is None]
        return Form(f"{opening}{about} needs to know:\n{told}", schema(properties, required))
    told = "\n".join(f"- {priced(option)}" for option in summary.options)
    names = [option.name for option in summary.options]
    choice: dict[str, Any] = {
        "type": "string",
        "title": "Option",
        "description": "What to draw, at what price",
        "enum": names,
        "enumNames": [option.title for option in summary.options],
    } | ({"default": names[0]} if names else {})
    return Form(f"{opening}{about} can go on in these ways:\n{told}", schema({"option": choice}, ["option"]))


def schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """A form's schema."""
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def fields(question: Question) -> dict[str, Any]:
    """A question as fields: a choice among its replies, and a second field for words of one's own where they count."""
    text: dict[str, Any] = {"type": "string", "title": here(question.text), "description": question.why}
    if not question.replies:
        return {question.id: text | ({"default": question.default} if question.default else {})}
    choice = text | {"enum": [r.value for r in question.replies], "enumNames": [r.label for r in question.replies]}
    if question.default in choice["enum"]:
        choice |= {"default": question.default}
    if question.field in CLOSED:
        return {question.id: choice}
    own = {"type": "string", "title": "Or in your own words", "description": here(question.text)}
    return {question.id: choice, question.id + OTHER: own}


def answers_of(summary: RunSummary, content: Mapping[str, Any]) -> dict[str, str]:
    """The answers in a filled form, by question id; own words go before the choice above them."""
    if not summary.questions:
        return {"option": str(content.get("option", ""))[:MOST_ANSWER]}
    answers = {}
    for question in summary.questions:
        said = content.get(question.id + OTHER) or content.get(question.id)
        if said not in (None, ""):
            answers[question.id] = str(said).strip()[:MOST_ANSWER]
    return answers


def priced(option: OptionView) -> str:
    """An option with what it is predicted to cost and to take."""
    told = option.prediction
    rate = "no history yet" if told.pass_probability is None else f"{told.pass_probability:.0%} of such runs pass"
    return f"{option.name}: {option.title}, ${told.cost:.2f}, about {told.seconds:.0f} s, {rate}"
