"""Guideline passages to criteria by the common patterns: no model, the same words always give the same criteria."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import Field, ValidationError

from domain.candidate import Severity
from domain.errors import Misconfigured
from domain.guidelines import BookDraft, Guideline, GuidelineRef, Passage
from domain.rules import AppliesWhen, Certainty, Criterion, CriterionMethod, Measure
from domain.values import BrandId, Model
from tools.guidelines.colours import colours_in

_MODALS = (
    (
        Severity.GATE,
        r"\b(?:must|never|always|do not|don['’]t|may not|cannot|required|mandatory|shall|only|forbidden)\b",
    ),
    (
        Severity.REVIEW,
        r"\b(?:should|ought|recommended|needs? to|at least|at most|no (?:more|less|smaller|larger) than)\b",
    ),
    (Severity.WARN, r"\b(?:avoid|prefer|ideally|try|where possible|can be|we like|aim)\b"),
)
_DEMANDS = re.compile("|".join(pattern for _, pattern in _MODALS) + r"|^no\s+\w+", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:on|for|in)\s+(?P<channel>instagram|linkedin|facebook|tiktok|pinterest|stories|web(?:site)?|print)\b", re.I
)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=1)}
_QUOTED = re.compile(r"[“\"'‘«]([^”\"'’»]+)[”\"'’»]")
_LIST_HEADING = re.compile(
    r"^(?:never|don['’]?ts?|do not|avoid|no[- ]gos?|dos? and don['’]?ts?|prohibited|forbidden)\b", re.IGNORECASE
)
MOST_CRITERIA = 400


class Second(Model):
    """A further criterion from the same sentence."""

    measure: Measure
    threshold: str
    question: str


class Pattern(Model):
    """One common sentence and what it demands."""

    id: str
    match: str
    method: CriterionMethod
    measure: Measure | None = None
    threshold: str = ""
    value: float | None = None
    scale: float = 1.0
    unit: str = ""
    words: str = ""
    question: str
    certainty: Certainty = Certainty.A
    severity: Severity | None = None
    second: Second | None = None


class Patterns(Model):
    """`patterns.yaml`."""

    version: int
    patterns: tuple[Pattern, ...] = Field(min_length=1)


@dataclass(frozen=True)
class _Ready:
    pattern: Pattern
    found: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> tuple[_Ready, ...]:
    try:
        text = resources.files(__package__).joinpath("patterns.yaml").read_text(encoding="utf-8")
        read = Patterns.model_validate(yaml.safe_load(text))
        return tuple(_Ready(one, re.compile(one.match, re.IGNORECASE)) for one in read.patterns)
    except (OSError, yaml.YAMLError, ValidationError, re.error) as error:
        raise Misconfigured(f"the guideline patterns cannot be read: {error}", where="patterns.yaml") from error


def compile_guidelines(brand: BrandId, guidelines: Sequence[Guideline], today: date) -> BookDraft:
    """The draft of a brand's criteria: every passage that fits a pattern, with its words and page.

    What demands something and fits none is left for a person (or a model). Nothing in a guideline is an instruction to
    the program: whatever its words say, they become criteria, colours or nothing.
    """
    passages = [passage for guideline in guidelines for passage in guideline.passages]
    criteria: list[Criterion] = []
    left: list[Passage] = []
    for passage in passages:
        made = criteria_of(passage, len(criteria) + 1)
        if made:
            criteria += made
        elif demands(passage):
            left.append(passage)
    notes = []
    if len(criteria) > MOST_CRITERIA:
        notes.append(f"only the first {MOST_CRITERIA} criteria of {len(criteria)} were kept")
    return BookDraft(
        brand=brand,
        compiled_on=today,
        documents=tuple(GuidelineRef(name=g.name, digest=g.digest, pages=g.pages) for g in guidelines),
        colours=colours_in(passages),
        criteria=tuple(criteria[:MOST_CRITERIA]),
        left=tuple(left),
        notes=tuple(notes),
    )


def demands(passage: Passage) -> bool:
    """Whether a passage demands something of a picture, or stands in a list of things not to do."""
    return bool(_DEMANDS.search(passage.text) or _forbidden_item(passage))


def _forbidden_item(passage: Passage) -> bool:
    return passage.item and bool(_LIST_HEADING.search(passage.heading))


def criteria_of(passage: Passage, number: int) -> list[Criterion]:
    """The criteria of one passage by the first pattern that fits; none where no pattern does."""
    sentence = passage.text
    if _forbidden_item(passage) and not _DEMANDS.search(sentence):
        sentence = f"Never show {sentence[:1].lower()}{sentence[1:]}"
    for ready in _patterns():
        match = ready.found.search(sentence)
        if match is None:
            continue
        pattern = ready.pattern
        first = _criterion(pattern, match, passage, sentence, number)
        if pattern.second is None:
            return [first]
        second = pattern.second
        limit = _number(match[second.threshold]) * pattern.scale
        more = {
            "id": f"{first.id}-most",
            "measure": second.measure,
            "threshold": round(limit, 4),
            "question": _filled(second.question, match, sentence),
        }
        return [first, first.model_copy(update=more)]
    return []


def _criterion(pattern: Pattern, match: re.Match[str], passage: Passage, sentence: str, number: int) -> Criterion:
    threshold = pattern.value
    if pattern.threshold:
        threshold = round(_number(match[pattern.threshold]) * pattern.scale, 4)
    severity = pattern.severity or severity_of(sentence)
    if pattern.certainty is not Certainty.A and severity is Severity.GATE:
        severity = Severity.REVIEW
    channel = _CONDITION.search(sentence)
    return Criterion(
        id=f"g{number:03d}-{pattern.id}",
        quote=passage.text,
        document=passage.document,
        page=passage.page,
        applies_when=AppliesWhen(channels=(channel["channel"].lower(),) if channel else ()),
        method=pattern.method,
        measure=pattern.measure,
        words=tuple(_QUOTED.findall(match[pattern.words])) if pattern.words else (),
        question=_filled(pattern.question, match, sentence),
        threshold=threshold,
        unit=pattern.unit,
        severity=severity,
        certainty=pattern.certainty,
    )


def severity_of(sentence: str) -> Severity:
    """How strongly a sentence demands, by its verbs; a plain statement asks for review."""
    if re.match(r"^no\s+\w+", sentence, re.IGNORECASE):
        return Severity.GATE
    if re.search(r"\bshould\b", sentence, re.IGNORECASE) and not re.search(r"\b(?:never|must)\b", sentence, re.I):
        return Severity.REVIEW
    found = (severity for severity, pattern in _MODALS if re.search(pattern, sentence, re.IGNORECASE))
    return next(found, Severity.REVIEW)


def _filled(question: str, match: re.Match[str], sentence: str) -> str:
    values = {name: (value or "").strip(" .") for name, value in match.groupdict().items()}
    filled = re.sub(r"\{(\w+)\}", lambda one: values.get(one[1], sentence if one[1] == "sentence" else ""), question)
    return " ".join(filled.split())


def _number(text: str) -> float:
    return float(_NUMBERS.get(text.lower(), 0) or text)


def quoted_in(quote: str, passages: Iterable[Passage]) -> Passage | None:
    """The passage in which a quote stands, blind to spacing and case; None where nobody said so."""
    wanted = " ".join(quote.lower().split()).rstrip(".")
    return next((p for p in passages if wanted and wanted in " ".join(p.text.lower().split())), None)
