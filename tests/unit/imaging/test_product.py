"""How a product is lit, as read from its cutout."""

from __future__ import annotations

import numpy as np
import pytest

from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue
from tools.imaging.product import side_light


@pytest.fixture(scope="module")
def shots() -> dict[str, np.ndarray]:
    """A can, a serum and a mug of the demo brand, small."""
    wanted = ("solara-blood-orange-can", "aurelia-serum", "solara-mug-red")
    return {spec.id: render(spec, 320).rgba for spec in catalogue() if spec.id in wanted}


def ball(side: float) -> np.ndarray:
    """A white ball lit from the left (side -1) or right (+1)."""
    yy, xx = np.mgrid[-1:1:200j, -1:1:200j]
    inside = xx**2 + yy**2 < 0.95
    normal_z = np.sqrt(np.clip(1 - xx**2 - yy**2, 0, 1))
    lit = np.clip(0.55 * normal_z + 0.75 * side * xx, 0, 1) * 0.8 + 0.1
    return np.dstack([np.rint(np.dstack([lit] * 3) * 255), inside * 255]).astype(np.uint8)


def test_light_is_found_on_the_side_it_comes_from() -> None:
    left, ratio = side_light(ball(-1))
    right, _ = side_light(ball(1))
    assert left < -0.5 and right > 0.5
    assert left == pytest.approx(-right, abs=0.02)
    assert ratio > 1.5


def test_even_light_has_no_side() -> None:
    side, ratio = side_light(ball(0))
    assert abs(side) < 0.05
    assert ratio == pytest.approx(1, abs=0.05)


def test_the_rendered_products_are_lit_from_the_left(shots: dict[str, np.ndarray]) -> None:
    for name, rgba in shots.items():
        assert side_light(rgba)[0] < -0.15, name


def test_one_bright_label_does_not_turn_the_side_light(shots: dict[str, np.ndarray]) -> None:
    mug = shots["solara-mug-red"].copy()
    height, width = mug.shape[:2]
    mug[height * 2 // 5 : height // 2, width * 2 // 5 : width // 2, :3] = 255
    assert side_light(mug)[0] < -0.15


