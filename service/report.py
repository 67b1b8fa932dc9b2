"""What a run leaves in its folder for people: the shortlist's files, a contact sheet, the dossier page and run.json."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from domain.candidate import Candidate
from domain.errors import StorageFailed
from domain.ports import Image
from domain.run import RunView
from mcp_servers.publish.delivery import EXTENSIONS, dossier_page
from mcp_servers.workshop import Workshop
from tools.imaging.decode import encode_png
from tools.publish import Tile
from tools.publish import contact_sheet as drawn_sheet


def write_report(workshop: Workshop, view: RunView) -> None:
    """Write or rewrite the run's folder. Raises StorageFailed naming the folder when it cannot be written."""
    if not view.candidates:
        return
    folder = Path(view.out_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("[0-9]-*.*"):
            stale.unlink()
        for number, name in enumerate(view.shortlist, start=1):
            for export in (e for e in view.exports if e.candidate == name):
                several = f"-{export.channel}" if len({e.channel for e in view.exports}) > 1 else ""
                target = folder / f"{number}-{name}{several}.{EXTENSIONS[export.artifact.media_type]}"
                target.write_bytes(workshop.artifacts.get(view.brand, export.artifact.digest))
        with ThreadPoolExecutor(1) as beside:
            contact_sheet = beside.submit(lambda: encode_png(sheet(workshop, view)))
            (folder / "dossier.html").write_text(dossier_page(workshop, view), encoding="utf-8")
            (folder / "contact-sheet.png").write_bytes(contact_sheet.result())
        (folder / "run.json").write_text(view.model_dump_json(indent=2), encoding="utf-8")
    except OSError as error:
        raise StorageFailed(
            f"the folder {folder} cannot be written: {os.strerror(error.errno or 0)}",
            where=str(folder),
            hint="choose another with --out, or free some space; the run itself is kept",
        ) from error


def sheet(workshop: Workshop, view: RunView) -> Image:
    """Contact sheet: the shortlist large, and every candidate small with what kept it out."""
    drawn = {c.id: c for c in view.candidates if c.artifact}
    shortlist = [tile(workshop, view, drawn[name], "") for name in view.shortlist]
    others = [tile(workshop, view, c, "passed") for c in drawn.values() if c.id not in view.shortlist]
    note = f"{view.run_id}   {view.created_at:%Y-%m-%d}"
    return drawn_sheet(shortlist, others, heading=view.request.request, note=note)


def tile(workshop: Workshop, view: RunView, candidate: Candidate, otherwise: str) -> Tile:
    """One candidate on the sheet: its scene, and its quality or the gates it failed."""
    if candidate.artifact is None:
        raise ValueError(f"candidate {candidate.id} has no picture")
    failed = ", ".join(finding.check.replace("_", " ") for finding in candidate.failed_gates())
    image = workshop.pixels.load(view.brand, candidate.artifact.digest)[..., :3]
    name = candidate.scene.id.partition(":")[2].partition("@")[0]
    note = failed or otherwise or f"technical quality {candidate.quality or 0:.2f}"
    return Tile(image, f"{candidate.id}  {name}", note)
