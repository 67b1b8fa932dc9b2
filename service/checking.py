"""A picture made elsewhere, held against the measured checks and the rules; no run is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.assets import Asset
from domain.brief import Brief
from domain.candidate import Finding, Severity, Verdict
from domain.models import ModelRole
from domain.rules import BrandBook, Criterion, CriterionMethod, RuleCheck
from domain.studio import Checked
from domain.values import AssetId, BrandId
from mcp_servers.assets.contract import CheckRules, CutOut, ReadRules
from mcp_servers.connect import open_sessions
from mcp_servers.judges.contract import Commission, JudgeImage, Judgement, LookAtPicture, LookedAt
from mcp_servers.toolbox import Toolbox
from service.orchestrator import Onbrand
from tools.judges.looking import roles_that_look, vetoed

TOOLS = frozenset(
    {
        "judges.judge_image",
        "judges.look_at_picture",
        "assets.cut_out",
        "assets.check_rules",
        "assets.read_rules",
    }
)


class Silent:
    """A recorder for work that is no run."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


@dataclass(frozen=True)
class Question:
    """What a picture is held against: its caption as read, and the rules of its brand and markets."""

    brand: BrandId
    picture: Asset
    caption: str
    brief: Brief | None
    markets: tuple[str, ...]
    book: BrandBook
    product: AssetId | None
    cutout: str | None
    looks: bool

    @property
    def wanted(self) -> Brief:
        """The brief; without a caption one that asks for nothing."""
        return self.brief or Brief(request="", brand=self.brand)

    def criteria(self, *, seen: bool) -> tuple[Criterion, ...]:
        """The book's criteria that a model answers by seeing, or those left to measured checks."""
        in_force = self.book.criteria_in_force()
        return tuple(c for c in in_force if (self.looks and c.method is CriterionMethod.VLM) == seen)


async def check_picture(
    onbrand: Onbrand,
    brand: BrandId,
    picture: Asset,
    *,
    product: AssetId | None = None,
    caption: str = "",
    markets: tuple[str, ...] = (),
    on_step: Callable[[str, float], None] = lambda text, share: None,
) -> Checked:
    """Hold a picture against every measured check, and its caption against the rules of brand and markets.

    One failed gate fails the picture (Promise 2). Raises NotFound for an unknown brand or product, RefusedByRule when
    a blocking rule forbids what the caption says.
    """
    on_step("reading the picture", 0.1)
    async with open_sessions(onbrand.servers, Silent()) as sessions:
        tools = sessions.toolbox("check", TOOLS)
        question = await _question(onbrand, tools, brand, picture, product, caption, markets)
        on_step("checking", 0.4)
        judged = await _judged(tools, question)
        rules = await tools.assets.check_rules(
            CheckRules(
                brand=brand,
                brief=question.wanted,
                captions=(),
                markets=question.markets,
                sector=question.book.sector,
            )
        )
        findings = judged.findings
        if question.looks and not vetoed(findings):  # a model never sees what a measured gate failed
            on_step("looking", 0.7)
            findings = (*findings, *(await _looked(tools, question)).findings)
    return _checked(question, findings, judged.quality, rules.checks)


async def _question(
    onbrand: Onbrand,
    tools: Toolbox,
    brand: BrandId,
    picture: Asset,
    product: AssetId | None,
    caption: str,
    markets: tuple[str, ...],
) -> Question:
    """What to ask of a picture. Markets that are given go before those the caption names."""
    brief = await asyncio.to_thread(onbrand.language.read, caption, brand) if caption.strip() else None
    given = tuple(code.upper() for code in markets)
    read = await tools.assets.read_rules(ReadRules(brand=brand, markets=given))
    cutout = None
    if product is not None:
        cutout = (await tools.assets.cut_out(CutOut(brand=brand, asset=product))).cutout.digest
    return Question(
        brand=brand,
        picture=picture,
        caption=caption,
        brief=brief,
        markets=given or (tuple(part.value for part in brief.markets) if brief else ()),
        book=read.book,
        product=product,
        cutout=cutout,
        looks=ModelRole.GATE_JUDGE in roles_that_look(onbrand.workshop.models),
    )


async def _judged(tools: Toolbox, question: Question) -> Judgement:
    return await tools.judges.judge_image(
        JudgeImage(
            brand=question.brand,
            image=question.picture.digest,
            cutout=question.cutout,
            caption=question.caption,
            brief=question.brief,
            palette=tuple(colour.hex for colour in question.book.colours),
            criteria=question.criteria(seen=False),
        )
    )


async def _looked(tools: Toolbox, question: Question) -> LookedAt:
    book = question.book
    return await tools.judges.look_at_picture(
        LookAtPicture(
            brand=question.brand,
            image=question.picture.digest,
            commission=Commission(
                stage="check",
                market=next(iter(question.markets), ""),
                assets=tuple(one for one in (question.picture.id, question.product) if one),
            ),
            brief=question.wanted,
            reference=question.cutout,
            criteria=question.criteria(seen=True),
            rules=tuple(rule for rule in book.rules if rule.method == "vlm"),
            policy=book.policy,
            threshold=book.policy_threshold,
        )
    )


def _checked(
    question: Question, findings: tuple[Finding, ...], quality: float, rules: tuple[RuleCheck, ...]
) -> Checked:
    """The verdict, and in words what could not be checked."""
    failed = any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in findings)
    located = any(f.check == "product_lock" and f.verdict is not Verdict.ABSTAIN for f in findings)
    lost = question.product is not None and not located
    notes = []
    if lost:
        notes.append("the product was not found in this picture, so nothing about it could be checked")
    if question.product is None:
        notes.append("no product was named: whether the product is intact, whole and alone was not checked")
    if question.brief is None:
        notes.append("no caption was given: what the picture should show, and what rules say of it, was not checked")
    return Checked(
        verdict="failed" if failed else "unsure" if lost else "passed",
        quality=quality,
        findings=findings,
        rules_checked=rules,
        notes=tuple(notes),
    )
