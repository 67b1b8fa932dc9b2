"""Feedback: which candidates, which field, which way, how far; and what was not understood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candidate import Candidate, EditTarget, Scalar
from domain.composition import Caption, Composition, Scene, SceneKind, SceneRef, Settings, Wording
from domain.values import Light, Point, Size
from tools.language import read_feedback

SCENES = [
    Scene(
        id="plate:terrace-noon",
        kind=SceneKind.PLATE,
        title="Travertine ledge over a blurred sea",
        light=Light.NOON,
        tags=("terrace", "sea view"),
        surface="travertine",
    ),
    Scene(
        id="plate:beach-golden", kind=SceneKind.PLATE, title="Wind-rippled sand", light=Light.GOLDEN, tags=("beach",)
    ),
    Scene(
        id="plate:terrace-golden",
        kind=SceneKind.PLATE,
        title="Terrace late",
        light=Light.GOLDEN,
        tags=("terrace", "sea view"),
    ),
    Scene(
        id="flat_lay:linen", kind=SceneKind.FLAT_LAY, title="Linen from above", light=Light.WINDOW, tags=("flat lay",)
    ),
]


def candidate(number: int, scene: str, **settings_: float) -> Candidate:
    return Candidate(
        id=f"c0-{number:02d}",
        caption=Caption(subject="a can"),
        scene=SceneRef(id=scene),
        products=("can",),
        seed=number,
        composition=Composition(canvas=Size(width=1080, height=1350), scale=0.4, centre=Point(x=0.5, y=0.6)),
        settings=Settings(**settings_),
    )


SHOWN = [
    candidate(1, "plate:terrace-noon"),
    candidate(2, "plate:beach-golden", exposure=0.5),
    candidate(3, "flat_lay:linen"),
]


def changes(text: str) -> dict[str, Scalar]:
    return {f"{c.target.value}.{c.field}": c.amount for c in read_feedback(text, SHOWN, SCENES).changes}


@pytest.mark.parametrize(
    ("words", "field", "way"),
    [
        ("make the can bigger", "composition.scale", 1),
        ("a bit smaller", "composition.scale", -1),
        ("it's too big", "composition.scale", -1),
        ("not big enough", "composition.scale", 1),
        ("zoom out", "composition.scale", -1),
        ("brighter", "generator.exposure", 1),
        ("too dark", "generator.exposure", 1),
        ("not so bright", "generator.exposure", -1),
        ("it looks gloomy", "generator.exposure", 1),
        ("more light", "generator.exposure", 1),
        ("warmer light", "generator.warmth", 1),
        ("the light is too cold", "generator.warmth", 1),
        ("less warm", "generator.warmth", -1),
        ("more contrast", "generator.contrast", 1),
        ("looks flat", "generator.contrast", 1),
        ("less shadow", "generator.shadow", -1),
        ("too much shadow", "generator.shadow", -1),
        ("not enough shadow", "generator.shadow", 1),
        ("softer light", "generator.shadow", -1),
        ("blurrier background", "generator.defocus", 1),
        ("the background is too busy", "generator.defocus", 1),
        ("sharper background", "generator.defocus", -1),
        ("less blurry background", "generator.defocus", -1),
        ("tone down the colours", "generator.saturation", -1),
        ("more vivid", "generator.saturation", 1),
        ("more grain", "generator.grain", 1),
        ("less reflection", "generator.reflection", -1),
        ("move it to the left", "composition.centre.x", -1),
        ("further right", "composition.centre.x", 1),
        ("a little higher", "composition.centre.y", -1),
        ("move it down", "composition.centre.y", 1),
    ],
)
def test_a_wish_changes_its_field_the_right_way(words: str, field: str, way: int) -> None:
    now: dict[str, float] = {f"generator.{k}": v for k, v in SHOWN[0].settings.model_dump().items()}
    now |= {"composition.scale": 1.0, "composition.centre.x": 0.5, "composition.centre.y": 0.6}
    found = changes(words)
    assert list(found) == [field]
    assert isinstance(found[field], float)
    assert (float(found[field]) - now[field]) * way > 0  # type: ignore[arg-type]


def test_degrees_scale_the_step() -> None:
    little, plain, much = (changes(f"{d} bigger")["composition.scale"] for d in ("a bit", "", "a lot"))
    assert 1 < float(little or 0) < float(plain or 0) < float(much or 0)
    assert changes("make it 20% smaller") == {"composition.scale": 0.8}
    assert changes("twice as big") == {"composition.scale": 2.0}


def test_no_shadow_takes_all_of_it_away() -> None:
    assert changes("no shadow please") == {"generator.shadow": 0.0}


def test_several_wishes_in_one_sentence_are_all_read() -> None:
    assert set(changes("make the can bigger, warmer light and less shadow")) == {
        "composition.scale",
        "generator.warmth",
        "generator.shadow",
    }


def test_values_are_taken_from_the_candidate_meant() -> None:
    feedback = read_feedback("the second one brighter", SHOWN, SCENES)
    assert feedback.about == ("c0-02",)
    assert feedback.changes[0].amount == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("I like the first one", ("c0-01",)),
        ("2 is best", ("c0-02",)),
        ("#3 warmer", ("c0-03",)),
        ("number 2 bigger", ("c0-02",)),
        ("the last one but brighter", ("c0-03",)),
        ("2 and 3 larger", ("c0-02", "c0-03")),
        ("all of them darker", ("c0-01", "c0-02", "c0-03")),
        ("c0-02 colder", ("c0-02",)),
        ("I don't like the third", ("c0-01", "c0-02")),
        ("brighter", ()),
        ("make it 2% bigger", ()),
        ("the ninth one", ()),
    ],
)
def test_candidates_are_found_by_number_word_or_id(words: str, about: tuple[str, ...]) -> None:
    assert read_feedback(words, SHOWN, SCENES).about == about


def test_one_candidate_may_borrow_from_another() -> None:
    feedback = read_feedback("like 2 but with 3's background", SHOWN, SCENES)
    assert feedback.about == ("c0-02",)
    assert {(c.target, c.field, c.amount) for c in feedback.changes} >= {
        (EditTarget.BACKGROUND, "scene", "flat_lay:linen")
    }


@pytest.mark.parametrize(
    ("words", "scene"),
    [
        ("on the beach instead", "plate:beach-golden"),
        ("different background", None),
        ("golden hour", "plate:terrace-golden"),
        ("use the terrace at sunset", "plate:terrace-golden"),
    ],
)
def test_another_background_is_a_planned_scene_or_the_next_best(words: str, scene: str | None) -> None:
    assert changes(words) == {"background.scene": scene}


def test_a_place_no_planned_scene_shows_is_said_so() -> None:
    feedback = read_feedback("put it in the desert", SHOWN, SCENES)
    assert feedback.changes == () and "desert" in feedback.not_understood


def test_a_standing_product_is_not_tipped_over_but_a_lying_one_turns() -> None:
    assert list(changes("rotate it a little")) == ["composition.roll"]
    assert abs(float(changes("rotate it a lot")["composition.roll"] or 0)) <= 1.5
    feedback = read_feedback("rotate the third 20 degrees left", SHOWN, SCENES)
    assert [(c.field, c.amount) for c in feedback.changes] == [("rotation", -20.0)]


def test_mirror_swaps_the_scene() -> None:
    assert changes("flip it") == {"background.mirrored": True}


@pytest.mark.parametrize("words", ["approve the first", "publish it now", "looks good, ship it"])
def test_words_of_approval_change_and_approve_nothing(words: str) -> None:
    feedback = read_feedback(words, SHOWN, SCENES)
    assert feedback.changes == () and "separate step" in feedback.not_understood


def test_the_product_itself_is_never_recoloured() -> None:
    feedback = read_feedback("make the label brighter", SHOWN, SCENES)
    assert feedback.changes == () and "stay as they are" in feedback.not_understood


@pytest.mark.parametrize("words", ["asdfgh", "don't make it bigger", "more je ne sais quoi"])
def test_what_is_not_understood_is_handed_back(words: str) -> None:
    feedback = read_feedback(words, SHOWN, SCENES)
    assert feedback.changes == () and feedback.not_understood


@pytest.mark.parametrize("words", ["", "I love it!", "great, thanks"])
def test_praise_changes_nothing_and_loses_nothing(words: str) -> None:
    feedback = read_feedback(words, SHOWN, SCENES)
    assert (feedback.changes, feedback.not_understood) == ((), "")


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_valid_changes_or_none(text: str) -> None:
    for change in read_feedback(text, SHOWN, SCENES).changes:
        if change.target is EditTarget.GENERATOR:
            Settings(**{change.field: change.amount})


def test_without_candidates_nothing_is_changed() -> None:
    feedback = read_feedback("bigger", [], SCENES)
    assert feedback.changes == () and feedback.not_understood


WORDED = [
    c.model_copy(update={"composition": c.composition.model_copy(update={"wording": Wording(texts=("Glow",))})})
    for c in SHOWN
]


@pytest.mark.parametrize(
    ("words", "field", "amount"),
    [
        ("bigger text", "wording.size", 1.25),
        ("make the headline smaller", "wording.size", 0.8),
        ("the text is too big", "wording.size", 0.8),
        ("the words are too small", "wording.size", 1.25),
        ("move the text to the top", "wording.place", "top"),
        ("put the slogan on the left", "wording.place", "left"),
        ("text below the can please", "wording.place", "bottom"),
        ("remove the text", "wording.place", "none"),
        ("no words please", "wording.place", "none"),
    ],
)
def test_the_words_on_the_picture_are_sized_moved_and_left_off(words: str, field: str, amount: Scalar) -> None:
    (change,) = read_feedback(words, WORDED, SCENES).changes
    assert (change.target, change.field, change.amount) == (EditTarget.COMPOSITION, field, amount)


def test_the_product_and_the_words_can_be_changed_in_one_sentence() -> None:
    feedback = read_feedback("make the can bigger and the text smaller", WORDED, SCENES)
    assert {c.field for c in feedback.changes} == {"scale", "wording.size"}
    feedback = read_feedback("bigger text at the bottom", WORDED, SCENES)
    assert {c.field: c.amount for c in feedback.changes} == {"wording.size": 1.25, "wording.place": "bottom"}


@pytest.mark.parametrize("words", ["another font", "change the words to Fresh", "remove the text from the label"])
def test_what_cannot_be_done_to_words_is_handed_back(words: str) -> None:
    feedback = read_feedback(words, WORDED, SCENES)
    assert not feedback.changes
    assert feedback.not_understood


def test_words_are_not_changed_where_there_are_none() -> None:
    feedback = read_feedback("bigger text", SHOWN, SCENES)
    assert not feedback.changes
    assert "no words are set" in feedback.not_understood
