"""A blind study: both orders, no names, ties for who cannot tell, and an interval."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import BadInput
from domain.trace import Header, NodeFinished, NodeStarted
from evals.pairs import Answers, Study, read_answers, score, study_of, study_page
from evals.recording import Recording, recording_of
from memory import DirectoryStore, Home
from tools.imaging.decode import encode_png


def run(name: str, request: str, digest: str) -> Recording:
    """A run whose first finalist is this picture."""
    head = Header(n=0, at=0, version=2, run_id=f"run-{name:0<8}", brand="demo", code="", request={"request": request})
    decided = {"candidates": {"c0-01": {"artifact": digest, "verdict": "passed"}}, "shortlist": ["c0-01"]}
    finish = NodeFinished(n=2, at=2, node="settle", seconds=1, decided=decided)
    return recording_of([head, NodeStarted(n=1, at=1, node="settle"), finish])


@pytest.fixture
def study() -> Study:
    requests = ("a can", "a mug", "a kettle")
    one = [run(f"a{n}", words, f"{n}a".rjust(64, "0")) for n, words in enumerate(requests)]
    other = [run(f"b{n}", words, f"{n}b".rjust(64, "0")) for n, words in enumerate(requests)]
    return study_of(one, other)


def answered(study: Study, prefers: str) -> Answers:
    """Somebody who always prefers one system, whichever side it is on."""
    return Answers(
        by="x", answers={q.id: "left" if (prefers == "a") == q.a_left else "right" for q in study.questions}
    )


def test_every_pair_is_shown_in_both_orders(study: Study) -> None:
    assert len(study.pairs) == 3
    for pair in study.pairs:
        assert sorted(q.a_left for q in study.questions if q.pair == pair.id) == [False, True]


def test_who_prefers_a_system_on_either_side_is_counted_for_it(study: Study) -> None:
    result = score(study, [answered(study, "b")])
    assert (result.a_wins, result.b_wins, result.ties, result.agreement) == (0, 3, 0, 1.0)
    assert result.verdict == "not told apart", "three pairs prove nothing"
    many = score(study, [answered(study, "b")] * 5)
    assert many.verdict == "b is preferred"


def test_who_always_says_left_prefers_nothing(study: Study) -> None:
    result = score(study, [Answers(by="x", answers={q.id: "left" for q in study.questions})])
    assert (result.a_wins, result.b_wins, result.ties) == (0, 0, 3)
    assert result.agreement == 0
    assert result.share is None


def test_what_was_not_answered_is_not_counted(study: Study) -> None:
    first = study.questions[0]
    result = score(study, [Answers(by="x", answers={first.id: "left"})])
    assert (result.unanswered, result.a_wins + result.b_wins + result.ties) == (3, 0)


def test_answers_to_another_study_are_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no question"):
        score(study, [Answers(by="x", answers={"q999": "left"})])
    (tmp_path / "ada.json").write_text('{"answers": {"q001": "up"}}', encoding="utf-8")
    with pytest.raises(BadInput, match="no answers"):
        read_answers(tmp_path / "ada.json")


def test_runs_of_other_requests_or_with_the_same_picture_pair_with_nothing() -> None:
    same = "1" * 64
    with pytest.raises(BadInput, match="different finalists"):
        study_of([run("a", "a can", same)], [run("b", "a can", same)])
    with pytest.raises(BadInput, match="different finalists"):
        study_of([run("a", "a can", same)], [run("b", "a mug", "2" * 64)])


def test_the_page_shows_pictures_and_requests_and_no_side(home: Home) -> None:
    import numpy as np

    store = DirectoryStore(home)
    images = [np.full((40, 40, 3), level, np.uint8) for level in (50, 200)]
    digests = [store.put("demo", encode_png(image), "image/png").digest for image in images]
    held = study_of([run("alpha", "<b>a can</b>", digests[0])], [run("beta", "<b>a can</b>", digests[1])])
    page = study_page(held, store)
    assert page.count("data:image/webp") == 4
    assert "<b>a can" not in page
    assert "run-alpha" not in page and "run-beta" not in page and digests[0] not in page and "a_left" not in page


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")
