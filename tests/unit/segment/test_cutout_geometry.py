"""Light, colours and shape as read from a cutout."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from benchmarks.cutout import textured
from domain.assets import Asset, AssetKind
from domain.values import Size
from tools.segment import asset_geometry, geometry
from tools.segment.geometry import light, palette, shape


def ball(side: float) -> np.ndarray:
    """A white ball lit from the left (side -1) or right (+1)."""
    yy, xx = np.mgrid[-1:1:200j, -1:1:200j]
    inside = xx**2 + yy**2 < 0.95
    normal_z = np.sqrt(np.clip(1 - xx**2 - yy**2, 0, 1))
    lit = np.clip(0.55 * normal_z + 0.75 * side * xx, 0, 1) * 0.8 + 0.1
    return np.dstack([np.rint(np.dstack([lit] * 3) * 255), inside * 255]).astype(np.uint8)


def test_light_is_found_on_the_side_it_comes_from() -> None:
    left, ratio = light(ball(-1))
    right, _ = light(ball(1))
    assert left < -0.5 and right > 0.5
    assert left == pytest.approx(-right, abs=0.02)
    assert ratio > 1.5


def test_even_light_has_no_side() -> None:
    side, ratio = light(ball(0))
    assert abs(side) < 0.05
    assert ratio == pytest.approx(1, abs=0.05)


def test_the_rendered_products_are_lit_from_the_left(shots: dict[str, np.ndarray]) -> None:
    for name, rgba in shots.items():
        assert light(rgba)[0] < -0.15, name


def test_one_bright_label_does_not_turn_the_light(shots: dict[str, np.ndarray]) -> None:
    mug = shots["solara-mug-red"].copy()
    height, width = mug.shape[:2]
    mug[height * 2 // 5 : height // 2, width * 2 // 5 : width // 2, :3] = 255
    assert light(mug)[0] < -0.15


def test_a_cutout_without_opaque_pixels_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="opaque"):
        light(np.zeros((40, 40, 4), np.uint8))


def test_the_palette_of_a_red_mug_leads_with_red(shots: dict[str, np.ndarray]) -> None:
    leading = palette(shots["solara-mug-red"])[0]
    red, green, blue = (int(leading[i : i + 2], 16) for i in (1, 3, 5))
    assert red > 2 * green and red > 2 * blue


def test_the_palette_of_a_photograph_has_distinct_colours(shots: dict[str, np.ndarray]) -> None:
    colours = palette(textured(shots["solara-mug-red"], skimage.data.coffee()))
    assert 2 <= len(colours) == len(set(colours)) <= 5


def test_bodies_of_revolution_are_round_and_handles_make_flat(shots: dict[str, np.ndarray]) -> None:
    assert shape(shots["solara-blood-orange-can"][..., 3]) == "round"
    assert shape(shots["aurelia-serum"][..., 3]) == "round"
    assert shape(shots["solara-mug-red"][..., 3]) == "flat"


def test_what_the_library_knows_wins_over_what_is_measured(shots: dict[str, np.ndarray]) -> None:
    rgba = shots["solara-mug-red"]
    assert geometry(rgba, "mug").shape == "flat"
    asset = Asset(
        id="mug", brand="demo", kind=AssetKind.PRODUCT, title="Mug", digest="0" * 64, size=Size(width=64, height=64),
        shape="round", real_height=0.095, depth=0.083, view_elevation=11.0,
    )  # fmt: skip
    placed = asset_geometry(rgba, asset)
    assert (placed.shape, placed.real_height, placed.view_elevation) == ("round", 0.095, 11.0)
    assert placed.size == Size(width=rgba.shape[1], height=rgba.shape[0])
    assert placed.light_side < 0
