"""Suite *revision*: planted defects through the loop, against re-rolling and against feedback about something else.

The second baseline is the loop itself with its feedback shuffled: each failed check proposes the changes of another
check. What it mends, mere redrawing mends; what the loop mends beyond that is owed to what the critic says.
"""

from __future__ import annotations

from random import Random

from domain.candidate import Candidate, Change, Finding
from evals.defects import suite
from evals.homes import demo_home
from evals.repair import Broken, Feedback, bench_over, broken_case, repair, reroll
from evals.suite import Case, Metric, Scored, Suite

SEED = 20261126


def shuffled(broken: list[Broken]) -> Feedback:
    """Feedback in which every check proposes what another one proposed in these cases; the same for every run."""
    proposed: dict[str, tuple[Change, ...]] = {}
    for one in broken:
        for finding in one.first.failed_gates():
            if finding.fixes:
                proposed.setdefault(finding.check, finding.fixes)
    checks = sorted(proposed)
    order = checks[:]
    Random(SEED).shuffle(order)
    other = {name: order[(order.index(name) + 1) % len(order)] for name in checks}

    def exchanged(finding: Finding) -> Finding:
        if finding.check not in other:
            return finding
        return finding.model_copy(update={"fixes": proposed[other[finding.check]]})

    def feedback(candidate: Candidate) -> Candidate:
        return candidate.model_copy(update={"findings": tuple(exchanged(f) for f in candidate.findings)})

    return feedback


def scored(broken: Broken, draws: int, *, repaired: bool) -> Case:
    """One case: whether it was mended, and what that took."""
    scores = {"repaired": float(repaired), "draws": float(draws), "detected": float(broken.detected)}
    if repaired:
        scores["draws_to_repair"] = float(draws)
    says = () if repaired else (f"{broken.case.check} not mended in {draws} drawings",)
    return Case(id=broken.case.id, scores=scores, says=says)


async def run(limit: int | None) -> Scored:
    """Every planted defect, three ways."""
    async with demo_home() as onbrand, bench_over(onbrand) as bench:
        broken = [await broken_case(case, bench) for case in suite().cases[:limit]]
        other = shuffled(broken)
        loop, rolled, mixed = [], [], []
        for one in broken:
            draws, mended = await repair(one.first, one.plan, one.brief, bench)
            loop.append(scored(one, draws, repaired=mended))
            draws, mended = await reroll(one.case, one.slot, one.sound, one.plan, one.brief, bench)
            rolled.append(scored(one, draws, repaired=mended))
            draws, mended = await repair(one.first, one.plan, one.brief, bench, other)
            mixed.append(scored(one, draws, repaired=mended))
    return Scored(
        cases=tuple(loop), baselines={"re-rolling": tuple(rolled), "shuffled feedback": tuple(mixed)},
        notes=(f"Re-rolling may draw {suite().reroll.limit} candidates, the loop revises for two rounds.",),
    )


SUITE = Suite(
    name="revision",
    about="Planted defects, one a case, in slots the layout had made sound.",
    scorer=(
        "Repaired is the share of cases in which some candidate passes every gate within two rounds; draws are "
        "candidates drawn after the planted one. Baselines: drawing again with new seeds, positions and scenes, and "
        "the same loop with the feedback of another check."
    ),
    metrics=(
        Metric(name="repaired", of="repaired"),
        Metric(name="draws a case", of="draws", better="lower"),
        Metric(name="draws a repair", of="draws_to_repair", better="lower"),
        Metric(name="defect detected", of="detected"),
    ),
    run=run,
)
