"""The library: take a picture in, list, search, look one up."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from domain.assets import AssetKind
from domain.values import AssetId
from service.api.bodies import Body, Text, Words, as_form, read_form, takes
from service.api.parts import Api
from service.api.shapes import AssetList, AssetResource, asset_resource
from service.api.signed_in import Calling

router = APIRouter(prefix="/v1/assets", tags=["assets"])

Kind = Annotated[AssetKind | None, Query(description="only this kind")]


class Upload(Body):
    """What a picture is. Not kept means: for one piece of work, not found by search."""

    kind: Literal["product", "background", "theme", "logo"] = "product"
    title: Text = Field(default="", max_length=200)
    keep: bool = True


@router.post(
    "", status_code=201, operation_id="uploadAsset", openapi_extra=takes(form=as_form(Upload)),
    responses={201: {"headers": {"Location": {"description": "the asset", "schema": {"type": "string"}}}}},
)  # fmt: skip
async def upload(calling: Calling, api: Api, request: Request, response: Response) -> AssetResource:
    """Take a picture into the library: PNG, JPEG or WebP, re-encoded without metadata. The same again is the same."""
    with api.heavy.place(calling.principal.id):
        about, picture = await read_form(request, Upload)
        made = await api.studio.upload(
            calling, picture.data, picture.name, kind=AssetKind(about.kind), title=about.title, keep=about.keep
        )
    response.headers["Location"] = api.links.asset(made.id)
    return asset_resource(made, api.links)


@router.get("", operation_id="listAssets")
async def listed(
    calling: Calling, api: Api, kind: Kind = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> AssetList:
    """The library, by id."""
    found = await api.studio.search(calling, "", kind, limit)
    return AssetList(items=tuple(asset_resource(asset, api.links) for asset in found))


@router.get("/search", operation_id="searchAssets")
async def search(
    calling: Calling,
    api: Api,
    q: Annotated[Words, Query(min_length=1, max_length=400, examples=["lemon can"])],
    kind: Kind = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
) -> AssetList:
    """Assets that fit these words, best first; none when nothing fits."""
    found = await api.studio.search(calling, q, kind, limit)
    return AssetList(items=tuple(asset_resource(asset, api.links) for asset in found))


@router.get("/{asset_id}", operation_id="getAsset")
async def one(
    asset_id: Annotated[AssetId, Path(examples=["solara-lemon-can"])], calling: Calling, api: Api
) -> AssetResource:
    """One asset."""
    return asset_resource(await api.studio.asset(calling, asset_id), api.links)
