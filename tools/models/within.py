"""A call that may take too long, without its caller having to wait for it to end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from domain.values import Seconds
from tools.models.clock import Clock

T = TypeVar("T")


class TooSlow(Exception):
    """The call is still under way; its result will be thrown away."""


class _Call(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Condition()
        self.over = False
        self.result: T
        self.error: BaseException | None = None

    def run(self, work: Callable[[], T], ended: Callable[[], None]) -> None:
        try:
            self.result = work()
        except BaseException as error:
            self.error = error
        with self.done:
            self.over = True
            ended()
            self.done.notify_all()


def within(
    seconds: Seconds, work: Callable[[], T], *, clock: Clock, given_up: Callable[[], None], ended: Callable[[], None]
) -> T:
    """What `work` returns or raises, if it does within `seconds`; else TooSlow, while it goes on in its own thread.

    A socket's time-out only bounds the silence between two bytes: an endpoint that drips would hold a run for ever.
    `ended` is called when the work is really over, after `given_up` if that was called. The thread keeps no process
    alive.
    """
    call: _Call[T] = _Call()
    until = clock.now() + seconds
    threading.Thread(target=call.run, args=(work, ended), name="model call", daemon=True).start()
    with call.done:
        while not call.over:
            left = until - clock.now()
            if left <= 0:
                given_up()
                raise TooSlow
            clock.wait(call.done, left)
    if call.error is not None:
        raise call.error
    return call.result
