"""Search results: assets for a text or a mention, scenes for a brief, with scores that mean the same everywhere.

A score of `FLOOR` and above fits; below, it is only the nearest there is. Above the floor most of the score is how
fully the words are borne out and a tenth is the cosine of the vectors, which orders equals; below, the cosine and the
share of words met order what came near.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.assets import FITS, Asset, AssetHit, AssetKind
from domain.brief import Brief, Part, ProductMention
from domain.composition import Scene, SceneKind
from domain.ports import Embedder
from domain.values import Origin
from tools.search import places, products
from tools.search.description import wanted
from tools.search.lexicon import product_words, tokens
from tools.search.places import Neighbours, Place
from tools.search.spelling import respell

FLOOR = FITS

_NEUTRAL = frozenset({"studio", "minimal", "neutral", "plain"})


def fits(score: float) -> bool:
    """Whether something with this score may be offered as an answer."""
    return score >= FLOOR


@runtime_checkable
class KnowsWords(Protocol):
    """An embedder that can tell a word of the language from a misspelling."""

    def knows(self, word: str) -> bool:
        """Whether a word belongs to the language."""
        ...


@dataclass(frozen=True)
class SceneMatch:
    """One scene and how well it answers a brief; `why` names what agrees, or what rules it out."""

    scene: Scene
    score: float
    why: str

    @property
    def fits(self) -> bool:
        """Whether it may be used for this brief."""
        return fits(self.score)


@dataclass(frozen=True)
class AssetRanker:
    """Implements `domain.ports.Ranker`: products and logos by what they are, backgrounds and themes by what they
    show.
    """

    embedder: Embedder

    def __call__(
        self, text: str, assets: Sequence[Asset], similarity: Sequence[float], noun: str = ""
    ) -> Sequence[AssetHit]:
        """Every asset with its score, best first; equals in the order of their ids."""
        read = respell(text, _vocabulary(assets), _known(self.embedder))
        ask, neighbours = wanted(read, noun), Neighbours(self.embedder, _known(self.embedder))
        hits = []
        for asset, cosine in zip(assets, similarity, strict=True):
            if asset.kind in {AssetKind.BACKGROUND, AssetKind.THEME}:
                answer = places.judge({"background": read}, Place.of(asset), neighbours)
                # "a red mug" looks for the mug, not for a mood in whose description a mug occurs.
                named = set(tokens(" ".join((asset.title, *asset.tags))))
                elsewhere = any(head.names("product") and not set(head.words) <= named for head in ask.heads)
                fit = 0.0 if answer.refused or elsewhere or not answer.asked else answer.value
                score, why = _score(fit, answer.value, cosine), answer.why
            else:
                verdict = products.judge(ask, products.Facts(asset))
                score, why = _score(verdict.fit, verdict.met, cosine), verdict.why
            hits.append(AssetHit(asset=asset, score=score, why=why))
        return sorted(hits, key=lambda hit: (-hit.score, hit.asset.id))


def find_products(
    mention: ProductMention, assets: Sequence[Asset], embedder: Embedder, limit: int = 5
) -> tuple[tuple[AssetHit, ...], tuple[AssetHit, ...]]:
    """Products that fit a mention, and those that only came near; each best first and at most `limit`.

    A mention that names an asset by id gets that one alone.
    """
    named = [asset for asset in assets if asset.id == mention.asset]
    if named:
        return (AssetHit(asset=named[0], score=1.0, why="named by its id"),), ()
    text = mention.text or mention.noun
    said = set(tokens(text))
    missing = [word for word in (*mention.colours, *mention.attributes) if not set(tokens(word)) <= said]
    text = " ".join((*missing, text))
    vectors = embedder.embed([text, *(described(asset) for asset in assets)])
    hits = AssetRanker(embedder)(text, assets, [float(row @ vectors[0]) for row in vectors[1:]], noun=mention.noun)
    return (
        tuple(hit for hit in hits if hit.fits)[:limit],
        tuple(hit for hit in hits if not hit.fits and hit.score > 0)[:limit],
    )


def search_scenes(
    brief: Brief, scenes: Sequence[Scene], embedder: Embedder, preferred: Sequence[str] = (), limit: int = 8
) -> Sequence[SceneMatch]:
    """The scenes that answer a brief best. Check `fits`: with a place nobody has drawn, all are below the floor.

    Where the brief says nothing of the scene, every scene fits: those the brand prefers first, then neutral ones. What
    was assumed rather than said orders scenes but rules none out.

    Args:
        preferred: the brand's favourites, as scene ids or as words ("terrace", "studio").
    """
    parts, soft = _parts(brief)
    return rank_scenes(parts, scenes, embedder, preferred, limit, soft)


def rank_scenes(
    parts: Mapping[str, str], scenes: Sequence[Scene], embedder: Embedder, preferred: Sequence[str] = (),
    limit: int = 8, soft: frozenset[str] = frozenset(),
) -> Sequence[SceneMatch]:
    """As `search_scenes`, for parts in words: background, surface, light, time_of_day, season, weather, mood, theme,
    style, camera, and avoid (things set apart by commas).
    """
    said = " ".join(text for part, text in parts.items() if part != "avoid")
    described_as = [Place.of(scene) for scene in scenes]
    vectors = embedder.embed([said, *(place.text for place in described_as)])
    neighbours = Neighbours(embedder, _known(embedder))
    wished = [set(tokens(name)) for name in preferred]
    matches = []
    for scene, place, vector in zip(scenes, described_as, vectors[1:], strict=True):
        answer = places.judge(parts, place, neighbours, soft)
        cosine = float(vector @ vectors[0])
        liked = scene.id in preferred or any(wish and wish <= {*place.words, *tokens(scene.id)} for wish in wished)
        if answer.refused:
            score = _score(0.0, answer.value, cosine)
        else:
            score = _open_score(answer.value, cosine) + _leaning(scene, place, liked, answer.asked)
        why = answer.why or ("the brand's own choice" if liked else "nothing said against it")
        matches.append(SceneMatch(scene, min(score, 1.0), why))
    return sorted(matches, key=lambda match: (-match.score, match.scene.id))[:limit]


def described(asset: Asset) -> str:
    """What the embedder sees of an asset."""
    return ". ".join(part for part in (asset.title, asset.description, " ".join(asset.tags)) if part)


def _score(fit: float, met: float, cosine: float) -> float:
    """0.5..1 for what fits (`fit` from 0.5 to 1), below for what does not."""
    cosine = min(max(cosine, 0.0), 1.0)
    if fit >= FITS:
        return FLOOR + 0.4 * (fit - FITS) / (1 - FITS) + 0.1 * cosine
    return 0.9 * FLOOR * (0.5 * met + 0.5 * cosine)


def _open_score(value: float, cosine: float) -> float:
    """0.5..0.95 for a scene that nothing rules out."""
    return FLOOR + 0.4 * value + 0.05 * min(max(cosine, 0.0), 1.0)


def _leaning(scene: Scene, place: Place, liked: bool, asked: bool) -> float:
    """What speaks for a scene besides the words: much when nothing was said, a tie-break otherwise."""
    if asked:
        return 0.02 * liked
    neutral = scene.kind is SceneKind.STUDIO or bool(_NEUTRAL & place.words)
    return 0.3 if liked else 0.15 if neutral else 0.0 if place.flat else 0.05


def _parts(brief: Brief) -> tuple[dict[str, str], frozenset[str]]:
    """The scene's parts of a brief in words, and which of them were only assumed."""
    parts, soft = {}, set()
    for name in places.WEIGHTS:
        part = getattr(brief, name)
        if isinstance(part, Part):
            parts[name] = str(part.value)
            if part.origin is Origin.ASSUMED:
                soft.add(name)
    parts["avoid"] = ", ".join(part.value for part in brief.avoid)
    return parts, frozenset(soft)


def _vocabulary(assets: Sequence[Asset]) -> frozenset[str]:
    """Words a misspelling may have meant: those of the assets and of the lexicon."""
    own = frozenset(
        word for asset in assets for word in tokens(" ".join((asset.title, *asset.tags, *asset.colours)))
    )
    return own | product_words().single_words("product", "colour", "flavour")


def _known(embedder: Embedder) -> Callable[[str], bool]:
    return embedder.knows if isinstance(embedder, KnowsWords) else lambda word: True
