"""What a command has of the terminal: where text goes, whether anybody can answer, and how errors end a command."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from domain.errors import OnbrandError, ProgrammerMustAct, StorageFailed

T = TypeVar("T")

out = Console(soft_wrap=True)
"""What the person asked for."""

err = Console(stderr=True, soft_wrap=True)
"""Progress, questions and errors: never mixed into a document on stdout."""

EXITS = """Exit codes: 0 done, 1 fault, 2 usage or bad input, 3 needs an answer, 4 nothing passed, 5 refused."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it: 128 + SIGINT."""


LEAVE = {"quit", "exit"}
"""Words that leave at any prompt."""


class Left(Exception):
    """The person left instead of answering."""


def can_ask() -> bool:
    """Whether a person sits at this terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def person() -> str:
    """Who sits at this terminal, for approvals on one's own machine."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid {os.getuid()}"


def line(question: str) -> str:
    """One line from the person, without the space around it. Raises Left on `quit` and at the end of input (Ctrl-D).

    Ctrl-C leaves at once: the event loop would only note it and keep waiting for the line.
    """
    on_interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = err.input(escaped(question)).strip()
    except EOFError:
        err.print()
        raise Left from None
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
    if said.lower() in LEAVE:
        raise Left
    return said


def print_json(document: BaseModel | dict[str, Any] | list[Any]) -> None:
    """One JSON document on stdout, whatever the terminal."""
    text = document.model_dump_json(indent=2) if isinstance(document, BaseModel) else json.dumps(document, indent=2)
    sys.stdout.write(text + "\n")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end on an event loop of its own; Ctrl-C stops it between two steps."""
    return asyncio.run(work)


@contextmanager
def ending_with_exit_codes(*, as_json: bool, go_on: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Let an error end the command with its exit code and its three parts: what, where, what next.

    `go_on` gives the command that goes on after Ctrl-C, if there is a better one than `onbrand runs resume`.
    """
    try:
        yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except OnbrandError as error:
        fail(error, as_json=as_json)
    except OSError as error:
        fail(storage_failed(error), as_json=as_json)
    except KeyboardInterrupt:
        how = go_on() or "`onbrand runs list` shows where it stands, `onbrand runs resume` goes on"
        err.print(f"\n[yellow]stopped; {escaped(how)}[/yellow]", highlight=False)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        # A bug: its traceback is what whoever mends it needs, and a script still gets its one document.
        traceback.print_exc()
        fail(
            ProgrammerMustAct(
                f"Onbrand itself failed: {type(error).__name__}: {error}",
                hint="nothing of a run is lost (`onbrand runs list`); please report the lines above",
            ),
            as_json=as_json,
        )


def storage_failed(error: OSError) -> StorageFailed:
    """What the operating system refused, as one of our errors."""
    what = os.strerror(error.errno) if error.errno else str(error)
    return StorageFailed(
        f"a file cannot be read or written: {what}",
        where=str(error.filename or ""),
        hint="free some space or mend the permissions, then go on with `onbrand runs resume`",
    )


def fail(error: OnbrandError, *, as_json: bool) -> NoReturn:
    """Say what is wrong and leave."""
    if as_json:
        print_json({"error": error.document()})
    else:
        tell(error)
    raise typer.Exit(error.exit_code)


def tell(error: OnbrandError) -> None:
    """What is wrong, where, what next: on stderr."""
    err.print(f"[bold red]error:[/bold red] {escaped(error.message)}", highlight=False)
    if error.where:
        err.print(f"  where: {escaped(error.where)}", highlight=False)
    if error.hint:
        err.print(f"  next:  {escaped(error.hint)}", highlight=False)


def escaped(text: str) -> str:
    """Text of others without Rich markup."""
    return text.replace("[", r"\[")


@contextmanager
def progress(*, shown: bool) -> Iterator[Callable[[str, float], None]]:
    """A progress line on stderr: call with a description and a share 0..1. Silent when not shown."""
    if not shown:
        yield lambda text, share: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=1.0)

        def update(text: str, share: float) -> None:
            bar.update(task, description=escaped(text), completed=share)

        yield update


def quiet_libraries() -> None:
    """Keep the log lines of libraries off the terminal; their failures reach the person as our errors."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    for name in ("chromadb", "RapidOCR", "httpx", "langgraph"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
