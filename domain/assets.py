"""What the library keeps: products, backgrounds, themes, logos."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.values import AssetId, Box, BrandId, Degrees, Digest, HexColour, Light, Metres, Model, Share, Size

FITS = 0.5
"""A search score from here on means that the thing fits; below, it is only the nearest there is."""


class AssetKind(StrEnum):
    """The four kinds of asset."""

    PRODUCT = "product"
    BACKGROUND = "background"
    THEME = "theme"
    LOGO = "logo"


class CutoutMethod(StrEnum):
    """How a product was separated from its photo."""

    ALPHA = "alpha"
    BACKDROP = "backdrop"
    BOX = "box"
    MODEL = "model"


class Cutout(Model):
    """A product freed from its photo: an RGBA artifact and how far its outline can be trusted."""

    digest: Digest
    size: Size
    method: CutoutMethod
    confidence: Share
    reason: str
    source: Digest
    offset: tuple[int, int] = (0, 0)


class Asset(Model):
    """One row of the library. Sizes in metres, angles in degrees; what does not apply to the kind is None.

    `confidential` assets go only to endpoints cleared for them; before `embargo` ends nothing that shows them is
    published. `rendering` marks pictures made by a renderer rather than a camera.
    """

    id: AssetId
    brand: BrandId
    kind: AssetKind
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    digest: Digest
    media_type: str = "image/png"
    size: Size
    cutout: Cutout | None = None
    real_height: Metres | None = None
    depth: Metres | None = None
    shape: str = "round"
    view_elevation: Degrees | None = None
    camera_height: Metres | None = None
    horizon: float | None = Field(default=None, description="row of the horizon, share of the height")
    ground_line: float | None = Field(default=None, description="row where a product stands, share of the height")
    light: Light | None = None
    light_side: float | None = Field(default=None, ge=-1, le=1)
    palette: tuple[HexColour, ...] = ()
    components: dict[str, Box] = {}
    confidential: bool = False
    embargo: datetime | None = None
    rendering: bool = False
    licence: str = ""
    source: str = ""
    sector: str = ""


class AssetHit(Model):
    """One search result. `score` is 0..1, comparable within one search; `why` names what agrees and what does not."""

    asset: Asset
    score: float
    why: str = ""

    @property
    def fits(self) -> bool:
        """Whether this may be offered as an answer; what does not fit is shown to a person at most."""
        return self.score >= FITS
