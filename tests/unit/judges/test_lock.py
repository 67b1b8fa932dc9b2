"""The product lock sees every change of the product, and does not believe what the generator says it drew."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.candidate import Verdict
from domain.ports import Image
from tests.unit.judges.conftest import PHOTOGRAPHS, Compose, photograph, product, verdict
from tools.judges import Evidence


def test_one_changed_byte_of_the_product_breaks_the_lock(compose: Compose) -> None:
    drawn = compose()
    box = drawn.evidence.slot.composition.box  # type: ignore[union-attr]
    image = drawn.evidence.image.copy()
    image[box.y + box.height // 2, box.x + box.width // 2, 1] ^= 1  # type: ignore[union-attr]
    finding = verdict(drawn.but(image=image), "product_lock")
    assert finding.verdict is Verdict.FAIL
    assert finding.evidence["stage"] == "bytes"
    assert [change.field for change in finding.fixes] == ["cutout", "seed"]


def _erased(image: Image, box: tuple[int, int, int, int]) -> Image:
    x, y, w, h = box
    out = image.copy()
    out[y : y + h, x : x + w, :3] = np.median(out[y : y + h, x : x + w, :3], axis=(0, 1)).astype(np.uint8)
    return out


def test_a_generator_that_reports_its_altered_product_as_the_layer_is_caught_by_the_cutout(compose: Compose) -> None:
    drawn = compose()
    box = drawn.evidence.slot.composition.box  # type: ignore[union-attr]
    logo = (box.x + box.width // 4, box.y + box.height // 5, box.width // 2, box.height // 6)  # type: ignore[union-attr]
    image, layer = _erased(drawn.evidence.image, logo), _erased(drawn.evidence.layer, logo)  # type: ignore[arg-type]
    finding = verdict(drawn.but(image=image, layer=layer), "product_lock")
    assert finding.verdict is Verdict.FAIL
    assert finding.evidence["stage"] == "cutout"
    assert finding.region is not None
    assert abs(finding.region.y - logo[1]) < logo[3] + 25


def test_a_tint_of_the_whole_product_is_caught(compose: Compose) -> None:
    drawn = compose()
    shifted = drawn.evidence.image.astype(np.int16)
    shifted[..., 2] += 24
    image = shifted.clip(0, 255).astype(np.uint8)
    finding = verdict(drawn.but(image=image, layer=None), "product_lock")
    assert finding.verdict is Verdict.FAIL
    assert float(finding.evidence["delta_e"] or 0) > 2.5


def test_a_product_moved_from_where_its_affine_says_is_caught(compose: Compose) -> None:
    drawn = compose()
    moved = np.roll(drawn.evidence.image, 3, axis=1)
    finding = verdict(drawn.but(image=moved, layer=np.roll(drawn.evidence.layer, 3, axis=1)), "product_lock")  # type: ignore[arg-type]
    assert finding.verdict is Verdict.FAIL


def test_a_turned_product_still_passes(compose: Compose) -> None:
    finding = verdict(compose("can", "plate:terrace-noon", 0, {"composition.roll": 1.4}).evidence, "product_lock")
    assert finding.verdict is Verdict.PASS


def _foreign(cutout: Image, light: float = 1.0) -> Image:
    """The product warped in perspective into a photograph, relit and through JPEG: a picture made elsewhere."""
    scene = cv2.resize(photograph("china.jpg"), (1024, 1024))
    h, w = cutout.shape[:2]
    target = np.array([[330, 240], [650, 262], [640, 800], [345, 812]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), target)
    warped = cv2.warpPerspective(cutout, matrix, (1024, 1024), flags=cv2.INTER_AREA)
    alpha = warped[..., 3:].astype(np.float32) / 255
    picture = (np.clip(warped[..., :3] * light, 0, 255) * alpha + scene * (1 - alpha)).astype(np.uint8)
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert ok
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_in_a_foreign_picture_the_product_is_located_and_recognised() -> None:
    cutout, _ = product("can")
    finding = verdict(Evidence(image=_foreign(cutout, 0.92), cutout=cutout), "product_lock")
    assert finding.verdict is Verdict.PASS, finding.reason
    assert finding.evidence["stage"] == "located"


def test_in_a_foreign_picture_a_recoloured_product_is_caught() -> None:
    cutout, _ = product("can")
    swapped = cutout.copy()
    swapped[..., :3] = cutout[..., [2, 1, 0]]
    finding = verdict(Evidence(image=_foreign(swapped), cutout=cutout), "product_lock")
    assert finding.verdict is Verdict.FAIL


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_without_the_product_gets_no_verdict(name: str) -> None:
    cutout, _ = product("can")
    finding = verdict(Evidence(image=photograph(name), cutout=cutout), "product_lock")
    assert finding.verdict is Verdict.ABSTAIN
