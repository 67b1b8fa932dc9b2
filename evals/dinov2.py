"""DINOv2 by a local folder of weights: how alike two pictures are to a model that was trained without words.

The only module that knows transformers and torch (extra `diffusion`); the network is never asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.errors import Misconfigured
from domain.ports import Image, Mask

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures, as the model saw them (Oquab et al. 2023, DINOv2)."""

SIDE = 224
GREY = 128


class Dinov2:
    """Embeds pictures: the class token of the last layer, a unit vector (as DINO in Ruiz et al. 2023, DreamBooth)."""

    def __init__(self, folder: Path) -> None:
        """Load the weights. Raises Misconfigured without the extra, the folder, or DINOv2 weights in it."""
        hint = "download a DINOv2 checkpoint in transformers' format, and name its folder in ONBRAND_DINOV2_MODEL"
        if not (folder / "config.json").is_file():
            raise Misconfigured(f"{folder} holds no model", where="dinov2_model", hint=hint)
        try:
            import torch  # noqa: PLC0415  the extra
            from transformers import Dinov2Model  # noqa: PLC0415  the extra
        except ImportError as error:
            raise Misconfigured(
                "DINOv2 needs torch and transformers", where="dinov2_model", hint='pip install "onbrand[diffusion]"'
            ) from error
        try:
            model: Any = Dinov2Model.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError, RuntimeError) as error:
            said = f"{folder} holds no DINOv2 weights: {error}"
            raise Misconfigured(said, where="dinov2_model", hint=hint) from error
        self._torch: Any = torch
        self._model: Any = model.eval()
        self._patch = int(model.config.patch_size)

    def embed(self, image: Image) -> npt.NDArray[np.float32]:
        """The unit vector of an RGB picture, scaled to a square of about 224 pixels that whole patches fill."""
        side = max(1, SIDE // self._patch) * self._patch
        smaller = max(image.shape[:2]) > side
        square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        scaled = (square.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(SPREAD, np.float32)
        pixels = self._torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)[None]))
        with self._torch.inference_mode():
            token = self._model(pixel_values=pixels).last_hidden_state[0, 0].numpy()
        return np.asarray(token / max(float(np.linalg.norm(token)), 1e-9), np.float32)

    def likeness(self, one: Image, other: Image, mask: Mask) -> float:
        """Cosine of a product before and after, both on grey: 1 for the same picture.

        Args:
            one: RGB, of the mask's size.
            other: likewise.
            mask: 255 inside the product; what lies outside is not looked at.
        """
        pair = [self.embed(squared(on_grey(image, mask))) for image in (one, other)]
        return float(pair[0] @ pair[1])


def on_grey(image: Image, mask: Mask) -> Image:
    """The product alone."""
    return np.where(mask[..., None] > 0, image, np.uint8(GREY))


def squared(image: Image) -> Image:
    """The picture in the middle of a grey square, so that scaling keeps its proportions."""
    height, width = image.shape[:2]
    side = max(height, width)
    made = np.full((side, side, 3), GREY, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    made[top : top + height, left : left + width] = image
    return made
