"""Caption agreement measures what it can, believes neither assumptions nor silence, and never passes by default."""

from __future__ import annotations

from typing import Any

import pytest

from domain.brief import Part, ProductMention
from domain.candidate import Verdict
from domain.values import Origin
from tests.unit.judges.conftest import Compose, brief, photograph, verdict
from tools.judges import Evidence
from tools.judges.agreement import colour_shares


@pytest.mark.parametrize(
    ("scene", "said", "agrees"),
    [
        ("plate:terrace-noon", {"background": "terrace"}, True),
        ("plate:terrace-noon", {"background": "balcony", "light": "sunlit", "season": "summer"}, True),
        ("plate:terrace-noon", {"background": "bathroom"}, False),
        ("plate:beach-golden", {"background": "seaside", "light": "golden hour"}, True),
        ("plate:beach-golden", {"light": "studio light"}, False),
        ("plate:garden-noon", {"time_of_day": "night"}, False),
        ("plate:garden-noon", {"time_of_day": "morning"}, True),
        ("plate:desk-night", {"time_of_day": "night", "background": "office"}, True),
        ("plate:desk-night", {"light": "daylight"}, False),
        ("plate:snow-morning", {"season": "summer"}, False),
        ("plate:snow-morning", {"season": "winter"}, True),
        ("plate:marble-window", {"surface": "marble"}, True),
        ("studio:sweep", {"background": "studio"}, True),
    ],
)
def test_light_place_and_season_are_held_against_the_scene(
    compose: Compose, scene: str, said: dict[str, str], agrees: bool
) -> None:
    finding = verdict(compose("can", scene).but(brief=brief(**said)), "caption_agreement")
    assert finding.verdict is (Verdict.PASS if agrees else Verdict.FAIL), finding.reason
    if not agrees:
        assert finding.fixes[0].field == "scene"


@pytest.mark.parametrize(
    ("said", "changes", "field"),
    [
        ({"style": "vivid colours"}, {"settings.saturation": 0.0}, "saturation"),
        ({"light": "warm light"}, {"settings.warmth": -1.0}, "warmth"),
    ],
)
def test_tones_are_measured_in_the_picture(
    compose: Compose, said: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    sound = compose("can", "plate:arches-noon").but(brief=brief(**said))
    assert verdict(sound, "caption_agreement").verdict is Verdict.PASS
    finding = verdict(compose("can", "plate:arches-noon", 0, changes).but(brief=brief(**said)), "caption_agreement")
    assert finding.verdict is Verdict.FAIL
    assert finding.fixes[0].field == field


def test_what_the_generator_could_not_draw_fails_and_no_edit_pretends_to_fix_it(compose: Compose) -> None:
    finding = verdict(compose().but(brief=brief(), cannot_draw=("a wooden crate",)), "caption_agreement")
    assert finding.verdict is Verdict.FAIL
    assert "a wooden crate" in finding.reason
    assert finding.fixes == ()


def test_an_assumed_place_is_not_held_against_the_picture(compose: Compose) -> None:
    said = brief().model_copy(update={"background": Part[str](value="bathroom", origin=Origin.ASSUMED)})
    finding = verdict(compose().but(brief=said), "caption_agreement")
    assert "background" not in finding.evidence


def test_an_unknown_place_is_cannot_tell_and_not_wrong(compose: Compose) -> None:
    finding = verdict(compose().but(brief=brief(background="zeppelin hangar")), "caption_agreement")
    assert finding.verdict is Verdict.PASS, "the count agrees; the place is not judged"
    assert "background" not in finding.reason


def test_the_wrong_number_of_products_fails(compose: Compose) -> None:
    two = ProductMention(text="two cans", noun="can", count=2)
    said = brief().model_copy(update={"products": (Part[ProductMention](value=two, origin=Origin.STATED),)})
    finding = verdict(compose().but(brief=said), "caption_agreement")
    assert finding.verdict is Verdict.FAIL
    assert "2 product(s) asked for, 1 drawn" in finding.reason


COLOURS = (("red", True), ("blood orange", True), ("blue", False), ("green", False))


@pytest.mark.parametrize(("colour", "agrees"), COLOURS)
def test_the_product_must_show_the_colour_asked_for(compose: Compose, colour: str, agrees: bool) -> None:
    can = ProductMention(text=f"{colour} can", noun="can", colours=(colour,))
    said = brief().model_copy(update={"products": (Part[ProductMention](value=can, origin=Origin.STATED),)})
    finding = verdict(compose().but(brief=said), "caption_agreement")
    assert finding.verdict is (Verdict.PASS if agrees else Verdict.FAIL), finding.reason


def test_colour_shares_add_up(compose: Compose) -> None:
    cutout = compose().evidence.cutout
    assert cutout is not None
    shares = colour_shares(cutout)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-6)
    assert shares["red"] > 0.3


@pytest.mark.parametrize(
    ("photo", "caption", "expected"),
    [
        ("rocket.jpg", "a rocket at night", Verdict.PASS),
        ("china.jpg", "a temple at night", Verdict.FAIL),
        ("china.jpg", "a temple on a sunny day", Verdict.PASS),
        ("china.jpg", "a temple", Verdict.ABSTAIN),
    ],
)
def test_a_caption_alone_is_held_against_a_foreign_picture(photo: str, caption: str, expected: Verdict) -> None:
    finding = verdict(Evidence(image=photograph(photo), caption=caption), "caption_agreement")
    assert finding.verdict is expected, finding.reason
