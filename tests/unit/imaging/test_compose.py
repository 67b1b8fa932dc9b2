"""Composing keeps the product's pixels, stands it on its ground, and does what its settings say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from domain.composition import Placement, Settings
from domain.errors import UnusableImage
from domain.values import Point, Size
from tests.unit.imaging.sketches import CANVAS, actor, bottle, draw, geometry
from tools.imaging.compose import Composed
from tools.imaging.figure import Actor
from tools.imaging.flat_lay import flat_lay_stage
from tools.imaging.harmonise import look
from tools.imaging.plate import plates
from tools.imaging.silhouette import CORE, footing, resample, trim
from tools.imaging.studio import studio_stage


def _tone(image: np.ndarray) -> float:
    return float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean())


@pytest.mark.parametrize("plate", sorted(plates()))
def test_opaque_pixels_are_the_resampled_cutout_byte_for_byte(plate: str) -> None:
    height = 0.16 if plates()[plate].scale == "tabletop" else 1.2
    done = draw(plate, product=actor(height=height))
    core = done.layer[..., 3] >= np.ceil(CORE * 255)
    once = resample(trim(bottle()), done.composition.scale * CANVAS.height)
    x, y = (round(v) for v in (done.composition.affine[0][2], done.composition.affine[1][2]))
    cut_x, cut_y = (round(v) for v in (once.affine[0, 2], once.affine[1, 2]))
    h, w = once.rgba.shape[:2]
    window = np.s_[y - cut_y : y - cut_y + h, x - cut_x : x - cut_x + w]
    opaque = once.alpha == 255
    assert core.sum() == opaque.sum() > 5000
    assert np.array_equal(done.image[window][opaque], once.rgba[opaque][:, :3])
    assert np.array_equal(done.layer[core][:, :3], done.image[core])


@pytest.mark.parametrize("settings", [
    Settings(exposure=1.5), Settings(warmth=-1), Settings(saturation=0), Settings(contrast=1.5), Settings(grain=3),
    Settings(shadow=2, occlusion=2, reflection=2, defocus=3),
])
def test_no_setting_touches_an_opaque_pixel(settings: Settings) -> None:
    plain, changed = draw("marble-window"), draw("marble-window", settings=settings)
    core = plain.mask == 255
    assert np.array_equal(plain.image[core], changed.image[core])
    assert not np.array_equal(plain.image[~core], changed.image[~core])


@given(st.integers(300, 900), st.floats(0.3, 0.62), st.floats(-1.5, 1.5))
@trials(max_examples=12, deadline=None)
def test_the_affine_maps_the_cutout_onto_the_layer(side: int, scale: float, roll: float) -> None:
    done = draw(canvas=Size(width=side, height=side), scale=scale, roll=roll)
    alpha = bottle()[..., 3]
    ys, xs = np.nonzero(alpha > 250)
    middle = np.array([xs.mean(), ys.mean(), 1.0])
    drawn_y, drawn_x = np.nonzero(done.mask > 250)
    mapped = np.array(done.composition.affine) @ middle
    assert np.hypot(mapped[0] - drawn_x.mean(), mapped[1] - drawn_y.mean()) < 0.6


def test_a_standing_product_meets_its_ground_line() -> None:
    done = draw("beach-golden")
    rows = np.flatnonzero((done.mask > 127).any(1))
    assert {round(p.y) for p in done.composition.contacts} == {int(rows.max())}
    assert done.composition.box is not None
    assert abs(done.composition.box.y + done.composition.box.height - rows.max()) <= 3


def test_a_lifted_product_leaves_its_shadow_on_the_ground_and_lets_light_under_itself() -> None:
    standing, lifted = draw("beach-golden"), draw("beach-golden", lift=24)
    base = np.flatnonzero((lifted.mask > 127).any(1)).max()
    assert {round(p.y - base) for p in lifted.composition.contacts} == {24}

    def under(done: Composed) -> float:
        box = done.composition.box
        assert box is not None
        strip = done.image[box.y + box.height + 1 : box.y + box.height + 5, box.x + 20 : box.x + box.width - 20]
        return _tone(np.ascontiguousarray(strip))

    assert under(lifted) > 1.25 * under(standing)


@pytest.mark.parametrize("plate", ["terrace-noon", "beach-golden", "garden-noon", "alpine-morning"])
def test_the_shadow_falls_away_from_the_light_and_mirroring_moves_both(plate: str) -> None:
    for mirrored in (False, True):
        with_shadow = draw(plate, mirrored=mirrored)
        without = draw(plate, mirrored=mirrored, settings=Settings(grain=0, shadow=0, occlusion=0, reflection=0))
        lost = without.image.astype(int).sum(2) - with_shadow.image.astype(int).sum(2)
        lost[with_shadow.mask > 0] = 0
        box = with_shadow.composition.box
        assert box is not None
        left, right = lost[:, : box.x].sum(), lost[:, box.x + box.width :].sum()
        light = with_shadow.composition.light_from
        assert light is not None
        assert (light.x < 0) is (not mirrored)
        assert (right > 2 * left) if light.x < 0 else (left > 2 * right)


def test_mirroring_flips_the_scene_and_never_the_product() -> None:
    plain = draw(settings=Settings(grain=0, shadow=0, occlusion=0, reflection=0))
    mirrored = draw(mirrored=True, settings=Settings(grain=0, shadow=0, occlusion=0, reflection=0))
    assert np.array_equal(plain.layer, mirrored.layer)
    clear = (plain.mask == 0) & (plain.mask[:, ::-1] == 0)
    flipped = mirrored.image[:, ::-1].astype(int)
    assert np.abs(flipped - plain.image)[clear].mean() < 2.5
    assert np.abs(mirrored.image.astype(int) - plain.image)[clear].mean() > 5


def test_shadow_zero_removes_the_shadow_and_two_deepens_it() -> None:
    tones = [_tone(draw("beach-golden", settings=Settings(grain=0, harmonise=0, shadow=s)).image) for s in (0, 1, 2)]
    assert tones[0] > tones[1] >= tones[2]


def test_reflection_shows_only_on_a_glossy_ground() -> None:
    for plate, mirrors in (("marble-window", True), ("beach-golden", False)):
        on, off = (draw(plate, settings=Settings(grain=0, reflection=r)).image for r in (1.0, 0.0))
        assert (not np.array_equal(on, off)) is mirrors


def test_exposure_warmth_and_saturation_act_as_they_say() -> None:
    plain, brighter = draw(), draw(settings=Settings(grain=0, exposure=0.5))
    warmer, grey = draw(settings=Settings(grain=0, warmth=0.8)), draw(settings=Settings(grain=0, saturation=0))
    outside = plain.mask == 0
    assert brighter.image[outside].mean() > plain.image[outside].mean() + 10
    balance = [float(d.image[outside][:, 0].mean() / d.image[outside][:, 2].mean()) for d in (plain, warmer)]
    assert balance[1] > balance[0] * 1.08
    assert np.ptp(grey.image[outside].astype(int), axis=1).mean() < 3


def test_defocus_softens_what_lies_behind_and_not_the_ground_under_the_product() -> None:
    plain, soft = draw("courtyard-noon"), draw("courtyard-noon", settings=Settings(grain=0, defocus=3))

    def detail(image: np.ndarray, rows: slice) -> float:
        return float(np.abs(cv2.Laplacian(cv2.cvtColor(image[rows], cv2.COLOR_RGB2GRAY), cv2.CV_32F)).mean())

    behind = np.s_[0:120]
    assert detail(soft.image, behind) < 0.7 * detail(plain.image, behind)
    box = plain.composition.box
    assert box is not None
    foot = np.s_[box.y + box.height : box.y + box.height + 30]
    assert detail(soft.image, foot) > 0.8 * detail(plain.image, foot)


def test_grain_follows_the_seed_and_the_same_seed_gives_the_same_bytes() -> None:
    a, b, c = (draw(settings=Settings(), seed=s).image for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_several_products_are_all_kept_and_the_nearer_one_is_in_front() -> None:
    near = Placement(product="near", centre=Point(x=0.56, y=0.62), scale=0.5)
    done = draw(others=(near,), x=0.46)
    assert done.composition.others[0].affine is not None
    alone = draw(x=0.56, y=0.62)
    x = round(done.composition.others[0].affine[0][2] - alone.composition.affine[0][2])
    y = round(done.composition.others[0].affine[1][2] - alone.composition.affine[1][2])
    moved = np.roll(alone.layer, (y, x), (0, 1))
    core = moved[..., 3] == 255
    assert np.array_equal(done.image[core], moved[core][:, :3])


def test_a_product_of_its_real_size_is_drawn_true_and_a_stretched_wish_is_reported() -> None:
    assert draw(scale=0.5).composition.true_scale == pytest.approx(1.0, abs=0.02)
    assert draw(scale=0.25).composition.true_scale < 0.7
    assert draw(product=actor(height=None)).composition.true_scale is None


def test_a_side_on_product_stands_on_its_two_supports() -> None:
    cutout = np.zeros((300, 500, 4), np.uint8)
    cv2.rectangle(cutout, (40, 60), (460, 200), (200, 30, 30, 255), -1)
    for x in (110, 390):
        cv2.circle(cutout, (x, 220), 60, (25, 25, 25, 255), -1)
    stance = footing(trim(cutout).pixels[..., 3], round_=False)
    assert stance.left[0] == pytest.approx(110 - 40, abs=8)
    assert stance.right[0] == pytest.approx(390 - 40, abs=8)
    part = trim(cutout)
    car = geometry("car", height=1.3, shape="flat", depth=1.6, view_elevation=8.0,
                   size=Size(width=part.width, height=part.height))
    done = draw("hall-window", product=Actor(car, part, look(cutout)), y=0.7, scale=0.4)
    bare = draw("hall-window", product=Actor(car, part, look(cutout)), y=0.7, scale=0.4,
                settings=Settings(grain=0, shadow=0, occlusion=0, reflection=0))
    box = done.composition.box
    assert box is not None
    middle, base = box.x + box.width // 2, box.y + box.height
    between = np.s_[base - 12 : base - 2, middle - 20 : middle + 20]
    free = done.mask[between] == 0
    assert free.sum() > 100
    assert done.image[between][free].mean() < 0.75 * bare.image[between][free].mean()


def test_a_lying_product_turns_and_its_shadow_follows_the_light() -> None:
    stage = flat_lay_stage("plaster")
    done = draw(stage, rotation=15, y=0.5)
    bare = draw(stage, rotation=15, y=0.5, settings=Settings(grain=0, shadow=0, occlusion=0))
    (a, _, _), (b, _, _) = done.composition.affine
    assert np.degrees(np.arctan2(b, a)) == pytest.approx(15, abs=0.1)
    lost = bare.image.astype(int).sum(2) - done.image.astype(int).sum(2)
    lost[done.mask > 0] = 0
    assert done.composition.light_from is not None
    assert done.composition.light_from.x < 0
    assert lost[:, 256:].sum() > 2 * lost[:, :256].sum()


def test_every_kind_of_stage_takes_a_product_and_canvases_of_every_shape() -> None:
    for size in (Size(width=256, height=256), Size(width=1200, height=628), Size(width=405, height=720)):
        for stage in (studio_stage("arch"), flat_lay_stage("stone")):
            done = draw(stage, canvas=size, scale=0.45)
            assert done.image.shape == (size.height, size.width, 3)
            assert 0.02 < (done.mask > 127).mean() < 0.5


def test_an_empty_cutout_or_one_without_alpha_is_refused() -> None:
    with pytest.raises(UnusableImage, match="empty"):
        trim(np.zeros((40, 40, 4), np.uint8))
    with pytest.raises(UnusableImage, match="alpha"):
        trim(np.zeros((40, 40, 3), np.uint8))
