"""Rules a person states for work to come: which sentences are one, and what is kept of them."""

from __future__ import annotations

import pytest

from tools.language import BuiltinReader
from tools.language.standing_rules import stated_rules


def rules(request: str) -> list[tuple[str, str]]:
    return [(rule.field, rule.value) for rule in stated_rules(request, BuiltinReader(), "demo", ("Solara",))]


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        ("our lemon can on a terrace. We never use snow.", [("avoid", "snow")]),
        ("We never use snow, and always shoot at golden hour", [("avoid", "snow"), ("light", "golden hour")]),
        ("Solara never uses snow", [("avoid", "snow")]),
        ("we don't ever use snow", [("avoid", "snow")]),
        ("our brand never shows alcohol", [("avoid", "alcohol")]),
        ("from now on, always for Sweden and Norway", [("markets", "SE"), ("markets", "NO")]),
        ("By default, 4 pictures at 1080x1350", [("count", "4"), ("size", "1080x1350")]),
        ("Remember: no people, no cars", [("avoid", "people"), ("avoid", "cars")]),
        ("our default market is Norway", [("markets", "NO")]),
        ("We always put our can on a terrace", [("background", "terrace")]),
    ],
)
def test_a_rule_of_the_brand_is_kept_by_field(request_: str, kept: list[tuple[str, str]]) -> None:
    found = rules(request_)
    assert sorted(found) == sorted(kept)


@pytest.mark.parametrize(
    "request_",
    [
        "never show people",
        "our lemon can on a terrace, no snow",
        'our can with the text "We never stop"',
        "our can with the words “we always shine” in summer",
        "Our customers always buy two cans in summer",
        "People always love snow. Our lemon can on a terrace",
        "our can has always been red",
    ],
)
def test_a_wish_for_this_picture_alone_is_not_remembered(request_: str) -> None:
    assert rules(request_) == []


def test_products_and_wording_are_never_remembered() -> None:
    assert rules('from now on our lemon can with the text "Hej" for Sweden') == [("markets", "SE")]


def test_who_speaks_for_themselves_states_a_rule_of_their_own() -> None:
    reader = BuiltinReader()
    (mine,) = stated_rules("our lemon can. I always want Instagram", reader, "demo")
    (ours,) = stated_rules("our lemon can. We always want Instagram", reader, "demo")
    assert mine.personal
    assert not ours.personal
    assert mine.said == "I always want Instagram"
