"""Rules held against a brief and its captions, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from domain.brief import Brief
from domain.rules import BrandBook, Certainty, MarketPack, Rule, RuleAction, RuleCheck, RuleSource, RuleVerdict
from tools.rules.conflicts import conflicts
from tools.rules.topics import spoken
from tools.rules.work import Work, work_of

UNMET = {
    RuleAction.BLOCK: RuleVerdict.BROKEN,
    RuleAction.REVIEW: RuleVerdict.NEEDS_REVIEW,
    RuleAction.WARN: RuleVerdict.WARNING,
    RuleAction.LABEL: RuleVerdict.LABEL,
}
"""What becomes of a rule that is not kept, by its action."""

EVERYWHERE = ("brief", "caption", "text")


def cited(source: RuleSource) -> str:
    """A source in one line: title, reference, day it was read."""
    return f"{source.title} ({source.ref + ', ' if source.ref else ''}read {source.read_on.isoformat()})"


def _found(found: Mapping[str, Sequence[str]]) -> str:
    """Words by place, as a person reads it."""
    return "; ".join(f"{', '.join(f'“{word}”' for word in words)} in the {place}" for place, words in found.items())


def _why_not(rule: Rule, work: Work) -> str:
    """Why a rule does not apply, or nothing when it does."""
    when = rule.applies_when
    reason = ""
    if rule.valid_from and work.today < rule.valid_from:
        reason = f"in force from {rule.valid_from.isoformat()}"
    elif when.trained_model and work.trained_model is False:
        reason = "drawn without a trained model"
    elif when.sectors and not work.sectors & set(when.sectors):
        reason = f"not about {' or '.join(when.sectors)}"
    elif when.channels and not work.channels & set(when.channels):
        reason = f"only for {', '.join(when.channels)}"
    elif when.words and not work.search(when.words, EVERYWHERE):
        reason = "nothing of the kind is shown"
    elif when.also and not work.search(when.also, EVERYWHERE):
        reason = "the two things it is about are not shown together"
    return reason


def _unkept(rule: Rule, work: Work) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Why an applicable rule is not kept, with the words found by place; an empty reason when it is kept."""
    found = work.search(rule.must_not, rule.look_in)
    if found:
        return _found(found), found
    missing = [spoken(entry) for entry in rule.must if not work.search((entry,), ("text",))]
    if missing:
        return f"the text to set does not give {' or '.join(missing)}", {}
    if rule.must_show and not work.search(rule.must_show, ("brief", "caption")):
        return f"neither brief nor caption shows {' or '.join(spoken(entry) for entry in rule.must_show)}", {}
    if not (rule.must_not or rule.must or rule.must_show):
        cause = work.search((*rule.applies_when.words, *rule.applies_when.also), EVERYWHERE)
        return f"applies to this work{': ' + _found(cause) if cause else ''}", cause
    return "", {}


def hold(rule: Rule, market: str, work: Work) -> RuleCheck:
    """One rule held against a work. A rule past its `review_by` still counts, and says that it is due."""
    check = RuleCheck(
        market=market, rule=rule.id, verdict=RuleVerdict.MET, reason="kept", certainty=rule.certainty,
        source=cited(rule.source), summary=rule.summary,
    )
    not_applicable = _why_not(rule, work)
    if not_applicable:
        return check.model_copy(update={"verdict": RuleVerdict.NOT_APPLICABLE, "reason": not_applicable})
    reason, found = _unkept(rule, work)
    due = f"; the rule was due for another look on {rule.review_by.isoformat()}" if (
        rule.review_by and work.today > rule.review_by) else ""
    if not reason:
        return check.model_copy(update={"reason": f"kept{due}"})
    if rule.applies_when.trained_model and work.trained_model is None:
        reason = f"{reason}, if a trained model draws"
    return check.model_copy(update={
        "verdict": UNMET[rule.action],
        "reason": reason + due,
        "label": rule.label,
        "found": tuple(dict.fromkeys(word for words in found.values() for word in words)),
        "found_in": tuple(found),
    })


def _brand_rules(book: BrandBook) -> tuple[Rule, ...]:
    """The book's own rules, with its two lists of words as rules. The book is its own primary source: certainty A."""
    source = RuleSource(title=f"{book.name} brand book", ref=book.version, read_on=book.dated)
    lists = []
    if book.avoid:
        lists.append(Rule(
            id=f"{book.brand}-avoid", topic="brand", summary=f"What {book.name} does not show.", must_not=book.avoid,
            action=RuleAction.REVIEW, source=source, certainty=Certainty.A))
    if book.claims_banned:
        lists.append(Rule(
            id=f"{book.brand}-claims", topic="brand", summary=f"Claims {book.name} does not make.",
            must_not=book.claims_banned, look_in=("text",), action=RuleAction.BLOCK, source=source,
            certainty=Certainty.A))
        lists.append(Rule(
            id=f"{book.brand}-claims-shown", topic="brand",
            summary=f"Claims {book.name} does not suggest in a picture.", must_not=book.claims_banned,
            look_in=("brief", "caption"), action=RuleAction.WARN, source=source, certainty=Certainty.A))
    return (*lists, *book.rules)


def _not_checked(market: str) -> RuleCheck:
    return RuleCheck(
        market=market, rule="pack", verdict=RuleVerdict.NOT_CHECKED,
        reason=f"no pack for {market}: not checked; publishing there is refused",
    )


def check_brief(
    brief: Brief, captions: Sequence[str], book: BrandBook, packs: Sequence[MarketPack],
    missing_markets: Sequence[str] = (), *, sector: str = "", today: date, trained_model: bool | None = None,
) -> tuple[RuleCheck, ...]:
    """Hold every rule of the brand and of each target market against a brief and its captions.

    Args:
        brief: the request as typed parts; what it says to avoid does not count as shown.
        captions: caption texts, all of them together; empty before there are any.
        book: the brand's book.
        packs: the target markets' packs, included rules and all; a rule that several share is held once.
        missing_markets: target markets without a pack; each gives one check "pack", not_checked.
        sector: the product's sector ("alcohol", "cars"); the book's sector is added, and what the words are about.
        today: the day rules must be in force.
        trained_model: whether a trained model draws; None while that is open, and then rules about it apply.

    Returns every check, those that need something first. Raises nothing: see `enforce` for what must be refused.
    """
    work = work_of(
        brief, captions, sector=f"{sector}/{book.sector}", today=today, trained_model=trained_model,
        channels=tuple(part.value for part in brief.channels) or book.default_channels,
    )
    checks = [hold(rule, f"brand:{book.brand}", work) for rule in _brand_rules(book)]
    held: dict[str, list[str]] = {}
    for pack in packs:
        for rule in pack.rules:
            held.setdefault(rule.id, []).append(pack.market)
    rules = {rule.id: rule for pack in packs for rule in pack.rules}
    checks += [hold(rules[rule_id], ", ".join(markets), work) for rule_id, markets in held.items()]
    checks += conflicts(packs, checks, work)
    checks += [_not_checked(market) for market in missing_markets]
    return tuple(sorted(checks, key=lambda check: _ORDER.index(check.verdict)))


_ORDER = (
    RuleVerdict.BROKEN, RuleVerdict.NOT_CHECKED, RuleVerdict.NEEDS_REVIEW, RuleVerdict.LABEL, RuleVerdict.WARNING,
    RuleVerdict.MET, RuleVerdict.NOT_APPLICABLE,
)
