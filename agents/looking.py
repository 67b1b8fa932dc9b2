"""Judges that look, as the critique uses them: on finalists only, to veto; then to order what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence

from agents.services import Services
from agents.state import Campaign
from domain.assets import Asset
from domain.brief import Brief
from domain.candidate import Candidate, CandidateVerdict, Finding, Severity, Verdict
from domain.models import ModelRole
from domain.rules import BrandBook, Criterion, Policy
from domain.values import BrandId, Digest
from mcp_servers.assets.contract import GetAsset
from mcp_servers.judges.contract import Commission, JudgeSet, LookAtParts, LookAtPicture, Placed, PreferPictures
from mcp_servers.toolbox import Toolbox

TOOLS = frozenset(
    {
        "assets.get_asset",
        "judges.look_at_picture",
        "judges.look_at_parts",
        "judges.prefer_pictures",
        "judges.judge_set",
    }
)
PREFERENCE = "look:preference"
SETS = ("look:set:", "set:")
PART = "look:part:"
RELAXED = "relaxed: "


async def looked_at(
    candidates: Sequence[Candidate], state: Campaign, tools: Toolbox, services: Services
) -> dict[str, Candidate]:
    """Have models look at candidates that passed every measured gate, all at once; each with its findings.

    A candidate that a gate failed is never shown: it is not among those given, or comes back as it was.
    """
    fit = [c for c in candidates if c.verdict is CandidateVerdict.PASSED]
    product = await annotated(fit[0], tools, services) if fit else None
    found = await asyncio.gather(*(findings_about(c, product, state, tools, services) for c in fit))
    return {c.id: with_more(c, findings) for c, findings in zip(fit, found, strict=True)}


async def annotated(candidate: Candidate, tools: Toolbox, services: Services) -> Asset | None:
    """The product, where somebody compares its parts."""
    if ModelRole.COMPONENT_JUDGE not in services.looking:
        return None
    return await tools.assets.get_asset(GetAsset(brand=services.brand, asset=candidate.products[0]))


async def findings_about(
    candidate: Candidate, product: Asset | None, state: Campaign, tools: Toolbox, services: Services
) -> tuple[Finding, ...]:
    """What models find in one picture: its questions and its product's parts, in one call where one model judges both.

    Else, and where that call came to nothing, the parts are looked at by themselves, if no question vetoed it.
    """
    if candidate.artifact is None:
        return ()
    findings: tuple[Finding, ...] = ()
    if ModelRole.GATE_JUDGE in services.looking:
        looked = await tools.judges.look_at_picture(about_picture(candidate, state, services.brand, product))
        findings = looked.findings
    compared_already = any(finding.check.startswith(PART) for finding in findings)
    if product is not None and product.components and not compared_already and not fails_a_gate(findings):
        compared = await tools.judges.look_at_parts(about_parts(candidate, product, state, services.brand))
        findings = (*findings, *compared.findings)
    return findings


def about_picture(
    candidate: Candidate, state: Campaign, brand: BrandId, product: Asset | None = None
) -> LookAtPicture:
    """The questions about one picture; with a product those about its parts beside them."""
    book, mask = state["book"], candidate.composition.mask
    return LookAtPicture(
        brand=brand,
        image=digest_of(candidate),
        commission=commission_for([candidate], state),
        brief=state["brief"],
        reference=state["plan"].cutouts.get(candidate.products[0]),
        mask=mask.digest if mask else None,
        criteria=criteria_for(book, state["brief"]),
        rules=tuple(rule for rule in book.rules if rule.method == "vlm"),
        policy=book.policy,
        threshold=book.policy_threshold,
        product=product.id if product else None,
        parts=tuple(product.components) if product else (),
        affine=candidate.composition.affine if product else None,
    )


def about_parts(candidate: Candidate, product: Asset, state: Campaign, brand: BrandId) -> LookAtParts:
    """The questions about the product's parts in one picture."""
    return LookAtParts(
        brand=brand,
        image=digest_of(candidate),
        commission=commission_for([candidate], state),
        product=product.id,
        parts=tuple(product.components),
        affine=candidate.composition.affine,
    )


def digest_of(candidate: Candidate) -> Digest:
    """The picture of a candidate that has one."""
    assert candidate.artifact is not None
    return candidate.artifact.digest


def criteria_for(book: BrandBook, brief: Brief) -> tuple[Criterion, ...]:
    """The brand's criteria in force that apply to this work."""
    channels = tuple(part.value for part in brief.channels) or book.default_channels
    return tuple(c for c in book.criteria_in_force() if c.applies_to(channels, brief.request))


def commission_for(candidates: Iterable[Candidate], state: Campaign) -> Commission:
    """Who pays for a look, and whose assets are seen."""
    shown = {name for candidate in candidates for name in candidate.products}
    scenes = {scene.id: scene.asset for scene in state["plan"].scenes}
    shown |= {asset for c in candidates if (asset := scenes.get(c.scene.id)) is not None}
    markets = [part.value for part in state["brief"].markets]
    return Commission(
        run_id=state["run_id"],
        market=markets[0] if markets else "",
        budget=state["request"].budget,
        assets=tuple(sorted(shown)),
    )


async def compared(
    shortlist: Sequence[str], candidates: dict[str, Candidate], state: Campaign, tools: Toolbox, services: Services
) -> dict[str, Candidate]:
    """The finalists with what comparing them found: how often each was preferred, and whether they are one set."""
    shown = [candidates[name] for name in shortlist if candidates[name].artifact]
    if ModelRole.SET_JUDGE not in services.looking or len(shown) < 2:
        return {}
    pictures = {c.id: c.artifact.digest for c in shown if c.artifact}
    commission = commission_for(shown, state)
    preference, measured = await asyncio.gather(
        tools.judges.prefer_pictures(
            PreferPictures(
                brand=services.brand, pictures=pictures, commission=commission, request=state["brief"].request,
                as_set=True,
            )
        ),
        tools.judges.judge_set(
            JudgeSet(
                brand=services.brand, pictures=pictures, commission=commission, cutout=one_cutout(shown, state),
                placed={c.id: placed(c) for c in shown}, looks=False,
            )
        ),
    )
    found = {}
    for place, name in enumerate(preference.order):
        wins = preference.wins.get(name)
        notes = "; ".join(preference.spent.notes)
        said = f"{wins:+g} comparisons won less lost" if wins is not None else f"not compared: {notes or 'no answer'}"
        finding = Finding(
            check=PREFERENCE,
            verdict=Verdict.PASS if wins is not None else Verdict.ABSTAIN,
            severity=Severity.RANK,
            reason=said,
            value=float(len(preference.order) - place),
            unit="place from the end",
        )
        kept = [f for f in candidates[name].findings if f.check != PREFERENCE and not f.check.startswith(SETS)]
        together = (*measured.findings, *preference.findings)
        found[name] = candidates[name].model_copy(update={"findings": (*kept, finding, *together)})
    return found


def one_cutout(shown: Sequence[Candidate], state: Campaign) -> Digest | None:
    """The cutout of the product all these pictures show first; None where they show different ones."""
    names = {candidate.products[0] for candidate in shown}
    return state["plan"].cutouts.get(names.pop()) if len(names) == 1 else None


def placed(candidate: Candidate) -> Placed:
    """Where a candidate shows its product."""
    return Placed(affine=candidate.composition.affine, true_scale=candidate.composition.true_scale)


def preferred(
    shortlist: tuple[str, ...], candidates: dict[str, Candidate], first: Collection[str]
) -> tuple[str, ...]:
    """The shortlist in the order of preference, those in `first` before the others; as it was where nobody compared."""

    def place(name: str) -> float:
        found = [f for f in candidates[name].findings if f.check == PREFERENCE and f.verdict is Verdict.PASS]
        return -(found[-1].value or 0.0) if found else 0.0

    return tuple(sorted(shortlist, key=lambda name: (name not in first, place(name))))


def relaxed(candidates: dict[str, Candidate], entered: Sequence[Candidate], state: Campaign) -> tuple[str, ...]:
    """Under the flexible policy, when nothing passed: candidates whose failed gates are all flexible pass, in the open.

    Each relaxed gate asks for review instead, in `candidates` and in the names returned.
    """
    if state["book"].policy is not Policy.FLEXIBLE:
        return ()
    told: list[str] = []
    for candidate in entered:
        failed = candidate.failed_gates()
        if not failed or not all(finding.evidence.get("flexible") is True for finding in failed):
            continue
        checks = {finding.check for finding in failed}
        findings = tuple(
            f.model_copy(update={"severity": Severity.REVIEW, "reason": RELAXED + f.reason}) if f.check in checks else f
            for f in candidate.findings
        )
        candidates[candidate.id] = with_more(candidate.model_copy(update={"findings": findings}), ())
        told += [f"{candidate.id}: {name}" for name in sorted(checks)]
    return tuple(told)


def with_more(candidate: Candidate, findings: tuple[Finding, ...]) -> Candidate:
    """The candidate with further findings: they can fail it, and never pass what had failed (Promise 2)."""
    every = (*candidate.findings, *findings)
    verdict = CandidateVerdict.FAILED if fails_a_gate(every) else CandidateVerdict.PASSED
    return candidate.model_copy(update={"findings": every, "verdict": verdict})


def fails_a_gate(findings: Iterable[Finding]) -> bool:
    """Whether one gate failed."""
    return any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in findings)
