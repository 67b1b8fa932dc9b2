"""Two hosts fill one library at once: each with a home of its own, over one database and one bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from domain.assets import Asset, AssetKind
from domain.values import Size
from memory.bucket import Bucket
from memory.database import open_database
from memory.home import Home
from memory.library import Library
from memory.s3_artifacts import S3Store
from tests.postgres import postgres_database
from tools.imaging.decode import decode, encode_png
from tools.search import AssetRanker, StaticEmbedder, VisualDescriptor

EMBEDDER, VISUAL = StaticEmbedder(), VisualDescriptor()
PICTURE = np.random.default_rng(7).integers(0, 255, (64, 64, 3), dtype=np.uint8)


@pytest.fixture
def hosts(tmp_path: Path, bucket: Bucket) -> Iterator[list[tuple[Library, S3Store]]]:
    """What each of two hosts opens."""
    with postgres_database() as url:
        opened = []
        for name in ("one", "other"):
            home = Home(tmp_path / name)
            store = S3Store(bucket, home)
            database = open_database(url)
            opened.append((database, Library(
                database, home, store, EMBEDDER, VISUAL, AssetRanker(EMBEDDER), lambda data: decode(data).image
            ), store))
        yield [(library, store) for _, library, store in opened]
        for database, library, _ in opened:
            library.close()
            database.close()


def mug(store: S3Store, title: str) -> Asset:
    ref = store.put("demo", encode_png(PICTURE), "image/png")
    return Asset(id="mug", brand="demo", kind=AssetKind.PRODUCT, title=title, digest=ref.digest,
                 size=Size(width=64, height=64))


def test_an_asset_that_both_add_is_there_once_and_both_find_it(hosts: list[tuple[Library, S3Store]]) -> None:
    gate = threading.Barrier(8)

    def add(n: int) -> None:
        library, store = hosts[n % 2]
        asset = mug(store, f"Red mug {n}")
        gate.wait()
        library.add(asset)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    titles = {tuple(asset.title for asset in library.list("demo")) for library, _ in hosts}
    assert len(titles) == 1
    assert len(titles.pop()) == 1
    for library, store in hosts:
        (hit,) = library.search("demo", "red mug")
        assert decode(store.get("demo", hit.asset.digest)).image.shape == PICTURE.shape


def test_what_one_adds_the_other_finds_in_an_index_of_its_own(hosts: list[tuple[Library, S3Store]]) -> None:
    (one, store), (other, _) = hosts
    assert other.search("demo", "red mug") == ()
    one.add(mug(store, "Red mug"))
    assert [hit.asset.id for hit in other.search("demo", "red mug")] == ["mug"]
    assert [hit.asset.id for hit in other.search_image("demo", PICTURE)] == ["mug"]
