"""What must hold for the reader on any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.brief import Brief, Part
from domain.errors import BadInput
from domain.values import Origin
from evals.briefs import FIELDS, load, values
from tools.language import BuiltinReader
from tools.language.tokens import key

READER = BuiltinReader()
WORDS = sorted({word for split in ("dev", "held_out") for case in load(split) for word in case.request.split()})
word_salad = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
THINGS = ["people", "oranges", "text", "alcohol", "logos", "snow", "a dog", "the kitchen", "palm trees", "glass"]
NEGATIONS = ["no {}", "without {}", "don't show {}", "avoid {}", "never {}", "please no {}"]
REQUESTS = ["our can on a terrace", "two red mugs in a garden, for Sweden", "the perfume bottle, Instagram, sunset"]


def read(text: str) -> Brief | None:
    try:
        return READER.read(text, "demo")
    except BadInput as refusal:
        assert refusal.hint
        return None


@given(st.one_of(st.text(max_size=300), word_salad))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_brief_or_bad_input(text: str) -> None:
    brief = read(text)
    if brief is not None:
        assert Brief.model_validate(brief.model_dump()) == brief


@given(word_salad)
@settings(max_examples=60, deadline=None)
def test_the_same_text_gives_the_same_brief(text: str) -> None:
    assert read(text) == (BuiltinReader().read(text, "demo") if read(text) else None)


@given(word_salad)
@settings(max_examples=80, deadline=None)
def test_what_is_read_is_stated_and_its_words_are_kept(text: str) -> None:
    brief = read(text)
    if brief is None:
        return
    for _, value in brief:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Part):
                assert part.origin in (Origin.STATED, Origin.ASSUMED)
                assert part.said or part.origin is Origin.ASSUMED


@given(st.sampled_from(REQUESTS), st.sampled_from(NEGATIONS), st.sampled_from(THINGS), st.booleans())
@settings(max_examples=120, deadline=None)
def test_a_negated_thing_is_avoided_and_in_no_positive_field(
    request: str, negation: str, thing: str, first: bool
) -> None:
    denied = negation.format(thing)
    brief = read(f"{denied}, {request}" if first else f"{request}, {denied}")
    assert brief is not None
    noun = key(thing.rsplit(maxsplit=1)[-1])
    found = values(brief)
    assert any(noun in [key(w) for w in value.split()] for value in found["avoid"])
    for field in FIELDS:
        if field not in ("avoid", "note"):
            assert not any(noun in [key(w) for w in value.split()] for value in found[field]), (field, found[field])


def test_a_request_as_long_as_a_book_is_refused() -> None:
    with pytest.raises(BadInput, match="characters"):
        READER.read("our can " * 5000, "demo")
