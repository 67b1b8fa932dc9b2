"""What was used of models and generators, added up."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from domain.values import Model, Money


class By(StrEnum):
    """What usage is added up by."""

    TEAM = "team"
    BRAND = "brand"
    MARKET = "market"
    STAGE = "stage"
    ROLE = "role"
    MODEL = "model"


class UsageRow(Model):
    """One line of the report. `name` is empty where a row of the ledger has no such thing (a brand without a team).

    `calls` are attempts that were charged or may be, `turned_away` those that were not; `reserved` is set aside now.
    """

    name: str
    calls: int
    turned_away: int = Field(description="attempts refused before they cost anything: throttled, no access")
    tokens_in: int
    tokens_out: int
    cached: int
    images: int = Field(description="images sent to models")
    spent: Money
    reserved: Money
