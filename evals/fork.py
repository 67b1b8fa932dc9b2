"""Fork: a recorded run with one thing changed. What does not depend on the change comes from the tape.

The rest is done for real, over the library of a home, and never published: a fork stands still where a person would
have said yes. Its trace has a name of its own; inside, the work goes by the recorded run's name, so that final files,
which carry it, can be compared.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agents.services import Services
from domain.errors import BadInput
from domain.models import BUILTIN
from domain.ports import AssetLibrary, Recorder
from domain.run import RunRequest
from evals.accounts import Account
from evals.accounts import recording as asks_recorded
from evals.answers import Answers
from evals.borrowed import borrowed
from evals.changes import Changes, depending
from evals.diff import Diff, diff
from evals.offline import RecordedHistory, RecordedMemory
from evals.recording import Recording, load, path_of
from evals.replay import language_of, looking_of, parallel_of, play
from evals.tape import Depends, Tape, TapedSession
from evals.taped_models import TapedModels, readers_and_writers, specs_of
from mcp_servers.connect import BUILD, Servers, open_sessions
from mcp_servers.toolbox import Sessions
from mcp_servers.workshop import Workshop
from memory.home import Home
from memory.rulebook import YamlRulebook
from memory.runs import new_run_id
from memory.traces import TraceWriter
from service.heading import books, code_version
from service.model_settings import ModelSettings
from service.models import Notes, touches_confidential
from service.settings import Settings


@dataclass(frozen=True)
class Fork:
    """A forked run: its trace, how many calls of each tool were made for real, and how it differs."""

    recording: Recording
    forked: Recording
    live: Counter[str]
    diff: Diff

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "trace": str(self.forked.path),
            "changes": list(self.forked.header.changes),
            "live_calls": dict(sorted(self.live.items())),
            "taped_calls": sum(call.taped for call in self.forked.calls),
            "status": self.forked.status.status if self.forked.status else None,
            "diff": self.diff.model_dump(mode="json"),
        }


class From:
    """A recorder that watches for a step from which on everything is done for real."""

    def __init__(self, recorder: Recorder, step: str | None) -> None:
        self._recorder = recorder
        name, _, nth = (step or "").partition(":")
        self._node = name
        self._left = int(nth) if nth.isdecimal() else 1
        self._last = ""
        self.begun = False

    def record(self, kind: str, **fields: Any) -> None:
        """Hand the event on."""
        if kind == "node_started":
            node = str(fields["node"])
            if node == self._node and self._last != node:
                self._left -= 1
                self.begun = self.begun or self._left <= 0
            self._last = node
        self._recorder.record(kind, **fields)

    def depends(self, otherwise: Depends) -> Depends:
        """Every call from that step on, and those that depend on something else."""

        def depends(name: str, request: BaseModel) -> bool:
            return self.begun or otherwise(name, request)

        return depends


async def fork(recording: Recording, changes: Changes, settings: Settings, out: Path | None = None) -> Fork:
    """Run a recording again with changes, over the library of the home that the settings name.

    `out` is the folder of the fork's trace; the home's folder for evaluations if none.

    Raises:
        BadInput: the changes do not fit the run, or there is no step of that name in it.
        NotFound: the home has no such brand.
    """
    check_models(recording, changes)
    check_step(recording, changes.step)
    head = recording.header
    request = changes.applied(head.request)
    run_id = new_run_id()
    folder = out or Home(settings.home).evals(head.brand) / "forks"
    tape = Tape(recording)
    before = await asyncio.to_thread(YamlRulebook, (settings.home,))
    changed = with_models(settings, changes)
    account = Account(known_as=head.run_id, run_id=run_id, budget=request.budget)
    async with borrowed(changed, head.brand, account, rules=changes.rules, checks=changes.checks) as workshop:
        trace = await asyncio.to_thread(TraceWriter, folder / f"{run_id}.jsonl", run_id, head.brand)
        recorder = From(trace, changes.step)
        with trace, asks_recorded(workshop.models, recorder):
            grid = changes.grid or int(head.context.get("grid", 9))
            recorder.record("header", **forked_head(recording, changes, workshop, request, grid))
            depends = recorder.depends(depending(changes, head.brand, before, workshop.rulebook))
            async with open_sessions(Servers.over(workshop), recorder) as live:
                taped = {
                    name: TapedSession(name, tape, recorder, head.run_id, getattr(live, name), depends)
                    for name in BUILD
                }
                models = TapedModels(
                    readers_and_writers(recording), specs_of(recording) | changes.models, recorder, workshop.models,
                    changes.prompts, stale=lambda: recorder.begun,
                )
                notes = Notes()
                services = Services(
                    brand=head.brand,
                    sessions=Sessions(**taped),
                    language=language_of(recording, models, notes, partial(confidential, workshop.library, request)),
                    told=notes.take,
                    ledger=account.purse,
                    history=RecordedHistory.of(recording),
                    memory=RecordedMemory.of(recording),
                    looking=looking_of(recording),
                    grid=grid,
                )
                if changes.shortlist:
                    services = replace(services, shortlist_size=changes.shortlist)
                answers = Answers.of(recording, strict=False)
                await play(head.run_id, request, services, recorder, answers, parallel=parallel_of(recording))
    made: Counter[str] = Counter({f"model as {role}": count for role, count in models.asked.items()})
    for session in taped.values():
        made += session.made
    forked = await asyncio.to_thread(load, folder / f"{run_id}.jsonl")
    return Fork(recording, forked, made, diff(recording, forked))


def confidential(library: AssetLibrary, request: RunRequest, text: str, assets: Sequence[str]) -> bool:
    """Whether words, assets or what the request chose are confidential: looked up now, as a run does."""
    chosen = [asset for asset in (request.product, request.background) if asset]
    return touches_confidential(library, request.brand, text, (*assets, *chosen))


def forked_head(
    recording: Recording, changes: Changes, workshop: Workshop, request: RunRequest, grid: int
) -> dict[str, Any]:
    """The header of a fork's trace."""
    head = recording.header
    return {
        "code": code_version(),
        "request": request.model_dump(mode="json"),
        "context": {**head.context, "grid": grid},
        "settings": head.settings,
        "books": books(head.brand, workshop),
        "generators": {name: made.capability().version for name, made in sorted(workshop.generators.items())},
        "models": head.models | {role.value: str(spec) for role, spec in changes.models.items()},
        "titles": head.titles,
        "remembered": head.remembered,
        "forked_from": head.run_id,
        "changes": changes.told,
    }


def with_models(settings: Settings, changes: Changes) -> Settings:
    """The settings with other models in their roles."""
    if not changes.models:
        return settings
    named = {role.value: str(spec) for role, spec in changes.models.items() if spec != BUILTIN}
    return settings.model_copy(update={"models": ModelSettings.model_validate({**dict(settings.models), **named})})


def check_models(recording: Recording, changes: Changes) -> None:
    """Raises BadInput for a prompt that no model of this run was asked with."""
    used = {str(call.request.get("prompt", "")).partition("@")[0] for call in readers_and_writers(recording)}
    if unused := sorted(changes.prompts.keys() - used):
        raise BadInput(
            f"no model of this run was asked with the prompt {unused[0]}", where="--prompt",
            hint=f"it was asked with {', '.join(sorted(used))}" if used else "it asked no model",
        )


def check_step(recording: Recording, step: str | None) -> None:
    """Raises BadInput when the run never came to this step."""
    if step is None:
        return
    name, _, nth = step.partition(":")
    times = sum(made.node == name for made in recording.steps)
    if times == 0 or (nth and not (nth.isdecimal() and 1 <= int(nth) <= times)):
        raise BadInput(
            f"the run has no step {step!r}", where="--from", hint="its steps: " + ", ".join(path_of(recording.steps))
        )
