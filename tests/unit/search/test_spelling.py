"""One slip of the fingers is forgiven; a word of the language is never bent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.search.spelling import one_slip, respell

WORDS = {"bottle", "orange", "kettle", "blood", "car", "bread"}


def known(word: str) -> bool:
    return word in {"cart", "bead", "glove", "can", "our", "red"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("botle", "bottle"), ("bottel", "bottle"), ("bottlee", "bottle"), ("bittle", "bottle"),
     ("blod ornage", "blood orange"), ("our red kettel", "our red kettle"),
     ("cart", "cart"), ("bead", "bead"), ("ca", "ca"), ("Volvo", "Volvo")],
)
def test_a_misspelt_word_is_put_right_only_when_it_is_none(typed: str, meant: str) -> None:
    assert respell(typed, WORDS, known) == meant


def test_between_two_candidates_the_word_stays() -> None:
    assert respell("kettke", {"kettle", "kettbe"}, lambda word: False) == "kettke"


@given(word=st.text("abcdef", min_size=4, max_size=9), place=st.integers(0, 8), letter=st.sampled_from("abcdef"))
def test_every_single_slip_is_recognised_both_ways(word: str, place: int, letter: str) -> None:
    place %= len(word)
    slips = {
        word[:place] + letter + word[place:], word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :], word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    } - {word}
    assert all(one_slip(word, slip) and one_slip(slip, word) for slip in slips)


def test_two_slips_are_too_many() -> None:
    assert not one_slip("bottle", "btle")
    assert not one_slip("bottle", "bottle")
