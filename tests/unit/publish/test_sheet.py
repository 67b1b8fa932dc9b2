import io

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage import data as photos

from tools.publish.lettering import font, line, write
from tools.publish.sheet import WIDTH, Tile, contact_sheet, thumbnail

COFFEE, CAT = photos.coffee(), photos.chelsea()


def contains(sheet: np.ndarray, picture: np.ndarray) -> bool:
    """Whether the picture's mean colour stands somewhere in the sheet as a patch of its size."""
    rows = [sheet[y:y + 64, x:x + 64].reshape(-1, 3).mean(0) for y in range(0, sheet.shape[0], 32)
            for x in range(0, sheet.shape[1], 32)]
    middle = picture[picture.shape[0] // 2 - 16:, picture.shape[1] // 2 - 16:][:32, :32].reshape(-1, 3).mean(0)
    return bool(min(np.abs(row - middle).max() for row in rows) < 12)


def test_the_sheet_shows_shortlist_and_all_candidates():
    tiles = [Tile(COFFEE, "One", "passed"), Tile(CAT, "Two", "passed")]
    sheet = contact_sheet(tiles, [*tiles, Tile(CAT, "Three", "failed")], heading="a request", note="a run")
    assert sheet.shape[1:] == (WIDTH, 3)
    assert sheet.dtype == np.uint8
    assert contains(sheet, COFFEE)
    assert contains(sheet, CAT)
    assert sheet.shape[0] > contact_sheet(tiles, heading="a request", note="a run").shape[0]


def test_the_same_tiles_give_the_same_sheet():
    assert np.array_equal(contact_sheet([Tile(CAT, "One")]), contact_sheet([Tile(CAT, "One")]))


@pytest.mark.parametrize("title", ["", "x" * 5000, "line\nbreak\x00", "blåbär, 漢字 and 😀", "<b>"])
def test_any_title_fits_its_column(title):
    sheet = contact_sheet([Tile(CAT, title, title), Tile(CAT, "b")], heading=title, note=title)
    assert (sheet[:, -80:] == sheet[0, 0]).all()


def test_the_row_beneath_says_whether_it_shows_all_or_the_rest():
    chosen, other = Tile(CAT, "One"), Tile(CAT, "Two")
    everything = contact_sheet([chosen], [chosen, other])
    rest = contact_sheet([chosen], [other, other])
    assert everything.shape == rest.shape
    assert not np.array_equal(everything, rest)


def ink(text: str) -> np.ndarray:
    sheet = Pillow.new("RGB", (400, 80), "white")
    write(sheet, (10, 20), line(text, 40, 380), 40, (0, 0, 0))
    return np.asarray(sheet)[..., 0] < 128


@pytest.mark.parametrize(
    ("accented", "plain"), [("å", "a"), ("Ö", "O"), ("é", "e"), ("ñ", "n"), ("č", "c"), ("ü", "u")]
)
def test_an_accented_letter_is_its_plain_letter_with_a_mark_above(accented, plain):
    with_mark, without = ink(accented), ink(plain)
    top = np.flatnonzero(without.any(1)).min()
    assert np.array_equal(with_mark[top:], without[top:])
    assert with_mark[:top].any()
    assert not without[:top].any()


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("Łódź–Straße", "Lodz-Strasse"), ("5 €", "5 EUR "), ("漢字", "??"), ("a\u0301", "a"), ("a  b\tc", "a b c")],
)
def test_what_the_face_lacks_is_spelt_out_or_shown_as_missing(text, drawn):
    assert line(text, 40, 9999).plain == drawn


def test_a_line_too_long_ends_in_dots_and_fits():
    short = line("å" * 500, 20, 100)
    assert short.plain.endswith("...")
    assert font(20).getlength(short.plain) <= 100
    assert len(short.marks) == len(short.plain) - 3


def test_an_empty_sheet_is_an_empty_page():
    sheet = contact_sheet([], [])
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) == 1


def test_pictures_of_different_shapes_stand_on_one_line():
    tall, wide = np.full((900, 300, 3), 10, np.uint8), np.full((300, 900, 3), 10, np.uint8)
    sheet = contact_sheet([Tile(tall, ""), Tile(wide, "")])
    dark = (sheet == 10).all(-1)
    left, right = dark[:, :900], dark[:, 1100:]
    assert np.flatnonzero(left.any(1)).max() == np.flatnonzero(right.any(1)).max()


def test_a_thumbnail_is_a_small_webp_that_keeps_the_shape_and_never_grows():
    with Pillow.open(io.BytesIO(thumbnail(COFFEE, 240))) as picture:
        assert picture.format == "WEBP"
        assert picture.size == (240, 160)
    with Pillow.open(io.BytesIO(thumbnail(COFFEE, 4000))) as picture:
        assert picture.size == (600, 400)
