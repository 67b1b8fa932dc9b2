"""Which implementation stands behind which port, from the settings. The only place that knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.assets import Asset, AssetHit, AssetKind
from domain.brief import Brief, Question
from domain.candidate import Candidate, Feedback
from domain.composition import Caption, Scene
from domain.model_calls import Meter, Observer
from domain.ports import ArtifactStore, Destination, Drawings
from domain.revision import FailedCandidate, Revision
from domain.rules import BrandBook
from domain.run import RunView
from domain.values import BrandId, BucketAddress
from mcp_servers.workshop import UPLOAD_TAG, Workshop
from memory.artifacts import DirectoryStore
from memory.bucket import Bucket, Connection
from memory.database import Database, open_database
from memory.demo import DEMO_BRAND, ensure_demo
from memory.drawings import BucketDrawings, DrawingStore
from memory.effects import Effects
from memory.home import Home
from memory.known_answers import KnownAnswerTable
from memory.ledger import Ledger
from memory.library import Library
from memory.rulebook import YamlRulebook
from memory.runs import RunTable
from memory.s3_artifacts import S3Store
from service.models import models_for
from service.remembering import BrandMemory
from service.settings import Settings
from tools.generators import Compositor
from tools.imaging.decode import decode, encode_png
from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue as packshots
from tools.language import BuiltinReader, BuiltinWriter, apply_answer, questions, read_feedback, revisions
from tools.models import NoModels
from tools.models.gateway import Gateway
from tools.publish import BucketDestination, FolderDestination
from tools.rules import may_publish
from tools.search import AssetRanker, VisualDescriptor, text_embedder


class BuiltinLanguage:
    """The embedded `Language`: deterministic, English, no model. Lexicons load on first use.

    `titles` gives the product titles of a brand's library: what a brand calls its products helps to find them in a
    request.
    """

    def __init__(self, titles: Callable[[BrandId], Sequence[str]] = lambda brand: ()) -> None:
        self._titles = titles

    def titles(self, brand: BrandId) -> Sequence[str]:
        """What a brand's library calls its products."""
        return self._titles(brand)

    @cached_property
    def _writer(self) -> BuiltinWriter:
        return BuiltinWriter()

    def read(self, request: str, brand: BrandId) -> Brief:
        """A request to a Brief."""
        return BuiltinReader(self.titles(brand)).read(request, brand)

    def captions(
        self, brief: Brief, scenes: Sequence[Scene], product: Asset, limit: int = 1024
    ) -> tuple[Caption, ...]:
        """A Brief and scenes to a Caption each."""
        return tuple(self._writer.caption(brief, scene, product, limit) for scene in scenes)

    def questions(
        self,
        brief: Brief,
        *,
        product_hits: Sequence[AssetHit],
        background_hits: Sequence[Scene],
        known_markets: Sequence[str],
        book: BrandBook | None,
    ) -> tuple[Question, ...]:
        """What would be worth asking, most useful first."""
        return questions(
            brief, product_hits=product_hits, background_hits=background_hits, known_markets=known_markets, book=book
        )

    def apply_answer(self, brief: Brief, question: Question, answer: str) -> Brief:
        """The Brief after an answer."""
        return apply_answer(brief, question, answer)

    def read_feedback(self, text: str, candidates: Sequence[Candidate], scenes: Sequence[Scene]) -> Feedback:
        """A person's words about candidates as changes."""
        return read_feedback(text, candidates, scenes)

    def revise(
        self, failed: Sequence[FailedCandidate], brief: Brief, scenes: Sequence[Scene], limit: int = 1024
    ) -> tuple[Revision, ...]:
        """Of every failed gate the best fix that was not tried yet."""
        return revisions(failed)


@dataclass(frozen=True)
class Wired:
    """Everything opened for one home."""

    home: Home
    database: Database
    workshop: Workshop
    library: Library
    language: BuiltinLanguage
    memory: BrandMemory
    ledger: Ledger
    models: Gateway | NoModels

    def prepare(self, brand: BrandId, progress: Callable[[str, float], None]) -> None:
        """Make the demo brand's library on first use; nothing for other brands."""
        if brand == DEMO_BRAND:
            ensure_demo(
                self.workshop.library,
                self.workshop.artifacts,
                progress,
                products=packshots(),
                render=render,
                encode=encode_png,
                lock=self.home.root / "demo.lock",
            )

    def close(self) -> None:
        """Let go of models, search index and database."""
        self.models.close()
        self.library.close()
        self.database.close()

    def refuse_unchecked(self, view: RunView, markets: Sequence[str]) -> None:
        """Raise RefusedByRule when one of these markets has rules nobody checked."""
        for market in markets:
            may_publish(view.rules_checked, market)


def wire(
    settings: Settings,
    observer: Observer = lambda attempt: None,
    metered: Callable[[Meter], Meter] = lambda meter: meter,
) -> Wired:
    """Open the home and stand an implementation behind every port; `observer` is told of each attempt at a model.

    `metered` may stand a meter of its own before the ledger's, for work that is in no run table.
    """
    home = Home(settings.home)
    database = open_database(settings.database_url or home)
    ledger = Ledger(database, settings.models.allowances, settings.models.team_of)
    models = models_for(settings.models, ledger, home, observer, metered)
    artifacts, drawings = stores(settings, home)
    embedder = text_embedder(settings.sentence_model)
    library = Library(
        database,
        home,
        artifacts,
        embedder,
        VisualDescriptor(),
        AssetRanker(embedder),
        lambda data: decode(data).image,
    )
    workshop = Workshop(
        artifacts=artifacts,
        library=library,
        rulebook=YamlRulebook((home.root,)),
        runs=RunTable(database),
        effects=Effects(database),
        drawings=drawings,
        generators={"compositor": Compositor()},
        embedder=embedder,
        models=models,
        destination=destination(settings),
        known=KnownAnswerTable(database),
    )

    def titles(brand: BrandId) -> list[str]:
        products = workshop.library.list(brand, AssetKind.PRODUCT)
        return [asset.title for asset in products if UPLOAD_TAG not in asset.tags]

    return Wired(
        home,
        database,
        workshop,
        library,
        BuiltinLanguage(titles),
        BrandMemory.over(database, workshop.rulebook, titles),
        ledger,
        models,
    )


def stores(settings: Settings, home: Home) -> tuple[ArtifactStore, Drawings]:
    """Where pictures are kept, and beside them the records of how they came about: in a bucket, or in the home."""
    bucket = artifact_bucket(settings)
    if bucket is None:
        return DirectoryStore(home), DrawingStore(home)
    return S3Store(bucket, home), BucketDrawings(bucket)


def artifact_bucket(settings: Settings) -> Bucket | None:
    """The bucket that keeps pictures, if one is set."""
    if settings.artifacts is None:
        return None
    return Bucket(BucketAddress.parse(settings.artifacts), Connection(settings.artifacts_endpoint))


def destination(settings: Settings) -> Destination:
    """Where publications go."""
    if isinstance(settings.destination, str):
        return BucketDestination(Bucket(BucketAddress.parse(settings.destination), Connection()))
    return FolderDestination(settings.destination or settings.home / "published")
