"""Words on photographs: placed, legible, off the product, balanced, and the same every time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.composition import TextAlign, TextBlock, TextPlace, Wording
from domain.errors import BadInput
from domain.ports import Image, Mask
from domain.values import Edges
from tools.imaging.colour import contrast, from_hex, linear, luminance
from tools.imaging.paragraph import HEADLINE, broken, calm
from tools.imaging.text_room import GAP, MARGIN, unit
from tools.imaging.typeface import glyphs, lacking, length
from tools.imaging.typesetting import CONTRAST, LIMITS, Typeset, block_ink, typeset

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "moon.png", "motorcycle_left.png")
BRAND = ("#e8622c", "#1e4b52", "#faf7f2")


@lru_cache(maxsize=32)
def photograph(name: str, width: int, height: int) -> Image:
    """A photograph that ships inside scikit-image, cut to an aspect and scaled: RGB."""
    found = cv2.imread(str(Path(skimage.__file__).parent / "data" / name))[..., ::-1]
    h, w = found.shape[:2]
    across = min(w, round(h * width / height))
    down = min(h, round(across * height / width))
    cut = found[(h - down) // 2 : (h + down) // 2, (w - across) // 2 : (w + across) // 2]
    return np.ascontiguousarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_CUBIC))


def standing(width: int, height: int, across: float = 0.5, tall: float = 0.42) -> Mask:
    """The soft outline of a product that stands on the lower third."""
    mask = np.zeros((height, width), np.uint8)
    axes = (round(0.3 * tall * height), round(tall * height / 2))
    cv2.ellipse(mask, (round(across * width), round(0.64 * height)), axes, 0, 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0), np.uint8)


def set_on(image: Image, mask: Mask, *texts: str, **how: object) -> Typeset:
    shaded = np.zeros(image.shape[:2], np.uint8)
    return typeset(image, mask, shaded, Wording.model_validate({"texts": texts, **how}))


def letters(done: Typeset, width: int, height: int) -> Mask:
    """Every letter drawn again from the record."""
    cover = np.zeros((height, width), np.uint8)
    for block in done.blocks:
        ink = block_ink(block)
        box = block.box
        assert ink.shape == (box.height, box.width)
        cover[box.y : box.y + box.height, box.x : box.x + box.width] |= ink
    return cover


def least_contrast(image: Image, block: TextBlock) -> float:
    """Fifth percentile of the contrasts of a block's colour to the pixels of its box in the picture before."""
    box = block.box
    under = luminance(linear(np.ascontiguousarray(image[box.y : box.y + box.height, box.x : box.x + box.width])))
    return float(np.percentile(contrast(float(luminance(from_hex(block.colour)[None])[0]), under), 5))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("size", [(1080, 1350), (1200, 628), (1024, 1024)], ids=str)
def test_words_on_a_photograph_keep_off_product_and_frame(name: str, size: tuple[int, int]) -> None:
    image, mask = photograph(name, *size), standing(*size)
    done = set_on(image, mask, "Summer, squeezed", colours=BRAND)
    assert done.blocks, "a headline of two words finds a place"
    gap, margin = int(GAP * unit(*size)), int(MARGIN * min(size))
    near = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))) > 0
    cover = letters(done, *size)
    assert not near[cover > 0].any()
    assert np.array_equal(done.image[near], image[near]), "the product or its surroundings changed"
    rows, columns = np.flatnonzero(cover.max(1)), np.flatnonzero(cover.max(0))
    assert min(rows[0], columns[0], size[1] - 1 - rows[-1], size[0] - 1 - columns[-1]) >= margin - 1


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_letters_contrast_where_it_is_worst_not_on_average(name: str) -> None:
    size = (1080, 1350)
    image, mask = photograph(name, *size), standing(*size)
    done = set_on(image, mask, "Summer, squeezed", "Now in 50 cl", colours=BRAND)
    assert done.blocks
    cover = letters(done, *size)
    ground = done.image.copy()
    solid = cover == 255
    ground[cover > 0] = cv2.inpaint(done.image, (cover > 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)[cover > 0]
    for block in done.blocks:
        assert least_contrast(ground, block) >= CONTRAST
        inked = done.image[solid & (letters(Typeset(done.image, (block,)), *size) == 255)]
        assert np.array_equal(inked, np.broadcast_to(np.rint(_bytes(block.colour)), inked.shape)), "not crisp"


def _bytes(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def test_ground_between_light_and_dark_is_dimmed_and_the_product_is_not() -> None:
    size = (1080, 1080)
    stripes = np.zeros((size[1], size[0], 3), np.uint8)
    stripes[:] = np.where((np.arange(size[0]) // 24 % 2)[None, :, None] > 0, 150, 70)
    mask = standing(*size)
    done = set_on(stripes, mask, "Stripes")
    assert done.blocks
    changed = (done.image != stripes).any(-1)
    assert changed.sum() > 3 * (letters(done, *size) > 0).sum(), "nothing was dimmed"
    assert not changed[mask > 0].any()
    assert least_contrast(done.image, done.blocks[0]) < least_contrast(np.full_like(stripes, 20), done.blocks[0])


def test_words_keep_clear_of_what_a_channel_covers() -> None:
    size = (1080, 1920)
    done = set_on(photograph("rocket.jpg", *size), standing(*size), "Lift off", covered=Edges(top=0.14, bottom=0.2))
    rows = np.flatnonzero(letters(done, *size).max(1))
    assert rows[0] >= 0.14 * size[1]
    assert rows[-1] <= 0.80 * size[1]


@pytest.mark.parametrize("place", [TextPlace.TOP, TextPlace.BOTTOM, TextPlace.LEFT, TextPlace.RIGHT])
def test_words_stand_where_they_were_asked_for(place: TextPlace) -> None:
    size = (1600, 900)
    mask = standing(*size, tall=0.36)
    done = set_on(np.full((size[1], size[0], 3), 235, np.uint8), mask, "Fresh", place=place)
    x, y, w, h = cv2.boundingRect(mask)
    box = done.blocks[0].box
    sides = {
        TextPlace.TOP: box.y + box.height < y, TextPlace.BOTTOM: box.y > y + h,
        TextPlace.LEFT: box.x + box.width < x, TextPlace.RIGHT: box.x > x + w,
    }
    assert sides[place]


def test_words_a_person_wants_off_are_not_set() -> None:
    image, mask = photograph("coffee.png", 640, 800), standing(640, 800)
    done = set_on(image, mask, "Fresh", place=TextPlace.NONE)
    assert not done.blocks
    assert np.array_equal(done.image, image)


def test_where_every_place_is_busy_the_picture_stays_as_it_was() -> None:
    image = photograph("astronaut.png", 1080, 1920)
    done = set_on(image, standing(1080, 1920), "Summer, squeezed")
    assert not done.blocks
    assert np.array_equal(done.image, image)


def test_where_the_product_leaves_no_room_the_picture_stays_as_it_was() -> None:
    image = photograph("coffee.png", 640, 640)
    done = set_on(image, np.full((640, 640), 255, np.uint8), "Fresh")
    assert not done.blocks
    assert np.array_equal(done.image, image)


def test_larger_words_are_larger_and_longer_ones_smaller() -> None:
    image, mask = np.full((1350, 1080, 3), 240, np.uint8), standing(1080, 1350)
    sizes = [set_on(image, mask, "Fresh", size=s).blocks[0].size for s in (0.8, 1.0, 1.25)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]
    long = set_on(image, mask, "Wake up to softer skin every single morning of the week").blocks[0]
    assert long.size < sizes[1]
    assert 2 <= len(long.lines) <= 3


def test_the_headline_leads_and_what_follows_stands_under_it_smaller() -> None:
    done = set_on(np.full((1350, 1080, 3), 240, np.uint8), standing(1080, 1350), "Fresh", "From 1 December", "50 cl")
    head, *rest = done.blocks
    assert [block.text for block in done.blocks] == ["Fresh", "From 1 December", "50 cl"]
    above = head
    for block in rest:
        assert block.size < head.size
        assert block.box.y > above.box.y + above.box.height
        above = block


WORDS = ("fresh", "cold", "summer", "squeezed", "a", "of", "slow", "evening", "50", "cl")


@given(st.lists(st.sampled_from(WORDS), max_size=14))
@settings(max_examples=60, deadline=None)
def test_lines_hold_every_word_in_order_and_none_is_much_longer_than_needed(words: list[str]) -> None:
    text = " ".join(words) or "a"
    for count in (1, 2, 3):
        lines = broken(text, count, HEADLINE)
        assert (lines is None) == (len(text.split()) < count)
        if lines is not None:
            assert len(lines) == count
            assert " ".join(lines) == text
            even = length(HEADLINE, 100, text) / count
            longest = max(length(HEADLINE, 100, word) for word in text.split())
            assert max(length(HEADLINE, 100, line) for line in lines) <= even + longest + 1


def test_a_no_break_space_keeps_words_together() -> None:
    lines = broken(calm("Now  in 50\u00a0cl\tbottles"), 3, HEADLINE)
    assert lines is not None
    assert any("50\u00a0cl" in line for line in lines)


def test_a_word_too_long_for_the_size_is_set_smaller_and_never_cut() -> None:
    word = "Donaudampfschifffahrtskanal"
    assert len(word) <= LIMITS.word
    done = set_on(np.full((1350, 1080, 3), 240, np.uint8), standing(1080, 1350), word)
    assert done.blocks[0].lines == (word,)
    assert done.blocks[0].box.width <= 1080 * (1 - 2 * MARGIN)


@pytest.mark.parametrize("text", ["日本の夏", "Привет", "שלום", "fresh 🍋", "a" * 29, "word " * 30])
def test_what_the_typeface_or_the_picture_cannot_hold_is_refused_by_name(text: str) -> None:
    assert LIMITS.beyond((text,))
    with pytest.raises(BadInput, match="the words"):
        set_on(photograph("coffee.png", 640, 800), standing(640, 800), text)


@pytest.mark.parametrize("text", ["Crème brûlée", "Är du törstig?", "50 % – nu 3,50 €", "¿Qué tal?", "Cre\u0300me"])
def test_western_european_texts_can_be_set(text: str) -> None:
    assert LIMITS.beyond((text,)) == ()
    assert not lacking(HEADLINE, text)


def test_every_character_said_to_be_there_has_ink_of_its_own() -> None:
    from tools.imaging.typeface import font

    absent = bytes(font(HEADLINE, 40).getmask("\uffff")), font(HEADLINE, 40).getbbox("\uffff")
    for character in glyphs(HEADLINE):
        assert (bytes(font(HEADLINE, 40).getmask(character)), font(HEADLINE, 40).getbbox(character)) != absent
    assert {"Å", "ß", "€", "“", "\u00a0"} <= set(glyphs(HEADLINE))


def test_the_same_words_give_the_same_bytes() -> None:
    image, mask = photograph("astronaut.png", 1080, 1350), standing(1080, 1350)
    first, second = (set_on(image, mask, "Sip the summer", "Now in 50 cl", colours=BRAND) for _ in range(2))
    assert first.blocks == second.blocks
    assert np.array_equal(first.image, second.image)
    assert not np.array_equal(first.image, image)


@pytest.mark.parametrize(("size", "set_there"), [((16, 16), False), ((300, 250), True), ((2184, 270), True),
                                                 ((3508, 2480), True)], ids=str)
def test_canvases_from_tiny_to_print(size: tuple[int, int], set_there: bool) -> None:
    image = np.full((size[1], size[0], 3), 238, np.uint8)
    done = set_on(image, standing(*size), "Fresh")
    assert bool(done.blocks) is set_there
    if done.blocks:
        share = done.blocks[0].size / unit(*size)
        assert 0.03 < share < 0.11
        assert done.blocks[0].align in TextAlign
