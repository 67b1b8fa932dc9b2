"""Errors and hints in the words of somebody who holds these tools, not a command line."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import ValidationError

from domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    OnbrandError,
    OperatorMustAct,
    ProgrammerMustAct,
    TooManyRequests,
    Unauthorised,
)

PARAMETERS = {
    "product": "product",
    "product-box": "product_box",
    "background": "background",
    "market": "markets",
    "channel": "channels",
    "size": "size",
    "option": "option",
    "rounds": "rounds",
    "budget": "budget",
    "seed": "seed",
    "candidate": "candidates",
    "caption": "caption",
    "answer": "answers",
    "yes": "assume",
}
"""Options of the command line, and the parameters that are the same thing here."""

Replacement = str | Callable[[re.Match[str]], str]
REWORDED: tuple[tuple[re.Pattern[str], Replacement], ...] = (
    (re.compile(r"(?:List your runs: )?`?onbrand runs list`?"), "give the run_id that create_image returned"),
    (re.compile(r"(?:List your assets: )?`?onbrand assets list`?"), "search_assets"),
    (re.compile(r"`?onbrand runs show(?: run-[0-9a-z]+)?`?"), "get_run"),
    (re.compile(r"`?onbrand runs approve(?: run-[0-9a-z]+)?`?"), "approve_image"),
    (re.compile(r"`?onbrand create`?"), "create_image"),
    (re.compile(r"`?onbrand check`?"), "check_image"),
    (re.compile(r"--answer ID=VALUE"), "`answers`"),
    (
        re.compile(r"--([a-z-]+)(?: (?:FILE|TEXT|ID))?(?![a-z])"),
        lambda found: f"`{PARAMETERS[found[1]]}`" if found[1] in PARAMETERS else found[0],
    ),
)

DEFAULT_HINTS: tuple[tuple[type[OnbrandError], str], ...] = (
    (NotFound, "check the id; search_assets lists assets, create_image returns run ids"),
    (Conflict, "call get_run and see where the run stands"),
    (Unauthorised, "the person must give this client a valid key"),
    (Forbidden, "the person must ask an administrator for the role"),
    (ProgrammerMustAct, "tell the person; whoever runs Onbrand finds the cause in its log"),
)


def here(text: str) -> str:
    """A hint or question with commands and options as these tools and their parameters."""
    for pattern, replacement in REWORDED:
        text = pattern.sub(replacement, text)
    return text


def told(error: OnbrandError) -> str:
    """What is wrong, where, and what to do next."""
    message = here(error.message).strip().rstrip(".")
    where = here(error.where)
    place = f" ({where})" if where and where not in message else ""
    hint = here(error.hint) or next((hint for kind, hint in DEFAULT_HINTS if isinstance(error, kind)), "")
    lines = [f"{message}{place}."]
    if isinstance(error, TooManyRequests):
        lines.append(f"Try again in {max(1, round(error.retry_after_s))} s.")
    if hint:
        lines.append(f"What to do: {hint.rstrip('.')}.")
    if isinstance(error, OperatorMustAct):
        lines.append("This is for whoever runs the server: tell the person, do not try again in a loop.")
    return "\n".join(lines)


def told_arguments(tool: str, error: ValidationError, parameters: dict[str, object]) -> str:
    """What is wrong with a call's arguments, and what the tool takes."""
    wrong = []
    for problem in error.errors(include_url=False, include_input=False)[:5]:
        name = ".".join(str(part) for part in problem["loc"]) or "arguments"
        what = "there is no such parameter" if problem["type"] == "extra_forbidden" else problem["msg"].lower()
        wrong.append(f"`{name}`: {what}")
    return f"{tool} cannot be called like this. {'; '.join(wrong)}.\nIt takes: {', '.join(parameters)}."
