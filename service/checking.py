"""A picture made elsewhere, held against the measured checks and the rules; no run is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from domain.assets import Asset
from domain.brief import Brief
from domain.candidate import Severity, Verdict
from domain.models import ModelRole
from domain.rules import CriterionMethod
from domain.studio import Checked
from domain.values import AssetId, BrandId
from mcp_servers.assets.contract import CheckRules, CutOut, ReadRules
from mcp_servers.connect import open_sessions
from mcp_servers.judges.contract import Commission, JudgeImage, LookAtPicture
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
    markets = tuple(code.upper() for code in markets)
    brief = await asyncio.to_thread(onbrand.language.read, caption, brand) if caption.strip() else None
    named = tuple(part.value for part in brief.markets) if brief else ()
    async with open_sessions(onbrand.servers, Silent()) as sessions:
        tools = sessions.toolbox("check", TOOLS)
        book = await tools.assets.read_rules(ReadRules(brand=brand, markets=markets))
        cutout = None
        if product is not None:
            cutout = (await tools.assets.cut_out(CutOut(brand=brand, asset=product))).cutout.digest
        on_step("checking", 0.4)
        looks = ModelRole.GATE_JUDGE in roles_that_look(onbrand.workshop.models)
        criteria = book.book.criteria_in_force()
        judged = await tools.judges.judge_image(
            JudgeImage(
                brand=brand,
                image=picture.digest,
                cutout=cutout,
                caption=caption,
                brief=brief,
                palette=tuple(colour.hex for colour in book.book.colours),
                criteria=tuple(c for c in criteria if not (looks and c.method is CriterionMethod.VLM)),
            )
        )
        rules = await tools.assets.check_rules(
            CheckRules(
                brand=brand,
                brief=brief or Brief(request="", brand=brand),
                captions=(),
                markets=markets or named,
                sector=book.book.sector,
            )
        )
        findings = judged.findings
        if looks and not vetoed(findings):  # a model never sees what a measured gate failed
            on_step("looking", 0.7)
            looked = await tools.judges.look_at_picture(
                LookAtPicture(
                    brand=brand,
                    image=picture.digest,
                    commission=Commission(
                        stage="check",
                        market=next(iter(markets or named), ""),
                        assets=tuple(one for one in (picture.id, product) if one),
                    ),
                    brief=brief or Brief(request="", brand=brand),
                    reference=cutout,
                    criteria=tuple(c for c in criteria if c.method is CriterionMethod.VLM),
                    rules=tuple(rule for rule in book.book.rules if rule.method == "vlm"),
                    policy=book.book.policy,
                    threshold=book.book.policy_threshold,
                )
            )
            findings = (*findings, *looked.findings)
    failed = any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in findings)
    located = any(f.check == "product_lock" and f.verdict is not Verdict.ABSTAIN for f in findings)
    notes = []
    if product is not None and not located:
        notes.append("the product was not found in this picture, so nothing about it could be checked")
    if product is None:
        notes.append("no product was named: whether the product is intact, whole and alone was not checked")
    if brief is None:
        notes.append("no caption was given: what the picture should show, and what rules say of it, was not checked")
    return Checked(
        verdict="failed" if failed else "unsure" if product is not None and not located else "passed",
        quality=judged.quality,
        findings=findings,
        rules_checked=rules.checks,
        notes=tuple(notes),
    )
