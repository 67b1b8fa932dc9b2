"""The whole run as the API shows it: the run document without a single place on the server."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from domain.candidate import Candidate
from domain.composition import Composition
from domain.run import ExportView, PublicationView, RunView
from domain.values import ArtifactRef
from service.api.problems import shown_failure
from service.api.shapes import Links


class ArtifactLink(ArtifactRef):
    """Bytes elsewhere: their digest, media type and address."""

    path: str = Field(default="", exclude=True)
    url: str


class CompositionDocument(Composition):
    """Where the product stands."""

    product_layer: ArtifactLink | None = None
    mask: ArtifactLink | None = None


class CandidateDocument(Candidate):
    """One image, whole."""

    composition: CompositionDocument
    artifact: ArtifactLink | None = None


class ExportDocument(ExportView):
    """The final file of one candidate for one channel."""

    artifact: ArtifactLink


class PublicationDocument(PublicationView):
    """One delivery."""

    path: str = Field(default="", exclude=True)
    dossier: str = Field(default="", exclude=True)


class RunDocument(RunView):
    """A run, whole. `shortlist` holds candidate ids, best first; `seconds` is wall time by stage."""

    candidates: tuple[CandidateDocument, ...] = ()
    exports: tuple[ExportDocument, ...] = ()
    publications: tuple[PublicationDocument, ...] = ()
    dossier: ArtifactLink | None = None
    out_dir: str = Field(default="", exclude=True)
    trace_path: str = Field(default="", exclude=True)


def run_document(view: RunView, links: Links) -> RunDocument:
    """The document of a run, with addresses in the place of paths."""

    def link(ref: ArtifactRef | None) -> ArtifactLink | None:
        if ref is None:
            return None
        return ArtifactLink(**{**dict(ref), "path": ""}, url=links.artifact(ref.digest))

    def placed(made: Composition) -> CompositionDocument:
        layers = {"product_layer": link(made.product_layer), "mask": link(made.mask)}
        return CompositionDocument(**{**dict(made), **layers})

    def drawn(candidate: Candidate) -> CandidateDocument:
        parts = {"artifact": link(candidate.artifact), "composition": placed(candidate.composition)}
        return CandidateDocument(**{**dict(candidate), **parts})

    parts: dict[str, Any] = {
        "candidates": tuple(drawn(candidate) for candidate in view.candidates),
        "exports": tuple(
            ExportDocument(**{**dict(export), "artifact": link(export.artifact)}) for export in view.exports
        ),
        "publications": tuple(
            PublicationDocument(**{**dict(made), "path": "", "dossier": ""}) for made in view.publications
        ),
        "dossier": link(view.dossier),
        "failure": view.failure and shown_failure(view.failure),
        "out_dir": "",
        "trace_path": "",
    }
    return RunDocument(**{**dict(view), **parts})
