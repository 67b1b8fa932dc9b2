"""Which scenes answer a brief, and what happens when none does."""

from __future__ import annotations

import pytest

from domain.brief import Brief, Part
from domain.composition import Scene
from domain.values import Light, Origin
from evals.search import load
from tools.search import StaticEmbedder, rank_scenes, search_scenes

EMBEDDER = StaticEmbedder()
SCENES = load().scenes


def said(value: str) -> Part[str]:
    return Part(value=value, origin=Origin.STATED, said=value)


def brief(**parts: object) -> Brief:
    return Brief(request="test", brand="solara", **parts)


def fitting(limit: int = 8, **parts: object) -> list[str]:
    return [match.scene.id for match in search_scenes(brief(**parts), SCENES, EMBEDDER, limit=limit) if match.fits]


@pytest.mark.parametrize(
    "nowhere",
    ["on the moon", "swimming pool", "coral reef", "football stadium", "hospital ward", "supermarket shelf",
     "inside a volcano", "castle ballroom", "gloop"],
)
def test_a_place_nobody_has_drawn_is_answered_with_scenes_below_the_floor(nowhere: str) -> None:
    matches = search_scenes(brief(background=said(nowhere)), SCENES, EMBEDDER)
    assert matches
    assert not any(match.fits for match in matches)
    assert all(nowhere in match.why for match in matches)


def test_a_named_town_is_answered_by_the_kind_of_place_and_the_reason_says_so() -> None:
    best = search_scenes(brief(background=said("a street in Lisbon")), SCENES, EMBEDDER)[0]
    assert (best.scene.id, best.fits) == ("plate:street-night", True)
    assert "nothing of lisbon" in best.why


def test_the_place_decides_and_the_light_orders() -> None:
    noon = fitting(background=said("terrace"), time_of_day=said("midday"))
    late = fitting(background=said("terrace"), time_of_day=said("sunset"))
    assert noon[0] == "plate:terrace-noon"
    assert late[0] == "plate:terrace-golden"
    assert set(noon[:2]) == set(late[:2])


def test_what_was_only_assumed_rules_nothing_out() -> None:
    assumed = Part(value="on the moon", origin=Origin.ASSUMED)
    assert len(fitting(background=assumed)) == 8


def test_with_nothing_said_the_brands_own_places_come_first_then_neutral_ones() -> None:
    matches = search_scenes(brief(), SCENES, EMBEDDER, preferred=("garden", "plate:gym-softbox"), limit=len(SCENES))
    assert {match.scene.id for match in matches[:2]} == {"plate:garden-morning", "plate:gym-softbox"}
    assert "studio" in matches[2].scene.id or "minimal" in matches[2].scene.tags or "studio" in matches[2].scene.tags
    assert all(match.fits for match in matches)
    assert matches[0].score > matches[2].score > matches[-1].score


def test_saying_something_lowers_what_does_not_answer_it() -> None:
    silent = {m.scene.id: m.score for m in search_scenes(brief(), SCENES, EMBEDDER, limit=len(SCENES))}
    asked = {m.scene.id: m.score for m in search_scenes(
        brief(background=said("beach")), SCENES, EMBEDDER, limit=len(SCENES))}
    assert asked["plate:beach-noon"] > silent["plate:beach-noon"]
    assert asked["plate:gym-softbox"] < 0.5 < silent["plate:gym-softbox"]


def test_what_must_not_be_seen_is_not_offered() -> None:
    matches = search_scenes(brief(background=said("terrace"), avoid=(said("olive trees"),)), SCENES, EMBEDDER)
    scores = {match.scene.id: match for match in matches}
    assert not scores["plate:terrace-noon"].fits
    assert "olive" in scores["plate:terrace-noon"].why
    assert scores["plate:terrace-golden"].fits


def test_seen_from_above_is_met_by_flat_lays_alone() -> None:
    assert set(fitting(camera=said("top-down"))) == {"flat:linen", "flat:oak"}
    assert fitting(background=said("wooden table"), style=said("flat lay")) == ["flat:oak"]


def test_a_flat_lay_is_not_the_first_answer_when_nobody_asked_for_one() -> None:
    assert fitting(surface=said("oak"))[0] == "plate:kitchen-morning"


def test_a_season_that_cannot_be_is_named_and_loses() -> None:
    winter = Scene(id="plate:beach-winter", kind="plate", title="Winter beach", light=Light.OVERCAST,
                   tags=("beach", "winter"))
    summer = Scene(id="plate:beach-summer", kind="plate", title="Beach", light=Light.NOON, tags=("beach", "summer"))
    parts = {"background": "beach", "season": "winter"}
    first, second = rank_scenes(parts, (summer, winter), EMBEDDER)
    assert first.scene.id == "plate:beach-winter"
    assert "summer, not winter" in second.why
    assert second.score < first.score - 0.1


def test_equal_scenes_come_in_the_order_of_their_ids_every_time() -> None:
    beach = Scene(id="plate:x", kind="plate", title="Beach", light=Light.NOON, tags=("beach",))
    twins = [beach.model_copy(update={"id": f"plate:{name}"}) for name in "cab"]
    orders = {tuple(m.scene.id for m in rank_scenes({"background": "beach"}, twins, EMBEDDER)) for _ in range(3)}
    assert orders == {("plate:a", "plate:b", "plate:c")}


def test_no_scenes_give_no_matches() -> None:
    assert list(search_scenes(brief(background=said("beach")), (), EMBEDDER)) == []
