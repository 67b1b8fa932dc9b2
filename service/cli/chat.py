"""`onbrand chat`: the same graph in conversation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from domain.candidate import Edit, EditOutcome
from domain.errors import BadInput, NotFound, OnbrandError
from domain.run import ReviewAction, ReviewDecision, RunRequest, RunStatus, RunView
from service.cli.create import box_of, shown_steps
from service.cli.opening import opened, reported
from service.cli.options import BoxOption, BrandOption, ProductOption
from service.cli.questions import ask, ask_option, asset_or_upload
from service.cli.summary import HEADLINES, change_of, print_shortlist, print_summary, tell_failure
from service.cli.terminal import (
    Left,
    can_ask,
    ending_with_exit_codes,
    err,
    escaped,
    line,
    out,
    person,
    progress,
    run,
    tell,
)

if TYPE_CHECKING:
    from service.orchestrator import Onbrand

WORDS = """  say what to change ("make the can bigger, warmer light", "the second one on the beach")
  approve N   publish number N of the shortlist; "approve 1 for SE" names the market
  show        the whole story of this run
  new         start another request
  quit        leave"""


def chat(
    resume: Annotated[str | None, typer.Option("--resume", help="Run to go on with.")] = None,
    brand: BrandOption = "demo",
    product: ProductOption = None,
    product_box: BoxOption = None,
) -> None:
    """Talk a picture into being: questions with numbered replies, options, feedback, approval."""
    talk = Talk(brand, product, product_box, resume)
    with ending_with_exit_codes(as_json=False, go_on=talk.how_to_go_on):
        if not can_ask():
            raise BadInput(
                "chat needs an interactive terminal", where="chat", hint='in scripts use: onbrand create "..."'
            )
        run(talk.go())


@dataclass
class Talk:
    """One conversation: as many runs as the person wants. `run_id` is the run it is about now."""

    brand: str
    product: str | None
    product_box: str | None
    run_id: str | None

    def how_to_go_on(self) -> str:
        """The command that comes back here; nothing when no run is open."""
        return f"go on with: onbrand chat --resume {self.run_id}" if self.run_id else ""

    async def go(self) -> None:
        """Talk until the person leaves."""
        box = box_of(self.product_box)
        async with opened(self.brand, judges=True) as onbrand:
            with progress(shown=True) as show:
                onbrand.prepare(self.brand, show)
            try:
                while True:
                    if self.run_id is None:
                        self.run_id = self.begin(onbrand, box)
                    else:
                        self.run_id = await self.attend(onbrand, self.run_id)
            except Left:
                if self.run_id:
                    err.print(escaped(self.how_to_go_on()), highlight=False)

    def begin(self, onbrand: Onbrand, box: tuple[int, int, int, int] | None) -> str | None:
        """Take a request and write the new run down; None when it could not be taken. Raises Left."""
        words = line("\nWhat do you need? ")
        if not words:
            raise Left
        try:
            asset = asset_or_upload(onbrand, self.brand, self.product, "product")
            return onbrand.begin(RunRequest(request=words, brand=self.brand, product=asset, product_box=box)).run_id
        except OnbrandError as error:
            tell(error)
            return None

    async def attend(self, onbrand: Onbrand, run_id: str) -> str | None:
        """See one run through its questions to its end or the person's word; None for another request. Raises Left."""
        view = await self.to_review(onbrand, run_id)
        print_summary(view)
        if view.status is not RunStatus.REVIEW:
            return None
        err.print(f"[dim]{escaped(WORDS)}[/dim]", highlight=False)
        while view.status is RunStatus.REVIEW:
            words = line("\nyour word: ")
            verb, _, rest = words.partition(" ")
            if words == "new":
                return None
            if words == "show":
                print_summary(view)
            elif words in {"", "help"}:
                err.print(f"[dim]{escaped(WORDS)}[/dim]", highlight=False)
            else:
                try:
                    view = await act(onbrand, view, verb, rest, words)
                except OnbrandError as error:
                    tell(error)
        return None

    async def to_review(self, onbrand: Onbrand, run_id: str) -> RunView:
        """Advance, asking what the graph asks."""
        answer: dict[str, str] | None = None
        while True:
            with progress(shown=True) as show:
                view = await onbrand.advance(self.brand, run_id, answer=answer, on_event=shown_steps(show))
            if view.status is not RunStatus.NEEDS_INPUT or view.failure:
                return reported(onbrand, view)
            answer = ask(onbrand, view) if view.questions else ask_option(view)


async def act(onbrand: Onbrand, view: RunView, verb: str, rest: str, words: str) -> RunView:
    """Approve, or take the words as feedback; tells what came of it."""
    with progress(shown=True) as show:
        if verb == "approve":
            names, markets = approval_of(view, rest)
            after = await onbrand.approve(view.brand, view.run_id, names, person(), markets, on_event=shown_steps(show))
        else:
            decision = ReviewDecision(action=ReviewAction.FEEDBACK, text=words)
            after = await onbrand.answer_review(view.brand, view.run_id, decision, shown_steps(show))
    reported(onbrand, after)
    tell_outcome(view, after)
    return after


def tell_outcome(before: RunView, after: RunView) -> None:
    """What the person's last words led to: what changed, what did not, and where the run stands now."""
    known = {edit.id for edit in before.edits}
    tell_edits(tuple(edit for edit in after.edits if edit.id not in known))
    if after.status is RunStatus.REVIEW and after.shortlist == before.shortlist:
        out.print("the shortlist is as it was", highlight=False)
    else:
        out.print(f"\n[bold]{after.run_id}[/bold]: {HEADLINES[after.status]}", highlight=False)
        print_shortlist(after)
    for publication in after.publications:
        out.print(f"published: {escaped(publication.path)}", highlight=False)
    if after.failure:
        tell_failure(after.failure)


def tell_edits(edits: tuple[Edit, ...]) -> None:
    """What was changed for a person, one line a change however many pictures it touched, and what was not."""
    asked = [edit for edit in edits if edit.source == "person"]
    done = Counter(change_of(edit) for edit in asked if edit.outcome is EditOutcome.KEPT)
    for change, count in done.items():
        out.print(f"[green]✓[/green] {escaped(change)}" + (f" (x{count})" if count > 1 else ""), highlight=False)
    for edit in asked:
        if edit.outcome is not EditOutcome.KEPT:
            told = f"{change_of(edit)}: {edit.note}" if edit.field else edit.note
            out.print(f"[red]✗[/red] {escaped(told)}", highlight=False)
    if not done:
        out.print("nothing was changed; say it in other words, such as “bigger”, “to the left”, “on the beach”")


def approval_of(view: RunView, rest: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Candidates and markets of `approve 1, 2 for SE`; the first of the shortlist and the brief's markets if none.

    Raises NotFound for what is not on the shortlist, BadInput when no market is known.
    """
    which, _, where = f" {rest} ".partition(" for ")
    names = tuple(numbered(view, word) for word in which.replace(",", " ").split()) or view.shortlist[:1]
    markets = tuple(where.replace(",", " ").upper().split())
    if not markets and not (view.brief and view.brief.markets):
        raise BadInput(
            "this request names no market, and what is published is published somewhere",
            where="approve",
            hint='name it: "approve 1 for SE"',
        )
    return names, markets


def numbered(view: RunView, word: str) -> str:
    """A shortlist number or candidate id."""
    if word.isdigit() and 0 < int(word) <= len(view.shortlist):
        return view.shortlist[int(word) - 1]
    if word in view.shortlist:
        return word
    raise NotFound(f"{word!r} is not on the shortlist", where="approve", hint=f"1 to {len(view.shortlist)}")
