"""Words that were set: measured contrast, never on the product, read back, and no other check confused by them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from domain.brief import Brief, Part
from domain.candidate import Verdict
from domain.composition import TextAlign, TextBlock, TextPlace, Wording
from domain.values import Box, Origin
from tests.unit.judges.conftest import Compose, Drawn, brief, product, verdict
from tools.generators import Compositor
from tools.imaging.typesetting import block_ink
from tools.judges import Evidence, measure, without_words
from tools.judges.words import cover_of, legible, likeness, plain

TEXTS = ("Sip the summer", "Now in 50 cl")


def asking(*texts: str) -> Brief:
    """A brief for a can with texts to set."""
    return brief().model_copy(update={"text": tuple(Part[str](value=t, origin=Origin.STATED) for t in texts)})


@pytest.fixture
def drawn(compose: Compose) -> Drawn:
    """A can on a terrace with two texts set beside it, and the brief that asked for them."""
    plain_can = compose("can", "plate:terrace-noon")
    return Drawn(replace(worded(plain_can, *TEXTS), brief=asking(*TEXTS)))


def worded(sound: Drawn, *texts: str, place: TextPlace | None = None) -> Evidence:
    """The same slot drawn again with words."""
    slot = sound.evidence.slot
    assert slot is not None
    cutout, row = product("can")
    composition = slot.composition.model_copy(update={"wording": Wording(texts=texts, place=place)})
    done = next(Compositor().draw([slot.model_copy(update={"composition": composition})], {"can": cutout},
                                  {"can": row}, {}))
    return replace(sound.evidence, image=done.image, slot=done.slot, layer=done.layer, mask=done.mask)


def test_the_same_picture_passes_the_same_checks_with_words_as_without(compose: Compose, drawn: Drawn) -> None:
    bare = compose("can", "plate:terrace-noon")
    before = {f.check: f for f in measure(bare.but(brief=brief(), palette=("#e8622c",)))}
    after = {f.check: f for f in measure(drawn.but(palette=("#e8622c",)))}
    assert {name: f.verdict for name, f in after.items()} == {name: f.verdict for name, f in before.items()}
    for name in ("noise", "palette", "exposure", "floating", "edge_halo", "product_lock", "composition"):
        assert after[name].value == pytest.approx(before[name].value, rel=0.06, abs=0.02), name


def test_the_lock_holds_byte_for_byte_under_words(drawn: Drawn) -> None:
    finding = verdict(drawn.evidence, "product_lock")
    assert finding.verdict is Verdict.PASS
    assert finding.evidence["exact"] == 1.0


def test_words_are_legible_as_set_and_not_in_a_colour_near_the_background(drawn: Drawn) -> None:
    finding = verdict(drawn.evidence, "legibility")
    assert finding.verdict is Verdict.PASS
    assert float(finding.evidence["words_contrast"] or 0) >= 4.5
    blocks = drawn.evidence.slot.composition.text_blocks  # type: ignore[union-attr]
    height, width = drawn.evidence.image.shape[:2]
    cover = cover_of(blocks, width, height)[..., None] / 255
    ground = without_words(drawn.evidence.image, blocks)
    faint = np.clip(ground * (1 - cover) + (ground.astype(float) + 40) * cover, 0, 255).astype(np.uint8)
    finding = verdict(drawn.but(image=faint), "legibility")
    assert finding.verdict is Verdict.FAIL
    assert "contrast" in finding.reason
    assert finding.fixes


def test_words_that_are_on_record_and_not_in_the_picture_are_found_out(compose: Compose, drawn: Drawn) -> None:
    bare = compose("can", "plate:terrace-noon").evidence.image
    assert verdict(drawn.but(image=bare), "legibility").verdict is Verdict.FAIL
    assert verdict(drawn.but(image=bare), "unwanted_text").verdict is Verdict.ABSTAIN


def test_a_letter_on_the_product_fails(drawn: Drawn) -> None:
    slot = drawn.evidence.slot
    assert slot is not None
    product = slot.composition.box
    assert product is not None
    block = slot.composition.text_blocks[0]
    moved = block.model_copy(update={"box": Box(x=product.x, y=product.y + 40, width=block.box.width,
                                                height=block.box.height)})
    composition = slot.composition.model_copy(update={"text_blocks": (moved,)})
    image = drawn.evidence.image.copy()
    ink = cover_of((moved,), image.shape[1], image.shape[0]) > 128
    image[ink] = (255, 255, 255)
    finding = verdict(drawn.but(image=image, slot=slot.model_copy(update={"composition": composition})), "legibility")
    assert finding.verdict is Verdict.FAIL
    assert "on the product" in finding.reason


def test_what_was_asked_for_is_read_back_and_anything_else_is_still_unwanted(drawn: Drawn) -> None:
    finding = verdict(drawn.evidence, "unwanted_text")
    assert finding.verdict is Verdict.PASS
    assert "read back as spelled" in finding.reason
    image = drawn.evidence.image.copy()
    cv2.putText(image, "FINAL SALE", (30, image.shape[0] - 40), cv2.FONT_HERSHEY_DUPLEX, 1.4, (250, 250, 250), 3)
    finding = verdict(drawn.but(image=image), "unwanted_text")
    assert finding.verdict is Verdict.FAIL
    assert "FINAL SALE" in finding.reason


def test_words_spelled_otherwise_than_asked_do_not_pass_as_read(drawn: Drawn) -> None:
    slot = drawn.evidence.slot
    assert slot is not None
    other = worded(drawn, "Buy one today", TEXTS[1])
    assert other.slot is not None
    record = other.slot.composition.text_blocks
    claimed = tuple(b.model_copy(update={"text": t}) for b, t in zip(record, TEXTS, strict=True))
    composition = other.slot.composition.model_copy(update={"text_blocks": claimed})
    evidence = drawn.but(image=other.image, slot=slot.model_copy(update={"composition": composition}))
    assert verdict(evidence, "unwanted_text").verdict is not Verdict.PASS


def test_words_that_found_no_place_fail_agreement_with_a_way_out(compose: Compose, drawn: Drawn) -> None:
    assert "words" in verdict(drawn.evidence, "caption_agreement").evidence
    finding = verdict(compose("can", "plate:terrace-noon").but(brief=asking(*TEXTS)), "caption_agreement")
    assert finding.verdict is Verdict.FAIL
    assert "Sip the summer" in finding.reason
    assert [change.field for change in finding.fixes][:2] == ["scale", "scene"]


def test_words_a_person_wanted_off_fail_nothing(compose: Compose, drawn: Drawn) -> None:
    off = replace(worded(compose("can", "plate:terrace-noon"), *TEXTS, place=TextPlace.NONE), brief=asking(*TEXTS))
    assert off.slot is not None
    assert not off.slot.composition.text_blocks
    for check in ("caption_agreement", "legibility", "unwanted_text"):
        assert verdict(off, check).verdict is not Verdict.FAIL


def test_contrast_is_that_of_wcag() -> None:
    """Black on #767676 is 4.62, white on it 4.54 (the W3C's own example of a grey that just passes)."""
    block = TextBlock(text="Glow", lines=("Glow",), box=Box(x=40, y=40, width=1, height=1), size=90,
                      face="Outfit-Medium", align=TextAlign.LEFT, colour="#ffffff")
    ink = block_ink(block)
    block = block.model_copy(update={"box": Box(x=40, y=40, width=ink.shape[1], height=ink.shape[0])})
    image = np.full((220, 400, 3), 0x76, np.uint8)
    image[40 : 40 + ink.shape[0], 40 : 40 + ink.shape[1]][ink > 127] = 255
    assert legible(image, None, block, 10).contrast == pytest.approx(4.54, abs=0.02)


@pytest.mark.parametrize(("one", "other", "least", "most"), [
    ("Glow", "Glow", 1, 1), ("Crème", "CREME", 1, 1), ("Glow", "GIow", 0.7, 0.8), ("Glow", "Sale", 0, 0.5)])
def test_likeness_of_readings(one: str, other: str, least: float, most: float) -> None:
    assert least <= likeness(one, other) <= most
    assert plain("50 %, now!") == "50now"
