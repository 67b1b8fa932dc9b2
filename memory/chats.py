"""Chat logs: what was said to models and by them, one file a day in the brand's own folder, kept for some days."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.values import BrandId
from memory.home import Home
from memory.traces import MASK, masked

log = logging.getLogger(__name__)

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"                             # mail addresses
    r"|(?<![\w.])\+?(?:\d[ ()/-]{0,2}){8,}\d(?!\w)"          # telephone, card and account numbers
)
_DIGEST = re.compile(r"[0-9a-f]{32,}")


class ChatFiles:
    """Implements `domain.model_calls.ChatLog`. Logs older than `days` are deleted when the next is written.

    Secrets, mail addresses and long numbers are masked. A log that cannot be written stops no work: it is said once a
    day in the program's own log.
    """

    def __init__(self, home: Home, days: int, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._home = home
        self._days = days
        self._today = today
        self._lock = threading.Lock()
        self._swept: dict[BrandId, date] = {}
        self._failed: date | None = None

    def keep(self, brand: BrandId, entry: dict[str, Any]) -> None:
        """Append one conversation to today's file."""
        today = self._today()
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **redacted(masked(entry))})
        try:
            folder = self._home.chats(brand)
            with self._lock:
                if self._swept.get(brand) != today:
                    self._swept[brand] = today
                    self._sweep(folder, today)
                file = os.open(folder / f"{today.isoformat()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    os.write(file, line.encode() + b"\n")
                finally:
                    os.close(file)
        except OSError as error:
            if self._failed != today:
                self._failed = today
                log.warning("the chat log of %s cannot be written: %s", brand, error)

    def _sweep(self, folder: Path, today: date) -> None:
        oldest = today - timedelta(days=self._days)
        for file in folder.glob("*.jsonl"):
            try:
                written = date.fromisoformat(file.stem)
            except ValueError:
                continue
            if written < oldest:
                file.unlink(missing_ok=True)


def redacted(value: Any) -> Any:
    """JSON without mail addresses and long numbers in its texts.

    >>> redacted({"text": "write to anna@example.com or +46 70 123 45 67, 3 cans"})
    {'text': 'write to *** or ***, 3 cans'}
    """
    if isinstance(value, dict):
        return {name: redacted(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(held) for held in value]
    if isinstance(value, str) and not _DIGEST.fullmatch(value):
        return _PERSONAL.sub(MASK, value)
    return value
