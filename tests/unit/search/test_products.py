"""Another product is never put in its place: what fits a description, and what does not."""

from __future__ import annotations

import pytest

from domain.assets import Asset, AssetHit
from domain.brief import ProductMention
from domain.values import Size
from tools.search import StaticEmbedder, find_products

EMBEDDER = StaticEmbedder()


def product(asset_id: str, title: str, tags: str = "", colours: str = "", description: str = "") -> Asset:
    return Asset(
        id=asset_id, brand="solara", kind="product", title=title, description=description,
        tags=tuple(tags.split(", ")) if tags else (), colours=tuple(colours.split(", ")) if colours else (),
        digest="0" * 64, size=Size(width=64, height=64),
    )


LIBRARY = (
    product("can-blood-orange", "Solara Blood Orange, 330 ml can", "can, drink, soda", "orange, red"),
    product("can-lemon", "Solara Lemon, 330 ml can", "can, drink, soda", "yellow"),
    product("can-lemon-500", "Solara Lemon, 500 ml can", "can, drink, soda", "yellow"),
    product("beer", "Nordlys alcohol-free pilsner", "beer, bottle", "brown"),
    product("mug-red", "Stoneware mug, red", "mug, cup, tea, coffee", "red", "Handmade mug with a glossy glaze"),
    product("mug-blue", "Stoneware mug, blue", "mug, cup, tea, coffee", "blue"),
    product("kettle", "Enamel kettle", "kettle", "blue"),
    product("chair", "Vika chair", "chair", "", "Solid oak with a woven seat"),
    product("shoe", "Court sneaker", "sneaker, shoe", "white", "White leather with a gum sole"),
    product("theremin", "Etherwave theremin", "theremin, instrument", "black"),
    product("gin", "Skerry dry gin, 70 cl", "gin, bottle, spirits", "clear"),
    product("lamp", "Pivot desk lamp", "lamp, desk lamp", "gold"),
    product("cream", "Aurelia night cream", "cream, jar, skincare", "white"),
    product("watch", "Abyss diver's watch", "watch", "blue, silver"),
    product("candle", "Cedar scented candle", "candle, home fragrance", "grey"),
)


def ask(text: str, noun: str = "", **more: tuple[str, ...]) -> tuple[list[str], tuple[AssetHit, ...]]:
    hits, near = find_products(ProductMention(text=text, noun=noun, **more), LIBRARY, EMBEDDER)
    return [hit.asset.id for hit in hits], near


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("our blood-orange can", "can-blood-orange"), ("the blood orange tin", "can-blood-orange"),
        ("a can of Solara Blood Orange on a sunlit terrace", "can-blood-orange"), ("orange can", "can-blood-orange"),
        ("500 ml can of lemon soda", "can-lemon-500"), ("two red mugs", "mug-red"), ("scarlet cup", "mug-red"),
        ("blue coffee cup", "mug-blue"), ("mug of cocoa in blue", "mug-blue"), ("navy mug", "mug-blue"),
        ("kettle", "kettle"), ("wooden chair", "chair"), ("white leather trainers", "shoe"), ("footwear", "shoe"),
        ("non-alcoholic beer", "beer"), ("pilsner without alcohol", "beer"), ("theremins", "theremin"),
        ("blod orange can", "can-blood-orange"), ("red mugg", "mug-red"), ("scented candel", "candle"),
        ("handmade red mug", "mug-red"), ("330 ml lemon soda in the yellow tin", "can-lemon"), ("spirits", "gin"),
        ("a watch with a blue face", "watch"), ("0.7 litre gin", "gin"), ("kettle in the kitchen", "kettle"),
        ("ice-cold lemon can, 33 cl", "can-lemon"),
    ],
)
def test_a_description_finds_its_product_first(text: str, first: str) -> None:
    assert ask(text)[0][:1] == [first]


@pytest.mark.parametrize(
    "text",
    [
        "red car", "grapefruit can", "hibiscus can", "blood orange bottle", "black mug", "green kettle", "red teapot",
        "oak table", "metal chair", "canvas sneaker", "brown leather boots", "decaf coffee", "tea", "wine bottle",
        "1 l can", "Aurelia serum", "trumpet", "perfume", "mountain bike", "laptop", "mug with a dinosaur print",
        "Fizzo can", "fizzo can", "blackcurrant soda",
        "electric kettle", "hand cream", "day cream", "floor lamp", "vodka", "watch strap", "rocking chair",
        "half a litre of gin",
    ],
)
def test_nothing_is_offered_when_the_library_lacks_the_product(text: str) -> None:
    assert ask(text)[0] == []


def test_a_word_that_is_no_misspelling_is_never_bent_into_a_product() -> None:
    # "cart" is one letter from "car", "bead" from "bread", "mat" from "mug": each is a word of its own.
    assert ask("shopping cart")[0] == []
    assert ask("glass bead")[0] == []


def test_what_came_near_is_named_with_the_reason_and_kept_apart() -> None:
    hits, near = ask("grapefruit can")
    assert hits == []
    assert {hit.asset.id for hit in near[:3]} == {"can-blood-orange", "can-lemon", "can-lemon-500"}
    assert all(hit.score < 0.5 for hit in near)
    assert "grapefruit" in near[0].why


def test_a_bare_noun_fits_every_product_of_its_kind_and_no_other() -> None:
    assert set(ask("can")[0]) == {"can-blood-orange", "can-lemon", "can-lemon-500"}
    assert set(ask("cup")[0]) == {"mug-red", "mug-blue"}


def test_the_mentions_own_noun_colours_and_attributes_count_beside_its_text() -> None:
    assert ask("the one for tea", noun="mug", colours=("red",))[0] == ["mug-red"]
    assert ask("can", noun="can", attributes=("blood orange",))[0] == ["can-blood-orange"]


def test_a_mention_that_names_an_asset_gets_it_alone() -> None:
    hits, near = find_products(ProductMention(text="the can", noun="can", asset="kettle"), LIBRARY, EMBEDDER)
    assert [(hit.asset.id, hit.score) for hit in hits] == [("kettle", 1.0)]
    assert near == ()


def test_at_most_as_many_as_asked_for_best_first() -> None:
    hits, _ = find_products(ProductMention(text="drink", noun="drink"), LIBRARY, EMBEDDER, limit=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score >= 0.5


def test_an_empty_library_answers_with_nothing() -> None:
    assert find_products(ProductMention(text="can", noun="can"), (), EMBEDDER) == ((), ())


@pytest.mark.parametrize("text", ["", "our new", "the", "???"])
def test_words_that_name_nothing_find_nothing(text: str) -> None:
    assert ask(text, noun="")[0] == []
