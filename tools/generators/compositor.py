"""The compositor: the generator that needs nothing. Real product pixels in a scene whose camera and light are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.assets import Asset
from domain.candidate import Slot
from domain.errors import BadInput
from domain.plan import Capability
from domain.ports import Image, Mask
from tools.imaging.compose import compose
from tools.imaging.figure import Actor
from tools.imaging.harmonise import look
from tools.imaging.product import measure
from tools.imaging.scenes import stage_of
from tools.imaging.silhouette import trim
from tools.imaging.typesetting import LIMITS

NAME = "compositor"


@dataclass(frozen=True)
class Drawing:
    """One finished slot: its composition filled in, the picture, the placed products alone, and their mask."""

    slot: Slot
    image: Image
    layer: Image
    mask: Mask


class Compositor:
    """Draws slots with the embedded compositor; the same slot always gives the same bytes."""

    def capability(self) -> Capability:
        """What it can draw and what it cannot."""
        return Capability(
            generator=NAME,
            version="2",
            can_draw=(
                "the product's own pixels, placed, scaled and (lying flat) turned",
                "several products side by side",
                "every scene of its catalogue, mirrored and cropped",
                "retrieved photographs as ground or as defocused backdrop",
                "cast shadow, contact shadow, reflection, depth of field",
                "warmth, exposure, contrast and saturation of the background",
                "a headline and up to two further texts beside the product",
            ),
            cannot_draw=(
                "people",
                "animals",
                "hands",
                "new objects and props",
                "food and splashes",
                "weather or places it has no scene for",
                "other light on the product itself",
                "other views of the product",
                "scene reflections in the product",
            ),
            text=LIMITS,
            deterministic=True,
            price_per_image=0.0,
            seconds_per_image=0.15,
            cleared_for_confidential=True,
        )

    def draw(
        self, slots: Sequence[Slot], cutouts: Mapping[str, Image], assets: Mapping[str, Asset],
        photos: Mapping[str, Image],
    ) -> Iterator[Drawing]:
        """Draws slots in order, each as soon as it is finished.

        Raises BadInput when a slot names a product without cutout or row, or words that cannot be set; NotFound when
        its scene does not exist, UnusableImage when a cutout is empty.
        """
        known: dict[str, Actor] = {}
        for slot in slots:
            names = [slot.products[0], *(other.product for other in slot.composition.others)]
            for name in names:
                if name not in known:
                    known[name] = _actor(name, cutouts, assets)
            stage = stage_of(slot.scene.id, assets, photos)
            done = compose(
                stage, slot.scene, slot.composition, slot.settings, [known[name] for name in names], slot.seed
            )
            yield Drawing(slot.model_copy(update={"composition": done.composition}), done.image, done.layer, done.mask)


def _actor(name: str, cutouts: Mapping[str, Image], assets: Mapping[str, Asset]) -> Actor:
    if name not in cutouts or name not in assets:
        raise BadInput(
            f"product {name!r} came without its cutout", where=name, hint="cut the product out before it is drawn"
        )
    cutout = cutouts[name]
    return Actor(measure(assets[name], cutout), trim(cutout), look(cutout))
