"""Answers of models from a trace: the port of the gateway, with a recording behind it.

An ask is found by its role and its digest: prompt, words and pictures, whoever pays. Judges ask behind their tools,
whose answers a tape has; here are the roles that read and write.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.errors import ReplayMiss, from_document
from domain.models import BUILTIN, Abilities, Answered, AnswerT, Ask, ModelRole, ModelSpec, Used
from domain.ports import Models, Recorder
from domain.trace import ModelCall
from evals.differences import Difference, differing
from evals.recording import Recording
from tools.judges.looking.asking import JUDGES
from tools.prompts import PromptFile


@dataclass
class TapedModels:
    """Implements `domain.ports.Models`. `specs` are the models by role; `live` answers what the recording cannot, and
    records it itself.

    `prompts` replace those of the same name: an ask with other words is another ask. `stale` says whether everything
    is asked for real by now.
    """

    calls: Sequence[ModelCall]
    specs: Mapping[ModelRole, ModelSpec]
    recorder: Recorder
    live: Models | None = None
    prompts: Mapping[str, PromptFile] = field(default_factory=dict)
    stale: Callable[[], bool] = lambda: False
    asked: Counter[str] = field(default_factory=Counter)
    missed: Difference | None = None
    _used: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serves(self, role: ModelRole) -> ModelSpec | None:
        """The role's model; None where the built-in serves."""
        spec = self.specs.get(role)
        return None if spec in {None, BUILTIN} else spec

    def abilities(self, role: ModelRole) -> Abilities | None:
        """What the live model of the role can do; a recording does not say."""
        return self.live.abilities(role) if self.live else None

    def ask(self, ask: Ask, answer: type[AnswerT]) -> Answered[AnswerT]:
        """The recorded answer, or a live one. Raises what was recorded, or ReplayMiss."""
        if (file := self.prompts.get(ask.prompt.name)) is not None:
            ask = ask.model_copy(update={"system": file.text, "prompt": file.prompt})
            ask = Ask.model_validate({**dict(ask), "parts": ask.parts})      # its digest is that of the new words
        with self._lock:
            found = None if self.stale() else self._take(ask)
        if found is not None:
            return self._played(found, answer)
        if self.live is None:
            raise self._miss(ask)
        self.asked[ask.role.value] += 1
        return self.live.ask(ask, answer)

    def unused(self) -> list[ModelCall]:
        """Recorded asks that nobody made again."""
        return [call for call in self.calls if id(call) not in self._used]

    def _take(self, ask: Ask) -> ModelCall | None:
        spec = str(self.serves(ask.role) or "")
        for call in self.unused():
            same = call.role == ask.role.value and call.request.get("digest") == ask.digest
            if same and (self.live is None or call.model == spec):
                self._used.add(id(call))
                return call
        return None

    def _played(self, call: ModelCall, answer: type[AnswerT]) -> Answered[AnswerT]:
        left = {"kind", "n", "at", "taped"}
        body = {name: getattr(call, name) for name in type(call).model_fields if name not in left}
        self.recorder.record("model_call", **body, taped=True)
        if call.error is not None:
            raise from_document(call.error)
        told = call.response or {}
        try:
            value = answer.model_validate(told.get("value"))
        except ValidationError as error:
            raise ReplayMiss(
                f"the recorded answer as {call.role} no longer fits its type: {error.errors()[0]['msg']}",
                where=call.role, hint="the trace is of another version of Onbrand: replay it there, or fork it here",
            ) from error
        return Answered(
            value=value, model=ModelSpec.parse(call.model), place=str(told.get("place", "")),
            used=Used.model_validate(told.get("used", {})), seconds=call.seconds,
            attempts=int(told.get("attempts", 1)), repairs=len(told.get("repairs", ())),
            notes=tuple(told.get("notes", ())),
        )

    def _miss(self, ask: Ask) -> ReplayMiss:
        said = ask.transcript()
        near = [list(differing(call.request, said)) for call in self.unused() if call.role == ask.role.value]
        near = [[part for part in parts if part[0] != "digest"] for parts in near]
        if near and (shortest := min(near, key=len)):
            found = Difference(f"model as {ask.role.value}", *shortest[0])
        else:
            found = Difference(f"model as {ask.role.value}", "", "no such ask", str(ask.prompt))
        self.missed = self.missed or found
        return ReplayMiss(
            f"the recording has no answer to {ask.prompt} as {ask.role.value}: {found}", where=ask.role.value,
            hint="what is asked now is not what was recorded; `onbrand evals fork` asks from here for real",
        )


def readers_and_writers(recording: Recording) -> list[ModelCall]:
    """The asks that were not a judge's."""
    judges = {role.value for role in JUDGES}
    return [call for call in recording.models if call.role not in judges]


def specs_of(recording: Recording) -> dict[ModelRole, ModelSpec]:
    """The models of a recorded run, by role."""
    return {ModelRole(role): ModelSpec.parse(spec) for role, spec in recording.header.models.items()}
