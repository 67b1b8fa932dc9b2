"""Which of the possible questions to ask first, and in whose words: the built-in finds them, a model orders them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.brief import Brief, Question
from domain.values import Model

LONGEST_QUESTION = 200


class WordedQuestion(Model):
    """One question by its id, in the person's language."""

    id: str
    text: str


class ChosenQuestions(Model):
    """What a model answers as planner."""

    questions: tuple[WordedQuestion, ...]


def to_choose(brief: Brief, possible: Sequence[Question]) -> dict[str, Any]:
    """What the model is given."""
    return {
        "language": brief.language,
        "request": brief.request,
        "questions": [
            {
                "id": question.id, "text": question.text, "why": question.why,
                "replies": [reply.label for reply in question.replies],
            }
            for question in possible
        ],
    }


def questions_from(chosen: ChosenQuestions, possible: Sequence[Question]) -> tuple[Question, ...]:
    """The possible questions in the model's order and words; required ones stay first, none is added or lost.

    Only order and wording are the model's: replies, defaults and what an answer means are not.
    """
    worded = {question.id: question.text for question in chosen.questions}
    order = {question.id: place for place, question in enumerate(chosen.questions)}
    ranked = sorted(possible, key=lambda q: (not q.required, order.get(q.id, len(order)), -q.gain))
    gains = sorted((question.gain for question in possible), reverse=True)
    return tuple(
        question.model_copy(update={"gain": gain, "text": _usable(worded.get(question.id, ""), question.text)})
        for question, gain in zip(ranked, gains, strict=True)
    )


def _usable(text: str, instead: str) -> str:
    said = " ".join(text.split())
    return said if said.endswith(("?", "？")) and len(said) <= LONGEST_QUESTION else instead
