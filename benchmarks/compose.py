"""Times the compositor: nine 1024x1024 candidates on plates, against a plain Pillow composition of the same nine.

    python -m benchmarks.compose [--json] [--size 1024x1024] [--rounds 3] [--cold]

CPU is process time (all threads), peak memory that of the process. Warm means plates decoded before the clock starts;
cold adds reading and decoding them. The Pillow composition resizes and crops the same plates, pastes the product
resized with Lanczos, and blurs one offset ellipse for a shadow: no camera, no light, nothing measured.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from domain.assets import Asset, AssetKind
from domain.candidate import Slot
from domain.composition import Caption, SceneKind
from domain.ports import Image
from domain.values import Size
from tools.generators import Compositor
from tools.imaging.layout import lay_out
from tools.imaging.plate import PLATES, plate_stage, plates
from tools.imaging.product import measure
from tools.imaging.scenes import catalogue


@dataclass(frozen=True)
class Timing:
    """One way to make the nine: best of several rounds."""

    name: str
    cpu_seconds: float
    wall_seconds: float


def product() -> tuple[Asset, Image]:
    """A packshot drawn here: 620 x 1400 pixels, straight alpha with a soft edge."""
    width, height = 620, 1400
    picture = Pillow.new("RGBA", (2 * width, 2 * height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    left, right, top, bottom = 120, 2 * width - 120, 160, 2 * height - 160
    pen.rectangle((left, top, right, bottom), fill=(176, 52, 40, 255))
    pen.ellipse((left, bottom - 65, right, bottom + 65), fill=(176, 52, 40, 255))
    pen.ellipse((left, top - 65, right, top + 65), fill=(226, 224, 220, 255))
    pen.rectangle((left, 1000, right, 1900), fill=(246, 240, 224, 255))
    cutout = np.asarray(picture.resize((width, height), Pillow.Resampling.BOX)).copy()
    shade = np.interp(np.arange(width), [0, 150, 330, width], [0.9, 1.12, 1.0, 0.62])[None, :, None]
    cutout[..., :3] = np.clip(cutout[..., :3] * shade, 0, 255).astype(np.uint8)
    row = Asset(
        id="bench", brand="bench", kind=AssetKind.PRODUCT, title="bench", digest="0" * 64,
        size=Size(width=width, height=height), real_height=0.14, view_elevation=7.5,
    )
    return row, cutout


def nine(row: Asset, cutout: Image, size: Size) -> list[Slot]:
    """Nine slots on plates, as planning makes them."""
    scenes = [s for s in catalogue() if s.kind is SceneKind.PLATE]
    layout = lay_out([measure(row, cutout)], scenes, size)
    return [
        Slot(id=str(i), caption=Caption(subject="bench"), scene=p.scene_ref, composition=p.composition,
             settings=p.settings, products=(row.id,), seed=i)
        for i, p in enumerate(layout.slots)
    ]


def with_compositor(slots: list[Slot], row: Asset, cutout: Image) -> None:
    """Draws the nine and drops them."""
    for drawn in Compositor().draw(slots, {row.id: cutout}, {row.id: row}, {}):
        assert drawn.image.size


def with_pillow(slots: list[Slot], cutout: Image) -> None:
    """A straightforward composition of the same nine."""
    source = Pillow.fromarray(cutout)
    source = source.crop(source.getbbox())
    for slot in slots:
        c = slot.composition
        w, h = c.canvas.width, c.canvas.height
        plate = Pillow.open(PLATES / f"{slot.scene.id.partition(':')[2]}.webp").convert("RGB")
        side = min(plate.height * w / h, plate.width)
        left = (plate.width - side) / 2
        scene = plate.resize((w, h), Pillow.Resampling.LANCZOS, box=(left, 0, left + side, side * h / w))
        tall = c.scale * h
        small = source.resize((round(tall * source.width / source.height), round(tall)), Pillow.Resampling.LANCZOS)
        x, y = round(c.centre.x * w - small.width / 2), round(c.centre.y * h - small.height / 2)
        shadow = Pillow.new("L", (w, h), 0)
        base = y + small.height
        ImageDraw.Draw(shadow).ellipse((x, base - 0.06 * h, x + small.width * 1.4, base + 0.02 * h), fill=140)
        shadow = shadow.filter(ImageFilter.GaussianBlur(0.012 * h))
        scene.paste((20, 20, 24), (0, 0), shadow)
        scene.paste(small, (x, y), small)


def timed(name: str, work: Callable[[], None], rounds: int, before: Callable[[], None] | None = None) -> Timing:
    """Runs work several times and keeps the fastest of each clock."""
    cpu, wall = [], []
    for _ in range(rounds):
        if before:
            before()
        start_cpu, start_wall = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start_cpu)
        wall.append(time.perf_counter() - start_wall)
    return Timing(name, min(cpu), min(wall))


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--size", default="1024x1024")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of OpenCV")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    row, cutout = product()
    size = Size.parse(options.size)

    def forget() -> None:
        plates.cache_clear()
        plate_stage.cache_clear()

    def plan() -> None:
        nine(row, cutout, size)

    slots = nine(row, cutout, size)
    rounds = options.rounds
    results = [
        timed("lay out nine slots", plan, rounds),
        timed("compose nine, plates cold", lambda: with_compositor(slots, row, cutout), rounds, forget),
        timed("compose nine, plates warm", lambda: with_compositor(slots, row, cutout), rounds),
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.append(timed("Pillow, the same nine", lambda: with_pillow(slots, cutout), rounds))
    ratio = results[1].cpu_seconds / results[3].cpu_seconds
    if options.json:
        document = {
            "benchmark": "compose", "size": str(size), "candidates": len(slots), "rounds": rounds,
            "threads": options.threads, "machine": platform.processor() or platform.machine(),
            "timings": [asdict(r) for r in results], "cold_to_pillow_cpu": ratio, "peak_mb": peak,
        }
        json.dump(document, sys.stdout, indent=2)
        print()
        return 0
    print(f"{len(slots)} candidates of {size}, best of {rounds}, {options.threads} OpenCV thread(s)")
    for result in results:
        print(f"  {result.name:28} {result.cpu_seconds:6.2f} s CPU {result.wall_seconds:7.2f} s wall")
    print(f"  cold, against Pillow         {ratio:6.2f} x CPU")
    print(f"  peak memory                  {peak:6.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
