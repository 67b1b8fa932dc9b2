"""Measured checks on a picture, its technical quality, and a shortlist that is forced to differ.

Pure functions on arrays: no model is asked, nothing is stored. VLM rubric judges come after these, elsewhere.
"""

from tools.judges.battery import CHECKS, DEPTHS, checks_for, measure
from tools.judges.book import Check, book
from tools.judges.evidence import Evidence, Views
from tools.judges.ocr import TextFound, read_text, warm_up
from tools.judges.ranking import descriptor, quality, quality_terms, shortlist
from tools.judges.words import without_words

__all__ = [
    "CHECKS",
    "DEPTHS",
    "Check",
    "Evidence",
    "TextFound",
    "Views",
    "book",
    "checks_for",
    "descriptor",
    "measure",
    "quality",
    "quality_terms",
    "read_text",
    "shortlist",
    "warm_up",
    "without_words",
]
