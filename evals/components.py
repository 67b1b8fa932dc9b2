"""Suite *components*: are a product's parts found where they are, and does each reach the judge beside its reference?

Two kinds of pictures. The sound pictures of the critic's suite, whose transform is known: the truth is where a painted
part comes out when the picture is warped. And a real second viewpoint, the calibrated stereo pair of a motorcycle that
scikit-image ships (Scharstein et al., GCPR 2014): the truth is the part's disparity, measured by structured light.
Whether a part is *right* is the judge's to say, and is not scored here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from domain.assets import Asset
from domain.errors import Misconfigured
from domain.ports import Image
from domain.values import Affine, Box
from evals.critic import Sound, sound
from evals.homes import demo_home
from evals.repair import bench_over
from evals.suite import Case, Metric, Scored, Suite
from mcp_servers.judges.looking import in_cutout, on_grey
from mcp_servers.workshop import Workshop
from tools.judges.locate import locate
from tools.judges.looking import FeatureFinder, Reference, placed_parts, sheet_of
from tools.judges.looking.parts import too_small

ENOUGH = 0.5
"""Overlap over union from which a part counts as located."""

PART = (72, 60)
STEP = (36, 30)
"""Width and height of the motorcycle's parts in pixels, and how far they lie apart."""

NEAREST, DEPTH = 30.0, 5.0
"""Disparity in pixels from which something is the motorcycle, and the spread within which a box is one part of it."""


@dataclass(frozen=True)
class Task:
    """One picture: the product's cutout with its parts, and where these are in the picture."""

    name: str
    image: Image
    cutout: Image
    parts: Mapping[str, Box]
    truth: Mapping[str, Box]
    affine: Affine | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.image.shape[1], self.image.shape[0]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0, across) * max(0, down)
    return shared / (one.width * one.height + other.width * other.height - shared)


def painted(box: Box, affine: Affine, cutout: Image, size: tuple[int, int]) -> Box | None:
    """Where a part comes out that is painted on the cutout and warped with it; None outside the picture."""
    mask = np.zeros(cutout.shape[:2], np.uint8)
    mask[box.y : box.y + box.height, box.x : box.x + box.width] = 255
    warped = cv2.warpAffine(mask, np.asarray(affine, np.float64), size, flags=cv2.INTER_AREA)
    ys, xs = np.nonzero(warped > 127)
    if not len(xs):
        return None
    left, top = int(xs.min()), int(ys.min())
    return Box(x=left, y=top, width=int(xs.max()) - left + 1, height=int(ys.max()) - top + 1)


def placed(one: Sound, asset: Asset, workshop: Workshop) -> Task | None:
    """A sound picture's parts; None for a product without any."""
    affine = one.candidate.composition.affine
    parts = in_cutout(asset)
    if affine is None or not parts or asset.cutout is None:
        return None
    cutout = workshop.pixels.load(asset.brand, asset.cutout.digest)
    size = (one.evidence.image.shape[1], one.evidence.image.shape[0])
    places = {name: painted(box, affine, cutout, size) for name, box in parts.items()}
    truth = {name: box for name, box in places.items() if box is not None}
    return Task(one.name, one.evidence.image, cutout, parts, truth, affine)


def motorcycle() -> tuple[Image, Image, npt.NDArray[np.float32]]:
    """Left and right picture and the left one's disparity. Raises Misconfigured without the development extra."""
    try:
        from skimage import data  # noqa: PLC0415  the dev extra
    except ImportError as error:
        raise Misconfigured(
            "a second viewpoint is a stereo pair of scikit-image", where="evals run components",
            hint='pip install "onbrand[dev]"',
        ) from error
    load: Callable[[], tuple[Any, Any, Any]] = data.stereo_motorcycle      # which has no types
    left, right, disparity = load()
    return np.asarray(left, np.uint8), np.asarray(right, np.uint8), np.asarray(disparity, np.float32)


def viewpoints() -> Iterator[Task]:
    """The motorcycle's parts on the left picture, sought on the right one, and the other way round."""
    left, right, disparity = motorcycle()
    here, there = {}, {}
    (width, height), (across, down) = PART, STEP
    for y in range(0, left.shape[0] - height, down):
        for x in range(0, left.shape[1] - width, across):
            known = disparity[y : y + height, x : x + width]
            known = known[np.isfinite(known)]
            if known.size < 0.8 * width * height or np.median(known) < NEAREST:
                continue
            low, middle, high = np.percentile(known, (10, 50, 90))
            if high - low > DEPTH or x < middle:
                continue
            name = f"{x},{y}"
            here[name] = Box(x=x, y=y, width=width, height=height)
            there[name] = here[name].model_copy(update={"x": x - round(float(middle))})
    yield Task("left to right", right, whole(left), here, there)
    yield Task("right to left", left, whole(right), there, here)


def whole(photo: Image) -> Image:
    """A photograph as a cutout of everything in it."""
    return np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])


def located(task: Task) -> Mapping[str, Box]:
    """Parts as the judges find them."""
    if task.affine is not None:
        return placed_parts(task.parts, task.affine, task.size)
    return FeatureFinder().find(task.image, task.cutout, task.parts)


def by_one_homography(task: Task) -> Mapping[str, Box]:
    """The baseline: features of the whole product carry every part, whatever is known of the picture."""
    found = locate(task.cutout, task.image)
    if found is None:
        return {}
    carried = {}
    for name, box in task.parts.items():
        corners = np.array([[box.x, box.y], [box.x + box.width, box.y + box.height]], np.float64)
        (x, y), (right, bottom) = cv2.perspectiveTransform(corners[None], found.homography)[0].round().astype(int)
        if right > x >= 0 and bottom > y >= 0:
            carried[name] = Box(x=int(x), y=int(y), width=int(right - x), height=int(bottom - y))
    return carried


def scored(task: Task, where: Mapping[str, Box]) -> Iterator[Case]:
    """Every part that is in the picture: whether it was located, and whether a judge is shown it."""
    reference = Reference("own", on_grey(task.cutout), task.parts)
    kind = "known" if task.affine is not None else "second"
    for name, truth in task.truth.items():
        found = name in where and overlap(where[name], truth) > ENOUGH
        asked = found and bool(sheet_of(task.image, where, [reference], (name,)).asked)
        says = () if asked else ("not compared" if found else "not located",)
        yield Case(id=f"{task.name}: {name}", scores={kind: found, f"{kind} compared": asked}, says=says)


async def tasks(limit: int | None) -> list[Task]:
    """The second viewpoints, then every sound picture of a product with parts."""
    found = list(await asyncio.to_thread(lambda: list(viewpoints())))
    async with demo_home() as onbrand, bench_over(onbrand) as bench:
        workshop = onbrand.workshop
        for one in await sound(bench):
            asset = await asyncio.to_thread(workshop.library.get, "demo", one.candidate.products[0])
            if (task := await asyncio.to_thread(placed, one, asset, workshop)) is not None:
                found.append(task)
    return found[:limit]


async def run(limit: int | None) -> Scored:
    """Every part of every picture; `limit` bounds the pictures."""
    ours, baseline = [], []
    found = await tasks(limit)
    for task in found:
        ours += list(scored(task, await asyncio.to_thread(located, task)))
        baseline += list(scored(task, await asyncio.to_thread(by_one_homography, task)))
    small = sum(too_small(box) for task in found for box in task.truth.values())
    note = f"{small} of {len(ours)} parts have too few pixels to be judged: they abstain, and say so."
    return Scored(cases=tuple(ours), baselines={"one homography of features": tuple(baseline)}, notes=(note,))


SUITE = Suite(
    name="components",
    about=(
        "Parts of the demo products on the critic's sound pictures, whose transform is known, and boxes on a "
        "motorcycle from a real second viewpoint: each picture of a stereo pair sought on the other."
    ),
    scorer=(
        "A part is located where its box overlaps the true one by more than half (intersection over union), and "
        "compared where it then reaches the judge beside its reference. Baseline: features of the whole product and "
        "one homography, for every picture."
    ),
    metrics=(
        Metric(name="known transform: located", of="known"),
        Metric(name="known transform: compared", of="known compared"),
        Metric(name="second viewpoint: located", of="second"),
        Metric(name="second viewpoint: compared", of="second compared"),
    ),
    run=run,
)
