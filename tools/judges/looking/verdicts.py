"""Answers of a judge that looked, as findings. A question that got no answer was not passed: its finding abstains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.candidate import Finding, Scalar, Severity, Verdict
from domain.looking import Answer, Gate, GateAnswer, Grade, Looked, Region, Scale
from domain.rules import Policy
from domain.values import Box, Size

PREFIX = "look:"
TOLD = f"{PREFIX}told_in_picture"
MEAN = f"{PREFIX}mean"
WEIGHED = f"{PREFIX}weighed"


def checks_of(gates: Sequence[Gate], scales: Sequence[Scale], policy: Policy) -> tuple[str, ...]:
    """The checks that looking at one picture makes, each exactly once."""
    names = [*(PREFIX + gate.id for gate in gates), *(PREFIX + scale.id for scale in scales)]
    if scales:
        names.append(MEAN)
    if policy is Policy.WEIGHTED:
        names.append(WEIGHED)
    return (*names, TOLD)


def findings_of(
    looked: Looked | None, gates: Sequence[Gate], scales: Sequence[Scale], *, size: Size, by: str, why_not: str = ""
) -> tuple[Finding, ...]:
    """One finding a question. `by` names the judge; `why_not` is the reason when nobody looked."""
    answers = {one.id: one for one in looked.answers} if looked else {}
    grades = {one.id: one for one in looked.grades} if looked else {}
    untold = why_not or "the judge gave no answer to this question"
    made = [gate_finding(gate, answers.get(gate.id), size, by, untold) for gate in gates]
    made += [scale_finding(scale, grades.get(scale.id), by, untold) for scale in scales]
    if scales:
        made.append(mean_finding(scales, grades, by, untold))
    return tuple(made)


def gate_finding(gate: Gate, answer: GateAnswer | None, size: Size, by: str, untold: str) -> Finding:
    """One yes/no question."""
    evidence: dict[str, Scalar] = {"by": by, "flexible": gate.flexible}
    if answer is None or answer.answer is Answer.UNSURE:
        said = f"cannot be seen: {answer.evidence}" if answer else untold
        verdict, region = Verdict.ABSTAIN, None
    else:
        kept = (answer.answer is Answer.YES) is gate.wanted
        verdict = Verdict.PASS if kept else Verdict.FAIL
        said = f"{gate.question} {answer.answer.value}: {answer.evidence}"
        region = box_of(answer.region, size)
    return Finding(
        check=PREFIX + gate.id,
        verdict=verdict,
        severity=gate.severity,
        reason=said,
        region=region,
        evidence=evidence,
        fixes=gate.fixes if verdict is Verdict.FAIL else (),
        source=gate.source,
    )


def scale_finding(scale: Scale, grade: Grade | None, by: str, untold: str) -> Finding:
    """One graded question."""
    if grade is None:
        verdict, said = Verdict.ABSTAIN, untold
    else:
        verdict = Verdict.PASS if grade.grade >= scale.least else Verdict.FAIL
        said = f"{grade.grade} of {scale.best}: {grade.reason}"
    return Finding(
        check=PREFIX + scale.id,
        verdict=verdict,
        severity=scale.severity,
        reason=said,
        value=float(grade.grade) if grade else None,
        threshold=float(scale.least),
        unit=f"of {scale.best}",
        evidence={"by": by},
        fixes=scale.fixes if verdict is Verdict.FAIL else (),
    )


def mean_finding(scales: Sequence[Scale], grades: Mapping[str, Grade], by: str, untold: str) -> Finding:
    """The weighted mean grade: it orders what passed, and passes nothing (Promise 2)."""
    weighed = [(scale.weight, grades[scale.id].grade) for scale in scales if scale.id in grades]
    mean = sum(weight * grade for weight, grade in weighed) / sum(w for w, _ in weighed) if weighed else None
    return Finding(
        check=MEAN,
        verdict=Verdict.PASS if mean is not None else Verdict.ABSTAIN,
        severity=Severity.RANK,
        reason=f"mean grade {mean:.1f}" if mean is not None else untold,
        value=round(mean, 3) if mean is not None else None,
        unit="mean grade",
        evidence={"by": by, "grades": len(weighed)},
    )


def weighed_finding(gates: Sequence[Gate], findings: Sequence[Finding], threshold: float, by: str) -> Finding:
    """The weighted policy: the share kept of the weight of all questions that are no gates. What abstains counts half.

    Gates stay gates: their failures fail the picture whatever is kept besides.
    """
    by_check = {finding.check: finding for finding in findings}
    total = kept = 0.0
    for gate in gates:
        if gate.severity is Severity.GATE:
            continue
        total += gate.weight
        verdict = by_check[PREFIX + gate.id].verdict
        kept += gate.weight * {Verdict.PASS: 1.0, Verdict.ABSTAIN: 0.5, Verdict.FAIL: 0.0}[verdict]
    share = kept / total if total else 1.0
    return Finding(
        check=WEIGHED,
        verdict=Verdict.PASS if share >= threshold else Verdict.FAIL,
        severity=Severity.GATE,
        reason=f"{share:.0%} of the weight of {sum(g.severity is not Severity.GATE for g in gates)} questions is kept",
        value=round(share, 4),
        threshold=threshold,
        unit="share of weight",
        evidence={"by": by},
    )


def vetoed(findings: Sequence[Finding]) -> bool:
    """Whether a gate failed."""
    return any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in findings)


def box_of(region: Region | None, size: Size) -> Box | None:
    """A region in pixels; None where a model drew none, or one turned inside out."""
    if region is None or region.right <= region.left or region.bottom <= region.top:
        return None
    left, top = region.left * size.width // 1000, region.top * size.height // 1000
    right, bottom = region.right * size.width // 1000, region.bottom * size.height // 1000
    return Box(x=left, y=top, width=max(1, right - left), height=max(1, bottom - top))
