"""Technical quality prefers the original to its damaged copies; the shortlist differs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.ports import Image
from tests.unit.judges.conftest import Compose, photograph
from tools.judges import descriptor, quality, quality_terms, shortlist
from tools.judges.ranking import NEAR_DUPLICATE, WEIGHTS

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "china.jpg", "flower.jpg")


def _jpeg(image: Image) -> Image:
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 8])
    assert ok
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


DAMAGE = {
    "blur": lambda im: cv2.GaussianBlur(im, (0, 0), 3),
    "flat": lambda im: (im * 0.4 + 90).astype(np.uint8),
    "burnt": lambda im: np.clip(im.astype(np.float32) * 2.2 + 40, 0, 255).astype(np.uint8),
    "dark": lambda im: (im * 0.3).astype(np.uint8),
    "noise": lambda im: np.clip(
        im + np.random.default_rng(0).normal(0, 14, im.shape), 0, 255
    ).astype(np.uint8),
    "grey": lambda im: cv2.cvtColor(cv2.cvtColor(im, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
    "jpeg": _jpeg,
}


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_the_original_scores_above_its_damaged_copy(damage: str) -> None:
    wins = sum(quality(photograph(name)) > quality(DAMAGE[damage](photograph(name))) for name in PHOTOS)
    assert wins >= 5, f"{wins} of {len(PHOTOS)}"


def test_quality_is_a_weighted_mean_of_terms_between_0_and_1() -> None:
    terms = quality_terms(photograph("china.jpg"))
    assert terms.keys() == WEIGHTS.keys()
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert all(0 <= value <= 1 for value in terms.values())


def test_a_new_seed_is_the_same_picture_and_another_scene_is_not(compose: Compose) -> None:
    first = descriptor(compose("can", "plate:terrace-noon").evidence.image)
    grainier = descriptor(compose("can", "plate:terrace-noon", 0, {"settings.grain": 1.5}).evidence.image)
    elsewhere = descriptor(compose("can", "plate:garden-noon").evidence.image)
    assert np.linalg.norm(first - grainier) < NEAR_DUPLICATE
    assert np.linalg.norm(first - elsewhere) > 2 * NEAR_DUPLICATE
    assert np.linalg.norm(first) == pytest.approx(1.0, abs=1e-3)


def _vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_the_best_comes_first_and_scenes_differ_before_quality_decides() -> None:
    candidates = [
        ("a", 0.90, _vector(0, 0), "terrace"), ("b", 0.89, _vector(0.5, 0), "terrace"),
        ("c", 0.80, _vector(0, 0.7), "beach"), ("d", 0.70, _vector(0.7, 0.7), "garden"),
    ]
    assert shortlist(candidates) == ("a", "c", "b")
    assert shortlist(candidates, k=2) == ("a", "c")


def test_near_duplicates_never_fill_the_list() -> None:
    candidates = [(f"c{i}", 0.9 - i / 100, _vector(i / 1000, 0), "terrace") for i in range(9)]
    assert shortlist(candidates) == ("c0",)


def test_an_empty_round_gives_an_empty_shortlist() -> None:
    assert shortlist([]) == ()


def test_order_of_the_candidates_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    candidates = [
        (f"c{i}", round(float(rng.random()), 3), rng.random(4).astype(np.float32), f"s{i % 3}") for i in range(9)
    ]
    assert shortlist(candidates) == shortlist(candidates[::-1])
