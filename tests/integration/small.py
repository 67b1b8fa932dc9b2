"""A demo library of a few products: rendering all of them takes longer than most tests."""

from __future__ import annotations

from memory.demo import ensure_demo
from service.orchestrator import Onbrand
from tools.imaging.decode import encode_png
from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue


def small_demo(onbrand: Onbrand, *products: str) -> None:
    """Make the demo brand's library with these products alone."""
    workshop = onbrand.workshop
    ensure_demo(
        workshop.library,
        workshop.artifacts,
        lambda text, share: None,
        products=[spec for spec in catalogue() if spec.id in products],
        render=render,
        encode=encode_png,
        lock=onbrand.wired.home.root / "demo.lock",
    )
