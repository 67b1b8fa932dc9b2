"""Rules and captions brought to rest: checked, cleared of what nobody asked for, and checked as they then stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.brief import Brief
from domain.composition import Caption
from domain.rules import BrandBook, MarketPack, RuleCheck
from tools.rules.check import check_brief
from tools.rules.enforce import enforce, strike


def settle(
    brief: Brief, captions: Sequence[Caption], book: BrandBook, packs: Sequence[MarketPack],
    missing_markets: Sequence[str] = (), *, sector: str = "", today: date, trained_model: bool | None = None,
) -> tuple[tuple[RuleCheck, ...], tuple[Caption, ...]]:
    """The captions without words that rules forbid and nobody asked for, and every check of the work as it then is.

    Arguments as in `check_brief`. Raises RefusedByRule as `enforce` does. What stands in a caption's subject is never
    struck and stays in the checks, for a person to see.
    """
    def check(texts: Sequence[Caption]) -> tuple[RuleCheck, ...]:
        return check_brief(
            brief, [caption.text() for caption in texts], book, packs, missing_markets, sector=sector, today=today,
            trained_model=trained_model,
        )

    checks = check(captions)
    words = enforce(checks).strike
    if not words:
        return checks, tuple(captions)
    cleared = tuple(strike(caption, words) for caption in captions)
    return check(cleared), cleared
