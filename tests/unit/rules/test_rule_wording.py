import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.brief import ProductMention
from domain.errors import Misconfigured
from tools.rules.topics import search, sectors_in
from tools.rules.wording import find, read
from tools.rules.work import described


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a cold beer on ice", ("beer",)),
        ("two beers and wines", ("beer", "wine")),
        ("BEER!", ("beer",)),
        ("no beer", ()),
        ("without any beer or wine", ()),
        ("no people, cars or beer", ()),
        ("no people, a cold beer", ("beer",)),
        ("no people and a beer", ("beer",)),
        ("no people but beer", ("beer",)),
        ("no people. Beer everywhere", ("beer",)),
        ("not only beer", ("beer",)),
        ("nothing with glitter, just beer", ("beer",)),
        ("ginger beer in a wine red room", ()),
        ("ginger beer beside a beer", ("beer",)),
        ("an alcohol-free beer", ()),
        ("a non-alcoholic wine", ()),
        ("a beer-free street with a wine bar", ("wine",)),
        ("cider vinegar", ()),
        ("a beard and a beery smell", ()),
        ("wineries", ()),
        ("b\u00adeer", ("beer",)),
        ("ｂｅｅｒ", ("beer",)),
        ("en kall öl", ("öl",)),
        ("whisky-coloured velvet", ()),
        ("a beer-colored glass of beer", ("beer",)),
        ("a wine bottle-shaped lamp", ("wine",)),
        ("a champagne shaped lamp", ()),
    ],
)
def test_alcohol_is_found_where_it_is_meant(text, found):
    assert search(read(text), ("@alcohol",)) == found


@pytest.mark.parametrize(
    ("text", "term", "there"),
    [
        ("she is driving", "drive", True),
        ("stopped and skipped", "stop", True),
        ("stories", "story", True),
        ("the dog's bowl", "dog", True),
        ("caring for cargo", "car", False),
        ("carpet scar", "car", False),
        ("eco friendly", "eco-friendly", True),
        ("eco-friendly", "eco friendly", True),
        ("miljövänligare val", "miljövänlig*", True),
        ("glass", "glas", False),
    ],
)
def test_words_match_whole_and_in_their_plain_inflections(text, term, there):
    assert bool(find(read(text), (term,))) is there


@pytest.mark.parametrize(
    ("text", "topic", "there"),
    [
        ("only 19 kr", "@price-claim", True),
        ("the world’s best", "@superlative-claim", True),
        ("kind to the planet", "@green-claim", True),
        ("car-free city", "@car", False),
        ("€2.50", "@price-claim", True),
        ("save 30% off", "@price-claim", True),
        ("330 ml", "@price-claim", False),
        ("5,2 l/100 km", "@consumption", True),
        ("15.1 kWh/100 km", "@consumption", True),
        ("120 g/km", "@co2", True),
        ("Alc. 4.7% vol", "@alcohol-strength", True),
        ("4,7 % vol", "@alcohol-strength", True),
        ("40% vol", "@strong-alcohol", True),
        ("4.7% vol", "@strong-alcohol", False),
        ("#1 in taste", "@superlative-claim", True),
        ("hot dog stand", "@dog", False),
        ("hero shots", "@intoxication", False),
        ("spring water", "@season", False),
    ],
)
def test_numbers_and_phrases_are_read_as_meant(text, topic, there):
    assert bool(search(read(text), (topic,))) is there


def test_a_work_is_about_cars_when_its_words_are():
    assert sectors_in(read("our new SUV in the rain")) == {"cars"}
    assert sectors_in(read("a toy car for children")) == frozenset()


def test_an_unknown_word_list_is_named():
    with pytest.raises(Misconfigured, match="@colour"):
        search(read("red"), ("@colour",))


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text):
    assert isinstance(search(read(text), ("@alcohol", "@price-claim", "sun")), tuple)


@given(st.sampled_from(["beer", "wine", "vodka"]), st.sampled_from(["no", "without", "never"]))
def test_a_negator_before_the_word_always_hides_it(word, negator):
    assert search(read(f"our can, {negator} {word}"), ("@alcohol",)) == ()


@pytest.mark.parametrize(
    ("text", "sectors"),
    [
        ("a car-shaped lunch box", set()),
        ("a car beside a lunch box", {"cars"}),
        ("a convertible crib", set()),
        ("a convertible by the sea", {"cars"}),
    ],
)
def test_a_thing_made_like_another_is_not_of_its_trade(text, sectors):
    assert sectors_in(read(text)) == sectors


def test_a_shape_still_counts_where_a_rule_is_about_no_trade():
    assert search(read("a knife-shaped toy"), ("@child-danger",)) == ("knife",)


def test_a_product_is_described_with_each_word_once():
    sofa = ProductMention(text="convertible velvet sofa", noun="sofa", attributes=("convertible",), colours=("red",))
    assert described(sofa) == "red convertible velvet sofa"
