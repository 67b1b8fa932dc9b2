"""The tools that carry a run: create, answer, look, refine, cancel."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from domain.assets import AssetKind
from domain.errors import BadInput
from domain.studio import NewRun
from domain.values import MarketCode, RunId
from mcp_servers.studio.asking import Out, Way, go_on, resumed, settle, way
from mcp_servers.studio.desk import Ctx, Desk, handle
from mcp_servers.studio.pictures_in import ID_OR_PATH, asset_of
from mcp_servers.studio.results import RunResult, run_result
from mcp_servers.studio.tool import ENDS, READS, STARTS, StudioTool
from mcp_servers.studio.turns import asks
from mcp_servers.studio.waiting import meanwhile, watch

MOST_WAIT_S = 45
"""Clients give up after a minute; a longer wait would look like a server that hangs."""

RunArgument = Annotated[str, Field(description="run id that create_image returned, such as run-4f1c9a27")]
RunOut = Annotated[CallToolResult, RunResult]


def tools(desk: Desk) -> list[Tool]:
    """create_image, answer_question, get_run, refine_image and cancel_run."""
    return [create(desk), answer(desk), look(desk), refine(desk), cancel(desk)]


def create(desk: Desk) -> Tool:
    """create_image."""
    async def create_image(
        request: Annotated[
            str,
            Field(
                min_length=1,
                max_length=4000,
                description="what is needed, in the person's own words: product, place, light, mood, text to set, "
                "market and channel, what to avoid",
            ),
        ],
        ctx: Ctx,
        product: Annotated[
            str | None, Field(description=f"the product, if the words do not name it: {ID_OR_PATH}")
        ] = None,
        product_box: Annotated[
            tuple[int, int, int, int] | None,
            Field(description="x, y, width, height in pixels around the product in a cluttered photo"),
        ] = None,
        background: Annotated[str | None, Field(description=f"a background photo to use: {ID_OR_PATH}")] = None,
        markets: Annotated[
            list[MarketCode] | None, Field(description="where it is to be published, such as SE, instead of the words")
        ] = None,
        channels: Annotated[
            list[str] | None, Field(description="for which channels, such as instagram, instead of the words")
        ] = None,
        size: Annotated[
            str | None, Field(pattern=r"^\d{3,4}x\d{3,4}$", description="WIDTHxHEIGHT in pixels, such as 1080x1350")
        ] = None,
        budget: Annotated[float, Field(ge=0, le=1000, description="US dollars at most")] = 1.0,
        seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="the same seed gives the same pictures")] = 7,
        rounds: Annotated[int, Field(ge=0, le=8, description="revision rounds at most")] = 2,
        option: Annotated[
            Literal["standard", "quick"] | None,
            Field(description="option to take; left out, the person is asked with prices"),
        ] = None,
        assume: Annotated[
            bool, Field(description="ask nothing: take every default and the recommended option")
        ] = False,
    ) -> Out:
        """Start making marketing images of the brand's own product, and return the run's handle at once.

        The product's pixels stay exactly as photographed; scene, light and words around it are made and checked against
        brand and market rules. At most two questions come back before work begins; then follow the run with get_run.
        """
        call = desk.call(ctx)
        if back := resumed(ctx):
            state, filled = back
            return await go_on(call, state["run"], filled)
        new = NewRun(
            request=request,
            product=await asset_of(call, product, "product", AssetKind.PRODUCT) if product else None,
            product_box=product_box,
            background=(
                await asset_of(call, background, "background", AssetKind.BACKGROUND) if background else None
            ),
            markets=tuple(markets or ()),
            channels=tuple(channels or ()),
            size=size,
            option=option,
            rounds=rounds,
            budget=budget,
            seed=seed,
            assume=assume,
        )
        return await settle(call, await meanwhile(call, "opening the library", call.studio.create(call.caller, new)))

    return StudioTool.of(create_image, "Create marketing images", STARTS)


def answer(desk: Desk) -> Tool:
    """answer_question."""

    async def answer_question(
        run_id: RunArgument,
        ctx: Ctx,
        answers: Annotated[
            dict[str, str] | None,
            Field(
                description="what the person said, by question id: the value of a ready reply, or their own words; "
                '{"option": NAME} chooses an option. A question left out takes its default. '
                "Left out altogether, the person is shown a form where this client has forms"
            ),
        ] = None,
    ) -> Out:
        """Answer what a run with status needs_input asks, or choose one of its options; the run then goes on.

        Ask the person first: answers are theirs, not yours.
        """
        call = desk.call(ctx)
        name = handle(run_id)
        if back := resumed(ctx):
            return await go_on(call, name, back[1])
        if answers:
            return await settle(call, await call.studio.answer(call.caller, name, answers))
        summary = await call.studio.run(call.caller, name)
        if asks(summary) and way(ctx) is Way.NONE:
            ids = ", ".join(q.id for q in summary.questions) or "option"
            raise BadInput(
                "no answers are given, and this client cannot show the person a form",
                where=name,
                hint=f"ask the person, then give answers for: {ids}",
            )
        return await settle(call, summary)

    return StudioTool.of(answer_question, "Answer a run's question", STARTS)


def look(desk: Desk) -> Tool:
    """get_run."""

    async def get_run(
        run_id: RunArgument,
        ctx: Ctx,
        wait_seconds: Annotated[
            float, Field(ge=0, le=MOST_WAIT_S, description="how long to stay while the run is being worked on")
        ] = 30,
    ) -> RunOut:
        """Where a run stands: its progress, questions, shortlist with previews, findings, costs and what to do next.

        Returns as soon as the run needs a person or ends, else after wait_seconds; call again while status is working.
        """
        call = desk.call(ctx)
        summary = await call.studio.run(call.caller, handle(run_id))
        return await run_result(call, await watch(call, summary, wait_seconds))

    return StudioTool.of(get_run, "Look at a run", READS)


def refine(desk: Desk) -> Tool:
    """refine_image."""

    async def refine_image(
        run_id: RunArgument,
        feedback: Annotated[
            str,
            Field(
                min_length=1,
                max_length=2000,
                description='what the person wants changed, in their words: "make the can bigger, warmer light"',
            ),
        ],
        ctx: Ctx,
        candidates: Annotated[
            list[str] | None, Field(description="candidate ids it is about; the whole shortlist if left out")
        ] = None,
    ) -> Out:
        """Change the shortlist of a run in review by the person's words; new pictures are drawn and checked again."""
        call = desk.call(ctx)
        name: RunId = handle(run_id)
        if back := resumed(ctx):
            return await go_on(call, name, back[1])
        return await settle(call, await call.studio.refine(call.caller, name, feedback, candidates or ()))

    return StudioTool.of(refine_image, "Refine images", STARTS)


def cancel(desk: Desk) -> Tool:
    """cancel_run."""

    async def cancel_run(run_id: RunArgument, ctx: Ctx) -> RunOut:
        """End a run: at once when it waits, at its next step when it works. It cannot be taken up again."""
        call = desk.call(ctx)
        return await run_result(call, await call.studio.cancel(call.caller, handle(run_id)))

    return StudioTool.of(cancel_run, "Cancel a run", ENDS)
