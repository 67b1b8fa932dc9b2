"""Captions, scenes and compositions: what is drawn, where it is set and how the product stands in it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from domain.values import (
    Affine,
    ArtifactRef,
    AssetId,
    Box,
    Degrees,
    Edges,
    HexColour,
    Light,
    Metres,
    Model,
    Point,
    Share,
    Size,
)


class Caption(Model):
    """Text for an image model, by element; joined by `text()`. Caption-like, never an instruction, no negation."""

    subject: str
    reference: str = ""
    environment: str = ""
    pose: str = ""
    light: str = ""
    camera: str = ""
    style: str = ""
    lettering: str = Field(default="", description="words to be seen in the picture, and how they are spelled")

    def text(self) -> str:
        """The elements joined by commas, in the order of the fields."""
        return ", ".join(part for _, part in self if part)


class SceneKind(StrEnum):
    """How a scene is made."""

    PLATE = "plate"            # empty scene path-traced once, with camera, light and ground on record
    PHOTO = "photo"            # a retrieved photograph the product stands in
    TABLETOP = "tabletop"      # a retrieved photograph, defocused, behind a sharp surface
    STUDIO = "studio"          # procedural sweep, wall and podium in brand colours
    FLAT_LAY = "flat_lay"      # procedural surface seen from above


LIGHT_ASSUMED = "light_assumed"
"""Of a scene's params: true where nobody says what light its photograph was taken in."""


class Scene(Model):
    """One scene that can hold a product. `id` is stable: "plate:terrace-noon", "studio:arch", "photo:<asset id>"."""

    id: str
    kind: SceneKind
    title: str
    light: Light
    tags: tuple[str, ...] = ()
    surface: str = ""
    palette: tuple[HexColour, ...] = ()
    view_elevation: Degrees = 7.5
    scale: str = "tabletop"
    light_side: float = Field(default=0.0, ge=-1, le=1, description="-1 lit from the left, +1 from the right, 0 even")
    light_ratio: float = Field(default=1.0, gt=0, description="bright side over dark side of a white ball, linear")
    mirrorable: bool = True
    asset: AssetId | None = None
    params: dict[str, str | float | int | bool] = {}

    @property
    def light_stated(self) -> bool:
        """Whether somebody says what light it is; else it is a guess that only drawing goes by."""
        return not self.params.get(LIGHT_ASSUMED, False)


class SceneRef(Model):
    """The scene of one candidate: which, and whether its left and right are swapped (the product never is)."""

    id: str
    mirrored: bool = False


class Settings(Model):
    """How the compositor finishes a candidate. Every value is a strength; 1 is as measured from the scene."""

    shadow: float = Field(default=1.0, ge=0, le=2)
    occlusion: float = Field(default=1.0, ge=0, le=2)
    reflection: float = Field(default=1.0, ge=0, le=2)
    defocus: float = Field(default=1.0, ge=0, le=3)
    exposure: float = Field(default=0.0, ge=-2, le=2, description="stops, background only")
    warmth: float = Field(default=0.0, ge=-1, le=1, description="background only; +1 about 2000 K warmer")
    saturation: float = Field(default=1.0, ge=0, le=2, description="background only")
    contrast: float = Field(default=1.0, ge=0.5, le=1.5, description="background only")
    harmonise: float = Field(default=1.0, ge=0, le=1)
    grain: float = Field(default=1.0, ge=0, le=3)


class Placement(Model):
    """One cutout on the canvas. `affine` follows from the rest and is filled in when composed."""

    product: AssetId
    centre: Point = Field(description="middle of the product's box, shares of the canvas")
    scale: Share = Field(description="height of the product over height of the canvas")
    rotation: Degrees = 0.0
    affine: Affine | None = None


class TextPlace(StrEnum):
    """Which side of the product words are set on; none: left off at a person's word."""

    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


SMALLEST_WORDS, LARGEST_WORDS = 0.25, 4.0
"""Factors on the type size that suits the words' length."""


class Wording(Model):
    """Words to set on the picture and how: the first text is the headline, the others stand under it, smaller.

    Without a `place` the calmest is taken. `size` is a factor on the size that suits the words' length. `colours` are
    the brand's, used where they are legible; `covered` is what the channel's own buttons and captions lie over.
    """

    texts: tuple[str, ...] = ()
    place: TextPlace | None = None
    size: float = Field(default=1.0, ge=SMALLEST_WORDS, le=LARGEST_WORDS)
    colours: tuple[HexColour, ...] = ()
    covered: Edges = Edges()


class TextAlign(StrEnum):
    """How the lines of a text stand to each other."""

    LEFT = "left"
    CENTRE = "centre"


class TextBlock(Model):
    """One text as it was set: enough to draw the same letters again.

    `box` is the ink's own, in canvas pixels; `size` is the type size in pixels; `face` a shipped typeface.
    """

    text: str
    lines: tuple[str, ...] = Field(min_length=1)
    box: Box
    size: int = Field(gt=0)
    face: str
    align: TextAlign
    colour: HexColour


class Composition(Model):
    """Where the product stands. `scale`, `centre` and `rotation` are the first product's; `others` stand beside it.

    `centre` is in shares of the canvas, `affine` maps cutout pixels to canvas pixels; `wording` is what is to be set
    beside the product. The fields after it are filled in by the generator, `text_blocks` with what it set; `lift` is
    how far the base is above its ground line in canvas pixels (0 when standing).
    """

    canvas: Size
    slot: str = ""
    scale: float = Field(gt=0, le=2)
    centre: Point
    rotation: Degrees = 0.0
    roll: Degrees = Field(default=0.0, ge=-15, le=15, description="camera roll; scene and product together")
    lift: float = 0.0
    others: tuple[Placement, ...] = ()
    wording: Wording = Wording()
    affine: Affine | None = None
    box: Box | None = None
    contacts: tuple[Point, ...] = ()
    horizon: float | None = Field(default=None, description="row of the horizon in canvas pixels")
    light_from: Point | None = Field(default=None, description="unit vector in the picture towards the key light")
    true_scale: float | None = Field(default=None, description="drawn height over height by real size and camera")
    text_blocks: tuple[TextBlock, ...] = ()
    product_layer: ArtifactRef | None = None
    mask: ArtifactRef | None = None

    def kept_box(self) -> Box | None:
        """What a cut must leave whole: the first product and the words; None where the product was not drawn."""
        if self.box is None:
            return None
        found = (self.box, *(block.box for block in self.text_blocks))
        left, top = min(b.x for b in found), min(b.y for b in found)
        right, bottom = max(b.x + b.width for b in found), max(b.y + b.height for b in found)
        return Box(x=left, y=top, width=right - left, height=bottom - top)


class ProductGeometry(Model):
    """What placing needs to know of a cutout; measured from its alpha and read from the library."""

    asset: AssetId
    size: Size
    real_height: Metres | None = None
    view_elevation: Degrees = 7.5
    shape: str = Field(default="round", description="round: turned body; flat: side-on with depth; top: from above")
    depth: Metres | None = None
    light_side: float = Field(default=0.0, ge=-1, le=1)
    light_ratio: float = Field(default=1.0, gt=0)
    palette: tuple[HexColour, ...] = ()
