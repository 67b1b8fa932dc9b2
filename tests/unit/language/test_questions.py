"""Questions: only what is open, most useful first, each with a default; and the Brief after the answers."""

from __future__ import annotations

from datetime import date

import pytest

from domain.assets import Asset, AssetHit, AssetKind
from domain.brief import Brief, Question
from domain.composition import Scene
from domain.errors import BadInput
from domain.rules import BrandBook
from domain.values import Origin, Size
from tools.imaging.scenes import catalogue
from tools.language import BuiltinReader, apply_answer, assume_defaults, questions

READER = BuiltinReader()
FULL = "our can on a terrace, for Sweden, Instagram"


def hit(name: str, score: float) -> AssetHit:
    asset = Asset(
        id=name,
        brand="demo",
        kind=AssetKind.PRODUCT,
        title=name.replace("-", " ").capitalize(),
        digest="0" * 64,
        size=Size(width=100, height=100),
    )
    return AssetHit(asset=asset, score=score)


def asked(
    request: str,
    hits: tuple[AssetHit, ...] = (hit("can", 0.9),),
    scenes: tuple[Scene, ...] = catalogue()[:4],
    book: BrandBook | None = None,
) -> dict[str, Question]:
    found = questions(
        READER.read(request, "demo"), product_hits=hits, background_hits=scenes, known_markets=("EU27", "SE"), book=book
    )
    assert [q.gain for q in found] == sorted((q.gain for q in found), reverse=True)
    assert len({q.id for q in found}) == len(found)
    return {q.id: q for q in found}


def test_a_complete_request_leaves_nothing_to_ask() -> None:
    assert asked(FULL) == {}


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ("our can, for Sweden, Instagram", {"background"}),
        ("our can on a terrace, Instagram", {"market"}),
        ("our can on a terrace, for Sweden", {"channel"}),
        ("on a terrace, for Sweden, Instagram", {"product"}),
        ("our can with oranges on a terrace, for Sweden, Instagram", {"props"}),
        ("our can", {"background", "market", "channel"}),
    ],
)
def test_only_what_was_not_said_is_asked(request_: str, left: set[str]) -> None:
    assert set(asked(request_)) == left


def test_every_question_has_a_default_among_its_replies_unless_required() -> None:
    for question in asked("our can with a woman").values():
        assert question.required or question.default in {reply.value for reply in question.replies}
        assert question.why


def test_a_missing_product_is_required_and_has_no_default() -> None:
    question = asked(FULL, hits=())["product"]
    assert question.required and question.default is None and question.gain == 1.0


def test_two_equally_good_products_are_asked_about_and_a_clear_winner_is_not() -> None:
    assert "product" in asked(FULL, hits=(hit("can-red", 0.81), hit("can-blue", 0.80)))
    assert "product" not in asked(FULL, hits=(hit("can-red", 0.9), hit("can-blue", 0.6)))


def test_the_country_of_the_place_is_offered_and_not_assumed() -> None:
    question = asked("our can in Paris, Instagram")["market"]
    assert question.replies[0].value == "FR" and question.default == "none"


def test_the_brand_book_sets_the_defaults() -> None:
    book = BrandBook(
        brand="demo",
        name="Demo",
        version="1",
        dated=date(2026, 11, 1),
        default_markets=("SE",),
        default_channels=("linkedin",),
    )
    found = asked("our can on a terrace", book=book)
    assert (found["market"].default, found["channel"].default) == ("SE", "linkedin")


def answered(request: str, name: str, answer: str) -> Brief:
    return apply_answer(READER.read(request, "demo"), asked(request)[name], answer)


@pytest.mark.parametrize("answer", ["SE", "Sweden", "Stockholm", "se", "Swedish"])
def test_a_market_may_be_answered_by_code_country_or_city(answer: str) -> None:
    (market,) = answered("our can on a terrace, Instagram", "market", answer).markets
    assert (market.value, market.origin) == ("SE", Origin.ANSWERED)


def test_a_channel_may_be_answered_by_id_or_name() -> None:
    brief = answered("our can on a terrace, for Sweden", "channel", "TikTok and Facebook")
    assert [c.value for c in brief.channels] == ["tiktok", "facebook"]


@pytest.mark.parametrize(("name", "answer"), [("market", "Atlantis"), ("channel", "carrier pigeon")])
def test_an_answer_that_names_nothing_is_refused_with_a_hint(name: str, answer: str) -> None:
    with pytest.raises(BadInput) as refusal:
        answered("our can", name, answer)
    assert refusal.value.hint


def test_going_on_without_the_props_removes_them_and_says_so() -> None:
    request = "our bottle next to a lantern, with oranges on a terrace"
    brief = answered(request, "props", "without")
    assert brief.props == () and brief.relations == ()
    assert any("lantern" in note and "oranges" in note for note in brief.notes)


def test_keeping_the_props_is_not_asked_again() -> None:
    brief = answered("our bottle with oranges on a terrace", "props", "keep")
    again = questions(brief, product_hits=[hit("bottle", 0.9)], background_hits=(), known_markets=(), book=None)
    assert "props" not in {q.id for q in again}


def test_defaults_are_marked_as_assumed() -> None:
    brief = READER.read("our can", "demo")
    after = assume_defaults(brief, asked("our can").values())
    assert after.background is not None and after.background.origin is Origin.ASSUMED
    assert "background: " + after.background.value in after.assumed()
    assert after.markets == () and after.channels == ()


def test_a_place_in_ones_own_words_is_taken() -> None:
    brief = answered("our can, for Sweden, Instagram", "background", "a jetty at a lake")
    assert brief.background is not None and brief.background.origin is Origin.ANSWERED
