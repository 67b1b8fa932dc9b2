"""A judge looks at one picture: every question in one call, and a second when the picture has words in it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.candidate import Finding, Severity, Verdict
from domain.errors import ToolFailed
from domain.looking import Answer, Gate, Looked, LookedWithParts, Scale, Spent, Verdicts
from domain.models import AskPart, ModelRole, TextPart
from domain.ports import Image, Mask
from domain.rules import Policy
from domain.values import Size
from tools.judges.looking.asking import REFERENCE_SIDE, Bench, Told, ask, data_block, datum, shown
from tools.judges.looking.lettering import covered, readings
from tools.judges.looking.parts import Sheet
from tools.judges.looking.verdicts import TOLD, findings_of, vetoed, weighed_finding

TOKENS_A_QUESTION = 90
MOST_DROP = 2
"""Grades a picture may lose when its words are covered; a judge that believed them loses more."""


def look_at(
    bench: Bench,
    image: Image,
    *,
    gates: Sequence[Gate],
    scales: Sequence[Scale] = (),
    request: str = "",
    reference: Image | None = None,
    product: Mask | None = None,
    policy: Policy = Policy.STRICT,
    threshold: float = 0.8,
    sheet: Sheet | None = None,
) -> Verdicts:
    """Ask every question about a picture and turn the answers into findings.

    With a `sheet` the product's parts are compared in the same call, where one model is the judge of both and has room
    to answer; the findings then hold them, too. Where that call comes to nothing they do not: ask by `compare_parts`.

    Where nothing was vetoed and the picture has readable words beside the product's label, they are covered and the
    judge is asked again: answers that change with the words reject the picture (`look:told_in_picture`).

    Args:
        bench: models, known answers and who pays.
        image: RGB picture.
        gates: yes/no questions, each id once.
        scales: graded questions.
        request: what was asked for, as context.
        reference: the product's own photo, RGB.
        product: alpha of the product in the picture, 0..255.
        policy: what failed questions lead to.
        threshold: for the weighted policy.
        sheet: the product's parts beside their references.
    """
    size = Size(width=image.shape[1], height=image.shape[0])
    first, of_parts = _asked_at_once(bench, image, gates, scales, request, reference, sheet)
    by = _judge(bench)
    findings = findings_of(first.value, gates, scales, size=size, by=by, why_not=first.why_not)
    if policy is Policy.WEIGHTED:
        findings = (*findings, weighed_finding(gates, findings, threshold, by))
    findings = (*findings, *of_parts)
    if first.value is None:
        return Verdicts(findings=(*findings, _told(Verdict.ABSTAIN, first.why_not)), spent=first.spent)
    if vetoed(findings):
        return Verdicts(findings=(*findings, _told(Verdict.PASS, "vetoed without it")), spent=first.spent)
    told, spent = _believed(bench, image, first.value, gates, scales, request, reference, product)
    return Verdicts(findings=(*findings, told), spent=first.spent + spent)


def one_judge(bench: Bench, longest: int) -> bool:
    """Whether one model judges pictures and parts and has room for an answer of so many tokens about both."""
    judge, abilities = bench.models.serves(ModelRole.GATE_JUDGE), bench.models.abilities(ModelRole.GATE_JUDGE)
    same = judge is not None and judge == bench.models.serves(ModelRole.COMPONENT_JUDGE)
    return same and abilities is not None and longest <= abilities.longest


def _asked_at_once(
    bench: Bench, image: Image, gates: Sequence[Gate], scales: Sequence[Scale], request: str, reference: Image | None,
    sheet: Sheet | None,
) -> tuple[Told[Looked], tuple[Finding, ...]]:
    """The picture's questions with those about parts, if these can be put to the same judge; else the former alone.

    The latter are not lost where a judge stumbles over so many: no findings of parts means that nobody compared them.
    """
    lost = Spent()
    if sheet is not None and sheet.asked and one_judge(bench, _longest(gates, scales) + sheet.longest):
        parts = [*_shown(image, reference), *sheet.shown]
        parts.append(_questions(gates, scales, request, parts=sheet.data))
        longest = _longest(gates, scales) + sheet.longest
        both = ask(bench, ModelRole.GATE_JUDGE, "look_picture_and_parts", parts, LookedWithParts, longest)
        if both.value is not None or both.nobody:
            graded = both.value.parts if both.value else ()
            return Told(both.value, both.spent, both.why_not), sheet.findings(graded, both.why_not)
        lost = both.spent
    first = _asked(bench, image, gates, scales, request, reference)
    return Told(first.value, lost + first.spent, first.why_not), ()


def _asked(
    bench: Bench, image: Image, gates: Sequence[Gate], scales: Sequence[Scale], request: str, reference: Image | None
) -> Told[Looked]:
    parts = [*_shown(image, reference), _questions(gates, scales, request)]
    return ask(bench, ModelRole.GATE_JUDGE, "look_picture", parts, Looked, _longest(gates, scales))


def _shown(image: Image, reference: Image | None) -> list[AskPart]:
    """The pictures; the reference first, as it is the same for every picture: a model's cache keeps it."""
    parts: list[AskPart] = []
    if reference is not None:
        parts += [TextPart(text="Reference: the product's own photo."), shown(reference, REFERENCE_SIDE)]
    return [*parts, TextPart(text="Picture 1, to be judged."), shown(image)]


def _questions(gates: Sequence[Gate], scales: Sequence[Scale], request: str, **more: object) -> TextPart:
    return data_block(
        requested=datum(request),
        gates=[{"id": gate.id, "question": gate.question} for gate in gates],
        scales=[{"id": scale.id, "question": scale.question, "best": scale.best} for scale in scales],
        **more,
    )


def _longest(gates: Sequence[Gate], scales: Sequence[Scale]) -> int:
    return 200 + TOKENS_A_QUESTION * (len(gates) + len(scales))


def _believed(
    bench: Bench,
    image: Image,
    first: Looked,
    gates: Sequence[Gate],
    scales: Sequence[Scale],
    request: str,
    reference: Image | None,
    product: Mask | None,
) -> tuple[Finding, Spent]:
    """Whether the judge believed words in the picture: judged again with them covered."""
    try:
        found = readings(image)
        shown_again, boxes = covered(image, found, product)
    except ToolFailed as error:
        return _told(Verdict.ABSTAIN, f"the picture could not be read: {error.message}"), Spent()
    if not boxes:
        return _told(Verdict.PASS, "no words beside the product that a judge could believe"), Spent()
    asked = [gate for gate in gates if not gate.about_text]
    again = _asked(bench, shown_again, asked, scales, request, reference)
    if again.value is None:
        return _told(Verdict.ABSTAIN, again.why_not), again.spent
    words = ", ".join(repr(datum(text.text)) for text in found[:3] if text.text.strip())
    changed = disagreements(first, again.value, asked, scales)
    if changed:
        said = f"judged otherwise once its words ({words}) were covered: {', '.join(changed[:4])}"
        finding = _told(Verdict.FAIL, said)
        return finding.model_copy(update={"region": boxes[0], "value": float(len(changed))}), again.spent
    return _told(Verdict.PASS, f"judged the same with its words ({words}) covered"), again.spent


def disagreements(first: Looked, again: Looked, gates: Sequence[Gate], scales: Sequence[Scale]) -> list[str]:
    """Questions that were answered well and are not any more, or grades that fell by more than `MOST_DROP`."""
    before = {one.id: one.answer for one in first.answers}
    after = {one.id: one.answer for one in again.answers}
    changed = []
    for gate in gates:
        wanted = Answer.YES if gate.wanted else Answer.NO
        if before.get(gate.id) is wanted and after.get(gate.id) is not wanted:
            changed.append(gate.id)
    graded, regraded = ({one.id: one.grade for one in looked.grades} for looked in (first, again))
    for scale in scales:
        if scale.id in graded and graded[scale.id] - regraded.get(scale.id, graded[scale.id]) > MOST_DROP:
            changed.append(scale.id)
    return changed


def _told(verdict: Verdict, reason: str) -> Finding:
    return Finding(check=TOLD, verdict=verdict, severity=Severity.GATE, reason=reason, source="words in the picture")


def _judge(bench: Bench) -> str:
    spec = bench.models.serves(ModelRole.GATE_JUDGE)
    return spec.model if spec else "nobody"
