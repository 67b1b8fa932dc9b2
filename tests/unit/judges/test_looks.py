"""Legibility, palette, focus, exposure, attention and unwanted text: both verdicts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.assets import Asset, AssetKind
from domain.candidate import Severity, Verdict
from domain.values import Box, Light, Size
from tests.unit.judges.conftest import Compose, brief, photograph, verdict
from tools.imaging.backdrop import tabletop_scene
from tools.judges import Evidence, read_text
from tools.judges.colour import ciede2000


def test_ciede2000_agrees_with_the_published_pairs() -> None:
    """Rows 1, 4, 7, 13, 17 and 25 of table 1 in Sharma, Wu and Dalal (2005)."""
    first = np.array(
        [[50, 2.6772, -79.7751], [50, -1.3802, -84.2814], [50, 0, 0], [50, -0.001, 2.49], [50, 2.5, 0],
         [60.2574, -34.0099, 36.2677]], np.float32,
    )
    second = np.array(
        [[50, 0, -82.7485], [50, 0, -82.7485], [50, -1, 2], [50, 0.0011, -2.49], [73, 25, -18],
         [60.4626, -34.1751, 39.4387]], np.float32,
    )
    expected = [2.0425, 1.0, 2.3669, 4.7461, 27.1492, 1.2644]
    assert ciede2000(first, second) == pytest.approx(expected, abs=2e-3)


def test_a_product_before_its_own_colour_is_not_legible(compose: Compose) -> None:
    drawn = compose("can", "plate:terrace-noon")
    mask, image = drawn.evidence.mask, drawn.evidence.image.copy()
    assert mask is not None
    inside = cv2.erode((mask > 250).astype(np.uint8), np.ones((9, 9), np.uint8))
    _, labels = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    nearest[labels[inside == 1]] = image[inside == 1]
    image[mask < 10] = nearest[labels[mask < 10]]
    finding = verdict(drawn.but(image=image), "legibility")
    assert finding.verdict is Verdict.FAIL
    assert finding.fixes[0].field == "scene"
    assert verdict(drawn.evidence, "legibility").verdict is Verdict.PASS


def test_text_to_set_needs_a_calm_place(compose: Compose) -> None:
    drawn = compose("can", "plate:terrace-noon")
    said = brief().model_copy(update={"text": brief(style="Fresh").style and (brief(style="Fresh").style,)})
    assert verdict(drawn.but(brief=said), "legibility").verdict is Verdict.PASS
    noise = np.random.default_rng(1).integers(0, 255, drawn.evidence.image.shape, np.uint8)
    busy = np.where(drawn.evidence.mask[..., None] > 10, drawn.evidence.image, noise)  # type: ignore[index]
    finding = verdict(drawn.but(image=busy, brief=said), "legibility")
    assert finding.verdict is Verdict.FAIL
    assert "no calm place" in finding.reason


def test_palette_warns_and_never_blocks(compose: Compose) -> None:
    drawn = compose("can", "plate:courtyard-noon")
    near = verdict(drawn.but(palette=("#c58a4e", "#d9d2c6", "#b5753a")), "palette")
    far = verdict(drawn.but(palette=("#0033cc",)), "palette")
    assert near.verdict is Verdict.PASS, near.reason
    assert far.verdict is Verdict.FAIL
    assert far.severity is Severity.WARN
    assert verdict(drawn.evidence, "palette").verdict is Verdict.ABSTAIN


def test_a_blurred_product_is_out_of_focus(compose: Compose) -> None:
    drawn = compose()
    soft = cv2.GaussianBlur(drawn.evidence.image, (0, 0), 5)
    assert verdict(drawn.but(image=soft), "sharpness").verdict is Verdict.FAIL
    assert verdict(drawn.evidence, "sharpness").verdict is Verdict.PASS


def test_a_product_enlarged_beyond_its_pixels_is_found_by_geometry(compose: Compose) -> None:
    drawn = compose()
    slot = drawn.evidence.slot
    assert slot is not None
    assert slot.composition.affine is not None
    assert drawn.evidence.cutout is not None
    small = cv2.resize(drawn.evidence.cutout, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    (a, b, x), (c, d, y) = slot.composition.affine
    bigger = slot.composition.model_copy(update={"affine": ((a / 0.4, b, x), (c, d / 0.4, y))})
    finding = verdict(
        drawn.but(cutout=small, slot=slot.model_copy(update={"composition": bigger})), "sharpness"
    )
    assert finding.verdict is Verdict.FAIL
    assert finding.fixes[0].relative
    assert float(finding.fixes[0].amount or 1) < 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("astronaut.png", Verdict.PASS), ("china.jpg", Verdict.PASS), ("coffee.png", Verdict.PASS),
     ("flower.jpg", Verdict.PASS), ("moon.png", Verdict.FAIL), ("hubble_deep_field.jpg", Verdict.FAIL)],
)
def test_exposure_of_photographs(name: str, expected: Verdict) -> None:
    assert verdict(Evidence(image=photograph(name)), "exposure").verdict is expected


@pytest.mark.parametrize("name", ["astronaut.png", "chelsea.png", "china.jpg", "flower.jpg", "coffee.png"])
def test_photographs_are_neither_noisy_nor_out_of_focus(name: str) -> None:
    image = cv2.resize(photograph(name), (1024, 768), interpolation=cv2.INTER_CUBIC)
    for check in ("noise", "sharpness"):
        finding = verdict(Evidence(image=image), check)
        assert finding.verdict is Verdict.PASS, finding.reason


def test_attention_orders_and_never_gates(compose: Compose) -> None:
    finding = verdict(compose("can", "studio:sweep").evidence, "composition")
    assert finding.severity is Severity.RANK
    assert float(finding.value or 0) > 1.5


def test_a_slogan_in_the_scene_is_unwanted_and_the_products_label_is_not(compose: Compose) -> None:
    drawn = compose("can", "plate:terrace-noon")
    assert verdict(drawn.evidence, "unwanted_text").verdict is Verdict.PASS
    image = drawn.evidence.image.copy()
    cv2.putText(image, "SUMMER SALE", (40, 110), cv2.FONT_HERSHEY_DUPLEX, 1.4, (250, 250, 250), 3)
    finding = verdict(drawn.but(image=image), "unwanted_text")
    assert finding.verdict is Verdict.FAIL
    assert "SUMMER SALE" in finding.reason
    wanted = brief().model_copy(update={"text": (brief(style="Summer sale").style,)})
    assert verdict(drawn.but(image=image, brief=wanted), "unwanted_text").verdict is Verdict.PASS


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "flower.jpg", "grass.png", "moon.png"])
def test_no_text_is_read_into_photographs(name: str) -> None:
    image = photograph(name)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[:40, :40] = 255
    assert verdict(Evidence(image=image, mask=mask), "unwanted_text").verdict is Verdict.PASS


def test_text_is_found_where_it_stands(compose: Compose) -> None:
    drawn = compose("can", "plate:terrace-noon")
    found = read_text(drawn.evidence.image)
    box: Box = drawn.evidence.slot.composition.box  # type: ignore[union-attr, assignment]
    label = next(each for each in found if each.text == "SOLARA")
    assert box.x <= label.box.x
    assert label.box.x + label.box.width <= box.x + box.width


def test_highlights_are_not_asked_of_a_photograph_whose_hour_nobody_tells() -> None:
    dice = np.random.default_rng(3)
    evening = np.kron(dice.integers(20, 115, (32, 32, 1)).repeat(3, axis=2), np.ones((8, 8, 1))).astype(np.uint8)
    row = Asset(
        id="photo", brand="demo", kind=AssetKind.BACKGROUND, title="photo", digest="0" * 64,
        size=Size(width=256, height=256),
    )  # fmt: skip
    by_day = row.model_copy(update={"light": Light.WINDOW})
    found = {light: verdict(Evidence(image=evening, scene=tabletop_scene(asset)), "exposure").verdict
             for light, asset in (("unstated", row), ("day", by_day))}  # fmt: skip
    assert found == {"unstated": Verdict.PASS, "day": Verdict.FAIL}
