"""Which checks there are, in the order they run: cheap before dear."""

from __future__ import annotations

from collections.abc import Callable, Collection

from domain.candidate import Change, EditTarget, Finding, Slot
from domain.errors import BadInput
from tools.judges.agreement import caption_agreement
from tools.judges.book import Book, Check, book
from tools.judges.composition import composition, legibility
from tools.judges.duplicates import duplicate_product
from tools.judges.edges import edge_halo, edge_seam, object_growth
from tools.judges.evidence import Evidence, Views
from tools.judges.exposure import exposure, noise, sharpness
from tools.judges.geometry import clipping, size_plausibility
from tools.judges.ground import floating
from tools.judges.level import horizon
from tools.judges.light import shadow_direction
from tools.judges.lock import product_lock
from tools.judges.palette import palette
from tools.judges.text import unwanted_text

CheckFunction = Callable[[Views, Check], Finding]

CHECKS: dict[str, CheckFunction] = {
    "clipping": clipping,
    "size_plausibility": size_plausibility,
    "caption_agreement": caption_agreement,
    "shadow_direction": shadow_direction,
    "horizon": horizon,
    "exposure": exposure,
    "palette": palette,
    "floating": floating,
    "product_lock": product_lock,
    "sharpness": sharpness,
    "noise": noise,
    "legibility": legibility,
    "edge_halo": edge_halo,
    "edge_seam": edge_seam,
    "object_growth": object_growth,
    "composition": composition,
    "duplicate_product": duplicate_product,
    "unwanted_text": unwanted_text,
}

QUICK = frozenset({"clipping", "size_plausibility", "caption_agreement", "shadow_direction", "exposure", "floating"})
READS_TEXT = frozenset({"unwanted_text"})
DEPTHS = ("quick", "measured")


def measure(
    evidence: Evidence, *, depth: str = "measured", ocr: bool = False, only: Collection[str] | None = None,
    checks: Book | None = None,
) -> tuple[Finding, ...]:
    """Hold the measured checks against one picture, cheap to dear; one Finding for each check made.

    Args:
        evidence: the picture and what is known about it.
        depth: "quick" for the checks that cost a few milliseconds, "measured" for all.
        ocr: also read the picture's text (a second or so; for finalists).
        only: limit to these check ids.
        checks: the book with their limits; the shipped one if none.

    Raises:
        BadInput: unknown depth or check id.
        Misconfigured: checks.yaml or the vocabulary cannot be read.
    """
    wanted = checks_for(depth=depth, ocr=ocr, only=only)
    views, limits = Views(evidence), (checks or book()).checks
    findings = (CHECKS[name](views, limits[name]) for name in wanted)
    slot = evidence.slot
    return tuple(findings) if slot is None else tuple(_with_live_fixes(finding, slot) for finding in findings)


def checks_for(
    *, depth: str = "measured", ocr: bool = False, only: Collection[str] | None = None
) -> tuple[str, ...]:
    """The checks `measure` makes for these, in order; it gives one Finding for each. Raises BadInput as `measure`."""
    if depth not in DEPTHS:
        raise BadInput(f"no judge depth {depth!r}", hint=f"one of {', '.join(DEPTHS)}")
    unknown = set(only or ()) - set(CHECKS)
    if unknown:
        raise BadInput(f"no check {', '.join(sorted(unknown))}", hint=f"one of {', '.join(CHECKS)}")
    return tuple(
        name
        for name in CHECKS
        if (only is None or name in only)
        and (depth != "quick" or name in QUICK)
        and (ocr or name not in READS_TEXT)
    )


def _with_live_fixes(finding: Finding, slot: Slot) -> Finding:
    """The finding without fixes that would leave the slot as it is (Promise 3: no idle revision)."""
    fixes = tuple(change for change in finding.fixes if not _idle(change, slot))
    return finding if len(fixes) == len(finding.fixes) else finding.model_copy(update={"fixes": fixes})


def _idle(change: Change, slot: Slot) -> bool:
    if change.relative or change.amount is None:
        return change.relative and change.amount == 1
    if change.target is EditTarget.GENERATOR and change.field != "seed":
        return bool(getattr(slot.settings, change.field) == change.amount)
    if change.target is EditTarget.BACKGROUND:
        return change.amount == (slot.scene.id if change.field == "scene" else slot.scene.mirrored)
    if change.target is EditTarget.COMPOSITION and "." not in change.field:
        return bool(getattr(slot.composition, change.field) == change.amount)
    return False
