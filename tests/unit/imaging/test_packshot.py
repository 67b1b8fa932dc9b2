"""The rendered demo products: their geometry, their light, their print and their alpha."""

from __future__ import annotations

from math import cos, radians, sin

import cv2
import numpy as np
import pytest

from tools.imaging.packshot import VIEW_ELEVATION, Packshot, catalogue, render
from tools.imaging.packshot_label import draw
from tools.imaging.packshot_shape import TurnedBody, rounded
from tools.imaging.packshot_spec import Label, Lathe, Material, PackshotSpec, Text, Zone
from tools.imaging.product import side_light

HEIGHT = 320
SPECS = {spec.id: spec for spec in catalogue()}
PLAIN = Material(colour="#808080")


@pytest.fixture(scope="module")
def shots() -> dict[str, Packshot]:
    return {name: render(spec, HEIGHT) for name, spec in SPECS.items()}


def test_the_demo_has_drinks_cosmetics_and_homeware() -> None:
    assert {spec.sector for spec in SPECS.values()} == {"drinks", "cosmetics", "homeware"}
    assert len(SPECS) >= 7
    for spec in SPECS.values():
        assert spec.title and spec.description and len(spec.tags) >= 4 and spec.colours, spec.id


def test_what_the_library_records_matches_what_is_built() -> None:
    for spec in SPECS.values():
        top = max(y for part in spec.parts if isinstance(part, Lathe) for _, y, _ in part.outline)
        widest = 2 * max(r for part in spec.parts if isinstance(part, Lathe) for r, _, _ in part.outline)
        if spec.id != "solara-kettle-blue":                # its bail stands higher than its body
            assert spec.real_height * 100 == pytest.approx(top, rel=0.01), spec.id
        assert spec.depth * 100 == pytest.approx(widest, rel=0.04), spec.id


def test_the_same_spec_gives_the_same_pixels() -> None:
    spec = SPECS["aurelia-serum"]
    assert np.array_equal(render(spec, 200).rgba, render(spec, 200).rgba)


def test_every_shot_has_a_solid_core_a_soft_edge_and_a_clear_margin(shots: dict[str, Packshot]) -> None:
    for name, shot in shots.items():
        alpha = shot.rgba[..., 3]
        assert max(alpha[:4].max(), alpha[-4:].max(), alpha[:, :4].max(), alpha[:, -4:].max()) == 0, name
        inside = cv2.erode((alpha > 127).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        assert (alpha[inside] == 255).all(), name
        soft = ((alpha > 8) & (alpha < 247)).sum() / (alpha > 127).sum()
        assert 0.002 < soft < 0.06, name


def test_the_asked_size_is_the_products_longer_side(shots: dict[str, Packshot]) -> None:
    for name, shot in shots.items():
        alpha = shot.rgba[..., 3] > 127
        tall, wide = np.ptp(np.flatnonzero(alpha.any(1))) + 1, np.ptp(np.flatnonzero(alpha.any(0))) + 1
        assert max(tall, wide) == pytest.approx(HEIGHT, rel=0.06), name


@pytest.mark.parametrize("name", ["solara-blood-orange-can", "aurelia-face-cream", "aurelia-candle"])
def test_proportions_are_those_of_the_real_thing_seen_from_above(shots: dict[str, Packshot], name: str) -> None:
    spec = SPECS[name]
    alpha = shots[name].rgba[..., 3] > 127
    tall, wide = np.ptp(np.flatnonzero(alpha.any(1))) + 1, np.ptp(np.flatnonzero(alpha.any(0))) + 1
    seen = spec.real_height + spec.depth * sin(radians(VIEW_ELEVATION))      # near base and far top both show
    assert wide / tall == pytest.approx(spec.depth / seen, rel=0.05)


def test_the_lid_of_a_jar_is_an_ellipse_of_the_cameras_elevation(shots: dict[str, Packshot]) -> None:
    alpha = shots["aurelia-face-cream"].rgba[..., 3] > 127
    rows = np.flatnonzero(alpha.any(1))
    columns = np.flatnonzero(alpha.any(0))
    middle = (columns[0] + columns[-1]) // 2
    top_at_middle = np.flatnonzero(alpha[:, middle])[0]
    quarter = (columns[-1] - columns[0]) // 4
    top_at_side = np.flatnonzero(alpha[:, middle + quarter])[0]
    radius = (columns[-1] - columns[0]) / 2
    expected = radius * sin(radians(VIEW_ELEVATION)) * (1 - np.sqrt(0.75))   # drop of an ellipse at half its radius
    assert top_at_middle == rows[0]
    assert top_at_side - top_at_middle == pytest.approx(expected, abs=2.0)


@pytest.mark.parametrize("name", ["solara-mug-red", "solara-mug-blue", "solara-kettle-blue"])
def test_handles_leave_a_hole_in_the_alpha(shots: dict[str, Packshot], name: str) -> None:
    solid = (shots[name].rgba[..., 3] > 127).astype(np.uint8)
    outside = np.pad(1 - solid, 1, constant_values=1)
    count, _, stats, _ = cv2.connectedComponentsWithStats(outside)
    holes = sorted(stats[1:, cv2.CC_STAT_AREA].tolist())[:-1]
    assert count >= 3, "no hole"
    assert holes[-1] > 0.04 * solid.sum()


def test_every_product_is_lit_from_the_left(shots: dict[str, Packshot]) -> None:
    for name, shot in shots.items():
        side, ratio = side_light(shot.rgba)
        assert side < -0.15, name
        assert ratio < 3, name


def test_exposure_keeps_detail_in_lights_and_darks(shots: dict[str, Packshot]) -> None:
    for name, shot in shots.items():
        pixels = shot.rgba[..., :3][shot.rgba[..., 3] == 255]
        assert (pixels.min(-1) > 252).mean() < 0.01, f"{name} is burnt out"
        assert (pixels.max(-1) < 6).mean() < 0.01, f"{name} is blocked up"
        assert np.percentile(pixels, 98) > 150, f"{name} is dull"


def test_a_red_mug_is_red_and_a_blue_one_blue(shots: dict[str, Packshot]) -> None:
    red, blue = (
        np.median(shots[name].rgba[..., :3][shots[name].rgba[..., 3] == 255], axis=0).astype(float)
        for name in ("solara-mug-red", "solara-mug-blue")
    )
    assert red[0] > 2 * max(red[1], red[2])
    assert blue[2] > 1.3 * max(blue[0], blue[1])


def test_components_lie_in_the_picture_and_the_logo_on_its_label(shots: dict[str, Packshot]) -> None:
    for name, shot in shots.items():
        height, width = shot.rgba.shape[:2]
        for part, box in shot.components.items():
            assert box.x + box.width <= width and box.y + box.height <= height, (name, part)
        if SPECS[name].labels:
            label, logo = shot.components["label"], shot.components["logo"]
            assert label.x <= logo.x and label.x + label.width >= logo.x + logo.width, name
            assert label.y <= logo.y and label.y + label.height >= logo.y + logo.height, name


def test_the_logo_box_holds_the_letters(shots: dict[str, Packshot]) -> None:
    shot = shots["solara-blood-orange-can"]
    box = shot.components["logo"]
    letters = shot.rgba[box.y : box.y + box.height, box.x : box.x + box.width, :3].min(-1) > 150
    assert 0.15 < letters.mean() < 0.6, "white letters on red fill a fair share of their box"
    assert letters[:, : box.width // 6].any() and letters[:, -box.width // 6 :].any()


def test_print_stays_on_the_side_the_camera_sees() -> None:
    for spec in SPECS.values():
        for label in spec.labels:
            rows = 400
            body = spec.parts[0]
            assert isinstance(body, Lathe)
            radius = max(r for r, y, _ in body.outline if y <= label.y[1] + 1)
            degrees_per_row = np.degrees((label.y[1] - label.y[0]) / radius) / rows
            art = draw(label, round(200 / degrees_per_row), rows)
            for name, (left, _, right, bottom) in art.boxes.items():
                middle = art.layers.shape[1] / 2
                assert max(middle - left, right - middle) * degrees_per_row < 66, (spec.id, name)
                assert bottom <= rows, (spec.id, name)


def test_tracking_widens_a_line_and_kerning_is_kept() -> None:
    def width(tracking: float) -> float:
        line = Text(text="AVATAR", size=0.3, y=0.6, tracking=tracking, colour="#000000", component="line")
        label = Label(y=(0, 1), top="#ffffff", material=PLAIN, art=(line,))
        left, _, right, _ = draw(label, 600, 200).boxes["line"]
        return right - left

    assert width(0.2) - width(0.0) == pytest.approx(5 * 0.2 * 0.3 * 200, abs=2)
    separate = sum(width_of(letter) for letter in "AVATAR")
    assert width(0.0) < separate


def width_of(letter: str) -> float:
    from tools.imaging.packshot_label import font

    return font("Outfit-Medium", 60).getlength(letter)


def test_corners_become_arcs_of_the_radius_asked_for() -> None:
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    line = rounded(square, np.array([0, 0.2, 0.2, 0]))
    centre = np.array((0.8, 0.2))
    arc = line[(line[:, 0] > 0.8) & (line[:, 1] < 0.2)]
    assert len(arc) > 5
    assert np.hypot(*(arc - centre).T) == pytest.approx(np.full(len(arc), 0.2), abs=1e-5)


def test_distances_to_a_turned_ball_are_those_of_a_ball() -> None:
    angles = np.linspace(-np.pi / 2, np.pi / 2, 181).tolist()
    ball = Lathe(
        outline=tuple((max(0.0, 0.5 * cos(a)), 0.5 + 0.5 * sin(a), 0.0) for a in angles),
        zones=(Zone(name="ball", y=(0, 1), material=PLAIN),),
    )
    body = TurnedBody(ball, unit=1.0)
    random = np.random.default_rng(5)
    direction = random.normal(size=(3, 4000))
    direction /= np.linalg.norm(direction, axis=0)
    distance = random.uniform(0.35, 0.53, 4000)
    x, y, z = (direction * distance).astype(np.float32)
    found = body.distance((x, y + np.float32(0.5), z))
    assert np.abs(found - (distance - 0.5)).max() < 0.003
    on = np.abs(distance - 0.5) < 0.003                   # where rays end
    normal = np.array(body.normal((x[on], y[on] + np.float32(0.5), z[on])))
    cosine = (normal * direction[:, on]).sum(0)
    assert cosine.min() > 0.99
    assert np.linalg.norm(normal, axis=0) == pytest.approx(np.ones(on.sum()), abs=1e-4)


def test_far_from_the_body_the_distance_is_never_too_long() -> None:
    spec = SPECS["aurelia-serum"]
    part = spec.parts[0]
    assert isinstance(part, Lathe)
    body = TurnedBody(part, unit=10.4)
    random = np.random.default_rng(6)
    x, y, z = random.uniform((-1, -0.5, -1), (1, 1.5, 1), (3000, 3)).T.astype(np.float32)
    outline = rounded(np.array(part.outline)[:, :2] / 10.4, np.array(part.outline)[:, 2] / 10.4)
    radius = np.hypot(x, z)
    true = np.min(np.hypot(radius[:, None] - outline[None, :, 0], y[:, None] - outline[None, :, 1]), axis=1)
    assert (body.distance((x, y, z)) <= true + 0.002).all()


def test_a_label_needs_a_turned_body_first() -> None:
    can = SPECS["solara-blood-orange-can"]
    swapped: PackshotSpec = can.model_copy(update={"parts": can.parts[::-1]})
    with pytest.raises(ValueError, match="turned body"):
        render(swapped, 120)
