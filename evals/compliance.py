"""Suite *compliance*: which rules of brand and market a request breaks, against looking for the rules' own words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import lru_cache
from importlib import resources

from domain.brief import Brief
from domain.documents import read_yaml
from domain.rules import Rule, RuleCheck, RuleVerdict
from domain.values import MarketCode, Model
from evals.suite import OURS, Case, Metric, OneByOne, ScoreOne, Suite
from memory.rulebook import YamlRulebook
from service.wiring import BuiltinLanguage
from tools.rules import check_brief

DAY = date(2026, 11, 26)
"""The day the rules are held on: rules come into force, and a suite must not change overnight."""

KEPT = {RuleVerdict.MET, RuleVerdict.NOT_APPLICABLE}


class Asked(Model):
    """One request and the rules it breaks; `may` are those that are neither wanted nor held against anybody."""

    request: str
    sector: str
    markets: tuple[MarketCode, ...]
    hits: tuple[str, ...]
    may: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def committed() -> dict[str, Asked]:
    """The committed cases, by number and request."""
    text = resources.files("evals").joinpath("suites", "compliance.yaml").read_text("utf-8")
    cases = [Asked.model_validate(case) for case in read_yaml(text)["cases"]]
    return {f"{number:02d} {case.request}": case for number, case in enumerate(cases, start=1)}


def by_rules(case: Asked, brief: Brief, rulebook: YamlRulebook) -> set[str]:
    """The rules the system raises."""
    packs = [pack for code in case.markets if (pack := rulebook.market(code))]
    missing = [code for code in case.markets if rulebook.market(code) is None]
    checks: Sequence[RuleCheck] = check_brief(
        brief, (), rulebook.brand("demo"), packs, missing, sector=case.sector, today=DAY, trained_model=False
    )
    return {check.rule for check in checks if check.verdict not in KEPT}


def by_names(case: Asked, rulebook: YamlRulebook) -> set[str]:
    """The baseline: a rule of this sector is broken when a word it names stands in the request, as it is spelled."""
    words = {word.strip('.,"').lower() for word in case.request.split()}
    packs = [pack for code in case.markets if (pack := rulebook.market(code))]
    rules = {rule.id: rule for pack in packs for rule in pack.rules} | {r.id: r for r in rulebook.brand("demo").rules}
    return {name for name, rule in rules.items() if named(rule, case.sector, words)}


def named(rule: Rule, sector: str, words: set[str]) -> bool:
    """Whether a rule's own words, or the names of its word lists, are among these."""
    if rule.applies_when.sectors and sector not in rule.applies_when.sectors:
        return False
    return any(entry.lstrip("@").split("-")[0] in words for entry in (*rule.must_not, *rule.applies_when.words))


def scored(name: str, case: Asked, raised: set[str]) -> Case:
    """Hits, misses and false alarms of one request."""
    wanted = set(case.hits)
    counted = raised - set(case.may)
    missed, false = sorted(wanted - raised), sorted(counted - wanted)
    return Case(
        id=name,
        scores={
            "hit": len(wanted & raised), "wanted": len(wanted), "raised": len(counted), "right": len(counted & wanted),
            "whole": float(not missed and not false),
        },
        says=(*(f"missed {name}" for name in missed), *(f"false alarm {name}" for name in false)),
    )


def asked() -> dict[str, str]:
    """What each case asks for, and where."""
    return {name: f"{case.request} ({case.sector}; {', '.join(case.markets)})" for name, case in committed().items()}


@asynccontextmanager
async def opened() -> AsyncIterator[ScoreOne]:
    """The rules and the baseline."""
    rulebook, language = YamlRulebook(), BuiltinLanguage()

    def work(name: str) -> dict[str, Case]:
        case = committed()[name]
        raised = by_rules(case, language.read(case.request, "demo"), rulebook)
        return {OURS: scored(name, case, raised), "own words": scored(name, case, by_names(case, rulebook))}

    async def score(name: str) -> dict[str, Case]:
        return await asyncio.to_thread(work, name)

    yield score


EACH = OneByOne(asked, opened)

SUITE = Suite(
    name="compliance",
    about="Requests of six trades against the rules of Sweden, the EU and the demo brand.",
    scorer=(
        "Recall is rules hit over rules a careful reader raises, precision rules rightly raised over rules raised; "
        "`whole` is the share of requests with neither a miss nor a false alarm. Baseline: a rule's own words, as "
        "they are spelled."
    ),
    metrics=(
        Metric(name="recall", of="hit", over="wanted"),
        Metric(name="precision", of="right", over="raised"),
        Metric(name="whole", of="whole"),
    ),
    run=EACH.run,
    each=EACH,
)
