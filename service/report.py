"""What a run leaves in its folder for people: the shortlist's files, a contact sheet, the dossier page and run.json."""

from __future__ import annotations

import os
from pathlib import Path

from domain.errors import StorageFailed
from domain.ports import Image
from domain.run import RunView
from mcp_servers.publish.delivery import exported, thumbnails
from mcp_servers.workshop import Workshop
from tools.imaging.decode import encode_png
from tools.publish import EXTENSIONS, contact_sheet, render_dossier


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
            export = exported(view, name)
            if export is not None:
                target = folder / f"{number}-{name}.{EXTENSIONS[export.artifact.media_type]}"
                target.write_bytes(workshop.artifacts.get(view.brand, export.artifact.digest))
        (folder / "contact-sheet.png").write_bytes(encode_png(sheet(workshop, view)))
        (folder / "dossier.html").write_text(render_dossier(view, thumbnails(workshop, view)), encoding="utf-8")
        (folder / "run.json").write_text(view.model_dump_json(indent=2), encoding="utf-8")
    except OSError as error:
        raise StorageFailed(
            f"the folder {folder} cannot be written: {os.strerror(error.errno or 0)}",
            where=str(folder),
            hint="choose another with --out, or free some space; the run itself is kept",
        ) from error


def sheet(workshop: Workshop, view: RunView) -> Image:
    """Contact sheet: the shortlist first, then every other candidate with what kept it out."""
    order = {name: index for index, name in enumerate(view.shortlist)}
    drawn = sorted((c for c in view.candidates if c.artifact), key=lambda c: (order.get(c.id, len(order)), c.id))
    entries = []
    for candidate in drawn:
        failed = ", ".join(finding.check for finding in candidate.failed_gates())
        note = f"quality {candidate.quality or 0:.2f}" if candidate.id in order else failed or "passed"
        image = workshop.pixels.load(view.brand, candidate.artifact.digest)[..., :3] if candidate.artifact else None
        if image is not None:
            entries.append((image, f"{candidate.id}  {candidate.scene.id.partition(':')[2]}", note))
    return contact_sheet(entries)
