"""The asset library over a real SQLite file, a real artifact store and a real Chroma index."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from domain.assets import Asset, AssetKind
from domain.errors import BadInput, NotFound
from domain.ports import Image
from domain.values import Size
from memory.artifacts import DirectoryStore
from memory.database import open_database
from memory.home import Home
from memory.library import Library
from tools.imaging.decode import decode, encode_png
from tools.search import AssetRanker, StaticEmbedder, VisualDescriptor

EMBEDDER = StaticEmbedder()
VISUAL = VisualDescriptor()
PHOTOS = {
    "mug": data.coffee, "cat": data.chelsea, "rocket": data.rocket, "face": data.astronaut,
}


def photo(name: str) -> Image:
    return np.ascontiguousarray(PHOTOS[name]())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def library(home: Home) -> Iterator[Library]:
    opened = open_library(home)
    yield opened
    opened.close()


def open_library(home: Home) -> Library:
    return Library(
        open_database(home), home, DirectoryStore(home), EMBEDDER, VISUAL, AssetRanker(EMBEDDER),
        lambda data: decode(data).image,
    )


def put(
    library: Library, home: Home, brand: str, asset_id: str, title: str, picture: str = "mug", **more: object
) -> Asset:
    image = photo(picture)
    ref = DirectoryStore(home).put(brand, encode_png(image), "image/png")
    asset = Asset(
        id=asset_id, brand=brand, kind=more.pop("kind", AssetKind.PRODUCT), title=title, digest=ref.digest,
        size=Size(width=image.shape[1], height=image.shape[0]), **more,
    )
    return library.add(asset)


def test_an_added_asset_is_got_listed_and_found_by_text_and_by_picture(library: Library, home: Home) -> None:
    mug = put(library, home, "solara", "mug-red", "Stoneware mug", tags=("mug",), colours=("red",))
    put(library, home, "solara", "poster-cat", "Framed cat poster", "cat", tags=("poster",))
    assert library.get("solara", "mug-red") == mug
    assert [asset.id for asset in library.list("solara")] == ["mug-red", "poster-cat"]
    hits = library.search("solara", "a red coffee cup")
    assert [hit.asset.id for hit in hits] == ["mug-red"]
    assert 0.5 <= hits[0].score <= 1
    assert "red" in hits[0].why
    seen = library.search_image("solara", photo("cat")[20:-20, 30:-30])
    assert seen[0].asset.id == "poster-cat"


def test_nothing_is_offered_when_nothing_fits_but_what_came_near_can_be_shown(library: Library, home: Home) -> None:
    put(library, home, "solara", "can-lemon", "Lemon can", tags=("can",), colours=("yellow",))
    assert library.search("solara", "blood-orange can") == ()
    assert library.search("solara", "red car") == ()
    near = library.near("solara", "blood-orange can")
    assert [hit.asset.id for hit in near] == ["can-lemon"]
    assert "blood orange" in near[0].why


def test_a_brand_never_sees_anothers_assets_even_when_ids_titles_and_pictures_are_alike(
    library: Library, home: Home
) -> None:
    ours = put(library, home, "solara", "can-1", "Blood orange can", tags=("can",))
    put(library, home, "solara-2", "can-1", "Blood orange can, theirs", tags=("can",))
    put(library, home, "solara-2", "can-2", "Blood orange can, secret", tags=("can",), confidential=True)
    assert library.get("solara", "can-1") == ours
    assert [hit.asset.brand for hit in library.search("solara", "blood orange can")] == ["solara"]
    assert {hit.asset.brand for hit in library.search_image("solara", photo("mug"))} == {"solara"}
    assert [asset.id for asset in library.list("solara")] == ["can-1"]
    assert not list((home.root / "brands" / "solara").rglob("*solara-2*"))


def test_not_yours_reads_exactly_like_not_there(library: Library, home: Home) -> None:
    put(library, home, "other", "can-1", "Can")
    with pytest.raises(NotFound) as foreign:
        library.get("solara", "can-1")
    with pytest.raises(NotFound) as absent:
        library.get("solara", "can-9")
    assert foreign.value.document() == {**absent.value.document(), "message": "There is no asset 'can-1'."}


def test_an_asset_without_its_picture_is_refused_and_leaves_no_row(library: Library) -> None:
    asset = Asset(id="ghost", brand="solara", kind="product", title="Ghost", digest="0" * 64,
                  size=Size(width=16, height=16))
    with pytest.raises(NotFound):
        library.add(asset)
    assert library.list("solara") == ()


def test_adding_again_replaces_row_and_vectors(library: Library, home: Home) -> None:
    put(library, home, "solara", "thing", "Red mug", "mug", tags=("mug",))
    put(library, home, "solara", "thing", "Cat poster", "cat", tags=("poster",))
    assert library.search("solara", "mug") == ()
    assert library.search("solara", "poster")[0].asset.title == "Cat poster"
    assert library.search_image("solara", photo("cat"))[0].score == pytest.approx(1, abs=0.01)


def test_exact_filters_narrow_a_search_and_an_unknown_one_is_named(library: Library, home: Home) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    put(library, home, "solara", "mug-1", "Red mug", tags=("mug", "new"), colours=("red",), licence="own")
    put(library, home, "solara", "mug-2", "Blue mug", "cat", tags=("mug",), colours=("blue",), confidential=True)
    put(library, home, "solara", "mug-3", "Green mug", "face", tags=("mug",), colours=("green",), embargo=tomorrow)

    def found(**filters: str | bool) -> set[str]:
        return {hit.asset.id for hit in library.search("solara", "mug", filters=filters)}

    assert found() == {"mug-1", "mug-2", "mug-3"}
    assert found(colour="Blue") == {"mug-2"}
    assert found(tag="new") == {"mug-1"}
    assert found(confidential=False) == {"mug-1", "mug-3"}
    assert found(embargoed="yes") == {"mug-3"}
    assert found(licence="own", colour="blue") == set()
    assert {hit.asset.id for hit in library.search("solara", "mug", AssetKind.LOGO)} == set()
    with pytest.raises(BadInput, match="flavour"):
        found(flavour="lemon")
    with pytest.raises(BadInput):
        found(confidential="perhaps")


def test_an_empty_search_says_what_to_do(library: Library) -> None:
    with pytest.raises(BadInput) as refused:
        library.search("solara", "  ")
    assert refused.value.hint


def test_rows_written_while_another_process_owns_the_index_are_found_by_both(library: Library, home: Home) -> None:
    put(library, home, "solara", "mug-red", "Red mug", tags=("mug",))
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        sys.path.insert(0, str(Path.cwd()))
        from memory.home import Home
        from tests.integration.library.test_library import open_library, put
        home = Home(Path(sys.argv[1]))
        other = open_library(home)
        put(other, home, "solara", "lamp", "Brass lamp", "rocket", tags=("lamp",))
        print(*sorted(hit.asset.id for word in ("mug", "lamp") for hit in other.search("solara", word)))
        print(other._indexes)
    """)
    done = subprocess.run([sys.executable, "-c", script, str(home.root)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["lamp mug-red", "{}"]
    assert library.search("solara", "brass lamp")[0].asset.id == "lamp"
    assert library.search_image("solara", photo("rocket"))[0].asset.id == "lamp"


def data_files(home: Home) -> list[Path]:
    return [path for path in home.index("solara").rglob("*") if path.is_file() and path.name != "owner.lock"]


@pytest.mark.parametrize("damage", ["missing", "truncated", "noise", "empty"])
def test_a_damaged_index_is_built_again_from_the_rows(home: Home, damage: str) -> None:
    first = open_library(home)
    put(first, home, "solara", "mug-red", "Red mug", tags=("mug",))
    put(first, home, "solara", "lamp", "Brass lamp", "rocket", tags=("lamp",))
    first.close()
    files = data_files(home)
    assert files
    noise = np.random.default_rng(7)
    for path in files:
        content = path.read_bytes()
        if damage == "missing":
            path.unlink()
        elif damage == "truncated":
            path.write_bytes(content[: len(content) // 3])
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            path.write_bytes(noise.integers(0, 256, len(content), dtype=np.uint8).tobytes())
    again = open_library(home)
    assert [hit.asset.id for hit in again.search("solara", "brass lamp")] == ["lamp"]
    assert [hit.asset.id for hit in again.search_image("solara", photo("mug"))] == ["mug-red"]
    again.close()


def test_another_embedder_starts_a_new_index_instead_of_mixing_vectors(home: Home) -> None:
    first = open_library(home)
    put(first, home, "solara", "mug-red", "Red mug", tags=("mug",))
    first.close()
    before = {path.name for path in home.index("solara").iterdir() if path.is_dir()}

    class Halved:
        """The same vectors cut in half: other dimensions, another name."""

        name = "halved"
        dimensions = EMBEDDER.dimensions // 2

        def embed(self, texts: list[str]) -> np.ndarray:
            half = EMBEDDER.embed(texts)[:, : self.dimensions]
            return half / np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-9)

    other = Library(
        open_database(home), home, DirectoryStore(home), Halved(), VISUAL, AssetRanker(EMBEDDER),
        lambda data: decode(data).image,
    )
    assert [hit.asset.id for hit in other.search("solara", "red mug")] == ["mug-red"]
    other.close()
    after = {path.name for path in home.index("solara").iterdir() if path.is_dir()}
    assert len(after) == 1
    assert not after & before


def test_a_damaged_picture_hides_only_itself_from_search_by_picture(library: Library, home: Home) -> None:
    put(library, home, "solara", "mug-red", "Red mug", tags=("mug",))
    cat = put(library, home, "solara", "poster", "Cat poster", "cat", tags=("poster",))
    Path(DirectoryStore(home).ref("solara", cat.digest).path).write_bytes(b"damaged")
    assert library.rebuild("solara")
    assert library.search("solara", "cat poster")[0].asset.id == "poster"
    assert [hit.asset.id for hit in library.search_image("solara", photo("mug"))] == ["mug-red"]


def test_a_large_library_is_searched_through_the_index(
    library: Library, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.library.EXHAUSTIVE", 5)
    monkeypatch.setattr("memory.library.NEAREST", 4)
    ref = DirectoryStore(home).put("solara", encode_png(cv2.resize(photo("mug"), (64, 64))), "image/png")
    nouns = ("mug", "lamp", "sofa", "kettle", "watch", "candle", "boot", "phone", "guitar", "bowl", "chair", "ring")
    for noun in nouns:
        library.add(Asset(id=noun, brand="solara", kind="product", title=f"Plain {noun}", tags=(noun,),
                          digest=ref.digest, size=Size(width=64, height=64)))
    assert {noun: [hit.asset.id for hit in library.search("solara", noun)] for noun in nouns} == {
        noun: [noun] for noun in nouns
    }


def test_a_folder_that_cannot_hold_an_index_costs_speed_and_no_answers(home: Home) -> None:
    # A folder where the lock file belongs: nobody, not even root, can open the index.
    (home.index("solara") / "owner.lock").mkdir()
    library = open_library(home)
    put(library, home, "solara", "mug-red", "Red mug", tags=("mug",))
    put(library, home, "solara", "poster", "Cat poster", "cat", tags=("poster",))
    assert [hit.asset.id for hit in library.search("solara", "red mug")] == ["mug-red"]
    assert [hit.asset.id for hit in library.search_image("solara", photo("cat"))] == ["poster"]
    assert not library.rebuild("solara")
    library.close()


def test_many_threads_add_and_search_at_once(library: Library, home: Home) -> None:
    put(library, home, "solara", "mug-red", "Red mug", tags=("mug",))

    def work(number: int) -> list[str]:
        if number % 3 == 0:
            put(library, home, "solara", f"lamp-{number}", f"Brass lamp {number}", "rocket", tags=("lamp",))
        return [hit.asset.id for hit in library.search("solara", "red mug")]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(12))) == [["mug-red"]] * 12
    assert {hit.asset.id for hit in library.search("solara", "lamp")} == {"lamp-0", "lamp-3", "lamp-6", "lamp-9"}


def test_two_libraries_of_one_process_share_the_index_by_turns(library: Library, home: Home) -> None:
    put(library, home, "solara", "mug-red", "Red mug", tags=("mug",))
    second = open_library(home)
    put(second, home, "solara", "mug-blue", "Blue mug", "cat", tags=("mug",))
    assert {hit.asset.id for hit in library.search("solara", "mug")} == {"mug-red", "mug-blue"}
    library.close()
    assert {hit.asset.id for hit in second.search("solara", "mug")} == {"mug-red", "mug-blue"}
    second.close()
