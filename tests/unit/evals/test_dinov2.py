"""DINOv2 from a folder, with small random weights: how pictures go in and numbers come out, not how well it sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.errors import Misconfigured
from domain.ports import Image, Mask
from evals.dinov2 import Dinov2
from evals.fidelity import SUITE, scored
from evals.suite import measured


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers, as transformers writes one."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(5)
    config = transformers.Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
    )
    folder = tmp_path_factory.mktemp("dinov2")
    transformers.Dinov2Model(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def product() -> tuple[Image, Mask]:
    dice = np.random.default_rng(2)
    image = np.kron(dice.integers(0, 256, (6, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[8:-8, 8:-8] = 255
    return image, mask


def test_the_same_product_is_alike_whatever_is_around_it(weights: Path, product: tuple[Image, Mask]) -> None:
    image, mask = product
    model = Dinov2(weights)
    elsewhere = np.where(mask[..., None] > 0, image, np.uint8(9))
    assert model.likeness(image, elsewhere, mask) == pytest.approx(1, abs=1e-5)
    assert float(np.linalg.norm(model.embed(image))) == pytest.approx(1, abs=1e-5)
    other = np.ascontiguousarray(image[::-1, :, ::-1])
    assert model.likeness(image, other, mask) < 0.9999


def test_the_suite_measures_by_it_only_where_weights_are(weights: Path, product: tuple[Image, Mask]) -> None:
    image, mask = product
    row = next(metric for metric in SUITE.metrics if metric.name == "DINOv2")
    without, by_it = scored("one", image, image, mask), scored("one", image, image, mask, Dinov2(weights))
    assert measured(row, [without]) is None
    found = measured(row, [by_it])
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


def test_a_folder_without_weights_is_named_and_nothing_is_fetched(tmp_path: Path, weights: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no model"):
        Dinov2(tmp_path / "facebook" / "dinov2-base")
    (tmp_path / "config.json").write_bytes((weights / "config.json").read_bytes())
    with pytest.raises(Misconfigured, match="holds no DINOv2 weights"):
        Dinov2(tmp_path)
