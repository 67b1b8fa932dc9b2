"""Pictures of one product held together, measured: what falls out is named, and light alone is no difference."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from domain.candidate import Finding, Verdict
from domain.ports import Image
from domain.values import Affine
from tools.judges.rectified import Shown
from tools.judges.sets import checks_of_products, judge_products

CANVAS = 420
Change = Callable[[Image], Image]


def bottle() -> Image:
    """A product with a cap, a label of words and bars, and no symmetry: RGBA."""
    cutout = np.zeros((300, 160, 4), np.uint8)
    cutout[20:290, 20:140] = (176, 60, 40, 255)
    cutout[4:24, 50:110] = (60, 66, 120, 255)
    cutout[110:230, 34:126, :3] = (232, 222, 200)
    cv2.putText(cutout, "SOL", (40, 150), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (40, 40, 60, 255), 3, cv2.LINE_AA)
    cv2.putText(cutout, "tea 33", (42, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (150, 70, 30, 255), 2, cv2.LINE_AA)
    cv2.line(cutout, (44, 214), (96, 214), (40, 90, 60, 255), 3)
    return cutout


def picture(seed: int, product: Image, affine: Affine) -> Image:
    """The product before a blurred scene of its own, in light of its own."""
    dice = np.random.default_rng(seed)
    coarse = dice.integers(30, 220, (6, 6, 3)).astype(np.uint8)
    noise = cv2.resize(coarse, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    warped = cv2.warpAffine(product, np.array(affine), (CANVAS, CANVAS), flags=cv2.INTER_AREA).astype(np.float32)
    alpha = warped[..., 3:] / 255
    mixed = (warped[..., :3] * alpha + noise * (1 - alpha)) / 255
    warm, stops = dice.uniform(-0.07, 0.07), dice.uniform(-0.3, 0.2)
    ramp = 1 + dice.uniform(-0.2, 0.2) * np.linspace(-0.5, 0.5, CANVAS)
    light = mixed**2.2 * np.array([1 + warm, 1, 1 - warm]) * 2**stops * ramp[None, :, None]
    return np.asarray(np.clip(light, 0, 1) ** (1 / 2.2) * 255, np.uint8)


def placed(number: int) -> Affine:
    scale = (0.95, 0.85, 1.0, 0.9)[number]
    return ((scale, 0.0, 90.0 + 20 * number), (0.0, scale, 60.0 + 5 * number))


def together(change: Change | None = None, *, odd: int = 1, count: int = 3, told: bool = True) -> dict[str, Finding]:
    """Findings about pictures, one of which shows another product than it reports."""
    shown = {}
    for number in range(count):
        product = change(bottle()) if change is not None and number == odd else bottle()
        affine = placed(number)
        shown[f"picture {number + 1}"] = Shown(
            picture(number, product, affine), affine if told else None, 1.0 if told else None
        )
    return {finding.check: finding for finding in judge_products(bottle(), shown)}


def recoloured(product: Image) -> Image:
    made = product.copy()
    made[..., :3] = product[..., [2, 0, 1]]
    return made


def mirrored(product: Image) -> Image:
    return np.ascontiguousarray(product[:, ::-1])


def other_words(product: Image) -> Image:
    made = product.copy()
    made[165:208, 36:124, :3] = (232, 222, 200)
    cv2.putText(made, "jam 5", (42, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (150, 70, 30, 255), 2, cv2.LINE_AA)
    return made


def other_cap(product: Image) -> Image:
    made = product.copy()
    made[4:24, 50:110, :3] = (60, 140, 90)
    return made


def narrower(product: Image) -> Image:
    return np.asarray(cv2.warpAffine(product, np.array([[0.88, 0, 9.6], [0, 1, 0]]), (160, 300)), np.uint8)


def verdicts(findings: dict[str, Finding]) -> set[str]:
    return {name for name, finding in findings.items() if finding.verdict is Verdict.FAIL}


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_product_in_other_light_at_other_sizes_is_the_same_product(count: int) -> None:
    findings = together(count=count)
    assert tuple(findings) == checks_of_products()
    assert {finding.verdict for finding in findings.values()} == {Verdict.PASS}, findings


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (recoloured, "set:colour"), (other_cap, "set:colour"), (mirrored, "set:details"), (other_words, "set:details"),
        (narrower, "set:proportion"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("odd", [0, 2])
def test_the_one_that_differs_is_named(change: Change, check: str, odd: int) -> None:
    findings = together(change, odd=odd)
    assert findings[check].verdict is Verdict.FAIL, findings[check]
    name = f"picture {odd + 1}"
    assert {findings[failed].evidence["odd"] for failed in verdicts(findings)} == {name}
    assert name in findings[check].reason


def test_the_region_is_where_it_differs() -> None:
    region = together(other_cap, odd=2)["set:colour"].region
    assert region is not None
    (scale, _, x), (_, _, y) = placed(2)
    middle = (region.x + region.width / 2, region.y + region.height / 2)
    assert x + 45 * scale < middle[0] < x + 115 * scale
    assert y - 5 < middle[1] < y + 35 * scale


def test_two_that_differ_are_both_named() -> None:
    finding = together(recoloured, count=2)["set:colour"]
    assert finding.evidence["odd"] == "picture 1, picture 2"
    assert "cannot say" in finding.reason


def test_without_knowing_where_it_is_the_product_is_found_or_the_judge_abstains() -> None:
    assert verdicts(together(told=False)) == set()
    assert together(other_words, told=False)["set:details"].evidence["odd"] == "picture 2"
    plain = np.full((80, 40, 4), 255, np.uint8)
    blank = {name: Shown(np.full((200, 200, 3), 90, np.uint8)) for name in ("one", "two")}
    assert {finding.verdict for finding in judge_products(plain, blank)} == {Verdict.ABSTAIN}


def test_one_in_which_the_product_is_not_found_falls_out_of_those_in_which_it_is() -> None:
    findings = together(np.zeros_like, told=False, count=4)
    assert findings["set:presence"].verdict is Verdict.FAIL
    assert findings["set:presence"].evidence["odd"] == "picture 2"


def test_a_size_no_scene_explains_is_named_and_an_unknown_one_is_not_guessed() -> None:
    shown = {
        name: Shown(picture(number, bottle(), placed(number)), placed(number), scale)
        for number, (name, scale) in enumerate({"one": 1.02, "two": 0.7, "three": 0.97}.items())
    }
    finding = next(f for f in judge_products(bottle(), shown) if f.check == "set:size")
    assert (finding.verdict, finding.evidence["odd"]) == (Verdict.FAIL, "two")
    assert together(told=False)["set:size"].verdict is Verdict.ABSTAIN


def test_one_picture_is_no_set() -> None:
    assert judge_products(bottle(), {"one": Shown(picture(0, bottle(), placed(0)), placed(0))}) == ()
