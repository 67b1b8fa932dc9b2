"""Text that nobody asked for."""

from __future__ import annotations

import re

from domain.candidate import Change, EditTarget, Finding
from tools.judges.book import Check
from tools.judges.evidence import Views
from tools.judges.ocr import read_text


def unwanted_text(views: Views, check: Check) -> Finding:
    """Read the picture outside the product: words that the brief does not ask for fail.

    RapidOCR (PP-OCR, Latin script). Counted are readings of at least `letters` letters at `confidence` or more, on
    which none of 33 natural photographs produced a false hit. `value` is the number of unwanted readings. Without
    a product mask the product's own label cannot be told from its surroundings: the check abstains if it finds any.
    """
    brief = views.evidence.brief
    wanted = " ".join(part.value for part in brief.text).casefold() if brief is not None else ""
    wanted_letters = re.sub(r"\W+", "", wanted)
    words = []
    for found in read_text(views.image, views.mask):
        letters = re.sub(r"[\W\d_]+", "", found.text.casefold())
        counted = len(letters) >= check.limit("letters") and found.confidence >= check.limit("confidence")
        if counted and letters not in wanted_letters:
            words.append(found)
    if not words:
        return check.passed("no text beside the product that was not asked for", value=0.0)
    listed = ", ".join(repr(found.text) for found in words[:4])
    if views.mask is None:
        return check.abstained(
            f"text was read ({listed}), but the product was not located, so it may be its label",
            evidence={"words": len(words)},
        )
    return check.failed(
        f"text nobody asked for: {listed}",
        value=float(len(words)),
        region=words[0].box,
        evidence={"words": len(words), "confidence": words[0].confidence},
        fixes=(
            Change(target=EditTarget.BACKGROUND, field="scene", why="a scene without writing"),
            Change(target=EditTarget.GENERATOR, field="seed", why="draw the surroundings again"),
        ),
    )
