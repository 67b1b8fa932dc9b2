"""Times search: embedders, the visual descriptor, the index, and a first search in a new process.

    python -m benchmarks.search [--json] [--assets 300] [--model FOLDER]

CPU is process time of all threads. The library holds variations of the demo products' words, one 64-pixel picture
each; "rows only" is what a second process gets while another owns the index.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part
from domain.ports import Embedder
from domain.values import Origin, Size
from memory.artifacts import DirectoryStore
from memory.database import open_database
from memory.home import Home
from memory.library import Library
from tools.imaging.decode import decode, encode_png
from tools.imaging.scenes import catalogue as scenes
from tools.search import AssetRanker, SentenceModel, StaticEmbedder, VisualDescriptor, search_scenes

CAPTION = "a can of blood orange drink on a sunlit terrace above the sea"
ADJECTIVES = ("plain", "striped", "tall", "small", "matte", "glossy", "round", "square", "light", "heavy")
COLOURS = ("red", "blue", "green", "yellow", "black", "white", "brown", "pink", "grey", "orange")
NOUNS = ("mug", "lamp", "sofa", "kettle", "watch", "candle", "boot", "phone", "guitar", "bowl", "chair", "ring", "vase",
         "bottle", "can", "serum", "notebook", "backpack", "speaker", "bicycle")


@dataclass(frozen=True)
class Measured:
    """One line of the table."""

    what: str
    value: float
    unit: str


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """CPU seconds of one call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - began) / times)
    return best


def in_new_process(script: str, *arguments: str) -> float:
    """CPU seconds that a script reports on its last line when run by a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


IMPORT_CHROMA = """
    import time
    began = time.process_time()
    import chromadb
    print(time.process_time() - began)
"""

FIRST_SEARCH = """
    import sys, time
    began = time.process_time()
    from pathlib import Path
    from benchmarks.search import library
    from memory.home import Home
    found = library(Home(Path(sys.argv[1])))
    assert found.search("bench", "red mug")
    print(time.process_time() - began)
"""


def library(home: Home) -> Library:
    """A library over a home, wired as the product wires it."""
    embedder = StaticEmbedder()
    return Library(
        open_database(home), home, DirectoryStore(home), embedder, VisualDescriptor(), AssetRanker(embedder),
        lambda data: decode(data).image,
    )


def fill(filled: Library, home: Home, count: int) -> None:
    """Add so many different products."""
    random = np.random.default_rng(1)
    for number in range(count):
        noun, colour = NOUNS[number % len(NOUNS)], COLOURS[number // len(NOUNS) % len(COLOURS)]
        adjective = ADJECTIVES[number // len(NOUNS) // len(COLOURS) % len(ADJECTIVES)]
        picture = random.integers(0, 256, (64, 64, 3), np.uint8)
        ref = DirectoryStore(home).put("bench", encode_png(picture), "image/png")
        filled.add(Asset(
            id=f"asset-{number}", brand="bench", kind=AssetKind.PRODUCT, title=f"{adjective} {colour} {noun}",
            tags=(noun,), colours=(colour,), digest=ref.digest, size=Size(width=64, height=64),
        ))


def embedding(embedder: Embedder, name: str, texts: int) -> Measured:
    """Texts a second, in one batch of different lengths."""
    batch = [" ".join(CAPTION.split()[: 1 + number % 13]) for number in range(texts)]
    return Measured(f"{name}: texts embedded", texts / seconds(lambda: embedder.embed(batch)), "a second")


def measure(count: int, model: Path | None) -> list[Measured]:
    """Everything, top to bottom of the table."""
    static, visual = StaticEmbedder(), VisualDescriptor()
    photo = np.random.default_rng(2).integers(0, 256, (1024, 1024, 3), np.uint8)
    lines = [
        Measured("static embedder: load and check", seconds(StaticEmbedder) * 1000, "ms"),
        embedding(static, "static embedder", 3000),
    ]
    if model:
        lines.append(embedding(SentenceModel(model), "sentence model", 64))
    lines.append(Measured("visual descriptor, 1024x1024", seconds(lambda: visual.embed([photo]), 10) * 1000, "ms"))
    brief = Brief(request=CAPTION, brand="bench", background=Part(value="sunlit terrace", origin=Origin.STATED))
    every = scenes()
    lines.append(Measured(
        f"scenes for a brief, {len(every)} scenes", seconds(lambda: search_scenes(brief, every, static), 5) * 1000, "ms"
    ))
    lines.append(Measured("import of chromadb, new process", in_new_process(IMPORT_CHROMA), "s"))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        filled = library(home)
        began = time.process_time()
        fill(filled, home, count)
        lines.append(Measured(f"asset added with picture, {count} assets",
                              (time.process_time() - began) / count * 1000, "ms"))
        lines.append(Measured("search by text", seconds(lambda: filled.search("bench", "red mug"), 3) * 1000, "ms"))
        lines.append(Measured("search by picture", seconds(
            lambda: filled.search_image("bench", photo), 3) * 1000, "ms"))
        second = library(home)
        lines.append(Measured("search by text, rows only", seconds(
            lambda: second.search("bench", "red mug")) * 1000, "ms"))
        began = time.process_time()
        filled.rebuild("bench")
        lines.append(Measured("index built again from rows", time.process_time() - began, "s"))
        size = sum(path.stat().st_size for path in home.index("bench").rglob("*") if path.is_file())
        lines.append(Measured("index on disk", size / 2**20, "MiB"))
        filled.close()
        lines.append(Measured("first search in a new process", in_new_process(FIRST_SEARCH, folder), "s"))
    return lines


def main() -> None:
    """Print the table, or one JSON document."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--json", action="store_true")
    options.add_argument("--assets", type=int, default=300)
    options.add_argument("--model", type=Path, help="folder of a full sentence model")
    chosen = options.parse_args()
    lines = measure(chosen.assets, chosen.model)
    if chosen.json:
        print(json.dumps([asdict(line) for line in lines], indent=1))
        return
    for line in lines:
        print(f"{line.what:44} {line.value:>10,.2f} {line.unit}")


if __name__ == "__main__":
    main()
