"""Rules held against one drawn candidate: its own caption, who drew it, and the labels set on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from domain.brief import Brief
from domain.candidate import Candidate
from domain.rules import BrandBook, Label, MarketPack, RuleCheck, RuleVerdict
from domain.values import Box, Size
from tools.rules.check import check_brief
from tools.rules.wording import normal


def _in_place(label: Label, box: Box, canvas: Size) -> bool:
    """Whether a box lies where the label wants it: each named side means that half of the canvas."""
    across, down = (box.x + box.width / 2) / canvas.width, (box.y + box.height / 2) / canvas.height
    sides = {
        "left": across <= 0.5, "right": across >= 0.5,
        "upper": down <= 0.5, "top": down <= 0.5, "lower": down >= 0.5, "bottom": down >= 0.5,
    }
    return all(kept for side, kept in sides.items() if side in label.position)


def _labelled(check: RuleCheck, drawn: Mapping[str, Box], canvas: Size) -> RuleCheck:
    """A check whose label may be on the picture: met when it is there, in place and large enough.

    Only a label that the rule alone asks for is met by its text; where a person must look as well, that stays.
    """
    label = check.label
    if label is None or check.verdict is not RuleVerdict.LABEL:
        return check
    box = next((box for text, box in drawn.items() if normal(label.text) in normal(text)), None)
    if box is None:
        return check.model_copy(update={"reason": f"the label “{label.text}” is not on the picture; {check.reason}"})
    area = box.width * box.height / (canvas.width * canvas.height)
    if area < label.min_area:
        reason = f"the label covers {area:.2%} of the picture and should cover {label.min_area:.2%}"
        return check.model_copy(update={"reason": reason})
    if not _in_place(label, box, canvas):
        return check.model_copy(update={"reason": f"the label is there, but not at the {label.position}"})
    return check.model_copy(update={"verdict": RuleVerdict.MET, "reason": f"labelled, {area:.2%} of the picture"})


def check_candidate(
    candidate: Candidate, brief: Brief, book: BrandBook, packs: Sequence[MarketPack],
    missing_markets: Sequence[str] = (), *, sector: str = "", today: date, trained_model: bool | None = None,
    drawn_text: Mapping[str, Box] | None = None,
) -> tuple[RuleCheck, ...]:
    """Hold every rule against one candidate: its own caption as revised, its generator, its labels.

    Args:
        candidate: the drawn candidate; its composition gives the canvas labels are measured on.
        brief, book, packs, missing_markets, sector, today: as in `check_brief`.
        trained_model: whether the candidate's generator is a trained model.
        drawn_text: text set on the picture, each with its box in canvas pixels; label area is a share of the canvas.
    """
    checks = check_brief(
        brief, (candidate.caption.text(),), book, packs, missing_markets, sector=sector, today=today,
        trained_model=trained_model,
    )
    return tuple(_labelled(check, drawn_text or {}, candidate.composition.canvas) for check in checks)
