"""What is given beside the words of a request is read before anything begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import BadInput
from service.cli.create import answers_of, box_of, checked_size, writable


def test_answers_keep_what_follows_the_first_equals_sign() -> None:
    assert answers_of(["product=solara-lemon-can", "text=2 + 2 = 4"]) == {
        "product": "solara-lemon-can",
        "text": "2 + 2 = 4",
    }
    assert answers_of([]) == {}


@pytest.mark.parametrize("text", ["product", "=solara", "product=", ""])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="answer") as caught:
        answers_of([text])
    assert "ID=VALUE" in caught.value.hint


def test_a_box_is_four_numbers() -> None:
    assert box_of("12,30,400,500") == (12, 30, 400, 500)
    assert box_of(None) is None


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "1,2,0,5", "", "-4,0,10,10"])
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="box"):
        box_of(text)


def test_a_size_is_width_and_height_within_what_can_be_drawn() -> None:
    assert checked_size("1080x1350") == "1080x1350"
    assert checked_size(None) is None
    for text in ("12x12", "9000x1024", "large", "1080"):
        with pytest.raises(BadInput):
            checked_size(text)


def test_a_folder_for_pictures_is_made_or_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    assert writable(None) is None
    assert writable(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert not list((tmp_path / "a" / "b").iterdir())
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be written"):
        writable(tmp_path / "file" / "pictures")
