"""Studio photos with known mattes, made from rendered outlines and real photographs."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from benchmarks.cutout import on_backdrop, textured
from tools.imaging.packshot import catalogue, render

SIDE = 640


@pytest.fixture(scope="session")
def shots() -> dict[str, np.ndarray]:
    """Rendered products with exact alpha, RGBA."""
    wanted = {"solara-mug-red", "solara-blood-orange-can", "aurelia-serum"}
    return {spec.id: render(spec, 460).rgba for spec in catalogue() if spec.id in wanted}


@pytest.fixture(scope="session")
def photo_mug(shots: dict[str, np.ndarray]) -> np.ndarray:
    """A mug's outline, handle hole and all, with a real photograph as its glaze."""
    return textured(shots["solara-mug-red"], skimage.data.coffee())


@pytest.fixture(scope="session")
def studio_photo(photo_mug: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """That mug before white: the photograph (RGB), and its true alpha 0..1."""
    return on_backdrop(photo_mug, 242.0, SIDE)
