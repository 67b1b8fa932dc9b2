"""Which questions are asked about a picture: generators' failures, the request's own parts, the brand's criteria."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.brief import Brief
from domain.candidate import Change, EditTarget, Severity
from domain.looking import Gate
from domain.rules import Criterion, CriterionMethod, Rule, RuleAction
from domain.values import Origin
from tools.judges.lettering import lettering_fixes
from tools.judges.looking.asking import datum
from tools.judges.looking.sheets import rubric

_SEVERITIES = {
    RuleAction.BLOCK: Severity.GATE,
    RuleAction.REVIEW: Severity.REVIEW,
    RuleAction.WARN: Severity.WARN,
    RuleAction.LABEL: Severity.REVIEW,
}
_OF_TEXT = re.compile(r"\b(?:text|words?|headline|slogan|letter\w*|sign|reads?|spel\w+)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"«]([^”\"»]{1,80})[”\"»]")
_ANOTHER_SCENE = Change(target=EditTarget.BACKGROUND, field="scene", why="another scene")


def gates_for(
    brief: Brief, criteria: Sequence[Criterion] = (), rules: Sequence[Rule] = (), *, reference: bool = True
) -> tuple[Gate, ...]:
    """Every yes/no question about one picture, each id once: failures first, then the request, then the brand.

    Without a `reference` picture questions that compare with it are left out.
    """
    failures = rubric("failures").gates
    if not reference:
        failures = tuple(gate for gate in failures if "reference" not in gate.question)
    asked = (*failures, *of_brief(brief), *of_criteria(criteria), *of_rules(rules))
    return tuple({gate.id: gate for gate in asked}.values())


def of_brief(brief: Brief) -> tuple[Gate, ...]:
    """What the request wants to be seen, read and left out. What was assumed is not held against a picture."""
    gates = [required_text(number, part.value) for number, part in enumerate(brief.text, start=1)]
    for name in ("background", "surface", "weather", "season"):
        part = getattr(brief, name)
        if part is not None and part.origin is not Origin.ASSUMED:
            gates.append(
                Gate(
                    id=f"asked_{name}",
                    question=f"Does the {name} of the picture agree with “{datum(part.value)}”?",
                    severity=Severity.REVIEW,
                    source="the request",
                    fixes=(_ANOTHER_SCENE,),
                )
            )
    gates += [
        Gate(
            id=f"avoid_{number}",
            question=f"Does the picture show {datum(part.value)}?",
            wanted=False,
            source="the request",
            fixes=(_ANOTHER_SCENE,),
        )
        for number, part in enumerate(brief.avoid, start=1)
    ]
    return tuple(gates)


def required_text(number: int, words: str) -> Gate:
    """Words that must be in the picture, spelled exactly so; a failure is mended in the lettering, nowhere else."""
    return Gate(
        id=f"text_{number}",
        question=f"Does the picture show the words “{datum(words)}”, spelled exactly so, letter by letter?",
        about_text=True,
        source="the request",
        fixes=lettering_fixes(words),
    )


def of_criteria(criteria: Sequence[Criterion]) -> tuple[Gate, ...]:
    """A brand's criteria for which a model looks; the others are measured, read or left to a person elsewhere."""
    return tuple(
        Gate(
            id=f"brand_{criterion.id}",
            question=datum(criterion.question),
            severity=criterion.severity,
            flexible=criterion.flexible,
            weight=criterion.weight,
            about_text=bool(_OF_TEXT.search(criterion.question)),
            source=cited(criterion),
            fixes=(*_fixes_of_text(criterion.question), _ANOTHER_SCENE),
        )
        for criterion in criteria
        if criterion.method is CriterionMethod.VLM
    )


def _fixes_of_text(question: str) -> tuple[Change, ...]:
    """Where words are demanded, as quoted, what mends them is their lettering."""
    quoted = _QUOTED.search(question) if _OF_TEXT.search(question) else None
    return lettering_fixes(quoted[1]) if quoted else ()


def of_rules(rules: Sequence[Rule]) -> tuple[Gate, ...]:
    """Rules of a brand or market that want a model to look whether something is shown."""
    return tuple(
        Gate(
            id=f"rule_{plain_id(rule.id)}",
            question=f"Does the picture go against this rule: “{datum(rule.summary)}”?",
            wanted=False,
            severity=_SEVERITIES[rule.action],
            flexible=rule.flexible,
            source=f"{rule.source.title} {rule.source.ref}".strip(),
            fixes=(_ANOTHER_SCENE,),
        )
        for rule in rules
        if rule.method == "vlm"
    )


def plain_id(name: str) -> str:
    """A name as part of a question's id."""
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower())[:60]


def cited(criterion: Criterion) -> str:
    """Where a criterion stands, with its words."""
    page = f", page {criterion.page}" if criterion.page else ""
    return f"{criterion.document or 'guidelines'}{page}: “{datum(criterion.quote)}”"
