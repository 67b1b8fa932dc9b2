"""The suite of sets: what is ordered, what counts as told, and a baseline that gets its best threshold."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest

from domain.candidate import Finding, Severity, Verdict
from domain.ports import Image
from domain.values import Box
from evals.consistency import SUITE, Told, case_of, read, with_model
from evals.histograms import Guess, best_threshold, guess
from evals.odd_cutouts import delivered, part_changed, recoloured, relabelled, stretched
from evals.odd_ones import Member, Set, committed, orders
from evals.suite import measured


def a_set(odd: str | None, *shades: int) -> Set:
    pictures = [np.full((40, 40, 3), shade, np.uint8) for shade in shades]
    members = {
        f"picture {number}": Member(image, Box(x=5, y=5, width=20, height=20), None, None)
        for number, image in enumerate(pictures, start=1)
    }
    return Set("one", "recoloured", "weak", "relit", np.zeros((4, 4, 4), np.uint8), members, odd)


def test_there_are_more_than_sixty_sets_and_every_product_has_every_delivery_and_kind() -> None:
    made = list(orders(committed()))
    assert len({order.id for order in made}) == len(made) >= 60
    counted = Counter((order.product.id, order.kind.name if order.kind else order.delivery) for order in made)
    for product in committed().products:
        assert all(counted[product.id, delivery] == committed().sound for delivery in committed().deliveries)
        assert all(counted[product.id, k.name] for k in committed().kinds if k.name != "relabelled" or product.wording)
    assert len({order.delivery for order in made if order.kind}) == len(committed().deliveries)


def test_naming_another_picture_is_found_and_not_named() -> None:
    odd = a_set("picture 2", 10, 200, 10)
    assert case_of(odd, Told(called=True, odd="picture 2")).scores["named"] == 1
    wrong = case_of(odd, Told(called=True, odd="picture 1"))
    assert (wrong.scores["found"], wrong.scores["named"]) == (1, 0)
    assert "picture 2 is the odd one" in wrong.says[0]
    assert case_of(a_set(None, 1, 2), Told(called=True)).scores["false_alarm"] == 1
    assert "found" not in case_of(a_set(None, 1, 2), Told(called=True)).scores


def test_a_judge_that_names_two_pictures_names_none_and_one_that_abstains_is_unsure() -> None:
    one = a_set("picture 2", 10, 200, 10)
    failed = Finding(
        check="set:colour", verdict=Verdict.FAIL, severity=Severity.REVIEW, reason="differs",
        evidence={"odd": "picture 1, picture 2"},
    )  # fmt: skip
    assert read([failed], one).odd is None
    assert read([failed.model_copy(update={"evidence": {"odd": "picture 2"}})], one).odd == "picture 2"
    told = read([failed.model_copy(update={"verdict": Verdict.ABSTAIN})], one)
    assert (told.called, told.unsure) == (False, True)


def test_the_models_judge_is_not_measured_until_there_is_one() -> None:
    row = next(metric for metric in SUITE.metrics if metric.of == "model.found")
    odd = a_set("picture 2", 10, 200, 10)
    case = case_of(odd, Told(called=False))
    assert measured(row, [case]) is None
    found = measured(row, [with_model(case, odd, Told(called=True, odd="picture 2"))])
    assert found is not None and found.value == 1


def test_the_baseline_finds_what_a_histogram_shows_at_the_best_threshold_there_is() -> None:
    found = guess(a_set("picture 2", 10, 200, 11), product_only=True)
    assert found.odd == "picture 2"
    assert found.ratio > 1.5
    guesses = [Guess(1.1, ""), Guess(1.2, ""), Guess(1.9, ""), Guess(1.3, "")]
    assert best_threshold(guesses, [False, False, True, True]) == 1.3


@pytest.fixture
def cutout() -> Image:
    dice = np.random.default_rng(4)
    return np.dstack([dice.integers(0, 256, (60, 70, 3)), np.full((60, 70), 255)]).astype(np.uint8)


def test_a_changed_part_is_changed_there_alone_and_more_of_it_is_more(cutout: Image) -> None:
    box = Box(x=10, y=20, width=42, height=12)
    outside = np.ones((60, 70), bool)
    outside[20:32, 10:52] = False
    for change in (part_changed, relabelled):
        changed = [(change(cutout, box, share) != cutout).any(-1) for share in (0.3, 1.0)]
        assert not changed[1][outside].any()
        assert 0 < changed[0].sum() <= changed[1].sum()
    turned = [np.abs(recoloured(cutout, degrees).astype(int) - cutout).mean() for degrees in (12, 60)]
    assert 0 < turned[0] < turned[1]
    assert (stretched(cutout, 0.8)[..., 3] > 128).sum() == pytest.approx(0.8 * 60 * 70, rel=0.02)


def test_every_delivery_has_a_light_of_its_own_and_the_same_one_again(cutout: Image) -> None:
    image = np.ascontiguousarray(cutout[..., :3])
    first, second, again = (delivered(image, Random(seed)) for seed in (1, 2, 1))
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - second).mean() > 2
