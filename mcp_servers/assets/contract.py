"""What can be asked of the assets server, and what it answers."""

from __future__ import annotations

from domain.assets import Asset, AssetHit, Cutout
from domain.brief import Brief, ProductMention
from domain.composition import Caption, ProductGeometry, Scene
from domain.rules import BrandBook, RuleCheck
from domain.values import ArtifactRef, AssetId, Box, BrandId, Digest, MarketCode, Model


class FindProducts(Model):
    """Products of a brand that fit a mention; none when nothing fits."""

    brand: BrandId
    mention: ProductMention
    limit: int = 5


class Hits(Model):
    """Library rows with scores, best first. `near` did not fit; it is shown to a person, never used."""

    hits: tuple[AssetHit, ...]
    near: tuple[AssetHit, ...] = ()


class FindScenes(Model):
    """Scenes for a brief: plates, procedural sets and the brand's own backgrounds."""

    brand: BrandId
    brief: Brief
    background: AssetId | None = None
    limit: int = 8


class SceneHit(Model):
    """One scene and why it fits; `fits` is False when it is only the nearest there is."""

    scene: Scene
    score: float
    why: str = ""
    fits: bool = True


class SceneHits(Model):
    """Scenes, best first."""

    hits: tuple[SceneHit, ...]


class GetAsset(Model):
    """One library row."""

    brand: BrandId
    asset: AssetId


class CutOut(Model):
    """Free a product from its photo. `box` is needed when the background is not plain."""

    brand: BrandId
    asset: AssetId
    box: Box | None = None


class CutOutAnswer(Model):
    """The cutout, what placing needs to know of it, and whether it may be used without a person's look."""

    asset: Asset
    cutout: Cutout
    geometry: ProductGeometry
    confident: bool
    threshold: float
    overlay: ArtifactRef | None = None
    suggested_box: Box | None = None


class AddUpload(Model):
    """Register an uploaded photo (already in the artifact store) for one piece of work."""

    brand: BrandId
    digest: Digest
    kind: str
    title: str
    noun: str = ""


class ReadRules(Model):
    """The brand book and the market packs that apply."""

    brand: BrandId
    markets: tuple[MarketCode, ...]


class Rules(Model):
    """The brand's book, which of the markets asked for have a pack and which not, and all packs there are."""

    book: BrandBook
    known: tuple[MarketCode, ...]
    missing: tuple[MarketCode, ...]
    packs: tuple[MarketCode, ...]


class CheckRules(Model):
    """Hold a brief and its captions against brand book and market packs; a blocking rule refuses the work."""

    brand: BrandId
    brief: Brief
    captions: tuple[Caption, ...]
    markets: tuple[MarketCode, ...]
    sector: str = ""


class RuleChecks(Model):
    """How every rule came out, and the captions, in the order given, without what a rule forbids in them."""

    checks: tuple[RuleCheck, ...]
    captions: tuple[Caption, ...]
