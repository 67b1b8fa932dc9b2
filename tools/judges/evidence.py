"""What a check may look at, and the conversions of it that checks share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from domain.brief import Brief
from domain.candidate import Slot
from domain.composition import ProductGeometry, Scene, TextBlock
from domain.ports import Image, Mask
from domain.values import Affine, AssetId, Box
from tools.judges.colour import Floats, lab
from tools.judges.locate import Located, locate
from tools.judges.projection import Projection, project, union
from tools.judges.silhouette import Profile, trace_silhouette
from tools.judges.words import without_words


@dataclass(frozen=True)
class Evidence:
    """One picture and everything known about how it came to be. Only `image` is required.

    image      : RGB uint8, the final picture.
    slot       : what was asked for, with the composition the generator filled in (affine, box, contacts, light).
    layer      : RGBA, the placed product alone on the canvas, as the generator reports it.
    mask       : product mask as the generator reports it; used only when no cutout and affine are given.
    cutout     : RGBA source of the first product; the checks place it again themselves through the affine.
    cutouts    : RGBA sources of the further products, by asset id.
    cannot_draw: what the brief asks for and the generator could not draw (waived items left out by the caller).
    palette    : brand colours, "#rrggbb".
    caption    : text the picture is to agree with, where there is no brief.
    """

    image: Image
    slot: Slot | None = None
    layer: Image | None = None
    mask: Mask | None = None
    cutout: Image | None = None
    cutouts: Mapping[AssetId, Image] = field(default_factory=dict)
    scene: Scene | None = None
    brief: Brief | None = None
    geometry: ProductGeometry | None = None
    cannot_draw: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    caption: str | None = None


class Views:
    """Lazy, shared conversions of one Evidence: each is computed once, and only if some check asks for it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.image = np.ascontiguousarray(evidence.image[..., :3])
        self.height, self.width = evidence.image.shape[:2]
        self.unit = max(min(self.height, self.width) / 1024, 0.25)

    @cached_property
    def blocks(self) -> tuple[TextBlock, ...]:
        """The words that were set, as the generator reports them."""
        return self.evidence.slot.composition.text_blocks if self.evidence.slot else ()

    @cached_property
    def scenery(self) -> Image:
        """The picture without the words that were set: what every check of scene and product looks at, the lock apart.

        Words are flat, sharp and of one colour; a check of grain, palette, level lines or attention would take them
        for a part of the scene.
        """
        return without_words(self.image, self.blocks)

    @cached_property
    def gray(self) -> Image:
        """Rec. 601 luma, uint8, full size."""
        return np.asarray(cv2.cvtColor(self.scenery, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def half(self) -> Image:
        """RGB at half size (area average)."""
        return np.asarray(cv2.resize(self.scenery, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def half_gray(self) -> Image:
        """Luma at half size."""
        return np.asarray(cv2.cvtColor(self.half, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def half_lab(self) -> Floats:
        """CIELAB at half size, float."""
        return lab(self.half)

    @cached_property
    def half_mask(self) -> Mask | None:
        """Product mask at half size."""
        if self.mask is None:
            return None
        size = (self.half.shape[1], self.half.shape[0])
        return np.asarray(cv2.resize(self.mask, size, interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def affine(self) -> Affine | None:
        """Cutout pixels to canvas pixels of the first product, where a generator reports it."""
        return self.evidence.slot.composition.affine if self.evidence.slot else None

    @cached_property
    def placed(self) -> Projection | None:
        """The first product placed again from its cutout and affine, independent of what the generator says it drew."""
        if self.evidence.cutout is None or self.affine is None:
            return None
        return project(self.evidence.cutout, self.affine, self.width, self.height)

    @cached_property
    def others(self) -> tuple[Projection, ...]:
        """The further products, placed again likewise."""
        slot, cutouts = self.evidence.slot, dict(self.evidence.cutouts)
        if slot is None:
            return ()
        if self.evidence.cutout is not None:
            cutouts.setdefault(slot.products[0], self.evidence.cutout)
        return tuple(
            project(cutouts[other.product], other.affine, self.width, self.height)
            for other in slot.composition.others
            if other.affine is not None and other.product in cutouts
        )

    @cached_property
    def located(self) -> Located | None:
        """The product found in a foreign picture by its features; None when it has a slot or is not found."""
        if self.affine is not None or self.evidence.cutout is None:
            return None
        return locate(self.evidence.cutout, self.image)

    @cached_property
    def mask(self) -> Mask | None:
        """Alpha of every product on the canvas: re-derived where possible, else as reported, else located."""
        if self.placed is not None:
            return union((self.placed, *self.others), self.width, self.height)
        if self.evidence.mask is not None:
            return self.evidence.mask
        if self.evidence.layer is not None:
            return np.ascontiguousarray(self.evidence.layer[..., 3])
        return None if self.located is None else self.located.mask

    @cached_property
    def box(self) -> Box | None:
        """Box of the mask's opaque half, in canvas pixels."""
        if self.mask is None:
            return None
        rows, columns = np.flatnonzero(self.mask.max(1) > 127), np.flatnonzero(self.mask.max(0) > 127)
        if not rows.size:
            return None
        left, top = int(columns[0]), int(rows[0])
        return Box(x=left, y=top, width=int(columns[-1]) - left + 1, height=int(rows[-1]) - top + 1)

    @cached_property
    def core(self) -> Mask | None:
        """Fully opaque product pixels, eroded by one pixel: 255 inside, else 0."""
        if self.mask is None:
            return None
        solid = (self.mask == 255).astype(np.uint8) * 255
        return np.asarray(cv2.erode(solid, np.ones((3, 3), np.uint8)), np.uint8)

    @cached_property
    def profile(self) -> Profile | None:
        """Colours along the silhouette's normals; None without a mask or with too short an outline."""
        return None if self.mask is None else trace_silhouette(self.scenery, self.mask, self.unit)

    @cached_property
    def share(self) -> float:
        """Share of the canvas the product covers, 0..1; 0 without a mask."""
        return 0.0 if self.mask is None else float(cv2.mean(self.mask)[0]) / 255

    @cached_property
    def scale(self) -> float | None:
        """Canvas pixels per cutout pixel (square root of the affine's determinant)."""
        if self.affine is None:
            return None
        (a, b, _), (c, d, _) = self.affine
        return math.sqrt(abs(a * d - b * c))
