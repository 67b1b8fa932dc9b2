"""Which of two runs' pictures is preferred: a blind study by people, or by a model, ready to run.

Every pair is shown twice, in both orders, among the others and without names. Somebody who answers otherwise the second
time preferred neither: that is a tie.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import ValidationError

from domain.errors import BadInput
from domain.ports import ArtifactStore
from domain.values import BrandId, Digest, Model
from evals.diff import candidates_of, last
from evals.intervals import Interval, wilson
from evals.pages import STUDY_WIDTH, templates, thumbnails
from evals.recording import Recording
from tools.imaging.decode import decode
from tools.judges.looking import Bench, prefer

SEED = 20261126
Choice = Literal["left", "right", "tie"]


class Pair(Model):
    """The first finalist of two runs of the same request."""

    id: str
    request: str
    a: Digest
    b: Digest


class Question(Model):
    """One showing of a pair; `a_left` says which side is which, and is not in what people are shown."""

    id: str
    pair: str
    a_left: bool


class Study(Model):
    """A study: pairs of two systems, and the order in which they are shown. Kept by whoever runs it."""

    brand: BrandId
    a: str
    b: str
    pairs: tuple[Pair, ...]
    questions: tuple[Question, ...]


class Answers(Model):
    """What one person (or model) said, by question."""

    by: str
    answers: dict[str, Choice]


class Result(Model):
    """What a study found: pairs that A won, that B won, and ties, over all who answered."""

    a_wins: int
    b_wins: int
    ties: int
    unanswered: int
    agreement: float | None
    by: tuple[str, ...]

    @property
    def share(self) -> Interval | None:
        """Share of decided pairs that B won, with Wilson's interval; None where none was decided."""
        decided = self.a_wins + self.b_wins
        return wilson(self.b_wins, decided) if decided else None

    @property
    def verdict(self) -> str:
        """Which is preferred, as far as these answers tell."""
        share = self.share
        if share is None or share.low <= 0.5 <= share.high:
            return "not told apart"
        return "b is preferred" if share.value > 0.5 else "a is preferred"


def study_of(one: Sequence[Recording], other: Sequence[Recording]) -> Study:
    """Pair the runs of two sides by their requests. Raises BadInput where nothing pairs.

    Where a run has no finalist, or both have the same picture, there is nothing to choose.
    """
    by_request = {str(recording.header.request.get("request")): recording for recording in other}
    pairs = []
    for recording in one:
        words = str(recording.header.request.get("request"))
        a, b = finalist(recording), finalist(by_request[words]) if words in by_request else None
        if a is not None and b is not None and a != b:
            pairs.append(Pair(id=hashlib.sha256(f"{a}{b}".encode()).hexdigest()[:12], request=words, a=a, b=b))
    if not pairs:
        raise BadInput(
            "no two runs of the same request have different finalists", where="TRACE",
            hint="give two traces, or two folders of traces, of the same requests",
        )
    dice = Random(SEED)
    questions = [(pair.id, left) for pair in pairs for left in (True, False)]
    dice.shuffle(questions)
    shown = [Question(id=f"q{n:03d}", pair=pair, a_left=left) for n, (pair, left) in enumerate(questions, start=1)]
    return Study(
        brand=one[0].header.brand, a=one[0].name, b=other[0].name, pairs=tuple(pairs), questions=tuple(shown)
    )


def finalist(recording: Recording) -> Digest | None:
    """The picture of a run's first finalist."""
    shortlist = last(recording, "shortlist") or ()
    found = candidates_of(recording).get(shortlist[0], {}).get("artifact") if shortlist else None
    return found or None


def study_page(study: Study, artifacts: ArtifactStore) -> str:
    """The page people answer on: pictures and requests, no names of systems, answers saved as a file."""
    thumbnail = thumbnails(artifacts, study.brand, STUDY_WIDTH)
    pairs = {pair.id: pair for pair in study.pairs}
    pictures = {digest: thumbnail(digest) for pair in study.pairs for digest in (pair.a, pair.b)}
    shown = []
    for question in study.questions:
        pair = pairs[question.pair]
        left, right = (pair.a, pair.b) if question.a_left else (pair.b, pair.a)
        shown.append(
            {"id": question.id, "request": pair.request, "left": pictures[left], "right": pictures[right]}
        )
    return templates().get_template("study.html").render(questions=shown, ids=[q["id"] for q in shown])


def by_model(study: Study, artifacts: ArtifactStore, bench: Bench) -> Result:
    """The study answered by the model that judges sets: every pair in both orders, disagreement with itself a tie."""
    wins: dict[str, int] = defaultdict(int)
    agreed: list[float] = []
    for pair in study.pairs:
        images = {side: decode(artifacts.get(study.brand, digest)).image[..., :3] for side, digest in
                  (("a", pair.a), ("b", pair.b))}
        order = prefer(bench, images, pair.request)
        won = {side: order.wins.get(side, 0.0) for side in images}
        if not order.wins:
            wins["unanswered"] += 1
        elif won["a"] == won["b"]:
            wins["ties"] += 1
        else:
            wins["a_wins" if won["a"] > won["b"] else "b_wins"] += 1
        if order.agreement is not None:
            agreed.append(order.agreement)
    counts = {name: wins[name] for name in ("a_wins", "b_wins", "ties", "unanswered")}
    return Result(**counts, agreement=sum(agreed) / len(agreed) if agreed else None, by=("model",))


def score(study: Study, answers: Iterable[Answers]) -> Result:
    """Count preferences: a pair is won where both showings say so. Raises BadInput for answers to another study."""
    asked: dict[str, list[Question]] = defaultdict(list)
    for question in study.questions:
        asked[question.pair].append(question)
    known = {question.id for question in study.questions}
    counts = {"a_wins": 0, "b_wins": 0, "ties": 0, "unanswered": 0}
    agreed = both = 0
    people = []
    for one in answers:
        if unknown := sorted(set(one.answers) - known):
            raise BadInput(f"{unknown[0]} is no question of this study", where=one.by, hint="score each study apart")
        people.append(one.by)
        for questions in asked.values():
            said = [preferred(question, one.answers) for question in questions]
            if None in said:
                counts["unanswered"] += 1
                continue
            both += 1
            agreed += said[0] == said[1]
            won = said[0] if said[0] == said[1] else "tie"
            counts["ties" if won == "tie" else f"{won}_wins"] += 1
    return Result(**counts, agreement=agreed / both if both else None, by=tuple(people))


def preferred(question: Question, answers: Mapping[str, Choice]) -> str | None:
    """Which side an answer prefers: a, b or tie; None where there is no answer."""
    choice = answers.get(question.id)
    if choice is None or choice == "tie":
        return choice
    return "a" if (choice == "left") == question.a_left else "b"


def read_study(path: Path) -> Study:
    """A study from its file. Raises BadInput."""
    try:
        return Study.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BadInput(f"{path} is no study", where=str(path), hint="`onbrand evals pairs make` writes one") from error


def read_answers(path: Path) -> Answers:
    """A person's answers from the file the page saved. Raises BadInput."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Answers.model_validate({"by": path.stem, **document})
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(f"{path} holds no answers", where=str(path), hint="give the file the page saved") from error
