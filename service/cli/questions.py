"""Questions put to the person at the terminal, and their answers checked before the graph sees them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from domain.brief import Question
from domain.errors import OnbrandError
from domain.plan import Prediction
from domain.run import OptionView, RunView
from service.cli.terminal import err, escaped, line, tell

if TYPE_CHECKING:
    from service.orchestrator import Onbrand

PHOTOS = {".png", ".jpg", ".jpeg", ".webp"}


def ask(onbrand: Onbrand, view: RunView) -> dict[str, str]:
    """Every open question of a run, with numbered quick replies; Enter takes the default.

    An answer that cannot be used is told and asked for again. Raises Left when the person ends the input.
    """
    answers = {}
    for question in view.questions:
        answer = ask_one(onbrand, view, question)
        if answer:
            answers[question.id] = answer
    return answers


def ask_one(onbrand: Onbrand, view: RunView, question: Question) -> str:
    """One question until there is an answer to it; empty when it may stay open and does."""
    err.print(f"\n[bold]{escaped(question.text)}[/bold]  [dim]({escaped(question.why)})[/dim]", highlight=False)
    for number, reply in enumerate(question.replies, start=1):
        err.print(f"  {number}. {escaped(reply.label)}", highlight=False)
    from service.answers import usable

    labels = {reply.value: str(number) for number, reply in enumerate(question.replies, start=1)}
    default = labels.get(question.default or "", question.default)
    while True:
        said = line(f"your answer [{default}]: " if default else "your answer: ")
        if not said and (question.default is not None or not question.required):
            return question.default or ""
        try:
            return usable(onbrand, view, question, said, partial(photo_or_id, onbrand, view.brand))
        except OnbrandError as error:
            tell(error)


def photo_or_id(onbrand: Onbrand, brand: str, said: str) -> str:
    """The asset id an answer to "which product?" stands for: a photo file is taken in as an asset of this run."""
    return str(asset_or_upload(onbrand, brand, said, "product"))


def asset_or_upload(onbrand: Onbrand, brand: str, given: str | None, kind: str) -> str | None:
    """A file becomes an asset of this run; anything else is an asset id.

    Terminals paste a dragged file in quotes or with escaped spaces; both are understood.
    """
    if given is None:
        return None
    plain = given.strip().strip("'\"")
    path = Path(plain).expanduser()
    if not path.is_file() and "\\ " in plain:
        path = Path(plain.replace("\\ ", " ")).expanduser()
    looks_like_file = path.suffix.lower() in PHOTOS or "/" in plain or path.is_file()
    return onbrand.add_upload(brand, path, kind).id if looks_like_file else given


def answers_from(onbrand: Onbrand, view: RunView, given: Mapping[str, str]) -> dict[str, str]:
    """Answers given beside the command, held against the run's open questions; photo files are taken in.

    Raises BadInput for an answer to a question that is not open, and for a required one left out.
    """
    from service.answers import usable_answers

    return usable_answers(onbrand, view, given, partial(photo_or_id, onbrand, view.brand))


def ask_option(view: RunView) -> dict[str, str]:
    """Numbered options with their predicted price, time and pass rate; Enter takes the first."""
    names = {option.name: option.name for option in view.options}
    for number, option in enumerate(view.options, start=1):
        names[str(number)] = option.name
        err.print(escaped(f"  {number}. {option_line(option)}"), highlight=False)
    while True:
        said = line("which one? [1] ") or "1"
        if said in names:
            return {"option": names[said]}
        err.print(f"choose a number from 1 to {len(view.options)}, or quit", highlight=False)


def option_line(option: OptionView) -> str:
    """An option with what it is predicted to cost and to take."""
    told: Prediction = option.prediction
    rate = (
        f"{told.pass_probability:.0%} of {told.history} runs filled their shortlist"
        if told.pass_probability is not None
        else "no history yet"
    )
    return f"{option.title}: ${told.cost:.2f}, about {told.seconds:.0f} s, {rate}"
