"""Text that nobody asked for."""

from __future__ import annotations

import re

from domain.candidate import Change, EditTarget, Finding, Scalar
from domain.composition import TextBlock
from tools.judges.book import Check
from tools.judges.evidence import Views
from tools.judges.lettering import lettering_fixes
from tools.judges.ocr import TextFound, read_text
from tools.judges.words import likeness, on_block, plain, read_back, surroundings


def unwanted_text(views: Views, check: Check) -> Finding:
    """Read the picture outside the product: words that the brief does not ask for fail.

    RapidOCR (PP-OCR, Latin script). Counted are readings of at least `letters` letters at `confidence` or more, on
    which none of 33 natural photographs produced a false hit. `value` is the number of unwanted readings. Without
    a product mask the product's own label cannot be told from its surroundings: the check abstains if it finds any.

    Words that were set are expected. A reading on a block that is `alike` to its text or to one of its lines is the
    block itself, misread; so is any reading of a block that reads alike when it is looked at by itself. Anything else
    there is unwanted like everywhere. Words that do not read back (less than `read_back` alike to their text) make
    the check abstain and say what was read: a recogniser that stumbles over sound type must not block a picture, and
    a person should look at words that a machine cannot read.
    """
    brief = views.evidence.brief
    wanted = plain(" ".join(part.value for part in brief.text)) if brief is not None else ""
    readings = read_text(views.image, views.mask)
    words = []
    for found in readings:
        letters = re.sub(r"\d+", "", plain(found.text))
        counted = len(letters) >= check.limit("letters") and found.confidence >= check.limit("confidence")
        known = letters in re.sub(r"\d+", "", wanted) or _misread(found, views, check.limit("alike"))
        if counted and not known:
            words.append(found)
    if not words:
        return _set_words_read(readings, views, check)
    misspelled = _misspelled(words, views, check.limit("alike"))
    if misspelled is not None:
        found, asked = misspelled
        return check.failed(
            f"“{asked}” is spelled “{found.text}” in the picture",
            value=float(len(words)),
            region=found.box,
            evidence={"words": len(words), "confidence": found.confidence, "asked": asked},
            fixes=lettering_fixes(asked),
        )
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


def _misspelled(words: list[TextFound], views: Views, alike: float) -> tuple[TextFound, str] | None:
    """A reading that is nearly words the brief asks for, where none were set on record: they were drawn wrongly."""
    brief = views.evidence.brief
    if brief is None or views.blocks:
        return None
    for found in words:
        for asked in (part.value for part in brief.text):
            if likeness(found.text, asked) >= alike:
                return found, asked
    return None


def _misread(found: TextFound, views: Views, alike: float) -> bool:
    """Whether a reading is a block's own line, read wrongly."""
    for block in (block for block in views.blocks if on_block(found, block)):
        if max(likeness(found.text, part) for part in (block.text, *block.lines)) >= alike:
            return True
        return likeness(block.text, _by_itself(block, views)) >= alike
    return False


def _by_itself(block: TextBlock, views: Views) -> str:
    """What is read where one block stands, of several lines those most like it: whole pictures lose small type."""
    box = surroundings(block, block.size)
    readings = read_text(views.image[box.y : box.y + box.height, box.x : box.x + box.width])
    lines = [f.text for f in sorted(readings, key=lambda f: (f.box.y // block.size, f.box.x))]
    runs = (" ".join(lines[a:b]) for b in range(len(lines) + 1) for a in range(b))
    return max(runs, key=lambda text: likeness(block.text, text), default="")


def _set_words_read(readings: tuple[TextFound, ...], views: Views, check: Check) -> Finding:
    """The verdict where nothing unwanted was read: do the words that were set read back?"""
    if not views.blocks:
        return check.passed("no text beside the product that was not asked for", value=0.0)
    said = {block.text: read_back(block, readings) for block in views.blocks}
    for block in views.blocks:
        if likeness(block.text, said[block.text]) < check.limit("read_back"):
            said[block.text] = _by_itself(block, views)
    facts: dict[str, Scalar] = {"read": " | ".join(said.values())}
    lost = [text for text, read in said.items() if likeness(text, read) < check.limit("read_back")]
    if lost:
        listed = ", ".join(f"“{text}” was read as “{said[text]}”" if said[text] else f"“{text}”" for text in lost)
        return check.abstained(
            f"no other text, but the words asked for were not read back: {listed}; look at them", evidence=facts
        )
    wrong = [text for text, read in said.items() if plain(text) != plain(read)]
    note = "; read back as spelled" if not wrong else "; read back but for " + ", ".join(
        f"“{text}”, read as “{said[text]}”" for text in wrong
    )
    return check.passed(
        f"no text beside the product but the words asked for{note}", value=0.0, evidence=facts
    )
