"""What a brand keeps from one run to the next: defaults a person stated or kept choosing, and earlier work."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.brief import Brief
from domain.values import BrandId, Model, RunId

SINGLE_FIELDS = (
    "background",
    "surface",
    "theme",
    "light",
    "time_of_day",
    "season",
    "weather",
    "mood",
    "camera",
    "style",
    "count",
    "size",
)
LIST_FIELDS = ("markets", "channels")
"""Fields with several values that one statement sets as a whole."""

GROWING_FIELDS = ("avoid",)
"""Fields to which each statement adds."""

REMEMBERED_FIELDS = (*SINGLE_FIELDS, *LIST_FIELDS, *GROWING_FIELDS)
"""Fields of the Brief a default may be remembered for. Never products, props or words to set: those are the request."""

TIMES_CHOSEN = 3
"""The same answer this many times in a row is a habit."""


class MemorySource(StrEnum):
    """How a default came to be remembered. All three are a person's doing; what a model says is never among them."""

    STATED = "stated"          # said as a rule in a request
    CHOSEN = "chosen"          # the same answer to the same question, `TIMES_CHOSEN` times in a row
    SET = "set"                # put in by hand


class StatedRule(Model):
    """One rule a person said: the field it is about, the value, the sentence, and whether it is theirs alone ("I")."""

    field: str
    value: str
    said: str
    personal: bool = False


class Remembered(Model):
    """One remembered default of a brand. Without an `owner` it holds for everybody there, else for that principal."""

    id: str
    brand: BrandId
    owner: str = ""
    field: str
    value: str
    source: MemorySource
    said: str = ""
    run_id: RunId | None = None
    by: str = ""
    created: datetime


class Earlier(Model):
    """Earlier work that a request refers to ("as last time"), or the reason why none was found.

    `said` are the request's words for it, `rest` the request without them.
    """

    said: str
    rest: str
    run_id: RunId | None = None
    begun: datetime | None = None
    brief: Brief | None = None
    reason: str = ""
