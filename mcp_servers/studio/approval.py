"""Approval: a person's act. A form shows exactly what would be published; nothing a tool is called with can say yes.

Where the client shows no forms, or the caller has no such role, nothing is approved and the way outside MCP is told.
What this rests on is that the client shows its forms to a person; `approve_here=False` turns forms off.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult, TextContent
from pydantic import Field

from domain.access import Action
from domain.errors import Conflict
from domain.run import RunStatus
from domain.studio import ApprovalRequest, RunSummary
from domain.values import MarketCode, Model
from mcp_servers.studio.asking import Form, Way, pushed, resumed, returned, schema, way
from mcp_servers.studio.desk import PREFIX, Call, Ctx, Desk, handle
from mcp_servers.studio.results import cut, data, few
from mcp_servers.studio.runs import RunArgument
from mcp_servers.studio.tool import PUBLISHES, StudioTool
from mcp_servers.studio.waiting import meanwhile

YES = "publish"
"""The field of the form that means yes."""

LOOK_EVERY_S = 0.2


class ApprovalResult(Model):
    """Whether a person approved, what is concerned, and what to do now."""

    run_id: str
    approved: bool
    status: RunStatus
    files: tuple[str, ...] = Field(description="what a yes publishes: channel, type, size, SHA-256")
    markets: tuple[str, ...]
    destination: str
    next: str


Out = Annotated[CallToolResult, ApprovalResult] | InputRequiredResult


def tools(desk: Desk) -> list[Tool]:
    """approve_image."""

    async def approve_image(
        run_id: RunArgument,
        ctx: Ctx,
        candidates: Annotated[
            list[str] | None, Field(description="candidate ids of the shortlist to publish; the first if left out")
        ] = None,
        markets: Annotated[
            list[MarketCode] | None, Field(description="markets to publish for, such as SE; the request's if left out")
        ] = None,
    ) -> Out:
        """Ask the person for the yes that publishes pictures. Only the person can say it, in a form they are shown.

        There is no parameter that approves. Where this client cannot show forms, the result says how the person
        approves outside; tell them, and call get_run afterwards to see whether it is published.
        """
        call = desk.call(ctx)
        caller, name = call.caller, handle(run_id)
        shown = await desk.studio.approvable(caller, name, candidates or (), markets or ())
        if not caller.allowed(Action.APPROVE):
            return await outside(call, shown, f"{caller.principal.name} may not approve.")
        if not desk.approve_here or way(ctx) is Way.NONE:
            return await outside(call, shown, "Nothing is approved: this client cannot show the person a form.")
        form = form_of(desk, shown)
        back = resumed(ctx)
        if back is not None:
            state, filled = back
            if state.get("shown") != mark(shown):
                raise changed(name)
            return await decided(call, shown, filled)
        if way(ctx) is Way.RETURNED:
            return returned(form, {"run": name, "shown": mark(shown)})
        filled = await pushed(call, form)
        if await desk.studio.approvable(caller, name, candidates or (), markets or ()) != shown:
            raise changed(name)
        return await decided(call, shown, filled)

    return [StudioTool.of(approve_image, "Ask the person to approve", PUBLISHES)]


async def decided(call: Call, shown: ApprovalRequest, filled: ElicitResult | None) -> CallToolResult:
    """Carry out what the person decided: a yes only where the form was accepted and its one field is true."""
    if filled is None or filled.action != "accept" or (filled.content or {}).get(YES) is not True:
        summary = await call.studio.run(call.caller, shown.run_id)
        again = f'Nothing was published. When the person wants it: approve_image(run_id="{shown.run_id}").'
        return result(shown, False, summary.status, "The person did not say yes.", again)
    await call.studio.approve(call.caller, shown)
    summary, out = await meanwhile(call, "publishing", delivered(call, shown))
    after = (
        "Published: tell the person."
        if out
        else f'The yes is kept, delivery follows: get_run(run_id="{shown.run_id}") tells when it is out.'
    )
    return result(shown, True, summary.status, "The person approved.", after)


async def delivered(call: Call, shown: ApprovalRequest) -> tuple[RunSummary, bool]:
    """The run once all of this is out, or after a moment; and whether it is."""
    deadline = time.monotonic() + call.pace.delivery_s
    while True:
        summary = await call.studio.run(call.caller, shown.run_id)
        out = {file.digest for file in shown.files} <= {done.digest for done in summary.publications}
        if (out and summary.status is RunStatus.PUBLISHED) or time.monotonic() > deadline:
            return summary, out
        await asyncio.sleep(LOOK_EVERY_S)


async def outside(call: Call, shown: ApprovalRequest, why: str) -> CallToolResult:
    """Nothing approved: how a person does it elsewhere."""
    summary = await call.studio.run(call.caller, shown.run_id)
    how = f"The person approves outside this client: {call.desk.approve_how(shown.run_id)}"
    return result(shown, False, summary.status, why, how)


def result(shown: ApprovalRequest, approved: bool, status: RunStatus, what: str, after: str) -> CallToolResult:
    """The tool's result."""
    made = ApprovalResult(
        run_id=shown.run_id,
        approved=approved,
        status=status,
        files=few(files_of(shown), 9),
        markets=shown.markets,
        destination=cut(shown.destination),
        next=after,
    )
    text = [f"{shown.run_id}: {what}", *made.files, f"markets: {', '.join(shown.markets)}", f"next: {after}"]
    return CallToolResult(content=[TextContent(text="\n".join(text))], structured_content=data(made))


def form_of(desk: Desk, shown: ApprovalRequest) -> Form:
    """What the person is shown. All of it: what is not in the form is not approved."""
    where = desk.look_at(shown.run_id) or "\n".join(f"{PREFIX}images/{file.digest}" for file in shown.files)
    told = [
        f"Publish from {shown.run_id}: {', '.join(shown.candidates)}?",
        *(f"- {line}" for line in files_of(shown)),
        f"For: {', '.join(shown.markets)}",
        f"To: {shown.destination}",
        f"Look at exactly these files first: {where}",
    ]
    yes = {
        "type": "boolean",
        "title": "Publish these files",
        "description": "I have looked at these very files and approve them. This cannot be taken back.",
        "default": False,
    }
    return Form("\n".join(told), schema({YES: yes}, [YES]))


def files_of(shown: ApprovalRequest) -> list[str]:
    """The files, a line each."""
    return [
        f"{file.channel}: {file.media_type}, {file.bytes / 1000:.0f} kB, SHA-256 {file.digest[:16]}"
        for file in shown.files
    ]


def mark(shown: ApprovalRequest) -> str:
    """A fingerprint of what was shown, to tell whether it is still what would be published."""
    return hashlib.sha256(shown.model_dump_json().encode()).hexdigest()


def changed(run_id: str) -> Conflict:
    """The error when the files are no longer those the person saw."""
    return Conflict(
        "what would be published changed while the person looked, so nothing was approved",
        where=run_id,
        hint="call approve_image again: the person is shown the new files",
    )
