"""A brand's criteria that are measured or read; those for which somebody has to look abstain and say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding, Verdict
from domain.ports import Image
from domain.rules import Criterion, CriterionMethod, Measure
from domain.values import Box
from tools.judges.colour import ciede2000, lab, lab_of_hex
from tools.judges.evidence import Views
from tools.judges.marks import MarkFound, find_mark, free_room
from tools.judges.ocr import read_text

PREFIX = "brand:"
NEAR_COLOUR = 12.0
"""CIEDE2000 within which a pixel counts as a brand colour, as in the palette check."""

_ELSEWHERE = (Change(target=EditTarget.BACKGROUND, field="scene", why="another scene"),)


def criteria_checks(criteria: Sequence[Criterion], *, ocr: bool, rest: bool = True) -> tuple[str, ...]:
    """The checks that these criteria make: with `ocr` those that read, with `rest` all others."""
    return tuple(PREFIX + c.id for c in criteria if (ocr if c.method is CriterionMethod.OCR else rest))


def measure_criteria(
    views: Views, criteria: Sequence[Criterion], mark: Image | None = None, *, ocr: bool = False, rest: bool = True
) -> tuple[Finding, ...]:
    """One finding a criterion, in order. `mark` is the brand's logo; without it what concerns the logo abstains."""
    scene = _Measured(views, mark)
    wanted = set(criteria_checks(criteria, ocr=ocr, rest=rest))
    return tuple(_finding(scene, c) for c in criteria if PREFIX + c.id in wanted)


@dataclass
class _Measured:
    """What several criteria share, computed once."""

    views: Views
    mark: Image | None

    @cached_property
    def found(self) -> MarkFound | None:
        return None if self.mark is None else find_mark(self.mark, self.views.image)


@dataclass(frozen=True)
class _Value:
    value: float
    reason: str
    region: Box | None = None
    fixes: tuple[Change, ...] = ()


def _finding(scene: _Measured, criterion: Criterion) -> Finding:
    measured = _measured(scene, criterion)
    if isinstance(measured, str):
        return _told(criterion, Verdict.ABSTAIN, measured)
    least = criterion.measure in _LEAST
    limit = criterion.threshold if criterion.threshold is not None else 0.0
    kept = measured.value >= limit if least else measured.value <= limit
    finding = _told(criterion, Verdict.PASS if kept else Verdict.FAIL, measured.reason)
    return finding.model_copy(
        update={
            "value": round(measured.value, 4),
            "region": None if kept else measured.region,
            "fixes": () if kept else measured.fixes,
        }
    )


def _measured(scene: _Measured, criterion: Criterion) -> _Value | str:
    """The value, or the reason why there is none."""
    if criterion.method is CriterionMethod.PERSON:
        return f"a person decides: {criterion.question}"
    if criterion.method is CriterionMethod.VLM:
        return f"no model looked; a person decides: {criterion.question}"
    if criterion.measure is None:
        return f"nothing is measured for it; a person decides: {criterion.question}"
    return _MEASURES[criterion.measure](scene, criterion)


def _told(criterion: Criterion, verdict: Verdict, reason: str) -> Finding:
    page = f", page {criterion.page}" if criterion.page else ""
    return Finding(
        check=PREFIX + criterion.id,
        verdict=verdict,
        severity=criterion.severity,
        reason=reason,
        threshold=criterion.threshold,
        unit=criterion.unit,
        evidence={"flexible": criterion.flexible, "certainty": criterion.certainty.value},
        source=f"{criterion.document or 'guidelines'}{page}: “{criterion.quote[:160]}”",
    )


def _palette(scene: _Measured, criterion: Criterion) -> _Value | str:
    colours = tuple(c.lower() for c in scene.views.evidence.palette)
    if not colours:
        return "the brand book has no colours"
    small = np.asarray(cv2.resize(scene.views.half, (96, 96), interpolation=cv2.INTER_AREA), np.uint8)
    distance = ciede2000(lab(small).reshape(-1, 1, 3), lab_of_hex(colours)[None]).min(1)
    share = float((distance < NEAR_COLOUR).mean())
    return _Value(share, f"{share:.0%} of the picture is near a brand colour", fixes=_ELSEWHERE)


def _logo_share(scene: _Measured, criterion: Criterion) -> _Value | str:
    if (found := _mark(scene)) is None:
        return _no_mark(scene)
    share = found.box.width / scene.views.width
    return _Value(share, f"the logo takes {share:.1%} of the width", found.box)


def _logo_pixels(scene: _Measured, criterion: Criterion) -> _Value | str:
    if (found := _mark(scene)) is None:
        return _no_mark(scene)
    return _Value(float(found.box.width), f"the logo is {found.box.width} pixels wide", found.box)


def _clear_space(scene: _Measured, criterion: Criterion) -> _Value | str:
    if (found := _mark(scene)) is None:
        return _no_mark(scene)
    views = scene.views
    room = free_room(found.box, [b.box for b in views.blocks], views.mask, (views.width, views.height))
    value = room / found.box.height
    return _Value(value, f"{value:.2f} logo heights of free room around the logo", found.box)


def _product_share(scene: _Measured, criterion: Criterion) -> _Value | str:
    if scene.views.mask is None:
        return "the product's outline is unknown"
    share = scene.views.share
    limit = criterion.threshold or share
    factor = round(min(1.6, max(0.6, (limit / share) ** 0.5 if share else 1.0)), 3)
    resize = Change(
        target=EditTarget.COMPOSITION, field="scale", amount=factor, relative=True, why=f"{limit:.0%} of the picture"
    )
    return _Value(share, f"the product covers {share:.1%} of the picture", scene.views.box, (resize,))


def _margin(scene: _Measured, criterion: Criterion) -> _Value | str:
    views, box = scene.views, scene.views.box
    if box is None:
        return "the product's outline is unknown"
    edge = min(box.x, box.y, views.width - box.x - box.width, views.height - box.y - box.height)
    value = edge / min(views.width, views.height)
    smaller = Change(
        target=EditTarget.COMPOSITION, field="scale", amount=0.85, relative=True, why="more room to the edge"
    )
    return _Value(value, f"{value:.1%} of the shorter side between product and edge", box, (smaller,))


def _words_share(scene: _Measured, criterion: Criterion) -> _Value | str:
    if scene.views.evidence.slot is None:
        return "which words were set is not on record"
    area = sum(block.box.width * block.box.height for block in scene.views.blocks)
    share = area / (scene.views.width * scene.views.height)
    smaller = Change(
        target=EditTarget.COMPOSITION, field="wording.size", amount=0.8, relative=True, why="less of the picture"
    )
    return _Value(share, f"{share:.1%} of the picture is under text", fixes=(smaller,))


def _words_count(scene: _Measured, criterion: Criterion) -> _Value | str:
    if scene.views.evidence.slot is None:
        return "which words were set is not on record"
    count = sum(len(block.text.split()) for block in scene.views.blocks)
    return _Value(float(count), f"{count} words are set")


def _banned(scene: _Measured, criterion: Criterion) -> _Value | str:
    read = " ".join(found.text for found in read_text(scene.views.image))
    set_words = " ".join(block.text for block in scene.views.blocks)
    seen = [word for word in criterion.words if _says(word, f"{read} {set_words}")]
    said = f"read in the picture: {', '.join(seen)}" if seen else "none of the words is read in the picture"
    return _Value(float(len(seen)), said, fixes=_ELSEWHERE)


def _says(word: str, text: str) -> bool:
    """Whether a text has a word or phrase, blind to case and to what joins its parts."""
    parts = [re.escape(part) for part in re.findall(r"\w+", word.lower())]
    joined = r"[\W_]*".join(parts)
    return bool(parts) and bool(re.search(rf"\b{joined}\b", text.lower()))


def _mark(scene: _Measured) -> MarkFound | None:
    return scene.found


def _no_mark(scene: _Measured) -> str:
    if scene.mark is None:
        return "the library has no logo to look for (`onbrand assets add --kind logo`)"
    return "the logo was not found in the picture"


_MEASURES: dict[Measure, Callable[[_Measured, Criterion], _Value | str]] = {
    Measure.PALETTE: _palette,
    Measure.LOGO_WIDTH_MIN: _logo_share,
    Measure.LOGO_WIDTH_MAX: _logo_share,
    Measure.LOGO_PIXELS_MIN: _logo_pixels,
    Measure.CLEAR_SPACE: _clear_space,
    Measure.PRODUCT_SHARE_MIN: _product_share,
    Measure.PRODUCT_SHARE_MAX: _product_share,
    Measure.WORDS_SHARE_MAX: _words_share,
    Measure.WORDS_COUNT_MAX: _words_count,
    Measure.WORDS_BANNED: _banned,
    Measure.MARGIN_MIN: _margin,
}
_LEAST = {
    Measure.PALETTE, Measure.LOGO_WIDTH_MIN, Measure.LOGO_PIXELS_MIN, Measure.CLEAR_SPACE, Measure.PRODUCT_SHARE_MIN,
    Measure.MARGIN_MIN,
}  # fmt: skip
"""Measures whose threshold is a least value; of the others it is a greatest."""

