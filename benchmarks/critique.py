"""Times the critique: nine 1024x1024 candidates composed and checked, each check by itself, and reading text apart.

    python -m benchmarks.critique [--json] [--rounds 3]

CPU is process time (all threads), the best of several rounds. A check by itself includes the conversions it is the
first to need; in the whole battery they are shared, which is why the sum of the parts is more than the whole.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import cv2
import numpy as np

from domain.assets import Asset, AssetKind
from domain.candidate import Slot
from domain.composition import Caption, SceneKind
from domain.ports import Image
from domain.values import Size
from tools.generators import Compositor, Drawing
from tools.imaging.layout import lay_out
from tools.imaging.packshot import render
from tools.imaging.packshot_spec import catalogue as products
from tools.imaging.product import measure as geometry_of
from tools.imaging.scenes import catalogue as scenes
from tools.judges import CHECKS, Evidence, descriptor, measure, quality, read_text, shortlist

SIZE = Size(width=1024, height=1024)


@dataclass(frozen=True)
class Row:
    """One line of the table: CPU milliseconds for one candidate, unless the name says nine."""

    name: str
    cpu_ms: float
    wall_ms: float


def product() -> tuple[Asset, Image]:
    """The demo can, rendered at shipping size."""
    spec = next(s for s in products() if s.id == "solara-blood-orange-can")
    cutout = np.ascontiguousarray(render(spec).rgba)
    row = Asset(
        id=spec.id, brand="demo", kind=AssetKind.PRODUCT, title=spec.title, digest="0" * 64,
        size=Size(width=cutout.shape[1], height=cutout.shape[0]), real_height=spec.real_height, view_elevation=7.5,
    )
    return row, cutout


def nine(row: Asset, cutout: Image) -> list[Slot]:
    """Nine slots on plates, as planning makes them."""
    plates = [scene for scene in scenes() if scene.kind is SceneKind.PLATE]
    layout = lay_out([geometry_of(row, cutout)], plates, SIZE)
    return [
        Slot(
            id=str(i), caption=Caption(subject=row.id), scene=p.scene_ref, composition=p.composition,
            settings=p.settings, products=(row.id,), seed=i,
        )
        for i, p in enumerate(layout.slots)
    ]


def compose(slots: list[Slot], row: Asset, cutout: Image) -> list[Drawing]:
    """The nine, drawn."""
    return list(Compositor().draw(slots, {row.id: cutout}, {row.id: row}, {}))


def evidence(drawing: Drawing, row: Asset, cutout: Image) -> Evidence:
    """What the judges get to see of one."""
    return Evidence(
        image=drawing.image, slot=drawing.slot, layer=drawing.layer, mask=drawing.mask, cutout=cutout,
        scene=next(s for s in scenes() if s.id == drawing.slot.scene.id), geometry=geometry_of(row, cutout),
        palette=("#e8622c", "#1e4b52", "#f4b740"),
    )


def critique(drawings: list[Drawing], row: Asset, cutout: Image) -> tuple[str, ...]:
    """All checks, quality and the shortlist of what was drawn."""
    entries = []
    for drawing in drawings:
        measure(evidence(drawing, row, cutout))
        image = drawing.image
        entries.append((drawing.slot.id, quality(image, drawing.mask), descriptor(image), drawing.slot.scene.id))
    return shortlist(entries)


def timed(name: str, work: Callable[[], object], rounds: int, share: int = 1) -> Row:
    """Best of several rounds, each clock by itself, divided by `share`."""
    cpu, wall = [], []
    for _ in range(rounds):
        start_cpu, start_wall = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start_cpu)
        wall.append(time.perf_counter() - start_wall)
    return Row(name, round(1000 * min(cpu) / share, 1), round(1000 * min(wall) / share, 1))


def alone(name: str, seen: list[Evidence]) -> None:
    """One check on some candidates."""
    for each in seen:
        measure(each, only=[name], ocr=True)


def rows(rounds: int) -> list[Row]:
    """Everything that is measured."""
    row, cutout = product()
    slots = nine(row, cutout)
    drawings = compose(slots, row, cutout)
    seen = [evidence(drawing, row, cutout) for drawing in drawings]
    count = len(drawings)
    read_text(seen[0].image, seen[0].mask)
    table = [
        timed("nine composed", lambda: compose(slots, row, cutout), rounds),
        timed("nine critiqued, without text", lambda: critique(drawings, row, cutout), rounds),
        timed(
            "nine composed and critiqued, without text",
            lambda: critique(compose(slots, row, cutout), row, cutout), rounds,
        ),
    ]
    for name in CHECKS:
        read = name == "unwanted_text"
        some = seen[:3] if read else seen
        table.append(timed(f"check {name}", partial(alone, name, some), 1 if read else rounds, len(some)))
    table.append(timed("quality", lambda: [quality(e.image, e.mask) for e in seen], rounds, count))
    table.append(timed("descriptor", lambda: [descriptor(e.image) for e in seen], rounds, count))
    return table


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    table = rows(given.rounds)
    if given.json:
        machine = {"python": platform.python_version(), "opencv": cv2.__version__, "machine": platform.machine()}
        print(json.dumps({"machine": machine, "rows": [asdict(row) for row in table]}, indent=2))
        return 0
    for row in table:
        print(f"{row.name:44} {row.cpu_ms:9.1f} ms CPU {row.wall_ms:9.1f} ms wall")
    return 0


if __name__ == "__main__":
    sys.exit(main())
