"""Pictures judged together: which of two is preferred, asked in both orders, and whether a set is consistent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from domain.candidate import Finding, Severity, Verdict
from domain.looking import Order, PairAnswer, PairsLooked, Preference, SetLooked, TogetherLooked, Verdicts
from domain.models import AskPart, ModelRole, TextPart
from domain.ports import Image
from domain.values import Size
from tools.judges.looking.asking import Bench, Told, ask, data_block, datum, shown
from tools.judges.looking.sheets import rubric
from tools.judges.looking.verdicts import box_of

PREFIX = "look:set:"
WHOLE_SET = f"{PREFIX}consistency"
SIDE = 768
MOST_TOGETHER = 6
LEAST_CONSISTENCY = 0.7
LONGEST_OF_SET = 800


def prefer(bench: Bench, pictures: Mapping[str, Image], request: str = "", *, as_set: bool = False) -> Order:
    """Order pictures by pairwise preference; `pictures` come in the order that holds where nothing is preferred.

    Every pair is asked about twice, with the pictures shown in both orders: two calls, however many pairs. An answer
    that changes with the order is a tie. Ties, and pictures the judge says nothing of, keep the order they came in.
    At most `MOST_TOGETHER` pictures are compared; the rest follow. `as_set` also asks, in the first of the two calls,
    whether they are one set: `findings` are those of `judge_set`.
    """
    names = list(pictures)[:MOST_TOGETHER]
    if len(names) < 2:
        return Order(order=tuple(pictures))
    forward, findings = _pairs_and_set(bench, names, pictures, request, as_set=as_set)
    if forward.value is None:
        return Order(order=tuple(pictures), findings=findings, spent=forward.spent)
    backward = _pairs(bench, names[::-1], pictures, request)
    spent = forward.spent + backward.spent
    one, other = _preferred(names, forward), _preferred(names[::-1], backward)
    wins = dict.fromkeys(names, 0.0)
    ties = []
    agreed = compared = 0
    for pair in combinations(names, 2):
        key = frozenset(pair)
        if key not in one and key not in other:
            continue
        compared += 1
        winner = one.get(key)
        if key in one and key in other and winner == other[key]:
            agreed += 1
            if winner is not None:
                loser = pair[0] if winner == pair[1] else pair[1]
                wins[winner] += 1
                wins[loser] -= 1
                continue
        ties.append(pair)
    ordered = sorted(names, key=lambda name: (-wins[name], names.index(name)))
    return Order(
        order=(*ordered, *list(pictures)[MOST_TOGETHER:]),
        wins=wins,
        ties=tuple(ties),
        agreement=agreed / compared if compared else None,
        findings=findings,
        spent=spent,
    )


def _pairs_and_set(
    bench: Bench, names: Sequence[str], pictures: Mapping[str, Image], request: str, *, as_set: bool
) -> tuple[Told[PairsLooked], tuple[Finding, ...]]:
    """The pairs' answer and the set's findings by one call; where that comes to nothing, by one call each."""
    if not as_set:
        return _pairs(bench, names, pictures, request), ()
    pairs = _numbers_of(names)
    parts = _numbered(names, pictures)
    parts.append(data_block(requested=datum(request), pairs=pairs, scales=_scales()))
    longest = _longest_of(pairs) + LONGEST_OF_SET
    both = ask(bench, ModelRole.SET_JUDGE, "look_together", parts, TogetherLooked, longest)
    if both.value is not None or both.nobody:
        return Told(both.value, both.spent, both.why_not), _set_findings(names, pictures, both.value, both.why_not)
    forward, together = _pairs(bench, names, pictures, request), judge_set(bench, pictures)
    return Told(forward.value, both.spent + forward.spent + together.spent, forward.why_not), together.findings


def _pairs(bench: Bench, names: Sequence[str], pictures: Mapping[str, Image], request: str) -> Told[PairsLooked]:
    pairs = _numbers_of(names)
    parts = _numbered(names, pictures)
    parts.append(data_block(requested=datum(request), pairs=pairs))
    return ask(bench, ModelRole.SET_JUDGE, "look_pairs", parts, PairsLooked, _longest_of(pairs))


def _numbers_of(names: Sequence[str]) -> list[dict[str, int]]:
    return [{"first": a, "second": b} for a, b in combinations(range(1, len(names) + 1), 2)]


def _longest_of(pairs: Sequence[dict[str, int]]) -> int:
    return 100 + 80 * len(pairs)


def _scales() -> list[dict[str, str]]:
    return [{"id": scale.id, "question": scale.question} for scale in rubric("set").scales]


def _preferred(names: Sequence[str], told: Told[PairsLooked]) -> dict[frozenset[str], str | None]:
    """The preferred picture of each pair that was answered, None for neither; contradictions count as neither."""
    found: dict[frozenset[str], str | None] = {}
    for pair in told.value.pairs if told.value else ():
        if not (pair.first <= len(names) and pair.second <= len(names)) or pair.first == pair.second:
            continue
        key = frozenset((names[pair.first - 1], names[pair.second - 1]))
        winner = _winner(pair, names)
        found[key] = winner if found.get(key, winner) == winner else None
    return found


def _winner(pair: PairAnswer, names: Sequence[str]) -> str | None:
    if pair.better is Preference.NEITHER:
        return None
    return names[(pair.first if pair.better is Preference.FIRST else pair.second) - 1]


def checks_of_set() -> tuple[str, ...]:
    """The checks that judging a set makes."""
    return (*(PREFIX + scale.id for scale in rubric("set").scales), WHOLE_SET)


def judge_set(bench: Bench, pictures: Mapping[str, Image]) -> Verdicts:
    """Judge pictures together by the weighted rubric; findings say what differs, in which picture and where.

    A set of one is consistent. At most `MOST_TOGETHER` pictures are judged.
    """
    names = list(pictures)[:MOST_TOGETHER]
    if len(names) < 2:
        return Verdicts(findings=())
    parts = _numbered(names, pictures)
    parts.append(data_block(scales=_scales()))
    told = ask(bench, ModelRole.SET_JUDGE, "look_set", parts, SetLooked, LONGEST_OF_SET)
    return Verdicts(findings=_set_findings(names, pictures, told.value, told.why_not), spent=told.spent)


def _set_findings(
    names: Sequence[str], pictures: Mapping[str, Image], looked: SetLooked | None, why_not: str
) -> tuple[Finding, ...]:
    """One finding a scale, and the weighted whole."""
    scales = rubric("set").scales
    grades = {grade.id: grade for grade in looked.grades} if looked else {}
    known = [d for d in looked.differences if d.picture <= len(names)] if looked else []
    first = next((d for d in known if d.region is not None), None)
    region = box_of(first.region, _size(pictures[names[first.picture - 1]])) if first else None
    said = "; ".join(f"{names[d.picture - 1]}: {d.what}" for d in known[:4])
    findings = []
    weight = reached = 0.0
    for scale in scales:
        grade = grades.get(scale.id)
        if grade is None or grade.grade > scale.best:
            why = why_not or "the judge gave no grade"
            findings.append(
                Finding(check=PREFIX + scale.id, verdict=Verdict.ABSTAIN, severity=scale.severity, reason=why)
            )
            continue
        weight += scale.weight
        reached += scale.weight * (grade.grade - 1) / (scale.best - 1)
        kept = grade.grade >= scale.least
        reason = f"{grade.grade} of {scale.best}: {grade.reason}"
        findings.append(
            Finding(
                check=PREFIX + scale.id,
                verdict=Verdict.PASS if kept else Verdict.FAIL,
                severity=scale.severity,
                reason=reason if kept or not said else f"{reason} ({said})",
                value=float(grade.grade),
                threshold=float(scale.least),
                unit=f"of {scale.best}",
                region=None if kept else region,
            )
        )
    findings.append(_consistency(reached / weight if weight else None, said, why_not))
    return tuple(findings)


def _consistency(share: float | None, said: str, why_not: str) -> Finding:
    if share is None:
        why = why_not or "nothing was graded"
        return Finding(check=WHOLE_SET, verdict=Verdict.ABSTAIN, severity=Severity.REVIEW, reason=why)
    return Finding(
        check=WHOLE_SET,
        verdict=Verdict.PASS if share >= LEAST_CONSISTENCY else Verdict.FAIL,
        severity=Severity.REVIEW,
        reason=f"consistent to {share:.0%} by weight" + (f": {said}" if said else ""),
        value=round(share, 4),
        threshold=LEAST_CONSISTENCY,
        unit="share of weight",
    )


def _numbered(names: Sequence[str], pictures: Mapping[str, Image]) -> list[AskPart]:
    """Pictures by number: their names, which somebody chose, are not shown."""
    parts: list[AskPart] = []
    for number, name in enumerate(names, start=1):
        parts += [TextPart(text=f"Picture {number}."), shown(pictures[name], SIDE)]
    return parts


def _size(image: Image) -> Size:
    return Size(width=image.shape[1], height=image.shape[0])

