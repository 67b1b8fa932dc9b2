"""`onbrand chat`: the same graph in conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.candidate import EditOutcome
from domain.errors import BadInput, NotFound, OnbrandError
from domain.run import ReviewAction, ReviewDecision, RunRequest, RunStatus, RunView
from service.cli.create import BrandOption, ProductOption, asset_or_upload, prompt, shown_steps
from service.cli.summary import print_summary
from service.cli.terminal import can_ask, ending_with_exit_codes, err, escaped, out, progress, run
from service.orchestrator import Onbrand, person
from service.report import write_report
from service.settings import load_settings

HELP = """say what to change ("make the can bigger, warmer light", "the second one on the beach"),
  approve N   publish number N of the shortlist
  show        the whole story of this run
  new         start another request
  quit        leave; `onbrand chat --resume RUN` comes back here"""


def chat(
    resume: Annotated[str | None, typer.Option("--resume", help="Run to go on with.")] = None,
    brand: BrandOption = "demo",
    product: ProductOption = None,
) -> None:
    """Talk a picture into being: questions with numbered replies, options, feedback, approval."""
    with ending_with_exit_codes(as_json=False):
        if not can_ask():
            raise BadInput(
                "chat needs an interactive terminal", where="chat", hint='in scripts use: onbrand create "..."'
            )
        run(converse(brand, resume, product))


async def converse(brand: str, resume: str | None, product: str | None) -> None:
    """One conversation: as many runs as the person wants."""
    async with Onbrand.open(load_settings()) as onbrand:
        with progress(shown=True) as show:
            onbrand.prepare(brand, show)
        run_id = resume
        while True:
            if run_id is None:
                words = said("\nWhat do you need? ")
                if words in {"", "quit", "exit"}:
                    return
                try:
                    run_id = begin(onbrand, brand, words, product)
                except OnbrandError as error:
                    tell(error)
                    continue
            view = await to_review(onbrand, brand, run_id)
            print_summary(view)
            run_id = await at_review(onbrand, brand, view) if view.status is RunStatus.REVIEW else None
            if run_id == "":
                return


def begin(onbrand: Onbrand, brand: str, words: str, product: str | None) -> str:
    """Write the new run down."""
    asset = asset_or_upload(onbrand, brand, product, "product")
    return onbrand.begin(RunRequest(request=words, brand=brand, product=asset)).run_id


async def to_review(onbrand: Onbrand, brand: str, run_id: str) -> RunView:
    """Advance, asking what the graph asks."""
    answer: dict[str, str] | None = None
    while True:
        with progress(shown=True) as show:
            view = await onbrand.advance(brand, run_id, answer=answer, on_event=shown_steps(show))
        if view.status is not RunStatus.NEEDS_INPUT or view.failure:
            write_report(onbrand.workshop, view)
            return view
        answer = uploaded(onbrand, brand, prompt(view.questions)) if view.questions else chosen_option(view)


def uploaded(onbrand: Onbrand, brand: str, answers: dict[str, str]) -> dict[str, str]:
    """A file path given as the answer to "which product?" becomes an asset of this run."""
    return {
        name: asset_or_upload(onbrand, brand, value, "product") or value
        if name.startswith("product") and Path(value).is_file()
        else value
        for name, value in answers.items()
    }


def chosen_option(view: RunView) -> dict[str, str]:
    """Numbered options with their predicted price, time and pass rate; Enter takes the first."""
    for number, option in enumerate(view.options, start=1):
        told = option.prediction
        rate = f"{told.pass_probability:.0%} pass" if told.pass_probability is not None else "no history"
        line = f"  {number}. {option.title}: ${told.cost:.2f}, about {told.seconds:.0f} s, {rate}"
        err.print(escaped(line), highlight=False)
    words = said("which one? [1] ")
    index = int(words) - 1 if words.isdigit() and 0 < int(words) <= len(view.options) else 0
    return {"option": view.options[index].name}


async def at_review(onbrand: Onbrand, brand: str, view: RunView) -> str | None:
    """Feedback until the person approves, starts anew or leaves: a run id to go on with, None for new, "" to leave."""
    err.print(f"[dim]{escaped(HELP)}[/dim]", highlight=False)
    while True:
        words = said("\nyour word: ")
        verb, _, rest = words.partition(" ")
        if verb in {"quit", "exit"}:
            return ""
        if verb == "new":
            return None
        if verb == "show":
            print_summary(view)
        elif words:
            try:
                view = await act(onbrand, brand, view, verb, rest, words)
            except OnbrandError as error:
                tell(error)
            if view.status is not RunStatus.REVIEW:
                return None


async def act(onbrand: Onbrand, brand: str, view: RunView, verb: str, rest: str, words: str) -> RunView:
    """Approve, or take the words as feedback."""
    with progress(shown=True) as show:
        if verb == "approve":
            names = tuple(numbered(view, word) for word in rest.replace(",", " ").split()) or view.shortlist[:1]
            view = await onbrand.approve(brand, view.run_id, names, person(), on_event=shown_steps(show))
        else:
            decision = ReviewDecision(action=ReviewAction.FEEDBACK, text=words)
            view = await onbrand.answer_review(brand, view.run_id, decision, shown_steps(show))
    write_report(onbrand.workshop, view)
    told_edits(view)
    print_summary(view)
    return view


def told_edits(view: RunView) -> None:
    """What a person's last words led to."""
    latest = max((edit.round for edit in view.edits), default=0)
    for edit in view.edits:
        if edit.source == "person" and edit.round == latest:
            mark = "✗" if edit.outcome is EditOutcome.REFUSED else "✓"
            line = f"{mark} {edit.target}.{edit.field}: {edit.before} → {edit.after} {edit.note}"
            out.print(escaped(line), highlight=False)


def numbered(view: RunView, word: str) -> str:
    """A shortlist number or candidate id."""
    if word.isdigit() and 0 < int(word) <= len(view.shortlist):
        return view.shortlist[int(word) - 1]
    if word in view.shortlist:
        return word
    raise NotFound(f"{word!r} is not on the shortlist", where="approve", hint=f"1 to {len(view.shortlist)}")


def said(question: str) -> str:
    """One line from the person; the end of input is leaving."""
    try:
        return err.input(escaped(question)).strip()
    except EOFError:
        return "quit"


def tell(error: OnbrandError) -> None:
    """An error in conversation: say it and go on."""
    err.print(f"[red]{escaped(error.message)}[/red] {escaped(error.hint)}", highlight=False)
