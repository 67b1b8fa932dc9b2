"""Work that is no run: price a request, check a picture made elsewhere, see what was spent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from domain.assets import AssetKind
from domain.studio import NewRun, Offer, Usage
from domain.values import AssetId, MarketCode
from service.api.bodies import (
    FORM,
    Body,
    Text,
    as_form,
    as_json,
    content_type,
    json_body,
    read_form,
    read_json,
    takes,
)
from service.api.parts import Api
from service.api.runs import TERRACE, Begin
from service.api.shapes import CheckedResource, asset_resource
from service.api.signed_in import Calling

router = APIRouter(prefix="/v1")

USAGE_DAYS = 30
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def written_out(value: Any) -> Any:
    """Seconds since 1970 are no moment here. Raises ValueError."""
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]", str(value)):
        raise ValueError("write it as 2026-11-01T00:00:00Z")
    return value


def in_utc(value: datetime) -> datetime:
    """The moment in UTC; before 1970 there was nothing, and a zone could carry it out of the calendar."""
    return max(value, _BEGINNING).astimezone(UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(written_out), AfterValidator(in_utc)]


class Against(Body):
    """What a picture is held against. What is left out is not checked, and `notes` say so."""

    product: AssetId | None = Field(default=None, description="the product it should show")
    caption: Text = Field(default="", max_length=4000, description="what it should show, in words")
    markets: tuple[MarketCode, ...] = Field(default=(), max_length=50, description="whose rules the caption must keep")


class Check(Against):
    """A picture of the library, and what it is held against."""

    picture: AssetId


@router.post(
    "/options", tags=["options"], operation_id="priceRequest",
    openapi_extra=takes(json=as_json(Begin, plain=TERRACE)),
)  # fmt: skip
async def options(new: Annotated[Begin, json_body(Begin)], calling: Calling, api: Api) -> Offer:
    """What a request would be understood as, ask and cost, without running it."""
    with api.heavy.place(calling.principal.id):
        return await api.studio.options(calling, NewRun(**dict(new)))


@router.post(
    "/check", tags=["check"], operation_id="checkPicture",
    openapi_extra=takes(
        json=as_json(Check, library={"picture": "terrace-3fa9c1d2", "product": "solara-lemon-can", "markets": ["SE"]}),
        form=as_form(Against),
    ),
)  # fmt: skip
async def check(calling: Calling, api: Api, request: Request) -> CheckedResource:
    """Hold a picture against measured checks and rules: one of the library (JSON), or one sent along (form)."""
    with api.heavy.place(calling.principal.id):
        if content_type(request) == FORM:
            against, sent = await read_form(request, Against)
            picture = await api.studio.upload(calling, sent.data, sent.name, kind=AssetKind.BACKGROUND)
        else:
            named = await read_json(request, Check)
            against = named
            picture = await api.studio.asset(calling, named.picture)
        checked = await api.studio.check(
            calling, picture.id, product=against.product, caption=against.caption, markets=against.markets
        )
    return CheckedResource(**dict(checked), picture=asset_resource(picture, api.links))


@router.get("/usage", tags=["usage"], operation_id="getUsage")
async def usage(
    calling: Calling,
    api: Api,
    since: Annotated[
        Moment | None,
        Query(description="RFC 3339 with a time zone; 30 days ago if none", examples=["2026-11-01T00:00:00Z"]),
    ] = None,
) -> Usage:
    """What the brand spent since a moment, for an administrator."""
    return await api.studio.usage(calling, since or datetime.now(UTC) - timedelta(days=USAGE_DAYS))
