"""Recompute: every recorded call made again over a home's library, its answer and pictures held against the recorded.

On the same platform a deterministic generator draws the same bytes (Promise 10). Nothing is delivered, and nothing of
the home is changed: drawings are made anew and forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.errors import OnbrandError
from domain.run import RunRequest
from domain.trace import ToolCall
from evals.accounts import Account
from evals.borrowed import borrowed
from evals.differences import Difference, first
from evals.recording import Recording
from evals.tape import INCIDENTAL
from mcp_servers.connect import Servers, open_sessions
from mcp_servers.toolbox import Sessions
from mcp_servers.wire import Session
from service.settings import Settings

NEVER = {"deliver_approved", "monitor_published"}
"""Tools that publish, or look at what was published."""

ONE_TIME = frozenset({"reused", "cost", "created"})
"""Fields of answers that say how often something was asked or when, not what it is."""


@dataclass(frozen=True)
class Recomputed:
    """How recomputing went: calls made again, artifacts among them, and the first answer that differs."""

    calls: int
    artifacts: int
    difference: Difference | None
    seconds: float

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "calls": self.calls,
            "artifacts": self.artifacts,
            "difference": self.difference.document() if self.difference else None,
            "seconds": round(self.seconds, 3),
        }


class Unheard:
    """A `Recorder` that keeps nothing."""

    def record(self, kind: str, **fields: Any) -> None:
        """Keep nothing."""


async def recompute(recording: Recording, settings: Settings) -> Recomputed:
    """Make the recorded calls again, in order, until one comes out otherwise.

    Raises NotFound when the home that the settings name has no such brand.
    """
    began, made, artifacts = time.perf_counter(), 0, 0
    head = recording.header
    account = Account(known_as=head.run_id, budget=RunRequest.model_validate(head.request).budget)
    async with (
        borrowed(settings, head.brand, account, keep_pictures=False) as workshop,
        open_sessions(Servers.over(workshop), Unheard()) as sessions,
    ):
        for call in to_make(recording):
            answer = await again(call, sessions)
            made += 1
            difference = first(f"{call.stage}: {call.server}.{call.tool}", comparable(recorded(call)), answer)
            if difference is not None:
                return Recomputed(made, artifacts, difference, time.perf_counter() - began)
            artifacts += sum(1 for _ in digests(answer))
    return Recomputed(made, artifacts, None, time.perf_counter() - began)


def to_make(recording: Recording) -> Iterator[ToolCall]:
    """The calls whose answers can be held against today's: not a look at a job that was still being drawn."""
    for call in recording.calls:
        working = call.tool == "get_job" and (call.result or {}).get("status") == "working"
        if call.tool not in NEVER and not working:
            yield call


async def again(call: ToolCall, sessions: Sessions) -> Any:
    """Make a recorded call; its answer, or the error it ended with, without what is incidental."""
    session: Session = getattr(sessions, call.server)
    try:
        result = await answered(session, call)
    except OnbrandError as error:
        return {"error": error.code}
    return comparable(result)


async def answered(session: Session, call: ToolCall) -> Any:
    """One call; a job is waited for to its end."""
    while True:
        result = await session.raw(call.tool, call.arguments)
        if call.tool != "get_job" or result.get("status") != "working":
            return result


def recorded(call: ToolCall) -> Any:
    """What the recorded call came to."""
    return {"error": call.error.get("code")} if call.error is not None else call.result


def comparable(answer: Any) -> Any:
    """An answer without fields that say when, where and how often."""
    if isinstance(answer, dict):
        return {n: comparable(held) for n, held in answer.items() if n not in INCIDENTAL and n not in ONE_TIME}
    return [comparable(held) for held in answer] if isinstance(answer, list) else answer


def digests(answer: Any) -> Iterator[str]:
    """Every artifact an answer refers to."""
    if isinstance(answer, dict):
        if isinstance(answer.get("digest"), str) and "media_type" in answer:
            yield answer["digest"]
        for held in answer.values():
            yield from digests(held)
    elif isinstance(answer, list):
        for held in answer:
            yield from digests(held)

