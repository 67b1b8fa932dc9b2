"""Answers from a trace: a session with a tool server that a recording stands in for.

A call is found by who asks what: stage, server, tool and the whole request. Asked the same thing again, the tape gives
the recording's next answer to it. Fields that say when and where something was kept do not count: seconds, paths, the
run's own name.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from domain.errors import ReplayMiss, from_document
from domain.ports import Recorder
from domain.trace import ToolCall
from evals.differences import Difference, differing
from evals.recording import Recording
from mcp_servers.wire import Session
from memory.traces import masked

Answer = TypeVar("Answer", bound=BaseModel)

INCIDENTAL = frozenset({"seconds", "path", "bytes"})
"""Fields of requests that say how long something took and where it lies, not what is asked."""

THE_RUN = "run-00000000"


class Tape:
    """The tool calls of a recording, to be answered once each."""

    def __init__(self, recording: Recording) -> None:
        self._run_id = recording.header.run_id
        self._left: dict[tuple[str, str, str], list[ToolCall]] = defaultdict(list)
        self._exact: dict[str, deque[ToolCall]] = defaultdict(deque)
        self._like: dict[str, deque[ToolCall]] = defaultdict(deque)
        self._spare = {id(call) for call in recording.spare}
        self._used: set[int] = set()
        self._loose = False
        self.missed: Difference | None = None
        for call in (*recording.calls, *recording.spare):
            self._left[_place(call)].append(call)
            self._exact[_digest(_place(call), _text(call.arguments))].append(call)

    def take(self, stage: str, server: str, tool: str, request: BaseModel, run_id: str) -> ToolCall | None:
        """The recorded call that asks this, or None. `run_id` is the name the run goes by now."""
        place = (stage, server, tool)
        plain = request.model_dump(mode="json")
        found = self._next(self._exact[_digest(place, self._same_run(_text(plain), run_id))])
        if found is not None:
            return found
        asked = told(masked(plain), run_id)
        return self._next(self._likely()[_digest(place, _text(asked))]) or self._older(place, request, asked)

    def _same_run(self, text: str, run_id: str) -> str:
        return text.replace(run_id, self._run_id) if run_id != self._run_id else text

    def _next(self, calls: deque[ToolCall]) -> ToolCall | None:
        while calls:
            call = calls.popleft()
            if id(call) not in self._used:
                self._used.add(id(call))
                return call
        return None

    def _likely(self) -> dict[str, deque[ToolCall]]:
        """The index without incidental fields, made when it is first needed: most replays never do."""
        if not self._loose:
            self._loose = True
            for place, calls in self._left.items():
                for call in calls:
                    self._like[_digest(place, _text(told(call.arguments, self._run_id)))].append(call)
        return self._like

    def _older(self, place: tuple[str, str, str], request: BaseModel, asked: Any) -> ToolCall | None:
        """A call that an older contract wrote down: the same once fields added since then have their defaults."""
        for call in self._unused(place):
            if not _grown(told(call.arguments, self._run_id), asked):
                continue
            try:
                read = type(request).model_validate(call.arguments)
            except ValidationError:
                continue
            if told(masked(read.model_dump(mode="json")), self._run_id) == asked:
                self._used.add(id(call))
                return call
        return None

    def _unused(self, place: tuple[str, str, str]) -> list[ToolCall]:
        return [call for call in self._left.get(place, []) if id(call) not in self._used]

    def unused(self) -> list[ToolCall]:
        """Recorded calls nobody made, but for those of attempts that were lost."""
        every = (call for calls in self._left.values() for call in calls)
        return [call for call in every if id(call) not in self._used and id(call) not in self._spare]

    def miss(self, stage: str, server: str, tool: str, request: BaseModel, run_id: str) -> ReplayMiss:
        """The error for a call without a recorded answer; it names the nearest one and where they part."""
        asked = told(masked(request.model_dump(mode="json")), run_id)
        where = f"{stage}: {server}.{tool}"
        others = (told(call.arguments, self._run_id) for call in self._unused((stage, server, tool)))
        near = [parts for other in others if (parts := list(differing(other, asked)))]
        if near:
            field, recorded, now = min(near, key=len)[0]
            found = Difference(where, field, recorded, now)
        else:
            made = sum(id(call) in self._used for call in self._left.get((stage, server, tool), []))
            found = Difference(where, "", f"{made} such calls", "one more")
        if self.missed is None:
            self.missed = found
        return ReplayMiss(
            f"the recording has no answer to {server}.{tool}: {found}",
            where=stage,
            hint="what runs now is not what was recorded; `onbrand evals fork` goes on from here for real",
        )


Depends = Callable[[str, BaseModel], bool]
"""Whether the recorded answer to a call ("server.tool" and its request) no longer holds, since something changed."""


def holds_still(name: str, request: BaseModel) -> bool:
    """Nothing was changed."""
    return False


class TapedSession(Session):
    """A session that a tape answers; `live` makes the calls it cannot answer, if there is one.

    `run_id` is the name the run goes by now. `depends` says of a call whether its recorded answer no longer holds.
    """

    def __init__(
        self,
        server: str,
        tape: Tape,
        recorder: Recorder,
        run_id: str,
        live: Session | None = None,
        depends: Depends = holds_still,
    ) -> None:
        self.server = server
        self.made: Counter[str] = Counter()
        self._tape = tape
        self._recorder = recorder
        self._run_id = run_id
        self._live = live
        self._depends = depends

    async def call(
        self,
        stage: str,
        allowed: frozenset[str],
        tool: str,
        arguments: BaseModel,
        answer: type[Answer],
        *,
        once: bool = False,
        holds: Callable[[Answer], str] = lambda answer: "",
    ) -> Answer:
        """As `Session.call`, from the tape where it can. Recorded answers were held against their questions then.

        Raises ReplayMiss where neither tape nor server may answer: a delivery (`once`) is never made.
        """
        name = f"{self.server}.{tool}"
        stale = self._depends(name, arguments)
        found = None if stale else self._tape.take(stage, self.server, tool, arguments, self._run_id)
        if found is not None:
            return self._played(found, answer)
        if self._live is None or once:
            raise self._tape.miss(stage, self.server, tool, arguments, self._run_id)
        self.made[name] += 1
        # The server is of this very process: a changed book of checks is not a lie of its own.
        return await self._live.call(stage, allowed, tool, arguments, answer)

    def _played(self, call: ToolCall, answer: type[Answer]) -> Answer:
        keep(self._recorder, call)
        if call.error is not None:
            raise from_document(call.error)
        try:
            return answer.model_validate(call.result)
        except ValidationError as error:
            first = error.errors()[0]
            raise ReplayMiss(
                f"the recorded answer of {call.server}.{call.tool} no longer fits its contract: {first['msg']}",
                where=".".join(str(part) for part in first["loc"]),
                hint="the trace is of another version of Onbrand: replay it there, or fork it here",
            ) from error


def keep(recorder: Recorder, call: ToolCall) -> None:
    """Write a recorded call into another trace, marked as coming from a tape."""
    body = {name: getattr(call, name) for name in ToolCall.model_fields if name not in {"kind", "n", "at", "taped"}}
    recorder.record("tool_call", **body, taped=True)


def told(value: Any, run_id: str) -> Any:
    """A request without its incidental fields and under no run's name."""
    if isinstance(value, dict):
        return {name: told(held, run_id) for name, held in value.items() if name not in INCIDENTAL}
    if isinstance(value, list):
        return [told(held, run_id) for held in value]
    if isinstance(value, str) and run_id in value:
        return value.replace(run_id, THE_RUN)
    return value


def _grown(old: Any, new: Any) -> bool:
    """Whether `new` has a field that `old` lacks, anywhere: the contract grew since."""
    if isinstance(old, dict) and isinstance(new, dict):
        return bool(new.keys() - old.keys()) or any(_grown(old[name], new[name]) for name in old.keys() & new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return any(_grown(one, other) for one, other in zip(old, new, strict=False))
    return False


def _place(call: ToolCall) -> tuple[str, str, str]:
    return call.stage, call.server, call.tool


def _text(arguments: Any) -> str:
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"))


def _digest(place: tuple[str, str, str], text: str) -> str:
    return hashlib.sha256("\0".join((*place, text)).encode()).hexdigest()

