"""Spelling correction: only what is no word, only towards one near word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.language.lexicon import load_lexicon
from tools.language.spelling import Speller, osa

LEXICON = load_lexicon()
SPELLER = Speller({word for keys in LEXICON.phrases for word in keys}, LEXICON.words)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("teracce", "terrace"),
        ("sweeden", "sweden"),
        ("instgram", "instagram"),
        ("christams", "christmas"),
        ("shapmoo", "shampoo"),
        ("lemonad", "lemonade"),
        ("perfum", "perfume"),
        ("facebok", "facebook"),
    ],
)
def test_near_misses_are_corrected(typed: str, meant: str) -> None:
    assert SPELLER.correct(typed) == meant


@pytest.mark.parametrize("word", ["bench", "coast", "house", "stable", "can", "qwertzuiop", "xx", "walking", "unboxed"])
def test_real_words_and_hopeless_ones_are_left_alone(word: str) -> None:
    assert SPELLER.correct(word) is None


def test_two_equally_near_words_correct_nothing() -> None:
    assert Speller({"bottles", "battles"}, frozenset()).correct("bxttles") is None


@given(st.text("abcde", max_size=8), st.text("abcde", max_size=8))
def test_distance_is_symmetric_and_zero_only_for_the_same_word(a: str, b: str) -> None:
    assert osa(a, b, 8) == osa(b, a, 8)
    assert (osa(a, b, 8) == 0) == (a == b)


def test_a_swap_of_neighbours_is_one_step() -> None:
    assert osa("beahc", "beach", 2) == 1
