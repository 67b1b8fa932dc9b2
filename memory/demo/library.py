"""Fill the demo brand's library asset by asset, so that a kill costs one and a second call costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from domain.assets import Asset, AssetKind, Cutout, CutoutMethod
from domain.errors import StorageFailed
from domain.ports import ArtifactStore, AssetLibrary, Image
from domain.values import Box, BrandId, Size
from memory.demo.backdrops import BACKDROPS, Backdrop

DEMO_BRAND: BrandId = "demo"

HEIGHT = 960
"""Pixels of a rendered product's longer side: enough for one that fills seven tenths of a 1350-pixel canvas."""

PATIENCE = 300.0
"""Seconds to wait for another process that is making the same library."""

LICENCE = "Apache-2.0; rendered by Onbrand, free to use with it"
SOURCE = "Onbrand demo library"
_RENDERED = "Rendering"


class ProductSpec(Protocol):
    """What the library needs to know of a product; the renderer knows the rest."""

    @property
    def id(self) -> str: ...                                                          # noqa: D102
    @property
    def title(self) -> str: ...                                                       # noqa: D102
    @property
    def description(self) -> str: ...                                                 # noqa: D102
    @property
    def sector(self) -> str: ...                                                      # noqa: D102
    @property
    def tags(self) -> tuple[str, ...]: ...                                            # noqa: D102
    @property
    def colours(self) -> tuple[str, ...]: ...                                         # noqa: D102
    @property
    def real_height(self) -> float: ...                                               # noqa: D102
    @property
    def depth(self) -> float: ...                                                     # noqa: D102
    @property
    def shape(self) -> str: ...                                                       # noqa: D102


class Rendered(Protocol):
    """A rendered product: straight RGBA and the boxes of its parts in pixels."""

    @property
    def rgba(self) -> Image: ...                                                      # noqa: D102
    @property
    def components(self) -> Mapping[str, Box]: ...                                    # noqa: D102


Spec = TypeVar("Spec", bound=ProductSpec)
Render = Callable[[Spec, int], Rendered]
Encode = Callable[[Image], bytes]


def ensure_demo(
    library: AssetLibrary, artifacts: ArtifactStore, progress: Callable[[str, float], None], *,
    products: Sequence[Spec], render: Render[Spec], encode: Encode, lock: Path, view_elevation: float = 7.5,
    height: int = HEIGHT,
) -> None:
    """Make what is missing of the demo library; an asset that is there is left as it is.

    Two processes at once share the work of one: the second waits, and finds it done.

    Args:
        progress: told what is being made and the share done, 0..1; not called when nothing is missing.
        products: what to render, with `render(spec, pixels)`.
        encode: pixels to PNG bytes.
        lock: a file of this home that the two processes meet at.
        view_elevation: of the renderer's camera above the horizontal, degrees.

    Raises:
        StorageFailed: another process holds the lock and does not finish, or the disk is full.
    """
    if not _missing(library, artifacts, products):
        return
    try:
        with FileLock(lock, timeout=PATIENCE):
            missing = _missing(library, artifacts, products)
            made = 0
            for product in products:
                if product.id in missing:
                    progress(f"Rendering {product.title}", made / len(missing))
                    library.add(_product(artifacts, product, render(product, height), encode, view_elevation))
                    made += 1
            for backdrop in BACKDROPS:
                if backdrop.id in missing:
                    progress(f"Painting {backdrop.title}", made / len(missing))
                    library.add(_backdrop(artifacts, backdrop, encode))
                    made += 1
            if missing:
                progress("The demo library is ready", 1.0)
    except Timeout as error:
        raise StorageFailed(
            "Another process has been making the demo library for too long.", where=str(lock),
            hint="End the other Onbrand process, or wait for it, and try again.",
        ) from error


def _missing(library: AssetLibrary, artifacts: ArtifactStore, products: Sequence[ProductSpec]) -> set[str]:
    """Ids that have no row, or whose picture is gone."""
    there = {
        asset.id for asset in library.list(DEMO_BRAND)
        if artifacts.has(DEMO_BRAND, asset.digest)
        and (asset.cutout is None or artifacts.has(DEMO_BRAND, asset.cutout.digest))
    }
    return ({spec.id for spec in products} | {backdrop.id for backdrop in BACKDROPS}) - there


def _product(
    artifacts: ArtifactStore, spec: ProductSpec, picture: Rendered, encode: Encode, view_elevation: float
) -> Asset:
    """A rendered product as a library row; its own transparency is its cutout, so nobody needs to look at it again."""
    ref = artifacts.put(DEMO_BRAND, encode(picture.rgba), "image/png")
    size = Size(width=picture.rgba.shape[1], height=picture.rgba.shape[0])
    return Asset(
        id=spec.id, brand=DEMO_BRAND, kind=AssetKind.PRODUCT, title=spec.title,
        description=f"{spec.description} {_RENDERED}, not a photograph.",
        tags=spec.tags, colours=spec.colours, digest=ref.digest, size=size,
        cutout=Cutout(
            digest=ref.digest, size=size, method=CutoutMethod.ALPHA, confidence=1.0,
            reason="rendered with its own transparency", source=ref.digest,
        ),
        real_height=spec.real_height, depth=spec.depth, shape=spec.shape, view_elevation=view_elevation,
        palette=main_colours(picture.rgba), components=dict(picture.components), rendering=True, licence=LICENCE,
        source=SOURCE, sector=spec.sector,
    )


def _backdrop(artifacts: ArtifactStore, backdrop: Backdrop, encode: Encode) -> Asset:
    image = backdrop.paint()
    ref = artifacts.put(DEMO_BRAND, encode(image), "image/png")
    return Asset(
        id=backdrop.id, brand=DEMO_BRAND, kind=backdrop.kind, title=backdrop.title,
        description=f"{backdrop.description}. {_RENDERED}, not a photograph.",
        tags=backdrop.tags, colours=backdrop.colours, digest=ref.digest,
        size=Size(width=image.shape[1], height=image.shape[0]), light=backdrop.light, light_side=backdrop.light_side,
        palette=backdrop.palette, rendering=True, licence=LICENCE, source=SOURCE,
    )


def main_colours(rgba: Image, count: int = 4) -> tuple[str, ...]:
    """The most common colours of what is opaque, as hex, the most common first; bins of 32 levels a channel."""
    opaque = rgba[rgba[..., 3] > 250][:, :3]
    if not len(opaque):
        return ()
    bins, where, sizes = np.unique(opaque >> 5, axis=0, return_inverse=True, return_counts=True)
    commonest = np.argsort(-sizes, kind="stable")[: min(count, len(bins))]
    means = [opaque[where.ravel() == number].mean(0).round().astype(int) for number in commonest]
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in means)
