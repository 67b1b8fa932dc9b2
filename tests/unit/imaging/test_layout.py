"""Layouts differ, stay in frame, keep real sizes, and say what they left out."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from domain.composition import ProductGeometry, Scene
from domain.values import Light, Size
from tests.unit.imaging.sketches import bottle, geometry
from tools.imaging.layout import MARGIN, Layout, lay_out
from tools.imaging.match import mismatch, needs_mirror
from tools.imaging.scenes import brand_scenes, catalogue
from tools.imaging.silhouette import trim

SQUARE = Size(width=1024, height=1024)
SIZES = [SQUARE, Size(width=1080, height=1350), Size(width=1080, height=1920), Size(width=1200, height=628),
         Size(width=1920, height=1080), Size(width=256, height=256), Size(width=4096, height=4096)]


def upright() -> list[Scene]:
    return [s for s in catalogue() if s.kind != "flat_lay" and s.scale == "tabletop"]


def boxes(layout: Layout, products: list[ProductGeometry]) -> list[list[tuple[str, float, float, float, float]]]:
    """Products of each slot as (asset, left, top, right, bottom) in pixels."""
    aspect = {p.asset: p.size.width / p.size.height for p in products}
    rows = []
    for slot in layout.slots:
        c = slot.composition
        placed = [(products[0].asset, c.centre, c.scale), *((o.product, o.centre, o.scale) for o in c.others)]
        row = []
        for name, centre, scale in placed:
            h = scale * c.canvas.height
            w = h * aspect[name]
            x, y = centre.x * c.canvas.width, centre.y * c.canvas.height
            row.append((name, x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        rows.append(row)
    return rows


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nine_slots_differ_and_keep_clear_of_the_edges_on_every_canvas(size: Size) -> None:
    product = geometry()
    layout = lay_out([product], upright(), size)
    assert len(layout.slots) == 9
    for row in boxes(layout, [product]):
        for _, left, top, right, bottom in row:
            edge = 0.6 * MARGIN * min(size.width, size.height)
            assert left >= edge and top >= edge
            assert right <= size.width - edge and bottom <= size.height - edge
    for a, b in combinations(layout.slots, 2):
        same_scene = a.scene_ref == b.scene_ref
        moved = abs(a.composition.centre.x - b.composition.centre.x) + abs(a.composition.scale - b.composition.scale)
        assert not same_scene or moved > 0.03
    assert all(0.25 <= s.composition.scale <= 0.70 for s in layout.slots)
    assert all(abs(s.composition.roll) <= 1.5 for s in layout.slots)


@given(st.floats(0.07, 0.24), st.integers(0, 2**31 - 1), st.sampled_from(SIZES), st.integers(1, 9))
@trials(max_examples=8, deadline=None)
def test_any_fitting_product_gets_its_slots_in_frame_and_the_same_ones_again(
    height: float, seed: int, size: Size, count: int
) -> None:
    product = geometry(height=height)
    layout = lay_out([product], upright(), size, seed=seed, count=count)
    assert len(layout.slots) == count
    assert layout == lay_out([product], upright(), size, seed=seed, count=count)
    for row in boxes(layout, [product]):
        for _, left, top, right, bottom in row:
            assert left > 0 and top > 0 and right < size.width and bottom < size.height


def test_one_scene_still_gives_nine_different_pictures() -> None:
    layout = lay_out([geometry()], upright()[:1], SQUARE)
    seen = {(round(s.composition.centre.x, 2), round(s.composition.scale, 2), s.settings) for s in layout.slots}
    assert len(seen) >= 8


def test_another_seed_gives_another_layout() -> None:
    assert lay_out([geometry()], upright(), SQUARE, seed=1) != lay_out([geometry()], upright(), SQUARE, seed=2)


def test_counts_and_relations_put_products_side_by_side_in_true_sizes() -> None:
    kettle, mug = geometry("kettle", 0.24), geometry("mug", 0.12)
    wide = Size(width=1920, height=1080)
    layout = lay_out([kettle, mug], upright(), wide, counts=(1, 2), relations=((0, "right of", 1),))
    assert layout.slots
    for row in boxes(layout, [kettle, mug]):
        assert sorted(b[0] for b in row) == ["kettle", "mug", "mug"]
        ordered = sorted(row, key=lambda b: b[1])
        assert [b[0] for b in ordered] == ["mug", "mug", "kettle"]
        for a, b in pairwise(ordered):
            assert a[3] < b[1]
        tall = {b[0]: b[4] - b[2] for b in row}
        assert tall["kettle"] / tall["mug"] == pytest.approx(2.0, rel=0.04)


@pytest.mark.parametrize(("relation", "lower"), [("in front of", True), ("behind", False)])
def test_nearer_products_stand_lower_and_larger(relation: str, lower: bool) -> None:
    a, b = geometry("a", 0.10), geometry("b", 0.10)
    layout = lay_out([a, b], upright()[-1:] + upright()[:2], SQUARE, relations=((1, relation, 0),))
    for row in boxes(layout, [a, b]):
        first = next(r for r in row if r[0] == "a")
        second = next(r for r in row if r[0] == "b")
        assert (second[4] > first[4]) is lower
        assert ((second[4] - second[2]) > (first[4] - first[2])) is lower
        assert second[1] > first[3] or first[1] > second[3]


def test_a_group_too_wide_for_a_podium_is_not_put_on_it() -> None:
    layout = lay_out([geometry()], upright(), SQUARE, counts=(5,))
    assert "studio:podium" not in {s.scene_ref.id for s in layout.slots}
    assert any("no room" in reason for reason in layout.left_out)


def test_flat_lays_turn_through_three_angles_in_three_places() -> None:
    scenes = [s for s in catalogue() if s.kind == "flat_lay"][:1]
    layout = lay_out([geometry(shape="top")], scenes, SQUARE)
    assert {s.composition.rotation for s in layout.slots} == {-15.0, 0.0, 15.0}
    assert len({round(s.composition.centre.x, 1) for s in layout.slots}) == 3


def test_a_standing_product_lies_flat_only_when_no_other_scene_is_offered() -> None:
    flat = [s for s in catalogue() if s.kind == "flat_lay"]
    assert len(lay_out([geometry()], flat, SQUARE).slots) == 9
    mixed = lay_out([geometry()], flat + upright()[:1], SQUARE)
    assert {s.scene_ref.id for s in mixed.slots} == {upright()[0].id}
    assert len(mixed.left_out) == len(flat)


def test_no_fitting_scene_gives_no_slot_and_reasons() -> None:
    layout = lay_out([geometry(height=2.4)], upright(), SQUARE)
    assert not layout.slots
    assert len(layout.left_out) == len(upright())


def _scene(scene_id: str) -> Scene:
    return next(s for s in catalogue() if s.id == scene_id)


@pytest.mark.parametrize(("product", "scene_id", "reason"), [
    (geometry(), "plate:terrace-noon", None),
    (geometry(view_elevation=20.0), "plate:terrace-noon", "looks down"),
    (geometry(view_elevation=12.0), "plate:terrace-noon", None),
    (geometry(height=1.8), "plate:terrace-noon", "too tall"),
    (geometry(height=0.16), "plate:hall-window", "lost"),
    (geometry(shape="flat", height=1.1, depth=0.5), "plate:hall-window", None),
    (geometry(shape="top"), "plate:terrace-noon", "from above"),
    (geometry(shape="top"), "flat_lay:linen", None),
    (geometry(), "flat_lay:linen", "from the side"),
    (geometry(shape="flat", depth=0.05), "plate:garden-noon", "runs along"),
    (geometry(shape="flat", depth=0.05), "plate:marble-window", None),
])
def test_what_goes_together_and_what_does_not(product: ProductGeometry, scene_id: str, reason: str | None) -> None:
    found = mismatch(product, _scene(scene_id))
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_a_hard_lit_product_is_kept_out_of_the_night() -> None:
    night = _scene("plate:terrace-noon").model_copy(update={"light": Light.NIGHT})
    assert mismatch(geometry(light_ratio=3.0), night) is not None
    assert mismatch(geometry(light_ratio=1.2), night) is None


def test_light_from_the_other_side_is_mirrored_or_where_that_is_impossible_refused() -> None:
    scene = _scene("plate:terrace-noon")
    right_lit, left_lit = geometry(light_side=0.6), geometry(light_side=-0.6)
    assert needs_mirror(right_lit, scene) and not needs_mirror(left_lit, scene)
    assert all(s.scene_ref.mirrored for s in lay_out([right_lit], [scene], SQUARE).slots)
    assert not any(s.scene_ref.mirrored for s in lay_out([left_lit], [scene], SQUARE).slots)
    fixed = scene.model_copy(update={"mirrorable": False})
    assert mismatch(right_lit, fixed) is not None
    assert mismatch(left_lit, fixed) is None


def test_brand_colours_make_scenes_of_their_own() -> None:
    layout = lay_out([geometry()], brand_scenes(["#2f6b52", "#d9b45b"]), SQUARE)
    assert {s.scene_ref.id.partition("@")[2] for s in layout.slots} == {"2f6b52.d9b45b"}


def test_the_sketch_is_trimmed_to_what_is_visible() -> None:
    part = trim(bottle())
    assert geometry().size == Size(width=part.width, height=part.height)
