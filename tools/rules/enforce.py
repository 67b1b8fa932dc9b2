"""What follows from checked rules: a refusal, words struck from captions, labels to add, questions for a person."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.composition import Caption
from domain.errors import RefusedByRule
from domain.rules import Label, RuleCheck, RuleVerdict
from domain.values import Model
from tools.rules.wording import find, read

_ASKED = {"brief", "text"}
_STRIKES = {RuleVerdict.BROKEN, RuleVerdict.NEEDS_REVIEW, RuleVerdict.WARNING}


class Enforcement(Model):
    """What checked rules demand.

    `strike` are words the captions must not contain: nobody asked for them, a rule forbids them. `labels` are to be
    seen with the picture; `review` waits for a person; `unchecked` are markets without a pack, where nothing is
    published.
    """

    strike: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    review: tuple[RuleCheck, ...] = ()
    warnings: tuple[RuleCheck, ...] = ()
    unchecked: tuple[str, ...] = ()


def enforce(checks: Sequence[RuleCheck]) -> Enforcement:
    """What the checks demand before anything is drawn.

    A forbidden word that stands only in captions was the writer's idea and is struck. One that the person asked for
    stays: a blocking rule then refuses the work (RefusedByRule, naming rule, words and source), a rule of lesser
    certainty is put to a person.
    """
    broken = [
        check for check in checks
        if check.verdict is RuleVerdict.BROKEN and (not check.found_in or _ASKED & set(check.found_in))
    ]
    if broken:
        first = broken[0]
        more = f" {len(broken) - 1} more rules refuse it too." if len(broken) > 1 else ""
        raise RefusedByRule(
            f"Rule {first.rule} ({first.market}) forbids this: {first.reason}. {first.summary}{more}",
            where=f"rule {first.rule}, source: {first.source}",
            hint="Leave that out of the request, or choose another market or channel.",
        )
    writer_only = [check for check in checks if check.verdict in _STRIKES and check.found_in == ("caption",)]
    return Enforcement(
        strike=tuple(dict.fromkeys(word for check in writer_only for word in check.found)),
        labels=tuple(dict.fromkeys(check.label for check in checks if check.label)),
        review=tuple(c for c in checks if c.verdict is RuleVerdict.NEEDS_REVIEW and c not in writer_only),
        warnings=tuple(c for c in checks if c.verdict is RuleVerdict.WARNING and c not in writer_only),
        unchecked=tuple(c.market for c in checks if c.verdict is RuleVerdict.NOT_CHECKED),
    )


def strike(caption: Caption, words: Sequence[str]) -> Caption:
    """The caption without the phrases that hold any of `words`; a phrase is what stands between two commas.

    The subject is the product and is never rewritten: what is forbidden there stays, for a person to see.
    """
    changed = {}
    for name, element in caption:
        if name == "subject" or not element:
            continue
        kept = [phrase for phrase in re.split(r",\s*", element) if not find(read(phrase), words)]
        changed[name] = ", ".join(kept)
    return caption.model_copy(update=changed)


def may_publish(checks: Sequence[RuleCheck], market: str) -> None:
    """Nothing when the market's pack was checked; raises RefusedByRule where there was none, or nobody checked it."""
    # A rule that several markets share is one check that names them all.
    if not any(market in check.market.split(", ") for check in checks):
        raise RefusedByRule(
            f"Publishing in {market} is refused: its rules were not checked for this work.",
            where=f"market {market}",
            hint=f"Begin a run for {market}, or approve for the markets that were checked.",
        )
    for check in checks:
        if check.verdict is RuleVerdict.NOT_CHECKED and check.market == market:
            raise RefusedByRule(
                f"Publishing in {market} is refused: {check.reason.split(';')[0]}.",
                where=f"market {market}",
                hint=f"Add a market pack for {market}, or approve for the markets that were checked.",
            )
