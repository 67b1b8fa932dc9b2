"""A request with words to set, from the command line to the pictures: set, read back, off the product, on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from domain.run import RunView
from tests.commands import Result, call
from tools.judges import read_text
from tools.judges.words import cover_of

Command = Callable[..., Result]
REQUEST = 'face cream on a marble bathroom shelf, morning light, with the text "Glow" and "New this autumn"'


@pytest.fixture(scope="module")
def worded(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunView, Path]:
    out = tmp_path_factory.mktemp("words")
    result = call(demo_home, "create", REQUEST, "--option", "quick", "--out", str(out), "--json")
    assert result.code == 0, result.err
    return RunView.model_validate_json(result.out), out


def test_it_ends_in_review_with_the_words_on_every_finalist(worded: tuple[RunView, Path]) -> None:
    view, _ = worded
    assert view.status == "review"
    assert not view.cannot_draw
    finalists = [c for c in view.candidates if c.id in view.shortlist]
    assert finalists
    for candidate in finalists:
        assert [block.text for block in candidate.composition.text_blocks] == ["Glow", "New this autumn"]
        findings = {finding.check: finding for finding in candidate.findings}
        assert findings["legibility"].evidence["words_contrast"] >= 4.5
        assert findings["unwanted_text"].verdict != "fail"
        assert findings["product_lock"].evidence["exact"] == 1.0


def test_the_words_can_be_read_in_the_files_and_lie_off_the_product(worded: tuple[RunView, Path]) -> None:
    view, out = worded
    by_id = {candidate.id: candidate for candidate in view.candidates}
    read = []
    for number, name in enumerate(view.shortlist, start=1):
        (file,) = out.glob(f"{number}-*.png")
        with Image.open(file) as opened:
            picture = np.asarray(opened.convert("RGB"))
        composition = by_id[name].composition
        assert composition.mask is not None
        with Image.open(composition.mask.path) as opened:
            product = np.asarray(opened.convert("L"))
        height, width = picture.shape[:2]
        cover = cover_of(composition.text_blocks, width, height)
        assert not (cv2.dilate(product, np.ones((9, 9), np.uint8)) > 0)[cover > 0].any()
        read.append({found.text for found in read_text(picture, product)})
    assert any({"Glow", "New this autumn"} <= texts for texts in read), read


def test_words_no_typeface_here_holds_are_named_before_anything_is_drawn(onbrand: Command) -> None:
    result = onbrand("create", 'our lemon can on a beach with the text "日本の夏"', "--option", "quick", "--json")
    assert result.code == 4
    assert any("日" in thing for thing in result.document["cannot_draw"])
    assert "leave it out" in result.document["failure"]["hint"]
