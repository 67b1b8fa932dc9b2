from datetime import date

import pytest

from domain.brief import Brief
from domain.candidate import Candidate
from domain.composition import Caption, Composition, SceneRef
from domain.rules import RuleVerdict
from domain.values import Box, Point, Size
from memory.rulebook import YamlRulebook
from tools.rules import check_candidate

BOOK = YamlRulebook()
SE = BOOK.market("SE")
CANDIDATE = Candidate(
    id="c1", caption=Caption(subject="a can", environment="terrace"), scene=SceneRef(id="plate:terrace-noon"),
    composition=Composition(canvas=Size(width=1000, height=1000), scale=0.5, centre=Point(x=0.5, y=0.6)),
    products=("can",), seed=1, generator="diffusion",
)


def verdict(rule: str, **more):
    checks = check_candidate(CANDIDATE, Brief(request="our can", brand="demo"), BOOK.brand("demo"), [SE],
                             today=date(2026, 11, 21), **more)
    return next(entry for entry in checks if entry.rule == rule)


def test_a_label_that_is_on_the_picture_in_place_and_large_enough_meets_its_rule():
    drawn = {"AI-generated image": Box(x=20, y=930, width=200, height=40)}
    entry = verdict("ai-eu-1", trained_model=True, drawn_text=drawn)
    assert entry.verdict is RuleVerdict.MET


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        ({}, "not on the picture"),
        ({"AI-generated image": Box(x=20, y=930, width=60, height=10)}, "should cover"),
        ({"AI-generated image": Box(x=700, y=20, width=200, height=40)}, "not at the lower-left"),
    ],
)
def test_a_label_missing_small_or_elsewhere_leaves_the_rule_open_and_says_why(drawn, reason):
    entry = verdict("ai-eu-1", trained_model=True, drawn_text=drawn)
    assert entry.verdict is RuleVerdict.LABEL
    assert reason in entry.reason


def test_a_contested_rule_stays_with_a_person_whatever_is_set_on_the_picture():
    drawn = {"AI-generated background": Box(x=20, y=930, width=200, height=40)}
    assert verdict("ai-eu-2", trained_model=True, drawn_text=drawn).verdict is RuleVerdict.NEEDS_REVIEW


def test_a_candidate_drawn_without_a_trained_model_needs_no_disclosure():
    assert verdict("ai-eu-1", trained_model=False).verdict is RuleVerdict.NOT_APPLICABLE
