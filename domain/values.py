"""Small values with a meaning: digests, codes, money, geometry. Parsed at the edge, trusted inside."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of an artifact's bytes, lower-case hex."""

MarketCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z]{2,3})?$|^EU27$")]
"""ISO 3166 code of a country ("SE"), a subdivision ("US-NY"), or "EU27"."""

BrandId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
AssetId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,126}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^run-[0-9a-z]{8,40}$")]
HexColour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Seconds = Annotated[float, Field(ge=0)]
Money = Annotated[float, Field(ge=0)]
"""US dollars."""
Share = Annotated[float, Field(ge=0, le=1)]
Degrees = float
Metres = Annotated[float, Field(gt=0)]


class Model(BaseModel):
    """Base of every domain model: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Size(Model):
    """Width and height in pixels."""

    width: int = Field(ge=16, le=8192)
    height: int = Field(ge=16, le=8192)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "1080x1350"; raises ValueError otherwise."""
        width, _, height = text.lower().replace("×", "x").partition("x")
        return cls(width=int(width), height=int(height))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


BUCKET_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX_PART = re.compile(r"[A-Za-z0-9!_*'()=.-]+")


class BucketAddress(Model):
    """A bucket, and the prefix of the keys in it; the prefix may be empty."""

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "s3://bucket/prefix"; raises ValueError saying what is wrong otherwise."""
        bucket, _, prefix = text.removeprefix(BUCKET_SCHEME).rstrip("/").partition("/")
        if not text.startswith(BUCKET_SCHEME) or not _BUCKET.fullmatch(bucket):
            raise ValueError("give a bucket and a prefix, such as s3://pictures/onbrand")
        parts = prefix.split("/") if prefix else []
        if len(prefix) > 512 or any(not _PREFIX_PART.fullmatch(part) or not part.strip(".") for part in parts):
            raise ValueError("a prefix is made of letters, digits, hyphens and underscores, in parts divided by /")
        return cls(bucket=bucket, prefix=prefix)

    def __str__(self) -> str:
        return f"{BUCKET_SCHEME}{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")


class Point(Model):
    """A position; pixels or shares of the canvas, as its owner says."""

    x: float
    y: float


class Box(Model):
    """A rectangle in pixels: left, top, width, height."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "x,y,w,h"; raises ValueError otherwise."""
        x, y, width, height = (int(part) for part in text.split(","))
        return cls(x=x, y=y, width=width, height=height)


class Edges(Model):
    """A strip along each edge of a canvas, as shares of its height (top, bottom) or width (left, right)."""

    top: Share = 0.0
    bottom: Share = 0.0
    left: Share = 0.0
    right: Share = 0.0


Row = tuple[float, float, float]
Affine = tuple[Row, Row]
"""2x3 matrix: cutout pixels to canvas pixels, OpenCV convention (pixel centres at integers)."""


class ArtifactRef(Model):
    """Bytes elsewhere: their digest, media type, and where a person finds them."""

    digest: Digest
    media_type: str = "image/png"
    path: str = ""
    bytes: int = Field(default=0, ge=0)


class Origin(StrEnum):
    """Where a value of the Brief comes from."""

    STATED = "stated"
    LOOKED_UP = "looked_up"
    REMEMBERED = "remembered"
    ASSUMED = "assumed"
    ANSWERED = "answered"


class Light(StrEnum):
    """The closed set of lights a scene can have."""

    NOON = "noon"
    MORNING = "morning"
    GOLDEN = "golden"
    DUSK = "dusk"
    NIGHT = "night"
    OVERCAST = "overcast"
    WINDOW = "window"
    SOFTBOX = "softbox"
