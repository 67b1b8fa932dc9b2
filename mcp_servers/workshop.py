"""What the shells share: where things are kept and which implementations stand behind the ports."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.ports import (
    ArtifactStore,
    AssetLibrary,
    Destination,
    Drawings,
    Embedder,
    Generator,
    Image,
    KnownAnswers,
    Models,
    Rulebook,
)
from domain.values import ArtifactRef, BrandId, Digest
from memory.effects import Effects
from memory.runs import RunTable
from tools.imaging.decode import decode, encode_png
from tools.judges.book import Book, book
from tools.judges.looking import Forgetful
from tools.models import NoModels

UPLOAD_TAG = "upload"
"""Tag of photos taken in for one piece of work: they are not found by search."""

PIXEL_CACHE_BYTES = 160 * 2**20
"""Decoded pictures kept for the next tool: a grid of nine at 1024x1024 with layers and masks fits."""


class Pixels:
    """Digests to arrays and back, with a bounded cache. Arrays handed out are read-only."""

    def __init__(self, artifacts: ArtifactStore, limit: int = PIXEL_CACHE_BYTES) -> None:
        self._artifacts = artifacts
        self._limit = limit
        self._held: OrderedDict[tuple[str, str], Image] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def load(self, brand: BrandId, digest: Digest) -> Image:
        """The picture under a digest: RGB, RGBA or a single channel, as it was put."""
        with self._lock:
            held = self._held.get((brand, digest))
            if held is not None:
                self._held.move_to_end((brand, digest))
                return held
        image = decode(self._artifacts.get(brand, digest), name=digest[:12]).image
        self._remember(brand, digest, image)
        return image

    def put(self, brand: BrandId, image: Image) -> ArtifactRef:
        """Keep a picture as PNG; the array stays at hand for the next tool."""
        ref = self._artifacts.put(brand, encode_png(image), "image/png")
        self._remember(brand, ref.digest, image)
        return ref

    def _remember(self, brand: BrandId, digest: Digest, image: Image) -> None:
        image.setflags(write=False)
        with self._lock:
            if (brand, digest) in self._held or image.nbytes > self._limit:
                return
            self._held[brand, digest] = image
            self._size += image.nbytes
            while self._size > self._limit:
                self._size -= self._held.popitem(last=False)[1].nbytes


@dataclass
class Workshop:
    """Everything the shells reach; put together once by the service. Once `stopping` is set no drawing is begun.

    `checks` is the book of measured checks: the shipped one, unless somebody tries other limits.
    """

    artifacts: ArtifactStore
    library: AssetLibrary
    rulebook: Rulebook
    runs: RunTable
    effects: Effects
    drawings: Drawings
    generators: Mapping[str, Generator]
    embedder: Embedder
    destination: Destination
    models: Models = field(default_factory=NoModels)
    known: KnownAnswers = field(default_factory=Forgetful)
    pixels: Pixels = field(init=False)
    stopping: threading.Event = field(default_factory=threading.Event)
    checks: Book = field(default_factory=book)

    def __post_init__(self) -> None:
        self.pixels = Pixels(self.artifacts)
