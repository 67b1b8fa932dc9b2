"""What can be asked of the judges server, and what it answers."""

from __future__ import annotations

from domain.brief import Brief
from domain.candidate import Candidate, Finding
from domain.composition import ProductGeometry, Scene
from domain.values import AssetId, BrandId, Digest, Model, Share


class JudgeCandidate(Model):
    """Hold the measured checks against one candidate. `only` names some of them; `ocr` also reads its text."""

    brand: BrandId
    candidate: Candidate
    brief: Brief
    scene: Scene | None = None
    cutouts: dict[AssetId, Digest]
    geometry: ProductGeometry | None = None
    cannot_draw: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
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
    ocr: bool = True
