"""Answers to questions, held against the questions before the graph sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from domain.brief import Question
from domain.errors import BadInput, NotFound
from domain.run import RunView

if TYPE_CHECKING:
    from service.orchestrator import Onbrand

Taken = Callable[[str], str]
"""Makes an asset id of what was said to "which product?": itself, or that of a photo taken in."""


def usable(onbrand: Onbrand, view: RunView, question: Question, said: str, taken: Taken = str) -> str:
    """The answer in the words the graph takes: the value of a quick reply, an asset id, or what was said.

    Raises BadInput, NotFound or UnusableImage for what is no answer to this question.
    """
    if said.isdigit() and question.replies:
        if not 1 <= int(said) <= len(question.replies):
            raise BadInput(f"there is no reply {said}", where=question.id, hint=f"1 to {len(question.replies)}")
        return question.replies[int(said) - 1].value
    for reply in question.replies:
        if said.casefold() in {reply.value.casefold(), reply.label.casefold()}:
            return reply.value
    if question.field == "products":
        return product_of(onbrand, view, question, said, taken)
    if not said:
        raise BadInput("this question needs an answer", where=question.id, hint="choose one of its replies")
    if view.brief is not None:
        onbrand.language.apply_answer(view.brief, question, said)
    return said


def product_of(onbrand: Onbrand, view: RunView, question: Question, said: str, taken: Taken) -> str:
    """The asset that an answer to "which product?" names."""
    if not said:
        raise BadInput("this question needs an answer", where=question.id, hint="choose a reply, or give a photo")
    try:
        return onbrand.workshop.library.get(view.brand, taken(said)).id
    except NotFound:
        raise NotFound(
            f"“{said[:80]}” is neither a product of the library nor a photo file",
            where=question.id,
            hint="choose one of the replies, an asset id of the library, or give a photo",
        ) from None


def usable_answers(
    onbrand: Onbrand, view: RunView, given: Mapping[str, str], taken: Taken = str
) -> dict[str, str]:
    """Answers given beside each other, held against the run's open questions; those left out keep their default.

    Raises BadInput for an answer to a question that is not open, and for a required one left out.
    """
    by_id = {question.id: question for question in view.questions}
    unknown = [name for name in given if name not in by_id]
    missing = [q.id for q in view.questions if q.required and q.id not in given]
    if unknown or missing:
        what = f"no open question is called {unknown[0]!r}" if unknown else f"{missing[0]!r} is not answered"
        raise BadInput(what, where=view.run_id, hint=f"open: {', '.join(by_id)}; give an answer by id for each")
    return {name: usable(onbrand, view, by_id[name], said, taken) for name, said in given.items()}
