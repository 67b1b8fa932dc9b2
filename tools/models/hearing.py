"""Who hears of asks that are made in this context, where the run that pays for them is worked on in another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from domain.ports import Recorder

_HEARS: ContextVar[Recorder | None] = ContextVar("hears_of_asks", default=None)


def hears() -> Recorder | None:
    """Who hears of an ask made now; None for nobody."""
    return _HEARS.get()


@contextmanager
def hearing(recorder: Recorder) -> Iterator[None]:
    """Within the block, and threads that were given its context, the recorder hears of every ask."""
    before = _HEARS.set(recorder)
    try:
        yield
    finally:
        _HEARS.reset(before)
