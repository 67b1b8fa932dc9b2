"""Every port of Onbrand as a small Protocol. Tests pass another implementation; so does production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from domain.assets import Asset, AssetHit, AssetKind
from domain.brief import Brief, Question
from domain.candidate import Candidate, Feedback, Slot
from domain.composition import Caption, Scene
from domain.models import Abilities, Answered, AnswerT, Ask, ModelRole, ModelSpec
from domain.plan import Capability
from domain.remembered import Earlier, Remembered
from domain.revision import FailedCandidate, Revision
from domain.rules import BrandBook, MarketPack
from domain.values import ArtifactRef, Box, BrandId, Digest, RunId

Image = npt.NDArray[np.uint8]
"""Height x width x 3 (RGB) or 4 (RGBA, straight alpha), 8 bits, sRGB. OpenCV's BGR stays inside the tools."""

Mask = npt.NDArray[np.uint8]
"""Height x width, 0 outside to 255 inside."""


class ArtifactStore(Protocol):
    """Bytes under their SHA-256, in one directory per brand. A reference's `path` is a file or an s3:// URL."""

    def put(self, brand: BrandId, data: bytes, media_type: str) -> ArtifactRef: ...
    def get(self, brand: BrandId, digest: Digest) -> bytes: ...
    def ref(self, brand: BrandId, digest: Digest) -> ArtifactRef: ...
    def has(self, brand: BrandId, digest: Digest) -> bool: ...


class ObjectStore(Protocol):
    """Bytes under keys, elsewhere. `put_new` keeps nothing where there is an object of this key already, and says so.

    Every method raises StorageFailed when the store cannot be used.
    """

    def url(self, key: str = "") -> str: ...
    def put_new(self, key: str, data: bytes, media_type: str) -> bool: ...
    def get(self, key: str) -> bytes | None: ...
    def sha256(self, key: str) -> Digest | None: ...
    def keys(self, prefix: str) -> Sequence[str]: ...
    def delete(self, key: str) -> None: ...


class Drawings(Protocol):
    """Finished drawings by what was asked for, kept where the artifacts are that they name."""

    def find(self, brand: BrandId, key: Digest) -> Candidate | None: ...
    def keep(self, brand: BrandId, key: Digest, drawn: Candidate) -> None: ...


class Embedder(Protocol):
    """Text to unit vectors. `name` changes whenever vectors change, so that an index knows when to rebuild."""

    name: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...


class ImageEmbedder(Protocol):
    """Images to unit vectors."""

    name: str
    dimensions: int

    def embed(self, images: Sequence[Image]) -> npt.NDArray[np.float32]: ...


class Ranker(Protocol):
    """Assets held against a text. `similarity` is the cosine of text and asset, one an asset; the hits come best first
    and say by `AssetHit.fits` which of them may be offered.
    """

    def __call__(
        self, text: str, assets: Sequence[Asset], similarity: Sequence[float]
    ) -> Sequence[AssetHit]: ...


class AssetLibrary(Protocol):
    """A brand's assets: rows in the database, vectors in a rebuildable index."""

    def add(self, asset: Asset) -> Asset: ...
    def get(self, brand: BrandId, asset_id: str) -> Asset: ...
    def list(self, brand: BrandId, kind: AssetKind | None = None) -> Sequence[Asset]: ...
    def search(
        self, brand: BrandId, text: str, kind: AssetKind | None = None, limit: int = 5,
        filters: Mapping[str, str | bool] | None = None,
    ) -> Sequence[AssetHit]: ...
    def search_image(
        self, brand: BrandId, image: Image, kind: AssetKind | None = None, limit: int = 5
    ) -> Sequence[AssetHit]: ...


class Rulebook(Protocol):
    """Brand books and market packs."""

    def brand(self, brand: BrandId) -> BrandBook: ...
    def brands(self) -> Sequence[BrandId]: ...
    def market(self, code: str) -> MarketPack | None: ...
    def markets(self) -> Sequence[MarketPack]: ...


class Language(Protocol):
    """Everything that reads or writes human language, by role.

    `revise` gives one Revision for each failed candidate, in the order given; `scenes` are the planned ones, `limit` is
    how many characters a caption may have.
    """

    def read(self, request: str, brand: BrandId) -> Brief: ...
    def captions(
        self, brief: Brief, scenes: Sequence[Scene], product: Asset, limit: int = 1024
    ) -> Sequence[Caption]: ...
    def questions(
        self, brief: Brief, *, product_hits: Sequence[AssetHit], background_hits: Sequence[Scene],
        known_markets: Sequence[str], book: BrandBook | None,
    ) -> tuple[Question, ...]: ...
    def apply_answer(self, brief: Brief, question: Question, answer: str) -> Brief: ...
    def read_feedback(
        self, text: str, candidates: Sequence[Candidate], scenes: Sequence[Scene]
    ) -> Feedback: ...
    def revise(
        self, failed: Sequence[FailedCandidate], brief: Brief, scenes: Sequence[Scene], limit: int = 1024
    ) -> Sequence[Revision]: ...


class Models(Protocol):
    """Language and vision models by role. Sync, since the transports are: call it from a bounded pool of threads.

    `serves` is None for a role that no model was set for: take the built-in path. `abilities` is None likewise, and
    says before anything is asked whether the role's model looks at images. `ask` returns an answer of the type, or
    raises ModelMustAct (after at most two repairs, and when no place answers in time or may see this work) or
    OverBudget: both leave the built-in path open.
    """

    def serves(self, role: ModelRole) -> ModelSpec | None: ...
    def abilities(self, role: ModelRole) -> Abilities | None: ...
    def ask(self, ask: Ask, answer: type[AnswerT]) -> Answered[AnswerT]: ...


class Ledger(Protocol):
    """Money: reserved before each call, booked after it, never beyond the budget by more than one call."""

    def reserve(self, run_id: str, brand: str, stage: str, what: str, amount: float, budget: float) -> Any: ...
    def book(self, reservation: Any, actual: float) -> None: ...
    def release(self, reservation: Any) -> None: ...
    def spent(self, run_id: str) -> float: ...


class History(Protocol):
    """What recorded runs say: how many there were with a generator, and how many filled their shortlist."""

    def pass_rates(self, brand: str, generator: str) -> tuple[int, int]: ...


class Memory(Protocol):
    """What a brand keeps from one run to the next. `by` is a principal's id, empty for whoever sits at the machine.

    `learn` reads rules out of a person's own words, `chose` counts a person's answers: both return what is remembered
    because of them. `earlier` finds the run that a request refers to; None when it refers to none.
    """

    def recall(self, brand: BrandId, by: str) -> Sequence[Remembered]: ...
    def learn(self, brand: BrandId, by: str, run_id: RunId, request: str) -> Sequence[Remembered]: ...
    def chose(self, brand: BrandId, by: str, run_id: RunId, field: str, value: str) -> Sequence[Remembered]: ...
    def earlier(self, brand: BrandId, by: str, run_id: RunId, request: str) -> Earlier | None: ...


class KnownAnswers(Protocol):
    """Answers of models kept under what was asked, so that nothing identical is paid for twice."""

    def find(self, brand: BrandId, key: Digest) -> Mapping[str, Any] | None: ...
    def keep(self, brand: BrandId, key: Digest, answer: Mapping[str, Any]) -> None: ...


class PartFinder(Protocol):
    """Finds named parts of a product in a picture whose transform is not known."""

    def find(self, image: Image, cutout: Image, parts: Mapping[str, Box]) -> Mapping[str, Box]: ...


class Drawn(Protocol):
    """What a generator hands back for one slot: the slot with its composition filled in (affine, box, contacts, light),
    the finished picture (RGB), the placed product alone on the canvas (RGBA) and its mask.
    """

    @property
    def slot(self) -> Slot: ...
    @property
    def image(self) -> Image: ...
    @property
    def layer(self) -> Image: ...
    @property
    def mask(self) -> Mask: ...


@runtime_checkable
class Generator(Protocol):
    """Draws slots around intact cutouts, one at a time. `cutouts` and `photos` map asset ids to RGBA and RGB arrays."""

    def capability(self) -> Capability: ...
    def draw(
        self, slots: Sequence[Slot], cutouts: Mapping[str, Image], assets: Mapping[str, Asset],
        photos: Mapping[str, Image],
    ) -> Iterator[Drawn]: ...


class Destination(Protocol):
    """Where publications go. `deliver` is create-if-absent: a second call with the same key changes nothing.

    `digests` gives the SHA-256 of every file at a path that `deliver` returned, by name: empty when nothing lies there,
    None when the path is of another destination. `read` gives one of these files, None when it is not there.
    """

    name: str

    def find(self, key: str) -> str | None: ...
    def deliver(self, key: str, files: Mapping[str, bytes]) -> str: ...
    def digests(self, path: str) -> Mapping[str, Digest] | None: ...
    def read(self, path: str, name: str) -> bytes | None: ...


class Recorder(Protocol):
    """Where trace events go."""

    def record(self, kind: str, **fields: Any) -> None: ...


@runtime_checkable
class Surrounding(Recorder, Protocol):
    """A recorder that puts something around a stage's calls as they are made: the span the other side goes on from."""

    def around(self, stage: str) -> AbstractContextManager[object]: ...
