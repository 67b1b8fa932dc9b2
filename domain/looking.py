"""Judges that look: what a model is asked about a picture, and what comes of its answers.

Questions are data (rubrics, a brand's criteria, the request's own parts); answers are typed. Nothing here can pass a
picture: answers become findings, and findings only veto.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.candidate import Change, Finding, Severity
from domain.models import NOTHING_USED, Used
from domain.values import Model, Share

LONGEST_REASON = 400


class Gate(Model):
    """One yes/no question. `wanted` is the answer that means all is well.

    `about_text` marks questions whose answer rightly changes when readable text is taken away. A `flexible` gate may
    be relaxed under the flexible policy; `fixes` would put a failure right, best first.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_:.-]{0,80}$")
    question: str
    wanted: bool = True
    severity: Severity = Severity.GATE
    flexible: bool = False
    weight: float = Field(default=1.0, gt=0)
    about_text: bool = False
    source: str = ""
    fixes: tuple[Change, ...] = ()


class Scale(Model):
    """One thing graded 1 to `best`; a grade under `least` fails the check at its severity."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    question: str
    best: int = Field(default=10, ge=2, le=10)
    least: int = Field(default=1, ge=1)
    weight: float = Field(default=1.0, gt=0)
    severity: Severity = Severity.WARN
    fixes: tuple[Change, ...] = ()


class Rubric(Model):
    """A versioned sheet of questions, read from YAML. The version changes whenever a word does."""

    name: str
    version: int = Field(ge=1)
    title: str
    gates: tuple[Gate, ...] = ()
    scales: tuple[Scale, ...] = ()


class Answer(StrEnum):
    """To a yes/no question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


Thousandth = Annotated[int, Field(ge=0, le=1000)]
Said = Annotated[str, Field(max_length=LONGEST_REASON)]


class Region(Model):
    """Where, in thousandths of the picture's width and height."""

    left: Thousandth
    top: Thousandth
    right: Thousandth
    bottom: Thousandth


class GateAnswer(Model):
    """A model's answer to one gate."""

    id: str
    answer: Answer
    evidence: Said = Field(description="what is seen that decides it, in a few words")
    region: Region | None = None


class Grade(Model):
    """A model's grade on one scale."""

    id: str
    grade: int = Field(ge=1, le=10)
    reason: Said = ""


class Looked(Model):
    """Everything a model answers about one picture."""

    answers: tuple[GateAnswer, ...] = ()
    grades: tuple[Grade, ...] = ()


class PartGrades(Model):
    """Grades of one product part, held against its reference photos."""

    part: str
    grades: tuple[Grade, ...]


class PartsLooked(Model):
    """Everything a model answers about the parts of one picture."""

    parts: tuple[PartGrades, ...]


class LookedWithParts(Looked):
    """Everything a model answers about one picture and its product's parts, asked in one call."""

    parts: tuple[PartGrades, ...] = ()


class Preference(StrEnum):
    """Which of two pictures is the better one."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


class PairAnswer(Model):
    """A model's answer about one pair; `first` and `second` are the numbers of the pictures."""

    first: int = Field(ge=1)
    second: int = Field(ge=1)
    better: Preference
    reason: Said = ""


class PairsLooked(Model):
    """Everything a model answers about pairs of pictures shown together."""

    pairs: tuple[PairAnswer, ...]


class Difference(Model):
    """Something that differs between pictures of a set: in which picture, and what."""

    picture: int = Field(ge=1)
    what: Said
    region: Region | None = None


class SetLooked(Model):
    """Everything a model answers about pictures judged together."""

    grades: tuple[Grade, ...]
    differences: tuple[Difference, ...] = ()


class TogetherLooked(PairsLooked, SetLooked):
    """Everything a model answers about pictures shown together: which it prefers, and whether they are one set."""


class Spent(Model):
    """What looking took: calls of a model, answers that were known already, and tokens and money."""

    calls: int = 0
    known: int = 0
    used: Used = NOTHING_USED
    notes: tuple[str, ...] = ()

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            calls=self.calls + other.calls,
            known=self.known + other.known,
            used=self.used + other.used,
            notes=(*self.notes, *other.notes),
        )


class Verdicts(Model):
    """Findings of judges that looked, and what they took."""

    findings: tuple[Finding, ...]
    spent: Spent = Spent()


class Order(Model):
    """Pictures in the order of preference, best first: `wins` are won comparisons less lost ones, over those made."""

    order: tuple[str, ...]
    wins: dict[str, float] = {}
    ties: tuple[tuple[str, str], ...] = ()
    agreement: Share | None = Field(default=None, description="share of pairs with the same answer in both orders")
    findings: tuple[Finding, ...] = Field(default=(), description="of the set's rubric, where that was asked for")
    spent: Spent = Spent()
