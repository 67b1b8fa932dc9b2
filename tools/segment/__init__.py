"""Cutting a product out of its photo: by its own transparency, before a plain backdrop, or inside a person's box.

Each result carries a confidence with its reason; below `THRESHOLD` a person looks at the outline first.
"""

from tools.segment.alpha import from_alpha
from tools.segment.confidence import THRESHOLD
from tools.segment.result import CutoutResult

__all__ = ["THRESHOLD", "CutoutResult", "from_alpha"]
