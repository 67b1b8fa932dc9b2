"""The studio over stdin and stdout: one person on their own machine, whose assistant starts and ends this process.

Assistants give a server a few seconds to answer, so it answers first and opens graph, storage and pixels meanwhile.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, cast

from domain.access import Caller, Principal, Role
from domain.errors import OnbrandError
from domain.values import BrandId, RunId
from mcp_servers.studio import Studio, build, state_key
from service.settings import Settings

if TYPE_CHECKING:
    from service.laid_out import LaidOutStudio


class Opening:
    """A studio that is being opened: what is asked of it waits until it is there, and fails as opening failed."""

    def __init__(self) -> None:
        self.studio: asyncio.Future[LaidOutStudio] = asyncio.get_running_loop().create_future()

    def __getattr__(self, method: str) -> Any:
        async def once_open(*arguments: Any, **named: Any) -> Any:
            studio = await asyncio.shield(self.studio)
            return await getattr(studio, method)(*arguments, **named)

        return once_open

    def folder(self, run_id: RunId) -> str:
        """Where a run's pictures lie; empty before they do."""
        return self.studio.result().folder(run_id) if self.studio.done() else ""


async def serve(settings: Settings, brand: BrandId, who: str, *, approve_here: bool) -> None:
    """Serve until stdin ends. `who` is the person at this machine, who may do everything in `brand`.

    Raises NotFound for a brand that is not there, Misconfigured or StorageFailed when the home cannot be opened; until
    stdin ends every tool answers with that error, where the person sees it.
    """
    principal = Principal(id=f"local:{who}", name=who, kind="local", grants={brand: frozenset({Role.ADMIN})})
    caller = Caller(principal=principal, brand=brand)
    opening = Opening()
    server = build(
        cast(Studio, opening),
        lambda request: caller,
        approve_how=lambda run_id: f"in a terminal: onbrand runs approve {run_id} --brand {brand}",
        look_at=opening.folder,
        local_files=True,
        approve_here=approve_here,
        state_keys=[await asyncio.to_thread(state_key, settings.home)],
    )
    left = asyncio.Event()
    open_meanwhile = asyncio.create_task(hold_open(opening, settings, brand, left))
    try:
        await server.run_stdio_async()
    finally:
        left.set()
        await open_meanwhile


async def hold_open(opening: Opening, settings: Settings, brand: BrandId, left: asyncio.Event) -> None:
    """Open the studio, and keep it open until the client has left."""
    try:
        heavy = await asyncio.to_thread(importlib.import_module, "service.laid_out")
        async with heavy.opened(settings, brand) as studio:
            opening.studio.set_result(studio)
            await left.wait()
    except OnbrandError as error:
        if not opening.studio.done():
            opening.studio.set_exception(error)
            opening.studio.exception()  # whoever asks is told; nobody has to ask
        raise
