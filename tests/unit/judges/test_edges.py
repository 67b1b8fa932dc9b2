"""Fringes, seams and growth: planted on real composites, and absent from clean ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domain.candidate import Verdict
from domain.ports import Image, Mask
from tests.unit.judges.conftest import Compose, verdict

SCENES = ("plate:terrace-noon", "plate:beach-golden", "plate:marble-window", "studio:sweep")


def _ring(mask: Mask, inner: int, outer: int) -> np.ndarray:
    """Pixels between `inner` and `outer` px outside the mask (negative: inside)."""
    solid = (mask > 127).astype(np.uint8)
    away = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5) - cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    return (away >= inner) & (away < outer)


def _painted(image: Image, where: np.ndarray, colour: tuple[int, int, int], strength: float = 1.0) -> Image:
    out = image.astype(np.float32)
    weight = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 0.6)[..., None] * strength
    return (out * (1 - weight) + np.array(colour, np.float32) * weight).astype(np.uint8)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("check", ["edge_halo", "edge_seam", "object_growth"])
def test_a_clean_edge_passes(compose: Compose, scene: str, check: str) -> None:
    finding = verdict(compose("can", scene).evidence, check)
    assert finding.verdict is Verdict.PASS, finding.reason


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (60, 220, 90)])
def test_a_fringe_of_another_colour_is_a_halo(compose: Compose, colour: tuple[int, int, int]) -> None:
    drawn = compose("can", "plate:beach-golden")
    ring = _ring(drawn.evidence.mask, -1, 2)  # type: ignore[arg-type]
    finding = verdict(drawn.but(image=_painted(drawn.evidence.image, ring, colour)), "edge_halo")
    assert finding.verdict is Verdict.FAIL
    assert finding.fixes[0].field == "cutout"


@pytest.mark.parametrize("distance", [8, 14, 18])
def test_a_patch_pasted_around_the_product_is_a_seam(compose: Compose, distance: int) -> None:
    drawn = compose("can", "plate:terrace-noon")
    patch = _ring(drawn.evidence.mask, 1, distance)  # type: ignore[arg-type]
    image = drawn.evidence.image.astype(np.int16)
    image[patch] += (7, 7, 4)
    finding = verdict(drawn.but(image=image.clip(0, 255).astype(np.uint8)), "edge_seam")
    assert finding.verdict is Verdict.FAIL
    assert abs(float(finding.evidence["distance"] or 0) * 0.75 - distance) < 6


@pytest.mark.parametrize("scene", ["plate:terrace-noon", "plate:garden-noon"])
def test_a_product_continued_past_its_outline_has_grown(compose: Compose, scene: str) -> None:
    drawn = compose("can", scene)
    mask, image = drawn.evidence.mask, drawn.evidence.image.copy()
    assert mask is not None
    rows, columns = np.flatnonzero(mask.max(1) > 127), np.flatnonzero(mask.max(0) > 127)
    height, right = int(np.ptp(rows)), int(columns[-1])
    top, bottom = int(rows[0] + 0.3 * height), int(rows[0] + 0.75 * height)
    image[top:bottom, right - 2 : right + 22] = image[top:bottom, right - 10 : right - 9]
    finding = verdict(drawn.but(image=image), "object_growth")
    assert finding.verdict is Verdict.FAIL, finding.reason


def test_scenery_of_the_products_colour_that_passes_behind_it_is_no_growth(compose: Compose) -> None:
    """A strip of the product's own colour beside it, and the same strip as the end of a band from the picture's top."""
    drawn = compose("can", "plate:terrace-noon")
    mask, image = drawn.evidence.mask, drawn.evidence.image
    assert mask is not None
    rows, columns = np.flatnonzero(mask.max(1) > 127), np.flatnonzero(mask.max(0) > 127)
    top = int(rows[0] + 0.35 * np.ptp(rows))
    product = image[top : top + 60, columns[-1] - 12 : columns[-1] - 6].reshape(-1, 3).mean(0)
    outside = mask < 128
    found = {}
    for name, begin in (("grown", top), ("band", 0)):
        painted = image.copy()
        where = np.zeros_like(outside)
        where[begin : top + 60, int(columns[-1]) - 20 : int(columns[-1]) + 24] = True
        painted[where & outside] = product
        found[name] = verdict(drawn.but(image=painted), "object_growth").verdict
    assert found == {"grown": Verdict.FAIL, "band": Verdict.PASS}


@pytest.mark.parametrize(("soft", "expected"), [(True, Verdict.PASS), (False, Verdict.FAIL)])
def test_a_gradient_that_levels_off_around_the_product_is_no_seam(
    compose: Compose, soft: bool, expected: Verdict
) -> None:
    drawn = compose("can", "plate:terrace-noon")
    mask = drawn.evidence.mask
    assert mask is not None
    away = cv2.distanceTransform((mask < 128).astype(np.uint8), cv2.DIST_L2, 5) / 0.75
    glow = 40 * (1 - np.clip(away / 30, 0, 1)) ** 2 if soft else 7.0 * (away < 22)
    image = np.where(mask[..., None] < 128, drawn.evidence.image + glow[..., None], drawn.evidence.image)
    finding = verdict(drawn.but(image=np.clip(image, 0, 255).astype(np.uint8)), "edge_seam")
    assert finding.verdict is expected, finding


def test_without_an_outline_the_edge_checks_abstain(compose: Compose) -> None:
    from tools.judges import Evidence

    bare = Evidence(image=compose().evidence.image)
    assert all(verdict(bare, c).verdict is Verdict.ABSTAIN for c in ("edge_halo", "edge_seam", "object_growth"))
