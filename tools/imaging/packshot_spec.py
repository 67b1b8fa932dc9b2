"""What a rendered product is made of: bodies of revolution, tubes and slabs, their materials and their printed labels.

Lengths are centimetres, the base stands at y = 0 on the axis x = z = 0, y points up and z to the camera. Label artwork
is laid out in label heights: x from the label's middle to the right, y from its top downwards.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from domain.documents import read_yaml
from domain.values import AssetId, HexColour, Metres, Model, Share

Centimetres = float
Font = Literal["Outfit-Light", "Outfit-Medium", "Outfit-Bold", "CormorantGaramond-SemiBold"]


class Glass(Model):
    """Coloured clear body: `tint` is what white light becomes after `depth` centimetres."""

    tint: HexColour
    depth: Centimetres = Field(gt=0)
    index: float = Field(default=1.36, gt=1, lt=2, description="refractive index; glass filled with water about 1.36")


class Material(Model):
    """A surface. `rough` is the reflection's blur (0 mirror, 1 none); `metal` moves colour from body to reflection."""

    colour: HexColour
    metal: Share = 0.0
    rough: Share = 0.1
    specular: float = Field(default=0.04, ge=0, le=0.3, description="reflection at normal incidence; plastics 0.04")
    knurl: int = Field(default=0, ge=0, description="ribs around the body")
    speckle: Share = 0.0
    glass: Glass | None = None


class Zone(Model):
    """The part of a turned body between two heights (and, for vessels, two radii) and its material."""

    name: str
    y: tuple[Centimetres, Centimetres]
    r: tuple[Centimetres, Centimetres] = (0.0, 1e3)
    material: Material


class Lathe(Model):
    """A body of revolution: outline points (radius, height, rounding radius of the corner) from axis to axis."""

    kind: Literal["lathe"] = "lathe"
    outline: tuple[tuple[Centimetres, Centimetres, Centimetres], ...] = Field(min_length=3)
    zones: tuple[Zone, ...] = Field(min_length=1)


class Tube(Model):
    """A rod along a smooth path in the plane z = 0: (x, y, radius) points; `flat` is its depth over its width."""

    kind: Literal["tube"] = "tube"
    name: str
    path: tuple[tuple[Centimetres, Centimetres, Centimetres], ...] = Field(min_length=2)
    flat: float = Field(default=1.0, gt=0.2, lt=4)
    blend: Centimetres = Field(default=0.0, ge=0, description="how softly it flows into the other parts")
    wall: Centimetres = Field(default=0.0, ge=0, description="of a spout, cut open at its last point; 0 is solid")
    material: Material


class Slab(Model):
    """A lying stadium with a hole, such as a can's tab: middle (x, y, z), half length along z, half
    width, thickness.
    """

    kind: Literal["slab"] = "slab"
    name: str
    middle: tuple[Centimetres, Centimetres, Centimetres]
    length: Centimetres = Field(gt=0)
    width: Centimetres = Field(gt=0)
    hole: Centimetres = 0.0
    thickness: Centimetres = Field(gt=0)
    material: Material


Part = Annotated[Lathe | Tube | Slab, Field(discriminator="kind")]


class Text(Model):
    """A line of type, centred on x; `size` is the em; `tracking` is added between letters, in ems."""

    kind: Literal["text"] = "text"
    text: str
    font: Font = "Outfit-Medium"
    size: float = Field(gt=0)
    x: float = 0.0
    y: float
    tracking: float = 0.0
    colour: HexColour
    foil: bool = False
    component: str | None = Field(default=None, description="name under which the line's box is reported")


class Rule(Model):
    """A horizontal line."""

    kind: Literal["rule"] = "rule"
    x: float = 0.0
    y: float
    width: float
    thickness: float
    colour: HexColour
    foil: bool = False


class Frame(Model):
    """A hairline rectangle inside the label's edge."""

    kind: Literal["frame"] = "frame"
    inset: float
    thickness: float
    colour: HexColour
    foil: bool = False


class Disc(Model):
    """A filled circle, or a ring when `thickness` is given."""

    kind: Literal["disc"] = "disc"
    x: float = 0.0
    y: float
    radius: float
    thickness: float = 0.0
    colour: HexColour
    foil: bool = False


class Citrus(Model):
    """A slice of citrus fruit: rind, pith, and `segments` of flesh shaded from `flesh` to `heart`."""

    kind: Literal["citrus"] = "citrus"
    x: float = 0.0
    y: float
    radius: float
    segments: int = Field(default=10, ge=5, le=16)
    rind: HexColour
    pith: HexColour
    flesh: HexColour
    heart: HexColour
    turn: float = 0.0


class Rays(Model):
    """Short strokes around a circle, a sun; `arc` degrees of it, centred on the top."""

    kind: Literal["rays"] = "rays"
    x: float = 0.0
    y: float
    inner: float
    outer: float
    count: int
    arc: float = 360.0
    thickness: float
    colour: HexColour
    foil: bool = False


class Sprig(Model):
    """A stem with pairs of pointed leaves, upright."""

    kind: Literal["sprig"] = "sprig"
    x: float = 0.0
    y: float
    height: float
    pairs: int = Field(default=4, ge=1, le=9)
    colour: HexColour
    foil: bool = False


Element = Annotated[Text | Rule | Frame | Disc | Citrus | Rays | Sprig, Field(discriminator="kind")]


class Label(Model):
    """Artwork around the first body between two heights, `span` degrees wide; drawn in order over its ground."""

    name: str = "label"
    y: tuple[Centimetres, Centimetres]
    span: float = Field(default=360.0, gt=0, le=360)
    corner: float = Field(default=0.0, ge=0, description="corner radius in label heights")
    top: HexColour | None = Field(default=None, description="ground colour at the top; None prints on the body itself")
    bottom: HexColour | None = None
    material: Material
    art: tuple[Element, ...] = ()


class PackshotSpec(Model):
    """One demo product: what the library records about it, and how it is built."""

    id: AssetId
    name: str
    title: str
    description: str
    sector: str
    tags: tuple[str, ...]
    colours: tuple[str, ...]
    real_height: Metres
    depth: Metres
    shape: Literal["round", "flat"] = "round"
    parts: tuple[Part, ...] = Field(min_length=1)
    labels: tuple[Label, ...] = ()


class Catalogue(Model):
    """All demo products; `finishes` holds materials the file refers to by YAML anchors."""

    finishes: dict[str, Material] = {}
    products: tuple[PackshotSpec, ...]


def catalogue() -> tuple[PackshotSpec, ...]:
    """The demo products of packshots.yaml, in order."""
    text = files("tools.imaging").joinpath("packshots.yaml").read_text("utf-8")
    return Catalogue.model_validate(read_yaml(text)).products
