"""Who opened which session, and which one makes room: clients come and go, and many never say goodbye."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import Message, Scope

from domain.values import Seconds

HEADER = "mcp-session-id"


@dataclass
class Session:
    """One session: whose, when it was last used, and how many requests (open streams among them) it has under way."""

    owner: str
    used: float
    under_way: int = 0


@dataclass
class Sessions:
    """The open sessions, as far as their requests tell. The transport forgets one after `idle_s` without a request."""

    idle_s: Seconds
    most_each: int
    _open: dict[str, Session] = field(default_factory=dict)

    def holds(self, owner: str) -> int:
        """How many sessions this owner has."""
        now = time.monotonic()
        self._open = {
            name: session
            for name, session in self._open.items()
            if session.under_way or now - session.used < self.idle_s
        }
        return sum(session.owner == owner for session in self._open.values())

    def to_end(self, owner: str) -> str | None:
        """The session that makes room for one more of this owner: the one left alone for longest, if any is."""
        idle = [(s.used, name) for name, s in self._open.items() if s.owner == owner and not s.under_way]
        return min(idle)[1] if idle else None

    def opened(self, name: str, owner: str) -> None:
        """A session was opened by its owner."""
        self._open.setdefault(name, Session(owner, time.monotonic()))

    def ended(self, name: str) -> None:
        """A session is no more."""
        self._open.pop(name, None)

    @contextmanager
    def at_work(self, name: str | None, owner: str) -> Iterator[None]:
        """A request of a session is under way; one of somebody else's session says nothing about it."""
        session = self._open.get(name or "")
        if session is None or session.owner != owner:
            yield
            return
        session.under_way += 1
        try:
            yield
        finally:
            session.under_way -= 1
            session.used = time.monotonic()


def farewell(scope: Scope, session: str) -> Scope:
    """A request that ends a session, made from one of its owner's: as if its client had said goodbye."""
    kept = [(name, value) for name, value in scope["headers"] if name in {b"host"}]
    return dict(scope) | {
        "method": "DELETE",
        "headers": [*kept, (HEADER.encode(), session.encode()), (b"content-length", b"0")],
    }


async def nothing_more() -> Message:
    """The body of a request that has none."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def unheard(message: Message) -> None:
    """An answer nobody waits for."""
