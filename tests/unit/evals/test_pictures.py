"""Planted defects change what they say they do, and likeness falls with every one of them."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data
from skimage.metrics import structural_similarity

from domain.ports import Image, Mask
from evals.planting import PLANTS, recoloured_to
from tools.judges.likeness import edge_likeness, ms_ssim

ON_PRODUCT = {"recoloured", "smeared"}
EVERYWHERE = {"defocused"}
STRENGTHS = {
    "recoloured": (4, 16), "smeared": (1.5, 6), "grown": (8, 32), "fringe": (1, 4), "seam": (2, 8), "dark": (0.5, 0.1),
    "blown": (1.8, 4), "defocused": (3, 12), "noisy": (6, 24), "tilted": (3, 12), "twin": (0.35, 0.9),
    "lettered": (18, 72),
}


@pytest.fixture(scope="module")
def picture() -> tuple[Image, Mask, Image]:
    """A real photograph, and a disc of it as the product."""
    image = np.asarray(data.astronaut(), np.uint8)
    ys, xs = np.mgrid[:512, :512]
    mask = np.where((ys - 330) ** 2 + (xs - 200) ** 2 < 80**2, 255, 0).astype(np.uint8)
    return image, mask, np.dstack([image, mask])


@pytest.mark.parametrize("name", sorted(PLANTS))
def test_a_defect_stays_where_it_belongs_and_grows_with_its_strength(
    picture: tuple[Image, Mask, Image], name: str
) -> None:
    image, mask, layer = picture
    weak, strong = (PLANTS[name](image, mask, layer, strength) for strength in STRENGTHS[name])
    assert weak.shape == image.shape and weak.dtype == np.uint8
    product = mask > 128
    untouched = ~product if name in ON_PRODUCT else product
    if name not in EVERYWHERE:
        assert np.array_equal(strong[untouched], image[untouched])
    change = [np.abs(made.astype(int) - image).sum() for made in (weak, strong)]
    assert 0 < change[0] < change[1]


def test_every_plant_has_strengths_in_the_suite() -> None:
    from evals.critic import committed

    planted = {kind.name for kind in committed().kinds if not kind.redraw}
    assert planted == set(PLANTS)


def test_likeness_is_one_for_the_same_and_falls_with_damage(picture: tuple[Image, Mask, Image]) -> None:
    image, mask, layer = picture
    assert ms_ssim(image, image, mask) == pytest.approx(1)
    assert edge_likeness(image, image, mask) == pytest.approx(1)
    worse = [PLANTS["smeared"](image, mask, layer, strength) for strength in (1.5, 3, 6)]
    for measure in (ms_ssim, edge_likeness):
        values = [measure(image, made, mask) for made in worse]
        assert 1 > values[0] > values[1] > values[2]
    fitted = recoloured_to(image, mask)
    assert np.array_equal(fitted[mask == 0], image[mask == 0])
    assert ms_ssim(image, fitted, mask) < 0.9999


def test_at_one_scale_it_is_scikit_images_ssim() -> None:
    rng = np.random.default_rng(1)
    image = np.repeat(rng.integers(0, 256, (40, 40, 1), dtype=np.uint8), 3, axis=2)      # too small for a second scale
    other = np.clip(image.astype(int) + rng.integers(-20, 21, (40, 40, 1)), 0, 255).astype(np.uint8)
    whole = np.full((40, 40), 255, np.uint8)
    theirs = structural_similarity(
        image[..., 0], other[..., 0], gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert ms_ssim(image, other, whole) == pytest.approx(theirs, abs=0.01)
