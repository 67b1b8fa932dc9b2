"""Guidelines in prose and what was compiled from them: a draft that a person reviews and signs."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from domain.rules import BrandColour, Criterion
from domain.values import BrandId, Digest, Model


class Passage(Model):
    """One sentence or list item of a guideline: where it stands, and the heading above it."""

    document: str
    page: int = Field(ge=1)
    heading: str = ""
    text: str
    item: bool = Field(default=False, description="one of a list")


class Guideline(Model):
    """A document that was read: its name, the digest of its bytes, how many pages, and its passages in order."""

    name: str
    digest: Digest
    pages: int = Field(ge=0)
    passages: tuple[Passage, ...]


class GuidelineRef(Model):
    """Which document a draft was compiled from."""

    name: str
    digest: Digest
    pages: int


class BookDraft(Model):
    """What was compiled from a brand's guidelines, before anybody signed it.

    `left` are passages that demand something and that nothing could be made of: a person decides what they mean.
    """

    brand: BrandId
    compiled_on: date
    documents: tuple[GuidelineRef, ...]
    colours: tuple[BrandColour, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    left: tuple[Passage, ...] = ()
    notes: tuple[str, ...] = ()
