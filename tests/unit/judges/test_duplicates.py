"""A second copy of the product is found, straight or mirrored; natural photographs never look like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.candidate import Verdict
from domain.ports import Image
from tests.unit.judges.conftest import PHOTOGRAPHS, Compose, photograph, product, verdict
from tools.judges import Evidence


def _pasted(image: Image, cutout: Image, height: int, at: tuple[int, int], mirrored: bool, turn: float = 0.0) -> Image:
    k = height / cutout.shape[0]
    source = cutout[:, ::-1] if mirrored else cutout
    matrix = cv2.getRotationMatrix2D((cutout.shape[1] / 2, cutout.shape[0] / 2), turn, k)
    matrix[:, 2] += np.array(at) - (cutout.shape[1] / 2, cutout.shape[0] / 2)
    size = (image.shape[1], image.shape[0])
    layer = cv2.warpAffine(np.ascontiguousarray(source), matrix, size, flags=cv2.INTER_AREA).astype(np.float32)
    alpha = layer[..., 3:] / 255
    return (layer[..., :3] * alpha + image * (1 - alpha)).astype(np.uint8)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("height", "turn"), [(300, 0.0), (230, 12.0), (190, 0.0)])
def test_a_copy_beside_the_product_is_found(compose: Compose, height: int, turn: float, mirrored: bool) -> None:
    drawn = compose("can", "plate:garden-noon")
    cutout, _ = product("can")
    image = _pasted(drawn.evidence.image, cutout, height, (110, 400), mirrored, turn)
    finding = verdict(drawn.but(image=image), "duplicate_product")
    assert finding.verdict is Verdict.FAIL, finding.reason
    assert finding.evidence["mirrored"] is mirrored
    assert finding.fixes[0].field == "scene"
    assert finding.region is not None
    assert finding.region.x < 250


OTHERS = [(n, w) for n in PHOTOGRAPHS for w in ("can", "cup") if (n, w) != ("coffee.png", "cup")]
"""The cup was cut from the photograph of the coffee."""


@pytest.mark.parametrize(("name", "what"), OTHERS)
def test_no_photograph_looks_like_a_copy(name: str, what: str) -> None:
    image = cv2.resize(photograph(name), (900, 700), interpolation=cv2.INTER_AREA)
    cutout, _ = product(what)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[300:500, 380:500] = 255
    finding = verdict(Evidence(image=image, cutout=cutout, mask=mask), "duplicate_product")
    assert finding.verdict is not Verdict.FAIL, finding.reason


def test_a_plain_product_gets_no_verdict() -> None:
    plain = np.full((400, 300, 4), (200, 60, 60, 255), np.uint8)
    mask = np.zeros((600, 600), np.uint8)
    mask[200:400, 200:350] = 255
    image = cv2.resize(photograph("china.jpg"), (600, 600))
    finding = verdict(Evidence(image=image, cutout=plain, mask=mask), "duplicate_product")
    assert finding.verdict is Verdict.ABSTAIN
