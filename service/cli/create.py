"""`onbrand create`: one request to a shortlist of checked images."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.brief import Question
from domain.errors import BadInput, from_document
from domain.run import RunRequest, RunStatus, RunView
from domain.values import Box, Size
from service.cli.opening import opened, reported
from service.cli.options import (
    AnswerOption,
    BackgroundOption,
    BoxOption,
    BrandOption,
    ChannelOption,
    JsonOption,
    MarketOption,
    OutOption,
    ProductOption,
)
from service.cli.questions import ask, ask_option, asset_or_upload
from service.cli.summary import print_summary
from service.cli.terminal import Left, can_ask, ending_with_exit_codes, print_json, progress, run

if TYPE_CHECKING:
    from service.orchestrator import Onbrand

STEPS = ("understand", "plan", "generate", "critique", "settle", "revise", "shortlist")
DOING = {
    "understand": "reading the request and looking in the library",
    "plan": "planning scenes and compositions",
    "generate": "drawing candidates",
    "critique": "checking candidates",
    "settle": "ranking, reading text on finalists",
    "revise": "revising what failed",
    "shortlist": "rendering final files",
    "deploy": "publishing",
    "monitor": "looking at what is out",
}
EXIT_BY_STATUS = {
    RunStatus.NEEDS_INPUT: 3,
    RunStatus.NOTHING_PASSED: 4,
    RunStatus.REFUSED: 5,
    RunStatus.FAILED: 1,
}

Request = Annotated[str, typer.Argument(help="What you need, in plain words.", show_default=False)]


def create(
    request: Request,
    product: ProductOption = None,
    product_box: BoxOption = None,
    background: BackgroundOption = None,
    brand: BrandOption = "demo",
    market: MarketOption = None,
    channel: ChannelOption = None,
    answer: AnswerOption = None,
    option: Annotated[str | None, typer.Option("--option", help="Option to take: standard or quick.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=0, max=8, help="Revision rounds at most.")] = 2,
    budget: Annotated[float, typer.Option("--budget", min=0.0, help="US dollars at most.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Same seed, same pictures.")] = 7,
    size: Annotated[str | None, typer.Option("--size", help="WxH in pixels, instead of the channel's.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take every default.")] = False,
    stop_to_ask: Annotated[
        bool, typer.Option("--ask", help="Stop at questions (exit code 3) instead of taking defaults.")
    ] = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a request and a product photo into a shortlist of checked images."""
    with ending_with_exit_codes(as_json=as_json):
        view = run(
            _create(
                request,
                product=product,
                product_box=product_box,
                background=background,
                brand=brand,
                markets=market or [],
                channels=channel or [],
                answers=answer or [],
                option=option,
                rounds=rounds,
                budget=budget,
                seed=seed,
                size=size,
                yes=yes,
                stop_to_ask=stop_to_ask,
                out=writable(out),
                as_json=as_json,
            )
        )
    finish(view, as_json=as_json)


async def _create(
    words: str,
    *,
    product: str | None,
    product_box: str | None,
    background: str | None,
    brand: str,
    markets: list[str],
    channels: list[str],
    answers: list[str],
    option: str | None,
    rounds: int,
    budget: float,
    seed: int,
    size: str | None,
    yes: bool,
    stop_to_ask: bool,
    out: Path | None,
    as_json: bool,
) -> RunView:
    async with opened(brand, judges=True) as onbrand:
        with progress(shown=not as_json) as show:
            onbrand.prepare(brand, show)
        request = RunRequest(
            request=words,
            brand=brand,
            product=asset_or_upload(onbrand, brand, product, "product"),
            product_box=box_of(product_box),
            background=asset_or_upload(onbrand, brand, background, "background"),
            markets=tuple(code.upper() for code in markets),
            channels=tuple(channels),
            answers=answers_of(answers),
            option=option or "standard",
            rounds=rounds,
            budget=budget,
            seed=seed,
            size=checked_size(size),
            assume=yes,
        )
        row = onbrand.begin(request, out)
        view = await drive(
            onbrand,
            brand,
            row.run_id,
            as_json=as_json,
            stop_to_ask=stop_to_ask,
            may_prompt=can_ask() and not yes and not as_json,
        )
        return reported(onbrand, view)


async def drive(
    onbrand: Onbrand,
    brand: str,
    run_id: str,
    *,
    as_json: bool,
    stop_to_ask: bool,
    may_prompt: bool,
    answer: dict[str, Any] | None = None,
) -> RunView:
    """Advance a run to its review or end: questions are put to the person, or take their defaults.

    A person who ends the input instead of answering leaves the run waiting for the answer.
    """
    by = "person"
    while True:
        with progress(shown=not as_json) as show:
            view = await onbrand.advance(brand, run_id, answer=answer, by=by, on_event=shown_steps(show))
        if view.status is not RunStatus.NEEDS_INPUT or view.failure or stop_to_ask:
            return view
        if may_prompt:
            try:
                answer = ask(onbrand, view) if view.questions else ask_option(view)
            except Left:
                return view
        elif view.questions:
            answer, by = defaults(view.questions), "default"
            if any(question.required and not answer.get(question.id) for question in view.questions):
                return view
        else:
            answer, by = {"option": view.options[0].name}, "default"


def shown_steps(show: Any) -> Any:
    """An event listener that moves the progress line."""

    def listen(kind: str, data: dict[str, Any]) -> None:
        stage = str(data.get("stage"))
        if kind == "stage_started" and stage in DOING:
            share = STEPS.index(stage) / len(STEPS) if stage in STEPS else 0.95
            show(DOING[stage], share)

    return listen


def defaults(questions: tuple[Question, ...]) -> dict[str, str]:
    """Every question's default, for a run nobody watches."""
    return {question.id: question.default for question in questions if question.default is not None}


def writable(folder: Path | None) -> Path | None:
    """Read --out, making the folder; raises BadInput before anything is drawn that could not be put there."""
    if folder is None:
        return None
    whole = folder.expanduser().resolve()
    try:
        whole.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=whole):
            pass
    except OSError as error:
        raise BadInput(
            f"the folder {whole} cannot be written: {os.strerror(error.errno or 0)}",
            where="--out",
            hint="give a folder you can write to",
        ) from error
    return whole


def box_of(text: str | None) -> tuple[int, int, int, int] | None:
    """Read --product-box; raises BadInput."""
    if text is None:
        return None
    try:
        box = Box.parse(text)
    except ValueError as error:
        raise BadInput(
            f"{text!r} is no box", where="--product-box", hint="give x,y,w,h in pixels: 120,80,400,600"
        ) from error
    return box.x, box.y, box.width, box.height


def checked_size(text: str | None) -> str | None:
    """Read --size; raises BadInput."""
    if text is None:
        return None
    try:
        size = Size.parse(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is no size", where="--size", hint="give WxH, 256 to 4096 each: 1080x1350") from error
    if min(size.width, size.height) < 256 or max(size.width, size.height) > 4096:
        raise BadInput(f"{size} is out of range", where="--size", hint="each side from 256 to 4096 pixels")
    return str(size)


def answers_of(texts: list[str]) -> dict[str, str]:
    """Read --answer ID=VALUE; raises BadInput."""
    answers = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise BadInput(
                f"{text!r} is no answer", where="--answer", hint="give ID=VALUE: --answer product=solara-lemon"
            )
        answers[name] = value
    return answers


def finish(view: RunView, *, as_json: bool) -> None:
    """Print the run and leave with its exit code."""
    if as_json:
        print_json(view)
    else:
        print_summary(view)
    code = EXIT_BY_STATUS.get(view.status, 0)
    if view.failure and view.status is not RunStatus.NOTHING_PASSED:
        code = from_document(view.failure.model_dump()).exit_code
    if code:
        raise typer.Exit(code)
