"""Cutting a product out of its photo: by its own transparency, before a plain backdrop, or inside a person's box.

Each result carries a confidence with its reason; below `THRESHOLD` a person looks at the outline first.
"""

from tools.segment.confidence import THRESHOLD
from tools.segment.cutout import cut_out
from tools.segment.overlay import overlay, suggest_box
from tools.segment.result import CutoutResult

__all__ = ["THRESHOLD", "CutoutResult", "cut_out", "overlay", "suggest_box"]
