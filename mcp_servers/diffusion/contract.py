"""What can be asked of the diffusion server (every generator stands behind it), and what it answers."""

from __future__ import annotations

from typing import Literal

from domain.brief import Relation
from domain.candidate import Candidate, Slot
from domain.composition import Composition, ProductGeometry, Scene, SceneRef, Settings
from domain.plan import Capability
from domain.values import AssetId, BrandId, Digest, Model, Money, Size


class DescribeGenerators(Model):
    """Ask for capability records."""

    brand: BrandId


class Capabilities(Model):
    """One record a generator."""

    generators: tuple[Capability, ...]


class LayOut(Model):
    """Compositions for products in scenes."""

    brand: BrandId
    products: tuple[ProductGeometry, ...]
    counts: tuple[int, ...]
    nouns: tuple[str, ...] = ()
    scenes: tuple[Scene, ...]
    canvas: Size
    count: int = 9
    seed: int = 7
    relations: tuple[Relation, ...] = ()
    generator: str = "compositor"


class Setting(Model):
    """One composition in one scene."""

    scene: SceneRef
    composition: Composition
    settings: Settings = Settings()


class Layout(Model):
    """Compositions, best first, and the scenes left out with the reason."""

    settings: tuple[Setting, ...]
    left_out: tuple[str, ...] = ()


class SubmitJob(Model):
    """Draw slots of one scene group. `cutouts` maps assets to the digests of their cutouts."""

    brand: BrandId
    slots: tuple[Slot, ...]
    cutouts: dict[AssetId, Digest]


class JobRef(Model):
    """A job's handle; the same work has the same handle."""

    job: str


class GetJob(Model):
    """Wait up to `wait_seconds` for a job."""

    brand: BrandId
    job: str
    wait_seconds: float = 30.0


class JobState(Model):
    """What a job has produced so far. `reused` counts drawings found finished from an earlier attempt."""

    job: str
    status: Literal["working", "done"]
    candidates: tuple[Candidate, ...] = ()
    reused: int = 0
    cost: Money = 0.0


class CancelJob(Model):
    """Stop a job before its next drawing."""

    brand: BrandId
    job: str
