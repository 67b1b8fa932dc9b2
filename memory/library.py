"""The asset library: rows in the database, pictures in the artifact store, vectors in a rebuildable index per brand.

A row is written first and indexed after; a process killed between the two leaves a row that the next search indexes.
Every method is bound to one brand: it reads that brand's rows and that brand's index, and an id from elsewhere is
answered exactly like one that does not exist (Promise 8).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import func, or_, select

from domain.assets import Asset, AssetHit, AssetKind
from domain.errors import BadInput, NotFound, OnbrandError
from domain.ports import ArtifactStore, Embedder, Image, ImageEmbedder, Ranker
from domain.values import BrandId
from memory.asset_filters import condition
from memory.asset_rows import write_row
from memory.database import Database
from memory.home import Home
from memory.index import BrandIndex, IndexEntry, IndexUnreadable, Vector, open_index
from memory.tables import assets as rows

EXHAUSTIVE = 1000
"""Up to so many assets of a brand each one is judged; above, the nearest by vector and those that share a word are."""

NEAREST = 400
"""How many the index and the words each nominate in a larger library."""

SAME_PICTURE = 0.65
"""Cosine of visual descriptors from which two pictures count as alike. On 19 photographs of scikit-image and
scikit-learn, crops to 80%, rotations by 8 degrees, JPEG 50 and greyscale all stay above it, and the most alike of 171
pairs of different photographs reaches .64."""

log = logging.getLogger(__name__)


class Library:
    """Implements `domain.ports.AssetLibrary`.

    Args:
        rank: judges which assets fit a text.
        decode: bytes of an artifact to RGB or RGBA.
    """

    def __init__(
        self, database: Database, home: Home, artifacts: ArtifactStore, embedder: Embedder, visual: ImageEmbedder,
        rank: Ranker, decode: Callable[[bytes], Image],
    ) -> None:
        self._database = database
        self._home = home
        self._artifacts = artifacts
        self._embedder = embedder
        self._visual = visual
        self._rank = rank
        self._decode = decode
        self._indexes: dict[str, BrandIndex] = {}
        self._guard = threading.RLock()

    def add(self, asset: Asset) -> Asset:
        """Keep an asset, replacing one of the same id of the same brand. Its artifact must be in the store.

        Raises:
            NotFound: the brand holds no artifact of this digest.
            UnusableImage: the artifact is no picture.
        """
        if not self._artifacts.has(asset.brand, asset.digest):
            raise NotFound(f"There is no artifact {asset.digest[:12]}.", hint="Store the picture before its asset.")
        picture = self._visual.embed([self._picture(asset)])[0]
        created = datetime.now(UTC)
        with self._database.begin() as connection:
            write_row(connection, asset, created)
        text = self._embedder.embed([described(asset)])[0]
        entry = IndexEntry(asset.id, asset.kind.value, mark(created), {"text": text, "visual": picture})
        with self._guard:
            index = self._index(asset.brand)
            if index is not None:
                try:
                    index.upsert([entry])
                except IndexUnreadable:
                    self._refill(asset.brand, index)
        return asset

    def get(self, brand: BrandId, asset_id: str) -> Asset:
        """One asset. Raises NotFound in the same words for an id of another brand and for one that never was."""
        with self._database.read() as connection:
            document = connection.execute(
                select(rows.c.document).where(rows.c.brand == brand, rows.c.id == asset_id)
            ).scalar_one_or_none()
        if document is None:
            raise NotFound(f"There is no asset {asset_id!r}.", hint="List your assets: onbrand assets list")
        return Asset.model_validate(document)

    def list(self, brand: BrandId, kind: AssetKind | None = None) -> Sequence[Asset]:
        """The brand's assets, by kind and id."""
        with self._database.read() as connection:
            chosen = select(rows.c.document).where(rows.c.brand == brand).order_by(rows.c.kind, rows.c.id)
            if kind is not None:
                chosen = chosen.where(rows.c.kind == kind.value)
            return tuple(Asset.model_validate(document) for document in connection.execute(chosen).scalars())

    def search(
        self, brand: BrandId, text: str, kind: AssetKind | None = None, limit: int = 5,
        filters: Mapping[str, str | bool] | None = None,
    ) -> Sequence[AssetHit]:
        """At most `limit` assets that fit a text, best first; none when nothing fits.

        Args:
            filters: exact conditions; `tag`, `colour`, `sector`, `licence`, `source`, `shape`, `light`, `title`, `id`,
                `confidential`, `embargoed`, `rendering`, `cutout` (has one).

        Raises:
            BadInput: an unknown filter.
        """
        return tuple(hit for hit in self._ranked(brand, text, kind, filters) if hit.fits)[:limit]

    def near(
        self, brand: BrandId, text: str, kind: AssetKind | None = None, limit: int = 5,
        filters: Mapping[str, str | bool] | None = None,
    ) -> Sequence[AssetHit]:
        """What comes nearest without fitting: to be shown to a person, never to be used."""
        return tuple(hit for hit in self._ranked(brand, text, kind, filters) if not hit.fits and hit.score > 0)[:limit]

    def search_image(
        self, brand: BrandId, image: Image, kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[AssetHit]:
        """At most `limit` assets that look like a picture (RGB or RGBA), best first; none when none does."""
        vector = self._visual.embed([image])[0]
        cosines = self._cosines(brand, "visual", vector, kind, limit)
        by_id = {asset.id: asset for asset in self._read(brand, kind, sorted(cosines))}
        hits = [
            AssetHit(asset=by_id[name], score=likeness(cosine), why=f"looks alike, {max(cosine, 0.0):.0%}")
            for name, cosine in cosines.items() if name in by_id
        ]
        return tuple(sorted((hit for hit in hits if hit.fits), key=lambda hit: (-hit.score, hit.asset.id))[:limit])

    def rebuild(self, brand: BrandId) -> bool:
        """Fill the brand's index again from its rows; False when another process owns it."""
        with self._guard:
            index = self._index(brand)
            return index is not None and self._refill(brand, index)

    def close(self) -> None:
        """Give the indexes back to other processes. The library may be used again afterwards."""
        with self._guard:
            for index in self._indexes.values():
                index.close()
            self._indexes.clear()

    def _ranked(
        self, brand: str, text: str, kind: AssetKind | None, filters: Mapping[str, str | bool] | None
    ) -> Sequence[AssetHit]:
        conditions = [(condition(name), value) for name, value in (filters or {}).items()]
        if not text.strip():
            raise BadInput("The search text is empty.", hint="Say what you are looking for, for example: red mug.")
        with self._database.read() as connection:
            count = connection.execute(
                select(func.count()).select_from(rows).where(rows.c.brand == brand)
            ).scalar_one()
        vector = self._embedder.embed([text])[0]
        # Exact filters may leave little of what is nearest, so with them every row is looked at.
        everything = count <= EXHAUSTIVE or bool(conditions)
        cosines = self._cosines(brand, "text", vector, kind, count if everything else NEAREST)
        names = None if everything else sorted({*cosines, *self._sharing_words(brand, text, kind)})
        found = [
            asset for asset in self._read(brand, kind, names) if all(holds(asset, value) for holds, value in conditions)
        ]
        missing = [asset for asset in found if asset.id not in cosines]
        if missing:
            vectors = self._embedder.embed([described(asset) for asset in missing])
            cosines |= {asset.id: float(row @ vector) for asset, row in zip(missing, vectors, strict=True)}
        return self._rank(text, found, [cosines[asset.id] for asset in found])

    def _cosines(self, brand: str, space: str, vector: Vector, kind: AssetKind | None, limit: int) -> dict[str, float]:
        """Cosine by id: from the index when this process owns it, else from the rows themselves."""
        with self._guard:
            index = self._index(brand)
            for _ in range(2):
                if index is None:
                    break
                try:
                    self._catch_up(brand, index)
                    return index.query(space, vector, max(limit, 1), kind.value if kind else None)
                except IndexUnreadable:
                    log.warning("The search index of brand %s broke and is built again.", brand, exc_info=True)
                    if not self._refill(brand, index):
                        break
        assets = self._read(brand, kind, None)
        if space == "text":
            vectors = self._embedder.embed([described(asset) for asset in assets])
            return {asset.id: float(row @ vector) for asset, row in zip(assets, vectors, strict=True)}
        return {asset.id: float(self._looks(asset) @ vector) for asset in assets}

    def _index(self, brand: str) -> BrandIndex | None:
        """The brand's index, opened and caught up once by this process; None when another process owns it."""
        index = self._indexes.get(brand)
        if index is None:
            index = open_index(self._home.index(brand), {"text": self._embedder.name, "visual": self._visual.name})
            if index is not None:
                self._indexes[brand] = index
        return index

    def _catch_up(self, brand: str, index: BrandIndex) -> None:
        """Bring the index to what the rows say: other processes add rows without it."""
        with self._database.read() as connection:
            written = connection.execute(select(rows.c.id, rows.c.created).where(rows.c.brand == brand)).all()
        wanted = {row.id: mark(row.created) for row in written}
        held = index.marks()
        index.delete([name for name in held if name not in wanted])
        stale = [name for name, value in wanted.items() if held.get(name) != value]
        if stale:
            index.upsert(tuple(self._entries(brand, stale)))

    def _refill(self, brand: str, index: BrandIndex) -> bool:
        try:
            index.rebuild(self._entries(brand, None))
        except IndexUnreadable:
            log.error("The search index of brand %s cannot be built; searching the rows.", brand, exc_info=True)
            index.close()
            self._indexes.pop(brand, None)
            return False
        return True

    def _entries(self, brand: str, names: Sequence[str] | None) -> Iterator[IndexEntry]:
        """Rows as index entries: all of the brand, or those of these ids."""
        for asset, created in self._dated(brand, None, names):
            text = self._embedder.embed([described(asset)])[0]
            yield IndexEntry(asset.id, asset.kind.value, mark(created), {"text": text, "visual": self._looks(asset)})

    def _looks(self, asset: Asset) -> Vector:
        try:
            return np.asarray(self._visual.embed([self._picture(asset)])[0], np.float32)
        except OnbrandError:
            # A damaged picture must not hide the rest of the library: its asset is found by words and looks like none.
            log.warning("The picture of asset %s of brand %s cannot be read.", asset.id, asset.brand)
            return np.zeros(self._visual.dimensions, np.float32)

    def _picture(self, asset: Asset) -> Image:
        digest = asset.cutout.digest if asset.cutout else asset.digest
        return self._decode(self._artifacts.get(asset.brand, digest))

    def _read(self, brand: str, kind: AssetKind | None, names: Sequence[str] | None) -> Sequence[Asset]:
        return [asset for asset, _ in self._dated(brand, kind, names)]

    def _dated(
        self, brand: str, kind: AssetKind | None, names: Sequence[str] | None
    ) -> Sequence[tuple[Asset, datetime]]:
        """Rows as assets and when each was written: all of the brand, or those of these ids."""
        chosen = select(rows.c.document, rows.c.created).where(rows.c.brand == brand).order_by(rows.c.id)
        if kind is not None:
            chosen = chosen.where(rows.c.kind == kind.value)
        # In parts, since a statement takes a limited number of values.
        parts = [None] if names is None else [names[start : start + 500] for start in range(0, len(names), 500)]
        found: Sequence[tuple[Asset, datetime]] = []
        with self._database.read() as connection:
            for part in parts:
                picked = chosen if part is None else chosen.where(rows.c.id.in_(part))
                found = [*found, *((Asset.model_validate(r.document), r.created) for r in connection.execute(picked))]
        return found

    def _sharing_words(self, brand: str, text: str, kind: AssetKind | None) -> Sequence[str]:
        """Ids of rows whose title or description holds a word of the text."""
        asked = {word.lower() for word in text.replace("-", " ").split() if len(word) > 2}
        if not asked:
            return ()
        columns = (rows.c.title, rows.c.description)
        shared = [column.icontains(word, autoescape=True) for word in asked for column in columns]
        chosen = select(rows.c.id).where(rows.c.brand == brand, or_(*shared)).limit(NEAREST)
        if kind is not None:
            chosen = chosen.where(rows.c.kind == kind.value)
        with self._database.read() as connection:
            return connection.execute(chosen).scalars().all()


def described(asset: Asset) -> str:
    """What the text embedder sees of an asset."""
    return ". ".join(part for part in (asset.title, asset.description, " ".join(asset.tags)) if part)


def mark(created: datetime) -> str:
    """Changes whenever a row is written again; kept beside its vectors."""
    return created.astimezone(UTC).isoformat()


def likeness(cosine: float) -> float:
    """Cosine of visual descriptors as a score: 0.5 at `SAME_PICTURE`, 1 for the same picture, linear between."""
    above = (cosine - SAME_PICTURE) / (1 - SAME_PICTURE)
    return float(np.clip(0.5 + 0.5 * above, 0.0, 1.0))
