"""Delivery of what a person approved: each file once, with its dossier and checksums beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.candidate import Candidate
from domain.errors import Misconfigured, RefusedByRule, StorageFailed
from domain.run import PublicationView, RunView
from domain.values import BrandId, RunId
from mcp_servers.workshop import Workshop
from memory.effects import Effect
from tools.publish import checksums, render_dossier, thumbnail

THUMBNAIL_SIDE = 360
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def deliver_run(workshop: Workshop, brand: BrandId, run_id: RunId) -> tuple[PublicationView, ...]:
    """Make every approved delivery of a run happen, and return all its publications, earlier ones too.

    Raises RefusedByRule while a shown asset is under embargo, Misconfigured when another destination was approved,
    StorageFailed when the destination cannot be written; what was approved stays pending then and is delivered when
    the run is resumed.
    """
    pending = workshop.effects.pending(run_id)
    if pending:
        view = workshop.runs.view(brand, run_id)
        if view is None:
            raise StorageFailed("the run has no saved document to deliver from", where=run_id, hint="resume the run")
        refuse_embargoed(workshop, view)
        dossier = dossier_page(workshop, view).encode()
        for effect in pending:
            deliver(workshop, view, effect, dossier)
    return tuple(workshop.effects.publications(brand, run_id))


def deliver(workshop: Workshop, view: RunView, effect: Effect, dossier: bytes) -> None:
    """One approved file to its destination: looked up first, then create-if-absent, then the receipt."""
    if effect.destination != workshop.destination.name:
        raise Misconfigured(
            f"this was approved for the destination {effect.destination}, and {workshop.destination.name} is set now",
            where="destination",
            hint="set the destination that was approved, here and where the publish server runs, and resume the run",
        )
    export = next(e for e in view.exports if e.artifact.digest == effect.digest and e.channel == effect.channel)
    name = f"{export.candidate}-{export.channel}.{EXTENSIONS[export.artifact.media_type]}"
    files: dict[str, bytes] = {name: workshop.artifacts.get(view.brand, effect.digest), "dossier.html": dossier}
    files["SHA256SUMS"] = checksums(files)
    workshop.effects.once(
        effect.key,
        workshop.destination.find,
        lambda key: workshop.destination.deliver(key, files),
        files=digests(files),
        dossier="dossier.html",
    )


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each file."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def refuse_embargoed(workshop: Workshop, view: RunView) -> None:
    """Nothing that shows an asset under embargo goes out."""
    now = datetime.now(UTC)
    shown = {name for candidate in view.candidates if candidate.id in view.shortlist for name in candidate.products}
    for name in sorted(shown):
        asset = workshop.library.get(view.brand, name)
        if asset.embargo is not None and asset.embargo > now:
            raise RefusedByRule(
                f"“{asset.title}” is under embargo until {asset.embargo:%Y-%m-%d %H:%M} UTC",
                where=asset.id,
                hint="resume the run after that; the approval is kept",
            )


def dossier_page(workshop: Workshop, view: RunView) -> str:
    """The proof that travels with a publication, and lies in the run's folder before there is one."""
    names = {name for candidate in view.candidates for name in candidate.products}
    markets = [part.value for part in view.brief.markets] if view.brief else []
    return render_dossier(
        view,
        thumbnails(workshop, view),
        assets={name: workshop.library.get(view.brand, name) for name in sorted(names)},
        packs=[pack for code in markets if (pack := workshop.rulebook.market(code))],
        brand_name=workshop.rulebook.brand(view.brand).name,
        approver=workshop.effects.approver(view.run_id),
    )


def thumbnails(workshop: Workshop, view: RunView) -> dict[str, bytes]:
    """A small WebP of every candidate that was drawn."""
    drawn = [candidate for candidate in view.candidates if candidate.artifact]
    return {candidate.id: thumbnail_of(workshop, view.brand, candidate) for candidate in drawn}


def thumbnail_of(workshop: Workshop, brand: BrandId, candidate: Candidate) -> bytes:
    """One candidate, small."""
    if candidate.artifact is None:
        raise ValueError(f"candidate {candidate.id} has no picture")
    return thumbnail(workshop.pixels.load(brand, candidate.artifact.digest)[..., :3], THUMBNAIL_SIDE)
