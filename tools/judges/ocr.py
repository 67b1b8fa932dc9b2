"""The one adapter to RapidOCR: English and Latin text in a picture. Loaded on first use; models lie in its wheel."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from threading import Lock, Thread
from typing import Any

import cv2
import numpy as np

from domain.errors import ToolFailed
from domain.ports import Image, Mask
from domain.values import Box, Model, Share

SIDE = 736
_PLAIN = {"text_score": 0.5, "box_thresh": 0.5, "unclip_ratio": 1.6}
_SENSITIVE = {"text_score": 0.0, "box_thresh": 0.3, "unclip_ratio": 2.2}
"""Given with every call: the recogniser keeps what it was last told."""

_one_at_a_time = Lock()


class TextFound(Model):
    """A line of text, where it stands in canvas pixels, and how sure its reading is."""

    text: str
    box: Box
    confidence: Share


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The recogniser with its bundled models; raises ToolFailed when it cannot be loaded."""
    try:
        from rapidocr import RapidOCR  # noqa: PLC0415  heavy, and only finalists are read
    except ImportError as error:
        raise ToolFailed("text cannot be read: rapidocr is not installed", hint="pip install rapidocr") from error
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": SIDE,
            "Det.limit_side_len": SIDE,
            "Det.limit_type": "max",
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def warm_up() -> None:
    """Load the recogniser beside other work, for a surface that knows it will be needed; returns at once.

    Its first picture costs three times the others, so one without text is read. What goes wrong here is told by
    `read_text`, to whoever needs it.
    """

    def load() -> None:
        with suppress(ToolFailed):
            read_text(np.full((256, 256, 3), 128, np.uint8))

    # Not a daemon: a thread inside the recogniser's C++ code must not be cut off when the process ends.
    Thread(target=load, name="ocr-warm-up").start()


def read_text(image: Image, mask: Mask | None = None, *, sensitive: bool = False) -> tuple[TextFound, ...]:
    """Text in an RGB picture, outside the product when its mask is given (text whose middle lies on it is left out).

    The picture is read at 736 px of its longer side: letters lower than about 1.5% of it are missed. The product's
    area is painted over with its surroundings' mean first, so that its label costs no recognition.
    With `sensitive`, faint and partly hidden text is found too, in wider boxes, and readings are given however unsure
    they are. Raises ToolFailed when the recogniser cannot run.
    """
    shown = np.ascontiguousarray(image[..., :3])
    if mask is not None and mask.any():
        covered = cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 16
        shown = shown.copy()
        shown[covered] = np.median(shown[~covered][::97], axis=0).astype(np.uint8) if (~covered).any() else 128
    with _one_at_a_time:
        try:
            result = _engine()(cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), **(_SENSITIVE if sensitive else _PLAIN))
        except (RuntimeError, ValueError, cv2.error) as error:
            raise ToolFailed(f"the text recogniser failed: {error}", hint="run again without reading text") from error
    if result.boxes is None or result.txts is None:
        return ()
    found = []
    height, width = image.shape[:2]
    for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
        low, high = np.floor(np.min(corners, 0)), np.ceil(np.max(corners, 0))
        x, y = (int(np.clip(v, 0, limit - 1)) for v, limit in zip(low, (width, height), strict=True))
        right, bottom = (int(np.clip(v, 1, limit)) for v, limit in zip(high, (width, height), strict=True))
        middle = (y + bottom) // 2, (x + right) // 2
        if mask is not None and mask[min(middle[0], height - 1), min(middle[1], width - 1)] > 16:
            continue
        box = Box(x=x, y=y, width=max(1, right - x), height=max(1, bottom - y))
        found.append(TextFound(text=str(text), box=box, confidence=float(np.clip(score, 0, 1))))
    return tuple(found)
