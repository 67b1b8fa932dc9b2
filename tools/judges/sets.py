"""Pictures of one campaign held together, measured: is the product the same in each, and which of them falls out?

Every pair is compared in the product's own frame with the light taken out. A picture's distance is that to its nearer
fellows, at least half of the others: one that is like nobody falls out, one that is unlike an odd one does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from domain.candidate import Finding, Scalar
from domain.ports import Image
from domain.values import Box
from tools.judges.book import Book, Check, book_of_sets
from tools.judges.colour import Floats, lab
from tools.judges.likeness import luma, ssim_maps
from tools.judges.rectified import Frame, Seen, Shown, rectified

LEAST_AREA = 200
"""Frame pixels of product below which nothing is compared."""

BRIGHTEST, DARKEST = 250, 6
"""Levels at which a channel has run out: what was there cannot be relit."""


@dataclass(frozen=True)
class Apart:
    """How far two pictures are apart, and where in the frame most."""

    distance: float
    x: int = 0
    y: int = 0


Pairs = dict[frozenset[str], Apart]
Compare = Callable[[Frame, Seen, Seen, Check], Apart | None]


def judge_products(cutout: Image, pictures: Mapping[str, Shown], checks: Book | None = None) -> tuple[Finding, ...]:
    """Hold the pictures of one product together; one finding a check, none for fewer than two pictures.

    A failure names the pictures that fall out in its evidence (`odd`) and its reason, with the region in the first of
    them. Two pictures that differ are both named: which of them is right, two cannot say.

    Args:
        cutout: the product's cutout, RGBA; it gives the frame, and is not one of those compared.
        pictures: by name, in any order.
        checks: the book with the limits; the shipped one if none.
    """
    if len(pictures) < 2:
        return ()
    limits = (checks or book_of_sets()).checks
    frame, seen = rectified(cutout, pictures)
    lost = [name for name in pictures if name not in seen]
    findings = [compared(limits[name], compare, frame, seen, lost) for name, compare in COMPARED.items()]
    return (presence(limits["set:presence"], seen, lost), *findings, size(limits["set:size"], pictures, seen))


def checks_of_products() -> tuple[str, ...]:
    """The checks `judge_products` makes."""
    return ("set:presence", *COMPARED, "set:size")


def presence(check: Check, seen: Mapping[str, Seen], lost: Sequence[str]) -> Finding:
    """Where the product has to be looked for: one that is found in most pictures is not in the others as it is."""
    count = len(seen) + len(lost)
    if len(seen) * 2 <= count:
        return check.abstained("the product was found in too few pictures: it may be too small or too plain to find")
    if not lost:
        return check.passed(f"the product is in {count} pictures", value=1.0)
    facts: dict[str, Scalar] = {"odd": ", ".join(lost)}
    said = f"the product is not found in {', '.join(lost)}, as it is in the others"
    return check.failed(said, value=len(seen) / count, evidence=facts)


def compared(
    check: Check, compare: Compare, frame: Frame | None, seen: Mapping[str, Seen], lost: Sequence[str]
) -> Finding:
    """One check over every pair of pictures."""
    if frame is None or len(seen) < 2:
        return check.abstained(f"the product was not found in {', '.join(lost)}: too small, too plain or too changed")
    pairs: Pairs = {}
    for one, other in combinations(seen, 2):
        apart = compare(frame, seen[one], seen[other], check)
        if apart is not None:
            pairs[frozenset((one, other))] = apart
    return told(check, frame, seen, pairs, lost)


def told(check: Check, frame: Frame, seen: Mapping[str, Seen], pairs: Pairs, lost: Sequence[str]) -> Finding:
    """What the distances between pictures say."""
    outs = {name: out for name in seen if (out := aside(name, pairs)) is not None}
    if not outs:
        return check.abstained("too little of the product shows to compare")
    limit = check.limit("distance")
    odd = sorted((name for name in outs if outs[name].distance > limit), key=lambda name: -outs[name].distance)
    farthest = max(outs.values(), key=lambda out: out.distance)
    facts: dict[str, Scalar] = {f"distance:{name}": out.distance for name, out in outs.items()}
    if lost:
        facts["not_found"] = ", ".join(lost)
    if not odd:
        return check.passed(f"alike in {len(seen)} pictures", value=farthest.distance, evidence=facts)
    worst = outs[odd[0]]
    region: Box | None = None
    if worst.x or worst.y:
        region = frame.region(seen[odd[0]], worst.x, worst.y, max(4, round(check.limit("patch") * frame.side)))
    facts["odd"] = ", ".join(odd)
    said = f"{WORDS[check.id]} {told_of(odd, len(seen))}"
    return check.failed(said, value=worst.distance, region=region, evidence=facts)


def told_of(odd: Sequence[str], count: int) -> str:
    """Which pictures fall out, in words."""
    if len(odd) * 2 < count:
        return f"in {', '.join(odd)} than in the others"
    return f"between {', '.join(odd)}; which is right, they cannot say"


def aside(name: str, pairs: Pairs) -> Apart | None:
    """How far a picture is from the nearer half of the others."""
    known = sorted((apart for pair, apart in pairs.items() if name in pair), key=lambda apart: apart.distance)
    return known[(len(known) - 1) // 2] if known else None


def common(frame: Frame, one: Seen, other: Seen) -> npt.NDArray[np.bool_]:
    """Where both pictures show the inside of the product."""
    return np.asarray((frame.solid == 255) & one.valid & other.valid)


def colour(frame: Frame, one: Seen, other: Seen, check: Check) -> Apart | None:
    """Distance in a*, b* of the worst patch, once the other picture is seen in the first one's light.

    Light is a gain of each channel and a ramp across the product, the same for all of it; its colour may differ as
    much as daylight does (`warmth`, log of red over blue, halved) and hardly towards green (`tint`). What is left is
    the product's own.
    """
    inside = common(frame, one, other)
    inside &= (one.pixels.max(-1) < BRIGHTEST) & (other.pixels.max(-1) < BRIGHTEST)
    inside &= (one.pixels.min(-1) > DARKEST) & (other.pixels.min(-1) > DARKEST)
    if int(inside.sum()) < LEAST_AREA:
        return None
    first, second = (linear(np.asarray(cv2.GaussianBlur(s.pixels, (0, 0), 1.0), np.float32)) for s in (one, other))
    relit = levels(second * light_between(first, second, inside, check))
    apart = np.linalg.norm((lab(levels(first)) - lab(relit))[..., 1:], axis=-1)
    return worst_patch(np.asarray(apart, np.float32), inside, frame, check.limit("patch"))


def light_between(first: Floats, second: Floats, inside: npt.NDArray[np.bool_], check: Check) -> Floats:
    """Gains (h, w, 3) that bring the second picture into the first one's light."""
    ratio = np.log(first + 1e-3) - np.log(second + 1e-3)
    gains = np.median(ratio[inside], axis=0)
    even = float(gains.mean())
    warm = float(np.clip((gains[0] - gains[2]) / 2, -check.limit("warmth"), check.limit("warmth")))
    tint = float(np.clip(gains[1] - (gains[0] + gains[2]) / 2, -check.limit("tint"), check.limit("tint")))
    flat = np.array([even + warm - tint / 3, even + 2 * tint / 3, even - warm - tint / 3], np.float32)
    bright = ratio.mean(-1) - even
    rows, columns = np.nonzero(inside)
    middle = columns - columns.mean()
    slope = float((middle * bright[rows, columns]).sum() / max(float((middle**2).sum()), 1.0))
    ramp = slope * (np.arange(first.shape[1], dtype=np.float32) - np.float32(columns.mean()))
    return np.asarray(np.exp(flat + ramp[None, :, None]), np.float32)


def details(frame: Frame, one: Seen, other: Seen, check: Check) -> Apart | None:
    """One less contrast and structure of SSIM in the worst patch: gains and ramps of light do not change these."""
    inside = common(frame, one, other)
    if int(inside.sum()) < LEAST_AREA:
        return None
    a, b = (luma(np.asarray(np.rint(seen.pixels), np.uint8)) for seen in (one, other))
    gain = float(np.median(a[inside])) / max(float(np.median(b[inside])), 1.0)
    _, structure = ssim_maps(a, b * np.float32(gain))
    return worst_patch(np.asarray(1 - structure, np.float32), inside, frame, check.limit("patch"))


def proportion(frame: Frame, one: Seen, other: Seen, check: Check) -> Apart | None:
    """Log of how much wider one is than the other, at equal height."""
    return Apart(abs(log(one.stretch / other.stretch)))


def worst_patch(values: Floats, inside: npt.NDArray[np.bool_], frame: Frame, share: float) -> Apart:
    """The largest mean over a square of `share` of the frame's longer side, of pixels inside the product only."""
    side = 2 * max(2, round(share * frame.side / 2)) + 1
    there = cv2.boxFilter(inside.astype(np.float32), -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    total = cv2.boxFilter(np.where(inside, values, np.float32(0)), -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    mean = np.where(inside & (there > 0.5), total / np.maximum(there, 1e-6), -1)
    y, x = np.unravel_index(int(mean.argmax()), mean.shape)
    return Apart(max(float(mean[y, x]), 0.0), int(x), int(y))


def size(check: Check, pictures: Mapping[str, Shown], seen: Mapping[str, Seen]) -> Finding:
    """Is the product as large in one scene, for what its camera says, as in the others?"""
    scales = {n: s.true_scale * seen[n].drawn for n, s in pictures.items() if s.true_scale and n in seen}
    if len(scales) < 2:
        return check.abstained("real size or camera are unknown in all pictures but one")
    middle = median(scales.values())
    facts: dict[str, Scalar] = {f"times:{name}": scale for name, scale in scales.items()}
    off = {name: abs(log(scale / middle)) for name, scale in scales.items()}
    odd = sorted((name for name in off if off[name] > check.limit("distance")), key=lambda name: -off[name])
    largest = max(off.values())
    if not odd:
        return check.passed(f"as large for its scene in {len(scales)} pictures", value=largest, evidence=facts)
    facts["odd"] = ", ".join(odd)
    said = ", ".join(f"{name} ({scales[name] / middle:.2f} times)" for name in odd)
    return check.failed(f"the product has another size in {said}", value=largest, evidence=facts)


def linear(pixels: Floats) -> Floats:
    """SRGB levels 0..255 to linear light 0..1 (IEC 61966-2-1)."""
    value = np.clip(pixels, 0, 255) / np.float32(255)
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4), np.float32)


def levels(light: Floats) -> Floats:
    """Linear light to sRGB levels 0..255."""
    held = np.clip(light, 0, 1)
    value = np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055)
    return np.asarray(value * 255, np.float32)


COMPARED: dict[str, Compare] = {"set:colour": colour, "set:details": details, "set:proportion": proportion}
WORDS = {
    "set:colour": "the product has other colours",
    "set:details": "the product's surface differs",
    "set:proportion": "the product has other proportions",
}
