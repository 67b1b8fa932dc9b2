"""What work is held against: the caller's brands with their books, and the markets' rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from domain.access import Caller
from domain.rules import BrandBook, MarketPack
from domain.values import BrandId, MarketCode
from service.api.parts import Api
from service.api.shapes import MarketLink, MarketList, OwnBrand, OwnBrands
from service.api.signed_in import Calling, Signed

router = APIRouter(prefix="/v1", tags=["brands and markets"])


@router.get("/brands", operation_id="listBrands")
async def brands(signed: Signed, api: Api) -> OwnBrands:
    """Your brands, and your roles in them."""
    own = [
        OwnBrand(brand=brand, roles=tuple(sorted(roles)), url=api.links.brand(brand))
        for brand, roles in sorted(signed.grants.items())
        if roles
    ]
    return OwnBrands(items=tuple(own))


@router.get("/brands/{brand}", operation_id="getBrand")
async def book(brand: Annotated[BrandId, Path(examples=["demo"])], signed: Signed, api: Api) -> BrandBook:
    """The brand book of one of your brands."""
    return await api.studio.brand_book(Caller(principal=signed, brand=signed.brand(brand)))


@router.get("/markets", operation_id="listMarkets")
async def markets(calling: Calling, api: Api) -> MarketList:
    """The markets there are rules for."""
    codes = await api.studio.market_codes(calling)
    return MarketList(items=tuple(MarketLink(code=code, url=api.links.market(code)) for code in codes))


@router.get("/markets/{code}", operation_id="getMarket")
async def market(code: Annotated[MarketCode, Path(examples=["SE"])], calling: Calling, api: Api) -> MarketPack:
    """A market's rules, each with its source, date and certainty."""
    return await api.studio.market_pack(calling, code)
