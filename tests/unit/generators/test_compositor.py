"""The compositor is a Generator: declared, deterministic, one drawing a slot."""

from __future__ import annotations

import numpy as np
import pytest

from domain.assets import Asset, AssetKind
from domain.candidate import Slot
from domain.composition import Caption, Wording
from domain.errors import BadInput, NotFound
from domain.ports import Generator
from domain.values import Size
from tests.unit.imaging.sketches import bottle
from tools.generators import Compositor
from tools.imaging.layout import lay_out
from tools.imaging.product import measure, side_light
from tools.imaging.scenes import catalogue


def _asset(name: str = "bottle", **fields: object) -> Asset:
    return Asset.model_validate(
        {"id": name, "brand": "demo", "kind": AssetKind.PRODUCT, "title": name, "digest": "0" * 64,
         "size": Size(width=220, height=520), "real_height": 0.16} | fields
    )


def _slots(count: int = 3, names: tuple[str, ...] = ("bottle",)) -> list[Slot]:
    products = [measure(_asset(name), bottle()) for name in names]
    scenes = [s for s in catalogue() if s.id in ("plate:terrace-noon", "plate:beach-golden", "plate:marble-window")]
    layout = lay_out(products, scenes, Size(width=320, height=400), count=count)
    return [
        Slot(id=f"c{i}", caption=Caption(subject="a bottle"), scene=p.scene_ref, composition=p.composition,
             settings=p.settings, products=names, seed=i)
        for i, p in enumerate(layout.slots)
    ]


def test_it_is_a_generator_and_says_what_it_cannot_draw() -> None:
    compositor = Compositor()
    assert isinstance(compositor, Generator)
    capability = compositor.capability()
    assert capability.generator == "compositor" and capability.deterministic and capability.price_per_image == 0
    assert {"people", "animals"} <= set(capability.cannot_draw)


def test_every_slot_is_drawn_in_order_with_its_composition_filled() -> None:
    slots = _slots()
    drawn = list(Compositor().draw(slots, {"bottle": bottle()}, {"bottle": _asset()}, {}))
    assert [d.slot.id for d in drawn] == [s.id for s in slots]
    for slot, done in zip(slots, drawn, strict=True):
        c = done.slot.composition
        assert done.image.shape == (400, 320, 3) and done.layer.shape == (400, 320, 4)
        assert np.array_equal(done.mask, done.layer[..., 3])
        assert c.affine and c.box and c.contacts and c.light_from and c.horizon is not None
        assert c.true_scale == pytest.approx(1, abs=0.25)
        assert c.scale == slot.composition.scale and abs(c.centre.x - slot.composition.centre.x) < 0.02


def test_drawing_is_deterministic_and_comes_one_at_a_time() -> None:
    slots = _slots()
    first = Compositor().draw(slots, {"bottle": bottle()}, {"bottle": _asset()}, {})
    again = list(Compositor().draw(slots, {"bottle": bottle()}, {"bottle": _asset()}, {}))
    one = next(first)
    assert np.array_equal(one.image, again[0].image)
    assert not np.array_equal(again[0].image, again[1].image)


def test_drawing_a_drawn_slot_again_changes_nothing() -> None:
    cutouts, assets = {"bottle": bottle()}, {"bottle": _asset()}
    done = next(Compositor().draw(_slots(1), cutouts, assets, {}))
    again = next(Compositor().draw([done.slot], cutouts, assets, {}))
    assert np.array_equal(done.image, again.image)
    assert done.slot == again.slot


def test_a_slot_with_two_products_draws_both() -> None:
    names = ("bottle", "other")
    slots = _slots(1, names)
    cutouts, assets = {n: bottle() for n in names}, {n: _asset(n) for n in names}
    done = next(Compositor().draw(slots, cutouts, assets, {}))
    assert done.slot.composition.others[0].affine is not None
    columns = (done.mask > 127).any(0)
    assert np.count_nonzero(np.diff(columns.astype(int)) == 1) == 2


def test_a_missing_cutout_or_scene_is_a_typed_error() -> None:
    slot = _slots(1)[0]
    with pytest.raises(BadInput, match="cutout"):
        next(Compositor().draw([slot], {}, {"bottle": _asset()}, {}))
    lost = slot.model_copy(update={"scene": slot.scene.model_copy(update={"id": "plate:nowhere"})})
    with pytest.raises(NotFound):
        next(Compositor().draw([lost], {"bottle": bottle()}, {"bottle": _asset()}, {}))


def test_the_side_of_a_products_light_is_measured() -> None:
    cutout = bottle()
    assert abs(side_light(cutout)[0]) < 0.05
    ramp = np.linspace(1.0, 0.3, cutout.shape[1])[None, :, None]
    lit = cutout.copy()
    lit[..., :3] = (lit[..., :3] * ramp).astype(np.uint8)
    side, ratio = side_light(lit)
    assert side < -0.5 and ratio > 1.5
    assert side_light(lit[:, ::-1])[0] > 0.5


def test_words_are_a_part_of_what_is_drawn_and_those_it_cannot_set_are_refused() -> None:
    (bare, *_) = _slots()
    plain = next(Compositor().draw([bare], {"bottle": bottle()}, {"bottle": _asset()}, {}))

    def worded(text: str) -> Slot:
        wording = bare.composition.model_copy(update={"wording": Wording(texts=(text,))})
        return bare.model_copy(update={"composition": wording})

    done = next(Compositor().draw([worded("Fresh")], {"bottle": bottle()}, {"bottle": _asset()}, {}))
    assert [block.text for block in done.slot.composition.text_blocks] == ["Fresh"]
    assert np.array_equal(done.layer, plain.layer)
    assert not np.array_equal(done.image, plain.image)
    limits = Compositor().capability().text
    assert limits is not None
    assert limits.beyond(("Свежо",))
    with pytest.raises(BadInput, match="Свежо"):
        next(Compositor().draw([worded("Свежо")], {"bottle": bottle()}, {"bottle": _asset()}, {}))
