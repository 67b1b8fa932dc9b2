"""Cutting out by the transparency a picture brings along: the normal path, and the only one for glass."""

from __future__ import annotations

import numpy as np

from domain.assets import CutoutMethod
from domain.errors import UnusableImage
from domain.ports import Image
from tools.segment.confidence import GATE
from tools.segment.result import FAINT, CutoutResult, trimmed


def from_alpha(image: Image, *, name: str = "image") -> CutoutResult:
    """The cutout an RGBA picture already is, if its transparency frees a product from its surroundings.

    Raises UnusableImage when everything is transparent. Transparency that hides only corners or a frame, or that is
    soft throughout, gives a low confidence and says so.
    """
    alpha = image[..., 3]
    visible = float((alpha > FAINT).mean())
    if visible == 0:
        raise UnusableImage(
            "every pixel of this picture is transparent", where=name, hint="export the product layer, not the empty one"
        )
    frame = np.concatenate([alpha[0], alpha[-1], alpha[1:-1, 0], alpha[1:-1, -1]])
    on_frame = float((frame > 127).mean())
    soft = float(((alpha > FAINT) & (alpha < 247)).mean()) / visible
    confidence, reason = 1.0, "the picture's own transparency"
    if visible > GATE.alpha_visible or on_frame > GATE.alpha_on_frame:
        confidence = 0.3
        reason = f"the transparency hides only {1 - visible:.0%} of the picture; the background is still in it"
    elif soft > GATE.alpha_soft:
        confidence = 0.5
        reason = f"{soft:.0%} of the product is see-through: a shadow or a faded edge is part of the picture"
    return trimmed(image[..., :3], alpha, CutoutMethod.ALPHA, confidence, reason, name=name)
