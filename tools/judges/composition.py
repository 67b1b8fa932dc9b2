"""Composition and legibility: does the eye find the product, and is there room for words?"""

from __future__ import annotations

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding, Scalar
from domain.composition import TextPlace
from tools.judges.book import Check
from tools.judges.colour import Floats, ciede2000
from tools.judges.evidence import Views
from tools.judges.words import legible


def legibility(views: Views, check: Check) -> Finding:
    """Figure and ground: along the outline, does the product differ from what lies behind it?

    CIEDE2000 between the colour 5 px inside and the colour 8 px outside at each outline point; `value` is the share of
    the outline that differs by at least `visible`. Words that were set are measured as well: the contrast ratio of
    WCAG 2.2 (1.4.3, level AA: 4.5 for text of any size) between the letters' own pixels and what lies around them, at
    a low percentile, and no letter on the product. Where the brief asks for text and none was set, a calm rectangle
    for it must exist outside the product (edge energy of the picture on an 64-cell grid).
    """
    profile = views.profile
    if profile is None:
        return check.abstained("the product's outline is unknown")
    inner, outer = profile.at(-5), profile.at(8)
    known = profile.valid[:, inner] & profile.valid[:, outer]
    if int(known.sum()) < check.limit("points"):
        return check.abstained("too little of the outline lies inside the frame")
    difference = ciede2000(profile.colours[known, inner], profile.colours[known, outer])
    value, middle = float((difference >= check.limit("visible")).mean()), float(np.median(difference))
    facts: dict[str, Scalar] = {"median_delta_e": middle}
    if value < check.limit("share"):
        darker = float(np.median(profile.colours[known, inner, 0])) < float(np.median(profile.colours[known, outer, 0]))
        step = 0.7 if darker else -0.7
        slot = views.evidence.slot
        now = slot.settings.exposure if slot is not None else 0.0
        return check.failed(
            f"the product merges with its background along {1 - value:.0%} of its outline",
            value=value,
            region=views.box,
            evidence=facts,
            fixes=(
                Change(target=EditTarget.BACKGROUND, field="scene", why="a background that sets the product off"),
                Change(
                    target=EditTarget.GENERATOR, field="exposure", amount=float(np.clip(now + step, -2, 2)),
                    why=f"{'lighten' if step > 0 else 'darken'} the background against the product",
                ),
            ),
        )
    if views.blocks:
        return _words_legible(views, check, value, facts)
    brief, slot = views.evidence.brief, views.evidence.slot
    left_off = slot is not None and slot.composition.wording.place is TextPlace.NONE
    if brief is not None and brief.text and not left_off:
        room = _room_for_text(views)
        facts["text_room"] = room
        if room < check.limit("text_room"):
            return check.failed(
                f"no calm place for the text: the largest covers {room:.1%} of the picture",
                value=value,
                evidence=facts,
                fixes=(
                    Change(
                        target=EditTarget.COMPOSITION, field="scale", amount=0.85, relative=True,
                        why="leave room for the text",
                    ),
                    Change(target=EditTarget.BACKGROUND, field="scene", why="a calmer background for the text"),
                    Change(target=EditTarget.GENERATOR, field="defocus", amount=1.5, why="calm the background"),
                ),
            )
    return check.passed("the product stands out from its background", value=value, evidence=facts)


def _words_legible(views: Views, check: Check, value: float, facts: dict[str, Scalar]) -> Finding:
    """Every block's contrast, measured in the picture; the worst decides."""
    measured = [(legible(views.image, views.mask, b, check.limit("words_percentile")), b) for b in views.blocks]
    worst, block = min(measured, key=lambda m: m[0].contrast)
    facts["words_contrast"] = worst.contrast
    touching = next((b for found, b in measured if found.touches), None)
    if touching is not None:
        return check.failed(
            f"the words “{touching.text}” lie on the product", value=value, region=touching.box, evidence=facts,
            fixes=_ELSEWHERE,
        )
    if worst.contrast < check.limit("words_contrast"):
        return check.failed(
            f"the words “{block.text}” have a contrast of {worst.contrast:.1f} to their background, "
            f"{check.limit('words_contrast'):g} is needed",
            value=value, region=block.box, evidence=facts, fixes=_ELSEWHERE,
        )
    return check.passed(
        f"product and words stand out; the words' contrast is {worst.contrast:.1f}", value=value, evidence=facts
    )


_ELSEWHERE = (
    Change(target=EditTarget.BACKGROUND, field="scene", why="a calmer background for the words"),
    Change(target=EditTarget.COMPOSITION, field="scale", amount=0.85, relative=True, why="leave room for the words"),
)


def _room_for_text(views: Views) -> float:
    """Area share of the largest calm rectangle at least 30% wide and 8% high, outside the product."""
    cells = 64
    edges = cv2.magnitude(
        cv2.Sobel(views.half_gray, cv2.CV_32F, 1, 0), cv2.Sobel(views.half_gray, cv2.CV_32F, 0, 1)
    )
    busy = cv2.resize(edges, (cells, cells), interpolation=cv2.INTER_AREA) > 26
    if views.half_mask is not None:
        busy |= cv2.resize(views.half_mask, (cells, cells), interpolation=cv2.INTER_AREA) > 4
    heights, best = np.zeros(cells, int), 0
    for row in range(cells):
        heights = np.where(busy[row], 0, heights + 1)
        stack: list[int] = []
        for column in range(cells + 1):
            now = int(heights[column]) if column < cells else 0
            while stack and int(heights[stack[-1]]) > now:
                height = int(heights[stack.pop()])
                width = column - (stack[-1] + 1 if stack else 0)
                if width >= 0.3 * cells and height >= 0.08 * cells:
                    best = max(best, width * height)
            stack.append(column)
    return best / cells**2


def saliency(image: Floats, gray: Floats) -> Floats:
    """Where the eye goes, H x W, 0..1: spectral residual plus contrast to the picture's border and mean.

    Hou and Zhang: Saliency detection, a spectral residual approach (CVPR 2007); Achanta et al.: Frequency-tuned salient
    region detection (CVPR 2009), with the border's median colour as a second reference. `image` is CIELAB.
    """
    small = np.asarray(cv2.resize(gray, (64, 64), interpolation=cv2.INTER_AREA), np.float32)
    spectrum = np.fft.fft2(small)
    amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    spectral = (np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2).astype(np.float32)
    spectral = np.asarray(cv2.GaussianBlur(spectral, (0, 0), 2.5), np.float32)
    field = np.asarray(cv2.resize(image, (128, 128), interpolation=cv2.INTER_AREA), np.float32)
    border = np.concatenate([field[:6].reshape(-1, 3), field[:, :6].reshape(-1, 3), field[:, -6:].reshape(-1, 3)])
    contrast = 0.5 * np.linalg.norm(field - field.mean((0, 1)), axis=-1)
    contrast = contrast + np.linalg.norm(field - np.median(border, axis=0), axis=-1)
    wide = np.asarray(cv2.resize(spectral, (128, 128)), np.float32)
    return np.asarray(0.5 * wide / (wide.max() + 1e-9) + 0.5 * contrast / (contrast.max() + 1e-9), np.float32)


def composition(views: Views, check: Check) -> Finding:
    """Attention and placement; ranks, never gates.

    `value` is the lift: saliency per area inside the product over the picture's mean. Also reported: the distance of
    the product's centroid to the nearest power point (thirds crossings and the middle), as a share of the canvas.
    """
    mask, box = views.half_mask, views.box
    if mask is None or box is None:
        return check.abstained("the product's outline is unknown")
    weight = np.asarray(cv2.resize(mask, (128, 128), interpolation=cv2.INTER_AREA), np.float32) / 255
    if float(weight.mean()) < 1e-4:
        return check.abstained("too little of the product shows")
    attention = saliency(views.half_lab, views.half_gray.astype(np.float32))
    value = float((attention * weight).sum() / attention.sum() / weight.mean())
    centre = cv2.moments(weight)
    x, y = centre["m10"] / centre["m00"] / 128, centre["m01"] / centre["m00"] / 128
    distance = min(float(np.hypot(x - px, y - py)) for px, py in _POWER_POINTS)
    facts = {"thirds": distance, "x": x, "y": y}
    if value < check.limit("lift"):
        return check.failed(
            f"the eye is drawn away from the product: {value:.1f} times the mean attention",
            value=value,
            region=box,
            evidence=facts,
            fixes=(
                Change(target=EditTarget.BACKGROUND, field="scene", why="a calmer background"),
                Change(target=EditTarget.COMPOSITION, field="scale", amount=1.15, relative=True, why="a larger one"),
            ),
        )
    return check.passed(f"the product draws {value:.1f} times the mean attention", value=value, evidence=facts)


_POWER_POINTS = ((1 / 3, 1 / 3), (2 / 3, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 2 / 3), (0.5, 0.5), (0.5, 0.6))

