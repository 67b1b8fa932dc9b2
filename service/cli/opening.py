"""The heavy part of a command: graph, tool servers, storage, pixels.

Imported when the command does its work, not when it is named, so that `--help`, `brief` and `schema` answer at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from domain.run import RunView

if TYPE_CHECKING:
    from service.orchestrator import Onbrand


@asynccontextmanager
async def opened(brand: str, *, judges: bool = False) -> AsyncIterator[Onbrand]:
    """Everything of the home that the settings name, for work on one brand.

    With `judges`, the text recogniser loads on another core meanwhile: the command will read pictures.
    Raises Misconfigured or StorageFailed when it cannot be opened, NotFound for a brand that is not there.
    """
    if judges:
        from tools.judges.ocr import warm_up

        warm_up()
    from service.orchestrator import Onbrand
    from service.settings import load_settings

    async with Onbrand.open(load_settings()) as onbrand:
        onbrand.workshop.rulebook.brand(brand)
        yield onbrand


def reported(onbrand: Onbrand, view: RunView) -> RunView:
    """The run, with its folder for people written. Raises StorageFailed naming the folder when it cannot be."""
    from service.report import write_report

    write_report(onbrand.workshop, view)
    return view
