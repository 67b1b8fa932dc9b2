"""What a fork changes, and which recorded answers depend on it.

A change that is part of a request (rounds, seed, words) needs no list: what is asked then differs, and the tape has no
answer. Rules and limits of checks are not in any request: here stands which calls they decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from domain.candidate import Severity
from domain.documents import read_yaml
from domain.errors import BadInput
from domain.models import ModelRole, ModelSpec
from domain.ports import Rulebook
from domain.run import RunRequest
from evals.tape import Depends
from tools.judges import checks_for
from tools.judges.book import Book, book
from tools.prompts import PromptFile, parse_prompt

REQUEST = ("request", "product", "background", "markets", "channels", "option", "rounds", "budget", "seed", "size")
"""Fields of the request that may be set anew; `answers.ID` sets one answer."""

LISTS = {"markets", "channels"}
GRAPH = ("grid", "shortlist")
"""Settings of the graph that may be set anew."""

CHECKING = {"assets.read_rules", "assets.check_rules"}
JUDGING = {"judges.judge_candidate", "judges.judge_image"}
LOOKING = {"assets.find_scenes"}
"""Calls whose answers depend on the brand book beside its rules: colours and preferred scenes."""


@dataclass(frozen=True)
class Changes:
    """What is changed. `told` are the changes in words, as given."""

    request: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    grid: int | None = None
    shortlist: int | None = None
    rules: tuple[Path, ...] = ()
    checks: Book | None = None
    step: str | None = None
    models: dict[ModelRole, ModelSpec] = field(default_factory=dict)
    prompts: dict[str, PromptFile] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    def applied(self, recorded: dict[str, Any]) -> RunRequest:
        """The request with its changes. Raises BadInput for a value that cannot be one."""
        fields = {**recorded, **self.request, "answers": {**recorded.get("answers", {}), **self.answers}}
        try:
            return RunRequest.model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(
                f"the request cannot be changed so: {first['msg']}", where=f"--set {first['loc'][0]}"
            ) from error


def parsed(
    sets: Sequence[str] = (),
    *,
    rules: Sequence[Path] = (),
    judges: Sequence[str] = (),
    prompts: Sequence[Path] = (),
    step: str | None = None,
) -> Changes:
    """The options of a fork. Raises BadInput naming the first that is wrong, and for a fork that changes nothing."""
    told = [*sets, *(f"rule {path.name}" for path in rules), *(f"judge {judge}" for judge in judges)]
    told += [f"prompt {path.name}" for path in prompts]
    if step:
        told.append(f"live from {step}")
    if not told:
        raise BadInput("a fork changes something", hint="give --set, --rule, --judge or --from")
    request: dict[str, Any] = {}
    answers: dict[str, str] = {}
    graph: dict[str, int] = {}
    models: dict[ModelRole, ModelSpec] = {}
    for one in sets:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadInput(f"{one!r} sets nothing", where="--set", hint="write NAME=VALUE, as in rounds=3")
        if name.startswith("answers."):
            answers[name.removeprefix("answers.")] = value
        elif name.endswith(".model"):
            role = role_named(name.removesuffix(".model"))
            models[role] = spec_of(name, value)
        elif name in GRAPH:
            graph[name] = number(name, value)
        elif name in REQUEST:
            request[name] = [part for part in value.split(",") if part] if name in LISTS else value or None
        else:
            raise BadInput(
                f"{name!r} cannot be changed in a fork", where="--set",
                hint=f"one of {', '.join((*REQUEST, *GRAPH))}, answers.QUESTION or ROLE.model",
            )
    return Changes(
        request, answers, graph.get("grid"), graph.get("shortlist"), tuple(rules), limits(judges), step, models,
        {file.prompt.name: file for file in map(read_prompt, prompts)}, tuple(told),
    )


def role_named(name: str) -> ModelRole:
    """A model's role. Raises BadInput for one there is not."""
    if name not in set(ModelRole):
        raise BadInput(f"there is no role {name!r}", where="--set", hint=f"one of {', '.join(ModelRole)}")
    return ModelRole(name)


def spec_of(name: str, value: str) -> ModelSpec:
    """A model as it is written in settings. Raises BadInput."""
    try:
        return ModelSpec.parse(value)
    except ValueError as error:
        raise BadInput(f"{value!r} is no model", where=f"--set {name}", hint=str(error)) from error


def read_prompt(path: Path) -> PromptFile:
    """A prompt file in the place of the shipped one of its name. Raises BadInput."""
    try:
        return parse_prompt(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadInput(f"there is no prompt {path}", where="--prompt", hint="copy one of the shipped ones") from error


def number(name: str, value: str) -> int:
    """A count of at least one. Raises BadInput."""
    if not value.isdecimal() or not 1 <= int(value) <= 27:
        raise BadInput(f"{name} is a number from 1 to 27, not {value!r}", where="--set")
    return int(value)


def limits(judges: Sequence[str]) -> Book | None:
    """The book of checks with other limits: a file like `checks.yaml`, or CHECK.LIMIT=VALUE, or CHECK.severity=warn."""
    changed: Book | None = None
    for one in judges:
        if "=" not in one:
            changed = read_book(Path(one))
            continue
        name, _, value = one.partition("=")
        check, _, limit = name.partition(".")
        changed = with_limit(changed or book(), check, limit, value)
    return changed


def read_book(path: Path) -> Book:
    """A book of checks from a file. Raises BadInput when it is none."""
    try:
        raw = read_yaml(path.read_text(encoding="utf-8"))
        for name, check in raw["checks"].items():
            check["id"] = name
        return Book.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{path} is no book of checks: {error}", where="--judge",
            hint="copy tools/judges/checks.yaml and change it, or give CHECK.LIMIT=VALUE",
        ) from error


def with_limit(held: Book, check: str, limit: str, value: str) -> Book:
    """One limit or the severity of one check changed. Raises BadInput for a check or limit there is not."""
    known = held.checks.get(check)
    if known is None:
        raise BadInput(f"no check {check!r}", where="--judge", hint=f"one of {', '.join(held.checks)}")
    if limit == "severity":
        if value not in set(Severity):
            raise BadInput(f"no severity {value!r}", where="--judge", hint=f"one of {', '.join(Severity)}")
        changed = known.model_copy(update={"severity": Severity(value)})
    elif limit in known.limits:
        try:
            changed = known.model_copy(update={"limits": {**known.limits, limit: float(value)}})
        except ValueError as error:
            raise BadInput(f"{value!r} is no number", where=f"--judge {check}.{limit}") from error
    else:
        raise BadInput(
            f"check {check} has no limit {limit!r}", where="--judge",
            hint=f"one of {', '.join((*known.limits, 'severity'))}",
        )
    return held.model_copy(update={"checks": {**held.checks, check: changed}})


def depending(changes: Changes, brand: str, before: Rulebook, after: Rulebook) -> Depends:
    """Which recorded answers no longer hold under these changes."""
    codes = {pack.market for pack in before.markets()} | {pack.market for pack in after.markets()}
    moved = {code for code in codes if before.market(code) != after.market(code)}
    new_codes = {p.market for p in before.markets()} != {p.market for p in after.markets()}
    new_book = before.brand(brand) != after.brand(brand)
    shipped = book().checks
    rechecked = {
        name for name, check in (changes.checks.checks if changes.checks else {}).items() if check != shipped.get(name)
    }

    def depends(name: str, request: BaseModel) -> bool:
        if name in CHECKING:
            markets = set(getattr(request, "markets", ()))
            reads = name == "assets.read_rules"
            return new_book or (new_codes if reads else bool(moved & markets))
        if name in LOOKING:
            return new_book
        if name in JUDGING:
            made = checks_for(only=getattr(request, "only", ()) or None, ocr=bool(getattr(request, "ocr", False)))
            return bool(rechecked & set(made))
        return False

    return depends
