"""Several products on one ground: who stands left of whom, how far apart, who is nearer, all in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.composition import ProductGeometry
from domain.values import AssetId

Relation = tuple[int, str, int]
"""(subject, relation, object): indices into the products; the relation in the Brief's words."""

_GAP = 0.14
_STEP = 0.55


@dataclass(frozen=True)
class Member:
    """One item on the ground: the middle of its foot (metres; x right, y away), its height and width as seen."""

    asset: AssetId
    shape: str
    height: float
    width: float
    x: float
    y: float

    @property
    def radius(self) -> float:
        """Half the width of its foot, metres."""
        return self.width * 0.45


@dataclass(frozen=True)
class Arrangement:
    """Items side by side; the first member is the hero, whatever its place in the row."""

    members: tuple[Member, ...]

    @property
    def lead(self) -> Member:
        """The hero."""
        return self.members[0]

    @property
    def left(self) -> float:
        """Left end of the row, metres."""
        return min(m.x - m.width / 2 for m in self.members)

    @property
    def right(self) -> float:
        """Right end of the row, metres."""
        return max(m.x + m.width / 2 for m in self.members)

    @property
    def tallest(self) -> float:
        """Height of the tallest member, metres."""
        return max(m.height for m in self.members)


def arrange(
    products: Sequence[ProductGeometry], relations: Sequence[Relation], counts: Sequence[int], assumed: float
) -> Arrangement:
    """Stands products in a row, in the order given unless relations say otherwise.

    Widths follow from heights and the pictures' aspect, so relative sizes are true; clear ground is left between
    neighbours. "in front of" and "behind" move an item nearer or further, still beside the other, so that nothing is
    hidden.

    Args:
        products: the first is the hero.
        relations: between products.
        counts: of each product; one each when empty.
        assumed: height in metres of products whose own is unknown.
    """
    many = list(counts) or [1] * len(products)
    order = _order(len(products), relations)
    nearer = _nearness(len(products), relations)
    widths = [_width(p, assumed) for p in products]
    row: list[tuple[int, float]] = []
    x = 0.0
    previous = 0.0
    for index in order:
        for _ in range(many[index]):
            width = widths[index]
            if row:
                x += previous / 2 + _GAP * (previous + width) / 2 + width / 2
            row.append((index, x))
            previous = width
    step = _STEP * max(widths)
    members = [
        Member(
            asset=products[index].asset,
            shape=products[index].shape,
            height=products[index].real_height or assumed,
            width=widths[index],
            x=at,
            y=-step * nearer[index],
        )
        for index, at in row
    ]
    hero = next(i for i, (index, _) in enumerate(row) if index == 0)
    return Arrangement((members[hero], *members[:hero], *members[hero + 1 :]))


def _width(product: ProductGeometry, assumed: float) -> float:
    return (product.real_height or assumed) * product.size.width / product.size.height


def _order(count: int, relations: Sequence[Relation]) -> list[int]:
    """Products from left to right: a stable topological order; relations that contradict each other give way."""
    before: list[set[int]] = [set() for _ in range(count)]
    for subject, relation, other in relations:
        if relation == "left of":
            before[other].add(subject)
        elif relation == "right of":
            before[subject].add(other)
    order: list[int] = []
    while len(order) < count:
        waiting = [i for i in range(count) if i not in order]
        free = [i for i in waiting if not (before[i] - set(order))]
        order.append((free or waiting)[0])
    return order


def _nearness(count: int, relations: Sequence[Relation]) -> list[int]:
    """Steps towards the camera of each product."""
    steps = [0] * count
    for subject, relation, other in relations:
        if relation == "in front of":
            steps[subject] = steps[other] + 1
        elif relation == "behind":
            steps[subject] = steps[other] - 1
    return steps
