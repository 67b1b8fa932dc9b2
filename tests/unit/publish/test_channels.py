import pytest

from domain.errors import BadInput, NotFound
from domain.values import Edges, Size
from tools.publish.channels import canvas_for, channel, channels, covered_by, parse_aspect


def test_every_channel_says_where_its_size_comes_from():
    for entry in channels():
        assert entry.source, entry.id
        assert entry.formats, entry.id


def test_no_two_channels_share_a_name():
    names = [name for entry in channels() for name in (entry.id, *(n for n in entry.names if n != entry.id))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("said", "found"),
    [("Instagram", "instagram"), ("insta story", "instagram-story"), ("Instagram_Story", "instagram-story"),
     ("Twitter", "x"), ("newsletter", "email-header")],
)
def test_a_channel_is_found_by_its_names(said, found):
    assert channel(said).id == found


def test_an_unknown_channel_is_not_found_and_close_ones_are_offered():
    with pytest.raises(NotFound) as caught:
        channel("instagrm")
    assert "Did you mean instagram" in caught.value.hint
    with pytest.raises(NotFound) as caught:
        channel("<script>")
    assert "print-a4" in caught.value.hint


@pytest.mark.parametrize(
    ("names", "size", "aspect", "canvas"),
    [
        ((), None, None, "1024x1024"),
        (("instagram",), None, None, "1080x1350"),
        (("instagram",), Size(width=800, height=600), None, "800x600"),
        (("tiktok", "instagram"), None, None, "1080x1920"),
        (("x", "web-hero"), None, None, "1920x1080"),
        (("display-728x90",), None, None, "2184x270"),
        ((), None, "4:5", "912x1152"),
        ((), None, "square", "1024x1024"),
    ],
)
def test_the_canvas_follows_size_then_channel_then_aspect(names, size, aspect, canvas):
    assert str(canvas_for(names, size, aspect)) == canvas


@pytest.mark.parametrize("text", ["", "wide-ish", "0:1", "1:0", "1:400", "nan:1"])
def test_an_unreadable_aspect_is_bad_input(text):
    with pytest.raises(BadInput):
        parse_aspect(text)


def test_what_channels_of_an_aspect_cover_is_added_up_and_others_do_not_count():
    story = Size(width=1080, height=1920)
    assert covered_by(("instagram-story",), story) == Edges(top=0.14, bottom=0.20)
    assert covered_by(("instagram-story", "tiktok", "instagram"), story) == Edges(top=0.14, bottom=0.22, right=0.16)
    assert covered_by(("instagram-story",), Size(width=1080, height=1080)) == Edges()
    assert covered_by((), story) == Edges()
