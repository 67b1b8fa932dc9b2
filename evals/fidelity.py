"""Suite *fidelity*: how much of the product is in the final file, against fitting it to its surroundings.

Before is the library's cutout, placed by the composition's affine; after is the file a person approves, at the size it
was drawn in, decoded.

What the lock is for is a generator that draws the product by itself. The one generator there is, the compositor, pastes
the cutout and draws no product, so against "the generator alone" there is nothing to measure: without its lock its
pictures are the same. The baseline is what editors do to a pasted product, and says how far the measures fall then.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import cv2
import numpy as np

from domain.ports import Image, Mask
from evals.critic import Sound, sound
from evals.dinov2 import Dinov2
from evals.homes import demo_home
from evals.planting import recoloured_to
from evals.repair import bench_over
from evals.suite import Case, Metric, Scored, Suite
from service.settings import load_settings
from tools.judges import Views
from tools.judges.likeness import edge_likeness, ms_ssim
from tools.publish import Provenance, SourceType, channel, decode, export

INSIDE = 5
"""Pixels the mask is shrunk by: the rim is a mixture of product and scene by design."""


GENERATOR_ALONE = (
    "Against a generator that draws the product itself: not measured, there is none. The compositor pastes the cutout, "
    "and its pictures are the same without the lock."
)
DINOV2_MISSING = (
    "DINOv2: not measured, its weights are not at hand. `ONBRAND_DINOV2_MODEL=FOLDER onbrand evals run fidelity` "
    "measures it (extra `diffusion`)."
)


@dataclass(frozen=True)
class Placed:
    """A product before and after, in one frame: as placed, as in the file, and where it is."""

    before: Image
    after: Image
    mask: Mask


def finished(one: Sound) -> Image:
    """The final file of a picture at its own size, decoded again."""
    made = one.evidence.image
    height, width = made.shape[:2]
    target = channel("instagram-square").model_copy(update={"width": width, "height": height})
    artifact = one.candidate.artifact
    provenance = Provenance(
        source=SourceType.COMPOSITE, run_id="run-00000000", candidate=one.candidate.id,
        artifact=artifact.digest if artifact else "0" * 64, generator=one.candidate.generator,
    )
    return decode(export(made, target, provenance))


def placed(one: Sound) -> Placed | None:
    """The product as the judges place it themselves, and as the file shows it; None where nobody knows where it is."""
    projection = Views(one.evidence).placed
    if projection is None:
        return None
    height, width = one.evidence.image.shape[:2]
    layer = np.zeros((height, width, 4), np.uint8)
    down, across = projection.pixels.shape[:2]
    layer[projection.y : projection.y + down, projection.x : projection.x + across] = projection.pixels
    size = 2 * INSIDE + 1
    mask = cv2.erode(np.where(layer[..., 3] > 250, 255, 0).astype(np.uint8), np.ones((size, size), np.uint8))
    return Placed(np.ascontiguousarray(layer[..., :3]), finished(one), np.asarray(mask, np.uint8))


def scored(name: str, before: Image, after: Image, mask: Mask, dinov2: Dinov2 | None = None) -> Case:
    """The likeness of one product before and after; by DINOv2 as well where its weights are at hand."""
    ys, xs = np.nonzero(mask)
    box = (slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1))
    held = before.copy()
    # Outside the product there is no before: the file's own pixels stand there, so that windows at the rim are fair.
    held[mask == 0] = after[mask == 0]
    one, other, inside = held[box], after[box], mask[box]
    scores = {"ms_ssim": ms_ssim(one, other, inside), "edges": edge_likeness(one, other, inside)}
    if dinov2 is not None:
        scores["dinov2"] = dinov2.likeness(one, other, inside)
    return Case(id=name, scores=scores)


async def run(limit: int | None) -> Scored:
    """Every sound picture of the critic's suite."""
    ours, fitted = [], []
    folder = load_settings().dinov2_model
    dinov2 = await asyncio.to_thread(Dinov2, folder) if folder is not None else None
    async with demo_home() as onbrand, bench_over(onbrand) as bench:
        for one in (await sound(bench))[:limit]:
            found = await asyncio.to_thread(placed, one)
            if found is None or not found.mask.any():
                continue
            ours.append(await asyncio.to_thread(scored, one.name, found.before, found.after, found.mask, dinov2))
            relit = await asyncio.to_thread(recoloured_to, found.after, found.mask)
            fitted.append(await asyncio.to_thread(scored, one.name, found.before, relit, found.mask, dinov2))
    return Scored(
        cases=tuple(ours), baselines={"fitted to its surroundings": tuple(fitted)},
        notes=(GENERATOR_ALONE, *(() if dinov2 is not None else (DINOV2_MISSING,))),
    )


SUITE = Suite(
    name="fidelity",
    about="The demo products before real photographs and on plates, in the final file at the drawing's own size.",
    scorer=(
        "MS-SSIM (Wang, Simoncelli, Bovik 2003) and correlation of gradient strength between the placed cutout and the "
        "file, inside the product's outline; DINOv2 is the cosine of class tokens of the product on grey. Baseline: "
        "the same file with the product's colours moved half way to those of its surroundings (Reinhard et al. 2001)."
    ),
    metrics=(
        Metric(name="MS-SSIM", of="ms_ssim"), Metric(name="edges", of="edges"), Metric(name="DINOv2", of="dinov2"),
    ),
    run=run,
)
