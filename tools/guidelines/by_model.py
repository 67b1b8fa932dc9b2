"""What the patterns left, compiled by a model: its criteria count only where the guideline really says so."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.candidate import Severity
from domain.errors import ModelMustAct, OverBudget
from domain.guidelines import BookDraft, Passage
from domain.models import Ask, ModelRole, Payer, TextPart
from domain.ports import Models
from domain.rules import Certainty, Criterion, CriterionMethod
from domain.values import Model
from tools.guidelines.compiling import MOST_CRITERIA, quoted_in
from tools.prompts import prompt_file

PASSAGES_A_CALL = 40
LEAST_QUOTE = 12
"""Characters: a shorter quote stands in any document."""


class Demand(StrEnum):
    """How strongly a passage demands."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Compiled(Model):
    """One criterion as a model gives it."""

    passage: int = Field(ge=1)
    quote: Annotated[str, Field(max_length=700)]
    method: CriterionMethod
    question: Annotated[str, Field(min_length=8, max_length=300)]
    demand: Demand


class CompiledPassages(Model):
    """Everything a model makes of some passages."""

    criteria: tuple[Compiled, ...] = ()


def with_model(draft: BookDraft, models: Models) -> BookDraft:
    """The draft with what a model makes of the passages that were left. Unchanged where no model serves the role.

    A criterion whose quote does not stand in the passage it names is dropped and told. The rest have certainty B:
    they ask for review until a person who signs makes them more. A model that fails leaves its passages to a person.
    """
    spec = models.serves(ModelRole.GUIDELINE_COMPILER)
    if spec is None:
        return draft
    criteria, left, notes = list(draft.criteria), list(draft.left), list(draft.notes)
    for start in range(0, len(draft.left), PASSAGES_A_CALL):
        passages = draft.left[start : start + PASSAGES_A_CALL]
        try:
            told = models.ask(_ask(draft, passages), CompiledPassages).value
        except (ModelMustAct, OverBudget) as error:
            notes.append(f"{len(passages)} passages were left to a person: {error.message}")
            continue
        dropped = 0
        for one in told.criteria:
            passage = passages[one.passage - 1] if one.passage <= len(passages) else None
            if passage is None or len(one.quote) < LEAST_QUOTE or quoted_in(one.quote, [passage]) is None:
                dropped += 1
                continue
            criteria.append(_criterion(one, passage, len(criteria) + 1, str(spec.model)))
            if passage in left:
                left.remove(passage)
        if dropped:
            notes.append(f"{dropped} criteria were dropped: their quotes do not stand in the guideline")
    more = {"criteria": tuple(criteria[:MOST_CRITERIA]), "left": tuple(left), "notes": tuple(notes)}
    return draft.model_copy(update=more)


def _criterion(one: Compiled, passage: Passage, number: int, model: str) -> Criterion:
    severity = Severity.WARN if one.demand is Demand.MAY else Severity.REVIEW
    measured = one.method in {CriterionMethod.PIXEL, CriterionMethod.DETECTOR, CriterionMethod.OCR}
    return Criterion(
        id=f"m{number:03d}",
        quote=one.quote,
        document=passage.document,
        page=passage.page,
        method=CriterionMethod.PERSON if measured else one.method,  # no measure is known for it
        question=one.question,
        severity=severity,
        certainty=Certainty.B,
        compiled_by=model,
    )


def _ask(draft: BookDraft, passages: tuple[Passage, ...]) -> Ask:
    file = prompt_file(__package__, "compile_guidelines")
    numbered = [{"passage": n, "heading": p.heading, "text": p.text} for n, p in enumerate(passages, start=1)]
    return Ask(
        role=ModelRole.GUIDELINE_COMPILER,
        prompt=file.prompt,
        system=file.text,
        parts=(TextPart(text=f"PASSAGES {json.dumps(numbered, ensure_ascii=True)} END OF PASSAGES"),),
        payer=Payer(brand=draft.brand, stage="brands_import"),
        longest=4_096,
    )
