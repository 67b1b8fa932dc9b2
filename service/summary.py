"""A run as its caller is shown it: the run document cut down to what helps to decide what to do next."""

from __future__ import annotations

from collections import Counter

from domain.assets import Asset, AssetHit
from domain.brief import SHOWN_PARTS, Brief, Part
from domain.candidate import Candidate, Verdict
from domain.rules import RuleCheck, RuleVerdict
from domain.run import ExportView, PublicationView, RunStatus, RunView, can_go_on
from domain.studio import FinalFile, FoundAsset, Picture, Publication, RunSummary, Step
from memory.runs import RunRow

MOST_REMARKS = 6
"""Remarks told of one picture."""

NEXT = {
    RunStatus.WORKING: "it is being worked on: look again in a few seconds",
    RunStatus.REVIEW: "look at the pictures; say what to change, or have a person approve one",
    RunStatus.PUBLISHED: "it is published; another picture of the shortlist can still be approved",
    RunStatus.NOTHING_PASSED: "nothing passed the checks: see failed_checks and failure, then ask again differently",
    RunStatus.REFUSED: "it was refused: see failure, then ask for something else",
    RunStatus.CANCELLED: "it was cancelled: begin a new run",
    RunStatus.FAILED: "it failed: see failure, then begin a new run",
}


def summary_of(view: RunView, row: RunRow, step: Step | None) -> RunSummary:
    """The summary. `view` is the last saved document, `row` says where the run stands now."""
    stands = row.status
    drawn = [candidate for candidate in view.candidates if candidate.artifact]
    failed = Counter(finding.check for candidate in drawn for finding in candidate.failed_gates())
    waits = stands is RunStatus.NEEDS_INPUT
    questions = view.questions if waits else ()
    options = view.options if waits and not questions and not row.failure else ()
    return RunSummary(
        run_id=row.run_id,
        brand=row.brand,
        status=stands,
        request=row.request.request,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        step=step if stands is RunStatus.WORKING else None,
        understood=understood(view.brief) if view.brief else {},
        assumed=view.brief.assumed() if view.brief else (),
        questions=questions,
        options=options,
        pictures=pictures(view) if stands in {RunStatus.REVIEW, RunStatus.PUBLISHED, RunStatus.WORKING} else (),
        candidates=len(drawn),
        failed_checks=dict(failed.most_common()),
        left_out=view.left_out,
        cannot_draw=view.cannot_draw,
        notes=view.notes,
        rules=tuple(rule for rule in view.rules_checked if worth_a_look(rule)),
        publications=tuple(publication(p) for p in view.publications),
        costs=view.costs,
        seconds=view.seconds,
        failure=row.failure,
        next=what_next(row, asks=bool(questions), offers=bool(options)),
    )


def what_next(row: RunRow, *, asks: bool, offers: bool) -> str:
    """What can be done now, in one sentence."""
    if row.status is RunStatus.NEEDS_INPUT:
        if asks:
            return "answer the questions; those left out take their default"
        return "choose an option" if offers else "it cannot go on as it is: see failure, then begin a new run"
    if can_go_on(row.status, row.failure):
        return "it stopped for the operator: once that is mended, resume it; nothing is done twice"
    return NEXT[row.status]


def understood(brief: Brief) -> dict[str, str]:
    """The parts of a brief that were not assumed, each with where it comes from."""
    told = {}
    for number, part in enumerate(brief.products, start=1):
        product = part.value
        count = f"{product.count} x " if product.count > 1 else ""
        found = f" = {product.asset}" if product.asset else " (not in the library)"
        told["product" if number == 1 else f"product {number}"] = f"{count}{product.text}{found}"
    for name in SHOWN_PARTS:
        value = getattr(brief, name)
        parts: tuple[Part[object], ...] = value if isinstance(value, tuple) else (value,) if value else ()
        said = [f"{part.value} ({part.origin.replace('_', ' ')})" for part in parts if part.origin != "assumed"]
        if said:
            told[name.replace("_", " ")] = ", ".join(said)
    for number, note in enumerate(brief.notes, start=1):
        told[f"note {number}"] = note
    return told


def pictures(view: RunView) -> tuple[Picture, ...]:
    """The shortlist, best first."""
    by_id = {candidate.id: candidate for candidate in view.candidates}
    out = {publication.digest for publication in view.publications}
    return tuple(picture(by_id[name], view, out) for name in view.shortlist if by_id[name].artifact)


def picture(candidate: Candidate, view: RunView, published: set[str]) -> Picture:
    """One finalist with its final files and what is worth a look."""
    assert candidate.artifact is not None
    files = tuple(final_file(export) for export in view.exports if export.candidate == candidate.id)
    titles = {scene.id: scene.title for scene in view.scenes}
    remarks = [finding for finding in candidate.findings if finding.verdict is not Verdict.PASS]
    return Picture(
        candidate=candidate.id,
        scene=titles.get(candidate.scene.id, candidate.scene.id),
        caption=candidate.caption.text(),
        digest=candidate.artifact.digest,
        size=candidate.composition.canvas,
        quality=candidate.quality,
        files=files,
        remarks=tuple(remarks[:MOST_REMARKS]),
        published=any(file.digest in published for file in files),
    )


def final_file(export: ExportView) -> FinalFile:
    """An export without its place on the server."""
    artifact = export.artifact
    return FinalFile(
        channel=export.channel, digest=artifact.digest, media_type=artifact.media_type, bytes=artifact.bytes
    )


def publication(view: PublicationView) -> Publication:
    """A delivery without the destination's file paths."""
    return Publication(
        key=view.key,
        digest=view.digest,
        channel=view.channel,
        market=view.market,
        destination=view.destination,
        published_at=view.published_at,
    )


def without_places(view: RunView) -> RunView:
    """A run document without the server's own folders, for pages that leave it."""
    published = tuple(made.model_copy(update={"path": "", "dossier": ""}) for made in view.publications)
    return view.model_copy(update={"publications": published, "out_dir": "", "trace_path": ""})


def worth_a_look(rule: RuleCheck) -> bool:
    """Rules that came out well, or do not apply, are left out."""
    return rule.verdict not in {RuleVerdict.MET, RuleVerdict.NOT_APPLICABLE}


def found_asset(asset: Asset, hit: AssetHit | None = None) -> FoundAsset:
    """An asset as callers see it."""
    return FoundAsset(
        id=asset.id,
        kind=asset.kind.value,
        title=asset.title,
        description=asset.description,
        tags=asset.tags,
        digest=asset.digest,
        size=asset.size,
        real_height=asset.real_height,
        confidential=asset.confidential,
        embargo=asset.embargo,
        rendering=asset.rendering,
        licence=asset.licence,
        score=None if hit is None else round(hit.score, 3),
        why="" if hit is None else hit.why,
    )
