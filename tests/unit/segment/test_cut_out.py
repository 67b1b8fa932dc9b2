"""Cutting products out: what comes back, how sure it is, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from sklearn.datasets import load_sample_image

from benchmarks.cutout import motorcycle, on_backdrop, photographs, textured
from domain.assets import CutoutMethod
from domain.errors import UnusableImage
from domain.values import Box
from tools.segment import THRESHOLD, CutoutResult, cut_out, overlay, suggest_box

CUP = Box(x=75, y=12, width=408, height=380)


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    inside, true = mask > 127, truth > 0.5
    return float((inside & true).sum() / (inside | true).sum())


def opaque_pixels_differ(result: CutoutResult, photo: np.ndarray) -> int:
    """How many opaque pixels of the cutout are not the photo's own bytes."""
    x, y = result.offset
    rows, columns = np.nonzero(result.rgba[..., 3] == 255)
    return int((result.rgba[rows, columns, :3] != photo[rows + y, columns + x]).any(-1).sum())


# By its own transparency


def test_a_transparent_png_is_taken_as_it_is(shots: dict[str, np.ndarray]) -> None:
    mug = shots["solara-mug-red"]
    result = cut_out(mug)
    assert result.method is CutoutMethod.ALPHA
    assert result.confidence == 1.0
    assert np.array_equal(result.mask, mug[..., 3])
    assert opaque_pixels_differ(result, mug[..., :3]) == 0


def test_every_cutout_has_a_transparent_margin_even_when_the_picture_had_none(shots: dict[str, np.ndarray]) -> None:
    can = shots["solara-blood-orange-can"]
    rows, columns = np.flatnonzero(can[..., 3].any(1)), np.flatnonzero(can[..., 3].any(0))
    tight = can[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    result = cut_out(tight)
    alpha = result.rgba[..., 3]
    assert max(alpha[:4].max(), alpha[-4:].max(), alpha[:, :4].max(), alpha[:, -4:].max()) == 0
    assert result.offset[0] < 0 and result.offset[1] < 0
    assert result.confidence >= THRESHOLD


def test_an_empty_layer_is_refused(shots: dict[str, np.ndarray]) -> None:
    empty = shots["solara-mug-red"].copy()
    empty[..., 3] = 0
    with pytest.raises(UnusableImage, match="transparent") as caught:
        cut_out(empty, name="mug.png")
    assert caught.value.hint and caught.value.where == "mug.png"


def test_a_photo_with_rounded_corners_is_not_taken_for_a_cutout() -> None:
    photo = skimage.data.coffee()
    yy, xx = np.indices(photo.shape[:2])
    corner = np.hypot(np.maximum(40 - xx, 0), np.maximum(40 - yy, 0)) > 40
    result = cut_out(np.dstack([photo, np.where(corner, 0, 255).astype(np.uint8)]))
    assert result.confidence < THRESHOLD
    assert "background is still in it" in result.reason


def test_a_product_that_is_mostly_see_through_is_not_trusted(shots: dict[str, np.ndarray]) -> None:
    faded = shots["solara-mug-red"].copy()
    faded[..., 3] = faded[..., 3] // 2
    assert cut_out(faded).confidence < THRESHOLD


# Before a plain backdrop


@pytest.mark.parametrize("level", [242.0, 200.0, 150.0])
def test_a_product_with_a_real_photographs_texture_is_cut_cleanly(photo_mug: np.ndarray, level: float) -> None:
    photo, truth = on_backdrop(photo_mug, level, 640, seed=int(level))
    result = cut_out(photo)
    edge = (truth > 0.02) & (truth < 0.98)
    assert result.method is CutoutMethod.BACKDROP
    assert result.confidence >= THRESHOLD, result.reason
    assert iou(result.mask, truth) > 0.985
    assert np.abs(result.mask / 255 - truth)[edge].mean() < 0.15


@pytest.mark.parametrize("name", ["solara-blood-orange-can", "aurelia-serum"])
def test_a_glossy_product_is_cut_before_white(shots: dict[str, np.ndarray], name: str) -> None:
    photo, truth = on_backdrop(shots[name], 242.0, 640)
    result = cut_out(photo)
    assert result.confidence >= THRESHOLD, result.reason
    assert iou(result.mask, truth) > 0.97


def test_opaque_pixels_are_the_photos_own_bytes(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = studio_photo
    result = cut_out(photo)
    assert opaque_pixels_differ(result, photo) == 0
    assert (result.rgba[..., 3] == 255).sum() > 0.9 * (truth > 0.5).sum()


def test_the_hole_of_a_handle_stays_open(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = studio_photo
    mask = cut_out(photo).mask
    row = truth.shape[0] * 3 // 5
    solid = np.flatnonzero(truth[row] > 0.5)
    gaps = np.flatnonzero(np.diff(solid) > 20)
    assert len(gaps) == 1, "this row must cross the handle"
    inside = slice(solid[gaps[0]] + 8, solid[gaps[0] + 1] - 8)
    assert mask[row, inside].max() == 0


def test_edge_colours_hold_no_old_backdrop(photo_mug: np.ndarray) -> None:
    photo, truth = on_backdrop(photo_mug, 242.0, 640)
    result = cut_out(photo)
    height, width = truth.shape
    x, y = result.offset
    clean = np.zeros((height, width, 3), np.float32)
    h, w = result.rgba.shape[:2]
    clean[y : y + h, x : x + w] = result.rgba[..., :3]
    soft = (truth > 0.3) & (truth < 0.8) & (result.mask > 40)
    assert soft.sum() > 300
    darkened = photo.astype(np.float32)[soft].mean() - clean[soft].mean()
    assert darkened > 12, "edge pixels must lose the white they were mixed with"


def test_a_cast_shadow_is_left_behind(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = studio_photo
    outside = truth < 0.02
    assert (cut_out(photo).mask[outside] > 127).mean() < 0.002


def test_all_products_before_one_backdrop_are_kept(shots: dict[str, np.ndarray]) -> None:
    left, left_truth = on_backdrop(textured(shots["solara-mug-red"], load_sample_image("flower.jpg")), 242.0, 480)
    right, right_truth = on_backdrop(textured(shots["aurelia-serum"], skimage.data.coffee()), 242.0, 480)
    result = cut_out(np.hstack([left, right[:, ::-1]]))
    assert iou(result.mask, np.hstack([left_truth, right_truth[:, ::-1]])) > 0.97


def test_parts_in_the_backdrops_own_grey_make_the_cutout_unsure(shots: dict[str, np.ndarray]) -> None:
    can = textured(shots["solara-blood-orange-can"], load_sample_image("flower.jpg"))
    foot = can.shape[0] * 5 // 6
    can[foot:, :, :3] = 142                                # a bare-metal base as grey as the backdrop
    photo, _ = on_backdrop(can, 150.0, 640)
    result = cut_out(photo)
    assert result.confidence < THRESHOLD
    assert "backdrop's colour" in result.reason


@pytest.mark.parametrize("name", sorted(photographs()))
def test_a_natural_photograph_without_a_box_is_never_trusted(name: str) -> None:
    photo = photographs()[name]
    try:
        assert cut_out(photo).confidence < THRESHOLD
    except UnusableImage as error:
        assert error.hint


def test_a_cluttered_photo_says_that_its_background_is_not_plain() -> None:
    assert "not plain" in cut_out(skimage.data.coffee()).reason


@pytest.mark.parametrize("level", [30, 128, 245])
def test_an_empty_backdrop_is_refused_with_what_to_do(level: int) -> None:
    noise = np.random.default_rng(2).normal(level, 1.5, (400, 400, 3))
    with pytest.raises(UnusableImage, match="no product") as caught:
        cut_out(np.rint(noise.clip(0, 255)).astype(np.uint8))
    assert "photo of the product" in caught.value.hint


def test_the_same_photo_gives_the_same_cutout(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = cut_out(studio_photo[0]), cut_out(studio_photo[0])
    assert np.array_equal(first.rgba, second.rgba)
    assert first.confidence == second.confidence


# Inside a person's box


def test_a_cup_is_cut_out_of_a_cluttered_photo_inside_a_box() -> None:
    photo = skimage.data.coffee()
    result = cut_out(photo, box=CUP)
    assert result.method is CutoutMethod.BOX
    assert result.confidence >= THRESHOLD, result.reason
    assert result.mask[190, 280] == 255, "the coffee"
    assert result.mask[330, 200] == 255, "the saucer"
    assert result.mask[390, 590] == 0 and result.mask[20, 20] == 0, "the table"
    assert 0.42 < (result.mask > 127).mean() < 0.52
    assert opaque_pixels_differ(result, photo) == 0


def test_a_flower_is_cut_out_of_its_garden_inside_a_box() -> None:
    result = cut_out(load_sample_image("flower.jpg"), box=Box(x=168, y=78, width=322, height=288))
    assert result.confidence >= THRESHOLD, result.reason
    assert iou(result.mask, _round(result.mask.shape, (318, 218), 132)) > 0.85


def _round(shape: tuple[int, ...], centre: tuple[int, int], radius: int) -> np.ndarray:
    yy, xx = np.indices(shape)
    return (np.hypot(xx - centre[0], yy - centre[1]) < radius).astype(np.float32)


def test_a_motorcycle_in_its_garage_is_too_hard_and_says_so() -> None:
    truth, photo = motorcycle()
    result = cut_out(photo, box=Box(x=86, y=62, width=604, height=391))
    assert iou(result.mask, truth[..., 3] / 255) < 0.8, "were it good, the gate below would be wrong"
    assert result.confidence < THRESHOLD
    assert result.reason


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(UnusableImage, match="box") as caught:
        cut_out(skimage.data.coffee(), box=Box(x=900, y=10, width=50, height=50))
    assert "left,top,width,height" in caught.value.hint


def test_a_box_that_reaches_over_the_frame_is_trimmed_to_it() -> None:
    result = cut_out(skimage.data.coffee(), box=Box(x=75, y=12, width=5000, height=380))
    assert result.mask.shape == (400, 600)


# Showing it to a person


def test_the_overlay_shows_the_product_and_dims_the_rest(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = studio_photo
    shown = overlay(photo, cut_out(photo).mask)
    assert shown.shape == photo.shape
    assert np.array_equal(shown[400, 250], photo[400, 250])
    assert shown[truth == 0].mean() < 0.75 * photo[truth == 0].mean()


def test_the_proposed_box_holds_the_product(studio_photo: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = studio_photo
    box = suggest_box(photo, cut_out(photo).mask)
    assert box is not None
    rows, columns = np.flatnonzero((truth > 0.5).any(1)), np.flatnonzero((truth > 0.5).any(0))
    assert box.x <= columns[0] and box.y <= rows[0]
    assert box.x + box.width > columns[-1] and box.y + box.height > rows[-1]


def test_a_box_is_proposed_for_a_cluttered_photo_too() -> None:
    photo = load_sample_image("flower.jpg")
    box = suggest_box(photo, np.zeros(photo.shape[:2], np.uint8))
    assert box is not None
    assert box.x < 318 < box.x + box.width and box.y < 218 < box.y + box.height
