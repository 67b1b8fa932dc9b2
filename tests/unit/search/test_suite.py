"""Search holds what it was measured at: requests it was not made from, and nothing offered where nothing fits."""

from __future__ import annotations

from functools import partial

import pytest

from evals.search import hybrid, load, measure, words_alone
from tools.search import FLOOR, StaticEmbedder

SUITE = load()


@pytest.mark.parametrize(("split", "right"), [("tuning", 1.0), ("held_out", 0.95), ("fresh", 0.95)])
def test_search_decides_rightly_and_never_offers_what_is_not_there(split: str, right: float) -> None:
    outcome = measure(SUITE, getattr(SUITE, split), partial(hybrid, StaticEmbedder()), FLOOR)
    asked = outcome.answerable + outcome.unanswerable
    assert outcome.right / asked >= right, outcome.misses
    assert outcome.false_accepts == 0, outcome.misses


def test_the_suite_is_large_and_hard_for_words_alone() -> None:
    assert len(SUITE.assets) + len(SUITE.scenes) >= 60
    outcome = measure(SUITE, SUITE.held_out, words_alone, 0.3)
    assert outcome.answerable + outcome.unanswerable >= 60
    assert outcome.false_accepts >= 8, "a request that nothing fits should share words with the library"
