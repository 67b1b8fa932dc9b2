"""The suite of components: its truth does not come from the code it tries, and a part in the wrong place is a miss."""

from __future__ import annotations

import numpy as np
import pytest

from domain.values import Box
from evals.components import Task, located, motorcycle, overlap, painted, scored, viewpoints, whole

PART = Box(x=20, y=30, width=40, height=16)


def test_a_painted_part_comes_out_where_the_transform_carries_it() -> None:
    affine = ((0.5, 0.0, 100.0), (0.0, 0.5, 10.0))
    cutout = np.zeros((200, 200, 4), np.uint8)
    box = painted(PART, affine, cutout, (300, 300))
    assert box is not None
    assert overlap(box, Box(x=110, y=25, width=20, height=8)) > 0.8
    assert painted(PART, ((1.0, 0.0, 500.0), (0.0, 1.0, 0.0)), cutout, (300, 300)) is None


def test_parts_of_the_second_viewpoint_moved_by_their_disparity() -> None:
    left, right, _ = motorcycle()
    there, back = viewpoints()
    assert len(there.parts) == len(back.parts) > 25
    for name, box in there.parts.items():
        moved = there.truth[name]
        ours = left[box.y : box.y + box.height, box.x : box.x + box.width].astype(int)
        theirs = right[moved.y : moved.y + moved.height, moved.x : moved.x + moved.width].astype(int)
        unmoved = right[box.y : box.y + box.height, box.x : box.x + box.width].astype(int)
        assert np.abs(ours - theirs).mean() < np.abs(ours - unmoved).mean(), name


@pytest.mark.parametrize(("shift", "score"), [(0, 1), (40, 0)])
def test_a_part_in_the_wrong_place_is_neither_located_nor_compared(shift: int, score: int) -> None:
    photo = motorcycle()[0]
    task = Task("here", photo, whole(photo), {"tank": PART}, {"tank": PART}, ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    where = {name: box.model_copy(update={"x": box.x + shift}) for name, box in located(task).items()}
    [case] = scored(task, where)
    assert case.scores == {"known": score, "known compared": score}
