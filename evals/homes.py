"""A home with the demo library, for suites that draw: a copy of this machine's where there is one, else made anew."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from domain.errors import OnbrandError
from memory.demo import DEMO_BRAND, ensure_demo
from service.orchestrator import Onbrand
from service.settings import Settings, load_settings
from tools.imaging.decode import encode_png
from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue


@asynccontextmanager
async def demo_home(grid: int = 9) -> AsyncIterator[Onbrand]:
    """Everything opened over a home that is thrown away; its demo library is that of the settings' home, copied."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="onbrand-evals-"))
    try:
        await asyncio.to_thread(copy_library, load_settings(), folder)
        async with Onbrand.open(Settings(home=folder, grid=grid)) as onbrand:
            await asyncio.to_thread(onbrand.prepare, DEMO_BRAND)
            yield onbrand
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def copy_library(settings: Settings, folder: Path) -> None:
    """Take the demo library's pictures over, so that they need not be rendered; rows are made anew from them.

    Nothing is copied where the home keeps its pictures elsewhere, or has none.
    """
    pictures = settings.home / "brands" / DEMO_BRAND / "artifacts"
    database = settings.home / "onbrand.sqlite"
    if settings.database_url is not None or settings.artifacts is not None or not database.is_file():
        return
    try:
        shutil.copytree(pictures, folder / "brands" / DEMO_BRAND / "artifacts")
        shutil.copy(database, folder / "onbrand.sqlite")
    except (OSError, OnbrandError):
        shutil.rmtree(folder / "brands", ignore_errors=True)      # half a library is made anew
        (folder / "onbrand.sqlite").unlink(missing_ok=True)


def small_demo(onbrand: Onbrand, *products: str) -> None:
    """Make the demo brand's library with these products alone: rendering all of them takes longer than most work."""
    ensure_demo(
        onbrand.workshop.library,
        onbrand.workshop.artifacts,
        lambda text, share: None,
        products=[spec for spec in catalogue() if spec.id in products],
        render=render,
        encode=encode_png,
        lock=onbrand.wired.home.root / "demo.lock",
    )
