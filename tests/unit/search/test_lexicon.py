"""The lexicon holds together, and texts are read by its longest phrases."""

from __future__ import annotations

import pytest

from tools.search.lexicon import lexicon, product_words, scene_words, singular, tokens


def test_every_name_used_by_a_relation_exists() -> None:
    known = lexicon()
    products = {*known.products, *known.wider}
    assert {name for members in known.wider.values() for name in members} <= products
    assert {*known.containers, *known.vessels} <= products
    places = set(known.places)
    assert set(known.near) | {name for near in known.near.values() for name in near} <= places
    assert {name for members in known.implies.values() for name in members} | {*known.implies, *known.wide} <= places
    lights = {"noon", "morning", "golden", "dusk", "night", "overcast", "window", "softbox"}
    assert {light for answers in known.lights.values() for light in answers} <= lights
    basics = {basic for basic, shades in known.colours.items() if shades == (basic,)} | {"clear"}
    assert {basic for shades in known.colours.values() for basic in shades} <= basics


def test_no_product_word_means_two_products() -> None:
    twice = {
        key: [sense.name for sense in senses if sense.facet == "product"]
        for key, senses in product_words().senses.items()
        if sum(sense.facet == "product" for sense in senses) > 1
    }
    # "glasses" and "glass" share their singular; nothing else may be ambiguous.
    assert twice == {("glass",): ["glass", "glasses"]}


def test_the_longest_phrase_wins() -> None:
    terms = product_words().read(tokens("blood-orange coffee mugs"))
    assert [str(term) for term in terms] == ["blood orange", "coffee mug"]
    assert terms[1].names("product") == ("mug",)
    assert scene_words().read(tokens("city street"))[0].names("place") == ("street",)


def test_wider_words_reach_down_through_every_level() -> None:
    assert {"moisturiser", "day cream"} <= lexicon().narrower("skincare")
    assert lexicon().narrower("mug") == {"mug"}


@pytest.mark.parametrize(
    ("plural", "one"),
    [("mugs", "mug"), ("glasses", "glass"), ("berries", "berry"), ("brushes", "brush"), ("boxes", "box"),
     ("knives", "knife"), ("glass", "glass"), ("bus", "bus"), ("gas", "gas"), ("woods", "woods"), ("can", "can")],
)
def test_plain_plurals_lose_their_ending(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_accents_possessives_and_case_do_not_matter() -> None:
    assert tokens("Rosé, the Diver's  CAFÉ 0.0%") == ("rose", "the", "diver", "cafe", "0.0%")
