"""Rules of several target markets that cannot all be kept in one picture: a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from domain.rules import MarketPack, Rule, RuleCheck, RuleVerdict
from tools.rules.topics import search
from tools.rules.wording import read
from tools.rules.work import Work


def _conflict(one: str, other: str, name: str, reason: str, summary: str, source: str = "") -> RuleCheck:
    return RuleCheck(
        market=f"{one}, {other}", rule=f"conflict-{name}", verdict=RuleVerdict.NEEDS_REVIEW, reason=reason,
        summary=summary, source=source,
    )


def _applying(pack: MarketPack, checks: Sequence[RuleCheck]) -> tuple[Rule, ...]:
    idle = {check.rule for check in checks if check.verdict is RuleVerdict.NOT_APPLICABLE}
    return tuple(rule for rule in pack.rules if rule.id not in idle)


def _wanted(rule: Rule) -> tuple[str, ...]:
    """What a rule wants to be read or seen, as texts and word lists."""
    return (*rule.must, *rule.must_show, *((rule.label.text,) if rule.label else ()))


def _forbidden(wanted: str, other: Rule) -> bool:
    """Whether one rule's wording is another's forbidden wording: the same word list, or text that holds its words."""
    return wanted in other.must_not or (not wanted.startswith("@") and bool(search(read(wanted), other.must_not)))


def _rule_conflicts(one: MarketPack, other: MarketPack, checks: Sequence[RuleCheck]) -> list[RuleCheck]:
    found = []
    mine, theirs = _applying(one, checks), _applying(other, checks)
    shared = {rule.id for rule in mine} & {rule.id for rule in theirs}
    for first in mine:
        for second in theirs:
            if first.id == second.id or {first.id, second.id} <= shared:
                continue
            for asking, refusing in ((first, second), (second, first)):
                clash = [wanted for wanted in _wanted(asking) if _forbidden(wanted, refusing)]
                if clash:
                    found.append(_conflict(
                        one.market, other.market, f"{asking.id}-{refusing.id}",
                        f"{asking.id} asks for {clash[0].lstrip('@')!r}, which {refusing.id} forbids",
                        f"{asking.summary} / {refusing.summary}",
                        f"{asking.source.title}; {refusing.source.title}",
                    ))
            if first.label and second.label and first.label.position and (
                first.label.position == second.label.position and first.label.text != second.label.text
                and {first.id, second.id}.isdisjoint(shared)
            ):
                found.append(_conflict(
                    one.market, other.market, f"{first.id}-{second.id}",
                    f"both want a label at the {first.label.position}: {first.label.text!r} and {second.label.text!r}",
                    f"{first.summary} / {second.summary}",
                    f"{first.source.title}; {second.source.title}",
                ))
    return found


def conflicts(packs: Sequence[MarketPack], checks: Sequence[RuleCheck], work: Work) -> tuple[RuleCheck, ...]:
    """What the target markets ask of one picture that contradicts, one needs_review check each.

    Three kinds: one market's wanted wording is another's forbidden wording; two markets want different labels in the
    same place; a car is shown and the markets drive on different sides.
    """
    found: list[RuleCheck] = []
    for one, other in combinations(packs, 2):
        found += _rule_conflicts(one, other, checks)
        if one.traffic_side != other.traffic_side and "cars" in work.sectors:
            found.append(_conflict(
                one.market, other.market, "traffic-side",
                f"{one.market} drives on the {one.traffic_side}, {other.market} on the {other.traffic_side}",
                "Driver's side and lane match the market; one picture cannot match both.",
            ))
    return tuple(dict.fromkeys(found))
