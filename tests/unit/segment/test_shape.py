"""Round or flat, as read from an outline."""

from __future__ import annotations

import numpy as np

from tools.segment.shape import shape


def test_bodies_of_revolution_are_round_and_handles_make_flat(shots: dict[str, np.ndarray]) -> None:
    assert shape(shots["solara-blood-orange-can"][..., 3]) == "round"
    assert shape(shots["aurelia-serum"][..., 3]) == "round"
    assert shape(shots["solara-mug-red"][..., 3]) == "flat"
