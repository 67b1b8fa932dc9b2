"""Search, measured: words alone, the static embedding alone, a sentence model where one is given, and the hybrid.

    python -m evals.search [--model FOLDER] [--split fresh] [--misses]

For each method: hit@1, hit@3 and hit@5 over requests that have an answer; how often the first answer is offered and
wrong; how often nothing is offered though an answer exists; and, over requests that nothing fits, how often something
is offered all the same (the promise: another product is never put in its place). A method without a floor of its own
gets the floor that decides most `tuning` requests rightly.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from rich.console import Console
from rich.table import Table

from domain.assets import Asset, AssetKind
from domain.composition import Scene
from domain.ports import Embedder
from domain.values import Model, Size
from tools.search import FLOOR, AssetRanker, SentenceModel, StaticEmbedder, rank_scenes
from tools.search.ranking import KnowsWords, described

SUITE = Path(__file__).parent / "suites" / "search.yaml"
NO_DIGEST = "0" * 64


class Ask(Model):
    """One request of the suite, as text or as parts of a Brief, and every acceptable first answer."""

    ask: str = ""
    parts: dict[str, str] = {}
    want: tuple[str, ...]

    def text(self) -> str:
        """The request as one line."""
        return self.ask or " ".join(self.parts.values())


class Split(Model):
    """The requests of one split by what they look for."""

    products: tuple[Ask, ...]
    scenes: tuple[Ask, ...]
    backgrounds: tuple[Ask, ...]


class Entry(Model):
    """An asset as a marketing team writes it down."""

    id: str
    kind: AssetKind
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    sector: str = ""

    def asset(self) -> Asset:
        """The same as a library row of the brand under test."""
        return Asset(**dict(self), brand="suite", digest=NO_DIGEST, size=Size(width=64, height=64))


class Suite(Model):
    """`evals/suites/search.yaml`."""

    version: int
    assets: tuple[Entry, ...]
    scenes: tuple[Scene, ...]
    tuning: Split
    held_out: Split
    fresh: Split


Item = Asset | Scene
Ranked = list[tuple[str, float]]
Method = Callable[[Ask, Sequence[Item]], Ranked]


def load(path: Path = SUITE) -> Suite:
    """Read and validate the suite."""
    return Suite.model_validate(yaml.safe_load(path.read_text()))


def everything(item: Item) -> str:
    """Everything an item says about itself, as one line."""
    if isinstance(item, Asset):
        return " ".join((item.title, item.description, *item.tags, *item.colours))
    return " ".join((item.title, item.surface, item.light.value, *item.tags))


def words(text: str) -> set[str]:
    """Lower-case words with a plain plural removed."""
    found = re.findall(r"[a-zé]+", text.lower())
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found}


class Remembering:
    """An embedder that embeds each text once: the same items are ranked for every request and every floor."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embedder = embedder
        self._held: dict[str, npt.NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """As the embedder, from memory where it can."""
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        if new:
            self._held |= dict(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._held[text] for text in texts])

    def knows(self, word: str) -> bool:
        """As the embedder."""
        return not isinstance(self._embedder, KnowsWords) or self._embedder.knows(word)


def words_alone(ask: Ask, items: Sequence[Item]) -> Ranked:
    """Share of the request's words an item contains, each weighted by its rarity (inverse document frequency)."""
    bags = [words(everything(item)) for item in items]
    asked = words(ask.text())
    weight = {word: math.log((len(bags) + 1) / (sum(word in bag for bag in bags) + 0.5)) for word in asked}
    total = sum(weight.values()) or 1.0
    return [(item.id, sum(weight[word] for word in asked & bag) / total) for item, bag in zip(items, bags, strict=True)]


def vectors_alone(embedder: Embedder, ask: Ask, items: Sequence[Item]) -> Ranked:
    """Cosine between the request's vector and the item's."""
    vectors = embedder.embed([ask.text(), *(everything(item) for item in items)])
    return [(item.id, float(score)) for item, score in zip(items, vectors[1:] @ vectors[0], strict=True)]


def hybrid(embedder: Embedder, ask: Ask, items: Sequence[Item]) -> Ranked:
    """What the product does: `tools.search` over assets or scenes."""
    scenes = [item for item in items if isinstance(item, Scene)]
    if scenes:
        return [(match.scene.id, match.score) for match in rank_scenes(ask.parts, scenes, embedder, limit=len(scenes))]
    assets = [item for item in items if isinstance(item, Asset)]
    vectors = embedder.embed([ask.text(), *(described(asset) for asset in assets)])
    hits = AssetRanker(embedder)(ask.text(), assets, [float(row @ vectors[0]) for row in vectors[1:]])
    return [(hit.asset.id, hit.score) for hit in hits]


@dataclass
class Outcome:
    """Counts over one split and one method. Ratios are shares of the answerable or of the unanswerable requests."""

    answerable: int = 0
    unanswerable: int = 0
    hits: tuple[int, int, int] = (0, 0, 0)
    wrong: int = 0
    missed: int = 0
    false_accepts: int = 0
    misses: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """Requests decided rightly: the right answer offered first, or rightly nothing."""
        return self.answerable - self.wrong - self.missed + self.unanswerable - self.false_accepts


def pools(suite: Suite, split: Split) -> Iterable[tuple[Sequence[Item], Sequence[Ask]]]:
    """What is searched, and the requests for it."""
    assets = [entry.asset() for entry in suite.assets]
    yield [asset for asset in assets if asset.kind is AssetKind.PRODUCT], split.products
    yield suite.scenes, split.scenes
    yield [asset for asset in assets if asset.kind in {AssetKind.BACKGROUND, AssetKind.THEME}], split.backgrounds


def measure(suite: Suite, split: Split, method: Method, floor: float) -> Outcome:
    """Ask everything of one split and count."""
    outcome = Outcome()
    for items, asks in pools(suite, split):
        for ask in asks:
            ranked = sorted(method(ask, items), key=lambda pair: -pair[1])
            first, score = ranked[0]
            offered = score >= floor
            if not ask.want:
                outcome.unanswerable += 1
                outcome.false_accepts += offered
                failed = offered
            else:
                outcome.answerable += 1
                names = [name for name, value in ranked if value > 0]
                outcome.hits = tuple(  # type: ignore[assignment]
                    count + any(name in ask.want for name in names[:depth])
                    for count, depth in zip(outcome.hits, (1, 3, 5), strict=True)
                )
                outcome.missed += not offered
                outcome.wrong += offered and first not in ask.want
                failed = not offered or first not in ask.want
            if failed:
                wanted = ", ".join(ask.want) or "nothing"
                outcome.misses += (f"{ask.text()!r}: {first} {score:.2f}, wanted {wanted}",)
    return outcome


def best_floor(suite: Suite, method: Method) -> float:
    """The floor that decides most `tuning` requests rightly; the lowest of equals."""
    return max((float(floor) for floor in np.arange(0.05, 1.0, 0.05)),
               key=lambda floor: measure(suite, suite.tuning, method, floor).right)


def methods(suite: Suite, model: Path | None) -> dict[str, tuple[Method, float]]:
    """Every method with its floor."""
    shipped = Remembering(StaticEmbedder())
    full = Remembering(SentenceModel(model)) if model else None
    compared: dict[str, Method] = {"words alone": words_alone}
    compared["static embedding alone"] = partial(vectors_alone, shipped)
    if full:
        compared["sentence model alone"] = partial(vectors_alone, full)
    found = {label: (method, best_floor(suite, method)) for label, method in compared.items()}
    found["hybrid, static embedding"] = partial(hybrid, shipped), FLOOR
    if full:
        found["hybrid, sentence model"] = partial(hybrid, full), FLOOR
    return found


def main() -> None:
    """Print one table per split."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", type=Path, help="folder of a full sentence model to compare with")
    options.add_argument("--split", choices=("tuning", "held_out", "fresh"), action="append")
    options.add_argument("--misses", action="store_true", help="list what was decided wrongly")
    options.add_argument("--suite", type=Path, default=SUITE)
    chosen = options.parse_args()
    suite, console = load(chosen.suite), Console(width=140)
    compared = methods(suite, chosen.model)
    for name in chosen.split or ("tuning", "held_out", "fresh"):
        split: Split = getattr(suite, name)
        table = Table(title=f"{name}: {len(suite.assets)} assets, {len(suite.scenes)} scenes")
        columns = ("floor", "hit@1", "hit@3", "hit@5", "offered wrong", "missed", "false accepts", "right")
        for column in ("method", *columns):
            table.add_column(column, justify="left" if column == "method" else "right")
        for label, (method, floor) in compared.items():
            outcome = measure(suite, split, method, floor)
            asked = outcome.answerable + outcome.unanswerable
            table.add_row(
                label, f"{floor:.2f}", *(f"{hit / outcome.answerable:.2f}" for hit in outcome.hits),
                f"{outcome.wrong}/{outcome.answerable}", f"{outcome.missed}/{outcome.answerable}",
                f"{outcome.false_accepts}/{outcome.unanswerable}", f"{outcome.right}/{asked}",
            )
            if chosen.misses:
                console.print(f"[bold]{label}[/bold]", *outcome.misses, sep="\n  ")
        console.print(table)


if __name__ == "__main__":
    main()
