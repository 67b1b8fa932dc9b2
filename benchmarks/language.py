"""How long the built-in language takes: loading its words, reading a request, writing a caption, reading feedback.

    python -m benchmarks.language [--rounds N]

Prints the median and the worst over the requests of `evals/suites/briefs.yaml`, each the fastest of N rounds, in
milliseconds of CPU time.
Limits: loading under 100 ms, a request under 5 ms. Exits 1 if a median is above its limit.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from domain.assets import Asset, AssetKind
from domain.candidate import Candidate
from domain.composition import Caption, Composition, SceneRef
from domain.values import Point, Size
from evals.briefs import load
from tools.imaging.scenes import catalogue
from tools.language import BuiltinReader, BuiltinWriter, read_feedback

LOAD_LIMIT, READ_LIMIT = 100.0, 5.0
_LOAD = (
    "import time; from tools.language import lexicon, reader; t=time.process_time(); reader.BuiltinReader(); "
    "print((time.process_time()-t)*1000)"
)


def main() -> int:
    """Measure and print; the exit code says whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    loads = [
        float(subprocess.run([sys.executable, "-c", _LOAD], check=True, capture_output=True, text=True).stdout)
        for _ in range(5)
    ]
    requests = [case.request for split in ("dev", "held_out") for case in load(split)]
    reader, writer, scenes = BuiltinReader(), BuiltinWriter(), catalogue()
    briefs = [reader.read(request, "demo") for request in requests]
    product = Asset(
        id="can", brand="demo", kind=AssetKind.PRODUCT, title="Can", digest="0" * 64, size=Size(width=64, height=64)
    )
    shown = [
        Candidate(
            id="c0-01",
            caption=Caption(subject="can"),
            scene=SceneRef(id=scenes[0].id),
            products=("can",),
            seed=1,
            composition=Composition(canvas=Size(width=1080, height=1350), scale=0.4, centre=Point(x=0.5, y=0.6)),
        )
    ]
    rows = {
        "load the words (new process)": (loads, LOAD_LIMIT),
        "read a request": (_each(lambda i: reader.read(requests[i], "demo"), len(requests), rounds), READ_LIMIT),
        "write a caption": (
            _each(lambda i: writer.caption(briefs[i], scenes[i % len(scenes)], product), len(briefs), rounds),
            READ_LIMIT,
        ),
        "read feedback": (
            _each(
                lambda i: read_feedback("make the can bigger, warmer light, on the beach", shown, scenes), 10, rounds
            ),
            READ_LIMIT,
        ),
    }
    print(f"{'what':<32}{'median ms':>10}{'worst ms':>10}{'limit ms':>10}")
    for name, (times, limit) in rows.items():
        print(f"{name:<32}{statistics.median(times):>10.2f}{max(times):>10.2f}{limit:>10.0f}")
    return int(any(statistics.median(times) > limit for times, limit in rows.values()))


def _each(run: Callable[[int], object], count: int, rounds: int) -> list[float]:
    """CPU milliseconds of each call, the fastest of `rounds`."""
    best = [float("inf")] * count
    for _ in range(rounds):
        for i in range(count):
            start = time.process_time()
            run(i)
            best[i] = min(best[i], (time.process_time() - start) * 1000)
    return best


if __name__ == "__main__":
    sys.exit(main())
