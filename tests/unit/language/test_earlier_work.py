"""References to earlier work: which words are one, and which run they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.brief import Brief
from tools.language import BuiltinReader
from tools.language.earlier_work import Past, find_earlier, reference_in

TODAY = date(2026, 3, 12)          # a Thursday


@pytest.mark.parametrize(
    ("request_", "said", "rest"),
    [
        ("our lemon can, as last time but evening", "as last time", "our lemon can, evening"),
        ("as last time but evening", "as last time", "evening"),
        ("as last time", "as last time", ""),
        ("same as before, in winter", "same as before", "in winter"),
        ("Same as last time but for Norway", "Same as last time", "for Norway"),
        ("like run-abc123def456 but at dusk", "like run-abc123def456", "at dusk"),
        ("like the beach one but for Sweden", "like the beach one", "for Sweden"),
        ("like the one on the beach last week", "like the one on the beach last week", ""),
        ("once more, but at night", "once more", "at night"),
        ("as we did last month", "as we did last month", ""),
        ("the same as the previous campaign for Germany", "the same as the previous campaign", "for Germany"),
        ("the same picture as yesterday, without people", "the same picture as yesterday", "without people"),
        ("exactly the same as last time, please, but with a blue mug", "exactly the same as last time",
         "with a blue mug"),
    ],
)
def test_the_reference_is_told_from_the_rest_of_the_request(request_: str, said: str, rest: str) -> None:
    reference = reference_in(request_, TODAY)
    assert reference is not None
    assert (reference.said, reference.rest) == (said, rest)


@pytest.mark.parametrize(
    "request_",
    [
        "our can on a terrace",
        "a can like a trophy",
        "it looks like the sea",
        "our can as the hero of the picture",
        "light that looks like before sunset",
        'our can with the text "As before"',
        "our last chance can, on a beach",
        "the same can twice",
    ],
)
def test_other_comparisons_are_no_reference(request_: str) -> None:
    assert reference_in(request_, TODAY) is None


def past(*runs: tuple[str, str, str]) -> list[Past]:
    """Runs, newest first: id suffix, day, request."""
    reader = BuiltinReader()
    return [
        Past(f"run-{name:0>8}", datetime.fromisoformat(day).replace(tzinfo=UTC), reader.read(words, "demo"))
        for name, day, words in runs
    ]


RUNS = past(
    ("4", "2026-03-11", "our orange can in a kitchen"),
    ("3", "2026-03-04", "our lemon can on a beach"),
    ("2", "2026-02-10", "our lemon can on a terrace"),
    ("1", "2025-07-01", "our red mug on a beach"),
)


@pytest.mark.parametrize(
    ("request_", "run"),
    [
        ("as last time", "run-00000004"),
        ("as yesterday", "run-00000004"),
        ("as last week", "run-00000003"),
        ("as last month but evening", "run-00000002"),
        ("like last summer", "run-00000001"),
        ("like the beach one", "run-00000003"),
        ("like the one on the terrace", "run-00000002"),
        ("like the red mug picture", "run-00000001"),
        ("like run-00000002", "run-00000002"),
        ("like the mugs one", "run-00000001"),
    ],
)
def test_the_newest_run_that_fits_everything_said_is_meant(request_: str, run: str) -> None:
    reference = reference_in(request_, TODAY)
    assert reference is not None
    found = find_earlier(reference, RUNS)
    assert found.run_id == run
    assert isinstance(found.brief, Brief)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ("like the snow one", "snow"),
        ("as last year", "2025-01-01"),
        ("like run-zzzzzzzz", "run-zzzzzzzz"),
        ("as last time", "no earlier work of this brand"),
    ],
)
def test_what_cannot_be_found_is_said(request_: str, reason: str) -> None:
    reference = reference_in(request_, TODAY)
    assert reference is not None
    runs = [] if request_ == "as last time" else RUNS[:3]
    found = find_earlier(reference, runs)
    assert found.brief is None
    assert reason in found.reason
