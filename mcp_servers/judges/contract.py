"""What can be asked of the judges server, and what it answers."""

from __future__ import annotations

from pydantic import Field

from domain.brief import Brief
from domain.candidate import Candidate, Finding
from domain.composition import ProductGeometry, Scene
from domain.looking import Spent
from domain.rules import Criterion, Policy, Rule
from domain.values import Affine, AssetId, BrandId, Digest, Model, Money, RunId, Share


class JudgeCandidate(Model):
    """Hold the measured checks against one candidate. `only` names some of them; `ocr` also reads its text.

    A brand's `criteria` are held against it too: those that read with `ocr`, the others unless `only` names checks.
    """

    brand: BrandId
    candidate: Candidate
    brief: Brief
    scene: Scene | None = None
    cutouts: dict[AssetId, Digest]
    geometry: ProductGeometry | None = None
    cannot_draw: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    ocr: bool = False
    only: tuple[str, ...] = ()


class Judgement(Model):
    """Findings, and the technical quality 0..1 that orders what passes."""

    findings: tuple[Finding, ...]
    quality: Share


class RankCandidates(Model):
    """Order candidates that passed, and choose a shortlist that is forced to differ."""

    brand: BrandId
    candidates: tuple[Candidate, ...]
    size: int = 3


class Ranking(Model):
    """Ids of the shortlist, best first."""

    shortlist: tuple[str, ...]


class JudgeImage(Model):
    """Check a picture made elsewhere; the product is located in it when its cutout is given."""

    brand: BrandId
    image: Digest
    product: AssetId | None = None
    cutout: Digest | None = None
    caption: str = ""
    brief: Brief | None = None
    palette: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    ocr: bool = True


class Commission(Model):
    """For whom a model looks: what its ledger row says and which budget holds. `assets` are shown in the picture:
    where one of them is confidential, only a place cleared for that is asked.
    """

    run_id: RunId | None = None
    stage: str = "critique"
    market: str = ""
    budget: Money | None = None
    assets: tuple[AssetId, ...] = ()


class LookAtPicture(Model):
    """Have a model look at one picture that passed every measured gate: every question in one call.

    With `product` its `parts` are compared in that call, too, where one model is the judge of both.
    """

    brand: BrandId
    image: Digest
    commission: Commission = Commission()
    brief: Brief
    reference: Digest | None = Field(default=None, description="the product's cutout, to compare with")
    mask: Digest | None = Field(default=None, description="alpha of the product in the picture")
    criteria: tuple[Criterion, ...] = ()
    rules: tuple[Rule, ...] = ()
    policy: Policy = Policy.STRICT
    threshold: Share = 0.8
    product: AssetId | None = None
    parts: tuple[str, ...] = ()
    affine: Affine | None = Field(default=None, description="cutout pixels to picture pixels")


class LookAtParts(Model):
    """Have a model compare a product's parts with reference photos. Without an affine the product is searched for."""

    brand: BrandId
    image: Digest
    commission: Commission = Commission()
    product: AssetId
    parts: tuple[str, ...]
    affine: Affine | None = Field(default=None, description="cutout pixels to picture pixels")
    cutout: Digest | None = None


class LookedAt(Model):
    """Findings of a judge that looked, and what they took."""

    findings: tuple[Finding, ...]
    spent: Spent = Spent()


class PreferPictures(Model):
    """Have a model order pictures by pairwise preference, asked in both orders."""

    brand: BrandId
    pictures: dict[str, Digest] = Field(description="picture by name, in the order that holds without preference")
    commission: Commission = Commission()
    request: str = ""
    as_set: bool = Field(default=False, description="also ask, in one of these calls, whether they are one set")


class Preferred(Model):
    """Names of all pictures, best first; `ties` were not told apart, or differently in the two orders."""

    order: tuple[str, ...]
    wins: dict[str, float] = {}
    ties: tuple[tuple[str, str], ...] = ()
    agreement: Share | None = None
    findings: tuple[Finding, ...] = Field(default=(), description="of the set, where that was asked for")
    spent: Spent = Spent()


class Placed(Model):
    """Where a picture shows the product, as its generator reports it."""

    affine: Affine | None = Field(default=None, description="cutout pixels to picture pixels")
    true_scale: float | None = Field(default=None, gt=0, description="drawn height over height by real size and camera")


class JudgeSet(Model):
    """Judge pictures together: are product, character and style the same in each of them?

    With the product's `cutout` they are measured, where `placed` says or where the product is found; a model looks as
    well where one serves, and abstains where none does.
    """

    brand: BrandId
    pictures: dict[str, Digest]
    commission: Commission = Commission()
    cutout: Digest | None = None
    placed: dict[str, Placed] = Field(default={}, description="by the picture's name")
    looks: bool = Field(default=True, description="false where a model is asked elsewhere: they are measured alone")
