"""Runs: begin one, see where it stands, answer, give feedback, approve, end it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import Field

from domain.errors import Conflict
from domain.run import RunStatus
from domain.studio import ApprovalRequest, NewRun
from domain.values import MarketCode, RunId
from service.api.bodies import Body, Text, Texts, Whole, Words, as_json, json_body, takes
from service.api.document import RunDocument, run_document
from service.api.parts import Api
from service.api.shapes import (
    ApprovalResource,
    RunPage,
    RunResource,
    Yes,
    approval_resource,
    run_page,
    run_resource,
)
from service.api.signed_in import Calling

router = APIRouter(prefix="/v1/runs", tags=["runs"])

SEALED = {"Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"}
"""A dossier shows words of others: whatever they are, a browser runs none of them."""

RunPath = Annotated[RunId, Path(description="a run's id", examples=["run-4f0c2k9x7m1a"])]


class Begin(NewRun):
    """What is asked for, in plain words; everything else is a choice made ahead."""

    request: Words = Field(min_length=1, max_length=4000, description="what is needed, in plain words")
    product_box: tuple[Whole, Whole, Whole, Whole] | None = Field(
        default=None, description="x, y, width, height in pixels around the product in a cluttered photo"
    )
    rounds: Whole = Field(default=2, ge=0, le=8, description="revision rounds at most")
    seed: Whole = Field(default=7, ge=0, le=2**31 - 1, description="the same seed gives the same pictures")
    channels: tuple[Text, ...] = Field(default=(), description="for which channels, instead of the words")
    answers: Texts = Field(default={}, max_length=20, description="answers given ahead, by question id")
    option: Text | None = Field(default=None, max_length=40, description="option to take: standard or quick")


class Answers(Body):
    """Answers by question id, or {"option": NAME}. Questions left out take their default."""

    answers: Texts = Field(max_length=20, examples=[{"market": "SE"}])


class Said(Body):
    """A person's words about the shortlist, or about some of it."""

    feedback: Words = Field(min_length=1, max_length=4000)
    candidates: tuple[Text, ...] = Field(default=(), max_length=20, description="about these; all if none")


TERRACE = {"request": "our blood-orange can on a sunlit terrace, for Sweden, Instagram", "budget": 0.5}
BEGIN = takes(json=as_json(Begin, plain=TERRACE, no_questions={**TERRACE, "assume": True, "option": "quick"}))


@router.post(
    "", status_code=201, operation_id="createRun", response_model=RunResource, openapi_extra=BEGIN,
    responses={201: {"headers": {"Location": {"description": "the run", "schema": {"type": "string"}}}}},
)  # fmt: skip
async def create(
    new: Annotated[Begin, json_body(Begin)], calling: Calling, api: Api, request: Request, response: Response
) -> RunResource:
    """Begin a run. It is worked on in the background: follow `links.events`, or look at it again."""
    made = await api.studio.create(
        calling, NewRun(**dict(new)), run_id=getattr(request.state, "run_id", None)
    )
    response.headers["Location"] = api.links.run(made.run_id)
    return run_resource(made, api.links)


@router.get("", operation_id="listRuns")
async def page(
    calling: Calling,
    api: Api,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[RunId | None, Query(description="cursor: `next` of the page before")] = None,
    status: Annotated[RunStatus | None, Query(description="only runs that stand so")] = None,
) -> RunPage:
    """The newest runs you may see, a page at a time."""
    return run_page(await api.studio.runs(calling, limit + 1, before, status), limit, api.links)


@router.get("/{run_id}", operation_id="getRun")
async def one(run_id: RunPath, calling: Calling, api: Api) -> RunResource:
    """Where a run stands."""
    return run_resource(await api.studio.run(calling, run_id), api.links)


@router.get("/{run_id}/document", operation_id="getRunDocument")
async def document(run_id: RunPath, calling: Calling, api: Api) -> RunDocument:
    """The whole run: every candidate, finding and edit."""
    return run_document(await api.studio.document(calling, run_id), api.links)


@router.get("/{run_id}/dossier", operation_id="getRunDossier", response_class=HTMLResponse)
async def dossier(run_id: RunPath, calling: Calling, api: Api) -> HTMLResponse:
    """The proof that travels with the pictures, as a page: brief, assets, checks, approvals, costs."""
    return HTMLResponse(await api.studio.dossier(calling, run_id), headers=SEALED)


@router.post(
    "/{run_id}/answer", operation_id="answerRun",
    openapi_extra=takes(json=as_json(Answers, questions={"answers": {"market": "SE"}},
                                     option={"answers": {"option": "quick"}})),
)  # fmt: skip
async def answer(
    run_id: RunPath, said: Annotated[Answers, json_body(Answers)], calling: Calling, api: Api
) -> RunResource:
    """Answer the open questions, or choose an option. Kept before this answers."""
    return run_resource(await api.studio.answer(calling, run_id, said.answers), api.links)


@router.post(
    "/{run_id}/feedback", operation_id="refineRun",
    openapi_extra=takes(json=as_json(Said, bigger={"feedback": "make the can bigger and the light warmer"})),
)  # fmt: skip
async def feedback(run_id: RunPath, said: Annotated[Said, json_body(Said)], calling: Calling, api: Api) -> RunResource:
    """Say what to change about the shortlist, in plain words."""
    return run_resource(await api.studio.refine(calling, run_id, said.feedback, said.candidates), api.links)


@router.get("/{run_id}/approval", operation_id="getApproval")
async def approval(
    run_id: RunPath,
    calling: Calling,
    api: Api,
    candidate: Annotated[
        list[str] | None, Query(max_length=20, description="of the shortlist; the first if none")
    ] = None,
    market: Annotated[
        list[MarketCode] | None, Query(max_length=50, description="instead of the request's markets")
    ] = None,
) -> ApprovalResource:
    """What a yes would publish: the final files, for which markets, to where."""
    asked = await api.studio.approvable(calling, run_id, tuple(candidate or ()), tuple(market or ()))
    return approval_resource(asked, api.links)


@router.post(
    "/{run_id}/approve", operation_id="approveRun",
    openapi_extra=takes(json=as_json(Yes, yes={
        "candidates": ["c1"], "digests": ["0" * 64], "markets": ["SE"], "destination": "folder"})),
)  # fmt: skip
async def approve(run_id: RunPath, yes: Annotated[Yes, json_body(Yes)], calling: Calling, api: Api) -> RunResource:
    """A person's yes, for an approver: send `yes` of GET approval once the files were looked at.

    409 when the run's files, markets or destination are no longer exactly these. Saying yes again changes nothing.
    """
    asked = await api.studio.approvable(calling, run_id, yes.candidates, yes.markets)
    if approval_resource(asked, api.links).yes != yes:
        raise Conflict(
            "the files are no longer those that were shown",
            where=run_id,
            hint="GET approval again, look at the files, then say yes to what they are now",
        )
    made = await api.studio.approve(calling, ApprovalRequest(**dict(asked)))
    return run_resource(made, api.links)


@router.post("/{run_id}/cancel", operation_id="cancelRun")
async def cancel(run_id: RunPath, calling: Calling, api: Api) -> RunResource:
    """End a run: at once when it waits, at its next step when it works."""
    return run_resource(await api.studio.cancel(calling, run_id), api.links)


@router.post("/{run_id}/resume", operation_id="resumeRun")
async def resume(run_id: RunPath, calling: Calling, api: Api) -> RunResource:
    """Go on with a run that stopped for the operator, once that is mended."""
    return run_resource(await api.studio.resume(calling, run_id), api.links)
