"""Seats: a role's models and the places that serve them, in the order they are tried, and which of them fit an ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import ModelCannot
from domain.models import Ask, ModelSpec
from tools.models.asking import refuse_impossible
from tools.models.catalogue import Card, Known, card
from tools.models.places import Place, cleared, places_for


@dataclass(frozen=True)
class Seat:
    """One model at one place."""

    card: Card
    place: Place

    @property
    def key(self) -> str:
        """A name no other seat has."""
        return f"{self.place.name} {self.card.spec}"


def seats_for(specs: Sequence[ModelSpec], places: Sequence[Place], known: Sequence[Known] = ()) -> tuple[Seat, ...]:
    """A role's seats: its models in order, each at its places in order.

    Raises Misconfigured for a model without a price on record.
    """
    return tuple(Seat(card(spec, known), place) for spec in specs for place in places_for(spec, places))


def fitting(seats: Sequence[Seat], ask: Ask) -> tuple[Seat, ...]:
    """The seats that can take this ask and may see it, in order. Raises ModelCannot saying why when there is none."""
    able: list[Seat] = []
    reason: ModelCannot | None = None
    for seat in seats:
        try:
            refuse_impossible(ask, seat.card)
        except ModelCannot as error:
            reason = reason or error
        else:
            able.append(seat)
    if reason is not None and not able:
        raise reason
    open_to = cleared([seat.place for seat in able], ask.role, confidential=ask.payer.confidential)
    return tuple(seat for seat in able if seat.place in open_to)
