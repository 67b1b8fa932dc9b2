"""Questions put to the person at the terminal, and their answers checked before the graph sees them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from domain.brief import Question
from domain.errors import BadInput, NotFound, OnbrandError
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
    labels = {reply.value: str(number) for number, reply in enumerate(question.replies, start=1)}
    default = labels.get(question.default or "", question.default)
    while True:
        said = line(f"your answer [{default}]: " if default else "your answer: ")
        if not said and (question.default is not None or not question.required):
            return question.default or ""
        try:
            return usable(onbrand, view, question, said)
        except OnbrandError as error:
            tell(error)


def usable(onbrand: Onbrand, view: RunView, question: Question, said: str) -> str:
    """The answer in the words the graph takes: the value of a quick reply, an asset id, or what was said.

    A photo file that answers "which product?" is taken in as an asset of this run. Raises BadInput, NotFound or
    UnusableImage for what is no answer to this question.
    """
    if said.isdigit() and question.replies:
        if not 1 <= int(said) <= len(question.replies):
            raise BadInput(f"there is no reply {said}", where=question.id, hint=f"1 to {len(question.replies)}")
        return question.replies[int(said) - 1].value
    for reply in question.replies:
        if said.casefold() in {reply.value.casefold(), reply.label.casefold()}:
            return reply.value
    if question.field == "products":
        return product_of(onbrand, view.brand, said)
    if not said:
        raise BadInput("this question needs an answer", where=question.id, hint="choose a number")
    if view.brief is not None:
        onbrand.language.apply_answer(view.brief, question, said)
    return said


def product_of(onbrand: Onbrand, brand: str, said: str) -> str:
    """The asset that an answer to "which product?" names: a photo file, or an id of the library."""
    if not said:
        raise BadInput("this question needs an answer", where="product", hint="choose a number, or give a photo's path")
    found = asset_or_upload(onbrand, brand, said, "product")
    try:
        return onbrand.workshop.library.get(brand, str(found)).id
    except NotFound:
        raise NotFound(
            f"“{said}” is neither a product of the library nor a photo file",
            where="product",
            hint="choose a number, an id of `onbrand assets list`, or give the path of a photo",
        ) from None


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


def usable_answers(onbrand: Onbrand, view: RunView, given: Mapping[str, str]) -> dict[str, str]:
    """Answers given beside the command, held against the run's open questions.

    Raises BadInput for an answer to a question that is not open, and for a required one left out.
    """
    by_id = {question.id: question for question in view.questions}
    unknown = [name for name in given if name not in by_id]
    missing = [q.id for q in view.questions if q.required and q.id not in given]
    if unknown or missing:
        what = f"no open question is called {unknown[0]!r}" if unknown else f"{missing[0]!r} is not answered"
        raise BadInput(what, where=view.run_id, hint=f"open: {', '.join(by_id)}; give --answer ID=VALUE for each")
    return {name: usable(onbrand, view, by_id[name], said) for name, said in given.items()}


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
