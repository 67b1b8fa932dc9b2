"""What a server says about itself: one JSON object a line on stderr, for machines to gather.

    {"time": "2026-01-01T12:00:00.123Z", "level": "info", "event": "request", "request_id": "…", "route": "/v1/runs", …}

What holds for everything said in a block (request id, principal id, trace id) is bound once. No line has a secret, a
query string or a user and password of a URL in it, and none waits for a slow reader of stderr.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from domain.errors import OnbrandError
from memory.traces import masked

ROOT = "onbrand"
OURS = (ROOT, "service", "mcp_servers", "memory")
"""Loggers whose children say what the service does; of other libraries only warnings are passed on."""

MOST_WAITING = 10_000
"""Lines kept for a reader of stderr that is slow; more are dropped, and their number is told."""

FINISH_WITHIN_S = 2.0
"""Longest wait for the last lines to be written."""

MOST_TEXT = 2000
"""Characters of one text; the rest is cut off."""

_BOUND: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))
# Both begin with a fixed text, so that a long line takes no longer than its length.
_QUERY = re.compile(r"(://[^\s\"'<>?]*|(?<![^\s\"'])/[^\s\"'<>?]*)\?[^\s\"'<>]*")
_USER = re.compile(r"://[^\s/@\"']+@")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def logger(name: str) -> logging.Logger:
    """The logger of one part of the service. Give fields as `extra={…}`; the message is the event's fixed name."""
    return logging.getLogger(f"{ROOT}.{name}")


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Have every line said in this block, by this task and those it starts, carry these fields."""
    token = _BOUND.set({**_BOUND.get()} | {name: value for name, value in fields.items() if value is not None})
    try:
        yield
    finally:
        _BOUND.reset(token)


def clean(text: str) -> str:
    """Text without query strings and without users and passwords in URLs.

    >>> clean("GET https://ada:pw@shop.example/a?token=1 failed")
    'GET https://shop.example/a failed'
    """
    return _USER.sub("://", _QUERY.sub(r"\1", text[:MOST_TEXT]))


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line |= _BOUND.get()
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            line |= _told(record.exc_info[1])
        return json.dumps(_cleaned(masked(line)), ensure_ascii=False, default=str)


class _Lines(logging.Handler):
    """Formats where a line is said, since what is bound is known there; a thread of its own writes.

    The queue is one that a signal handler may put into, whatever it interrupts.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._stream = stream
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the line to the writer, or drop it when too many wait."""
        if self._waiting.qsize() >= MOST_WAITING:
            self._dropped += 1
            return
        try:
            if self._dropped:
                record.dropped = self._dropped
                self._dropped = 0
            self._waiting.put(self.format(record))
        except Exception:  # logging never breaks what it tells of; logging's own way to say so
            self.handleError(record)

    def finish(self) -> None:
        """Write what waits, for a little while: a reader who never reads must not keep a process from ending."""
        self._waiting.put(None)
        self._writer.join(FINISH_WITHIN_S)

    def _write(self) -> None:
        while (line := self._waiting.get()) is not None:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # stderr is closed: nobody is left to tell
                return


@contextmanager
def json_lines(stream: TextIO | None = None, level: int = logging.INFO) -> Iterator[None]:
    """Have everything logged in this block written to `stream` (stderr) as JSON lines; what is left is written at its
    end. Handlers there were before are set aside meanwhile.
    """
    handler = _Lines(stream or sys.stderr)
    root = logging.getLogger()
    levels = {root: logging.WARNING} | {logging.getLogger(name): level for name in OURS}
    before = root.handlers, {each: each.level for each in levels}
    root.handlers = [handler]
    for each, wanted in levels.items():
        each.setLevel(wanted)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers = before[0]
        for each, was in before[1].items():
            each.setLevel(was)
        handler.finish()


def _told(error: BaseException) -> dict[str, Any]:
    """An error: its kind, its words, and where in the code it was raised."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    told: dict[str, Any] = {"error": type(error).__name__, "error_text": str(error), "stack": places}
    if isinstance(error, OnbrandError):
        told["error_code"] = error.code
    if error.__cause__ is not None:
        told["cause"] = f"{type(error.__cause__).__name__}: {error.__cause__}"
    return told


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _cleaned(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(held) for held in value]
    return value
