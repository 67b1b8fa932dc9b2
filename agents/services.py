"""What the graph's context carries: everything a stage needs and does not keep in state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.models import ModelRole
from domain.ports import History, Language, Ledger, Memory
from domain.values import BrandId
from mcp_servers.toolbox import Sessions


def nothing() -> tuple[str, ...]:
    """Nothing to tell."""
    return ()


@dataclass(frozen=True)
class Services:
    """Passed anew on every call of the graph; never persisted. `brand` comes from the principal (Promise 8).

    `looking` are the judge's roles that a model which looks at pictures serves. `memory` is None where nothing is to
    be remembered (evaluations); `by` is the principal's id, empty for whoever sits at the machine. `told` gives
    what was done otherwise than planned since it was last called, such as a model that gave no usable answer.
    """

    brand: BrandId
    sessions: Sessions
    language: Language
    ledger: Ledger
    history: History
    grid: int = 9
    shortlist_size: int = 3
    looking: frozenset[ModelRole] = frozenset()
    memory: Memory | None = None
    by: str = ""
    told: Callable[[], tuple[str, ...]] = nothing
