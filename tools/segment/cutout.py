"""One door to all ways of cutting out, from the surest to the least sure."""

from __future__ import annotations

from domain.ports import Image
from domain.values import Box
from tools.segment.alpha import from_alpha
from tools.segment.backdrop import from_backdrop
from tools.segment.person_box import from_box
from tools.segment.result import CutoutResult


def cut_out(image: Image, *, box: Box | None = None, name: str = "image") -> CutoutResult:
    """Free the product in `image` (RGB or RGBA) from its surroundings.

    A person's box comes first: inside it a cluttered photo can be cut. Otherwise an RGBA picture is cut by its own
    transparency and an RGB one before its backdrop. The result always carries its confidence; below `THRESHOLD` the
    caller shows the mask to a person and does not carry on. Raises UnusableImage where there is no product at all.
    """
    if box is not None:
        return from_box(image[..., :3], box, name=name)
    if image.shape[2] == 4:
        return from_alpha(image, name=name)
    return from_backdrop(image, name=name)
