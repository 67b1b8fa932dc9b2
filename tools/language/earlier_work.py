"""References to earlier work in a request ("as last time but evening"): where they stand, and which run is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.brief import Brief, Part
from domain.remembered import Earlier
from domain.values import RunId
from tools.language.tokens import key

_TIMES = (
    r"(?:today|yesterday"
    r"|(?:the\s+)?(?:last|previous|past)\s+(?:week|month|year|spring|summer|autumn|fall|winter))"
)
_SAME = r"(?:the\s+)?same(?:\s+(?:thing|picture|image|setting|scene|look|shot))?\s+(?:as|like)"
_LIKE = rf"(?:{_SAME}|(?:just\s+|exactly\s+)?like|as\s+in|similar\s+to|based\s+on)"
_AS = rf"(?:(?:exactly|just)\s+)?(?:{_LIKE}|as\s+for|as)"
_WE_DID = r"(?:we|i|you)\s+(?:did|made|had|used|ran|published|approved|shot)"
_DID = rf"(?:{_WE_DID}\s+)"
_MADE = rf"(?:\s+(?:that\s+)?{_WE_DID})"
_PICTURE = r"(?:one|run|picture|image|shot|campaign)"
_TIME = r"(?:time|one|run|picture|image|shot|campaign|request|job|work)"
_LAST = r"(?:(?:very\s+)?last|previous|earlier|latest|most\s+recent)"
_END = r"(?=\s*(?:[,.;:!?]|$|\bbut\b|\band\b|\bwith\b|\bin\b|\bat\b|\bonly\b))"
_PATTERNS = (
    (rf"(?:\b{_AS}\s+(?:in\s+)?(?:the\s+)?(?:run\s+)?)?\b(?P<run>run-[0-9a-z]{{8,40}})\b"),
    # "like the beach one", "the same as the lemon picture we made last week"
    (
        rf"\b{_LIKE}\s+the\s+(?P<words>(?:(?!of\b|the\b)[\w-]+\s+){{1,3}}?){_PICTURE}"
        rf"{_MADE}?(?:\s+(?:from\s+)?(?P<when>{_TIMES}))?(?![\w-])"
    ),
    # "like the one on the beach"
    (
        rf"\b{_AS}\s+the\s+(?:one|picture|image|shot)\s+(?:on|in|with|of|at)\s+(?:the\s+|a\s+|our\s+)?"
        rf"(?P<words>[\w-]+(?:\s+[\w-]+){{0,3}}?)(?:{_MADE}|\s+(?:from\s+)?(?P<when>{_TIMES})|{_END})"
    ),
    # "as last time", "like the previous campaign", "same as before"
    (
        rf"\b{_AS}\s+{_DID}?(?:in\s+|on\s+)?(?:the\s+|my\s+|our\s+)?"
        rf"(?:{_LAST}\s+{_TIME}|(?:before|previously){_END}){_MADE}?(?![\w-])"
    ),
    (rf"\b{_AS}\s+(?:(?:the\s+)?one\s+(?:from\s+)?|{_DID})?(?P<when>{_TIMES})(?![\w-])"),
    (r"\b(?:(?:the\s+)?same\s+(?:thing\s+|one\s+)?again|once\s+more|again(?=\s*(?:,|\bbut\b)))"),
)
_COMPILED = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)
_ORDER_WORDS = frozenset({"last", "previous", "earlier", "latest", "very", "first", "old", "recent", "most"})
_LEADING = re.compile(r"^[\s,;:.\-–—]*(?:(?:but|only|just|and|now|except|please)\b[\s,]*)*", re.IGNORECASE)
_SEASON_MONTHS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a request says of earlier work. Empty `run_id`, `words` and `since` together mean the last run."""

    said: str
    rest: str
    run_id: RunId | None = None
    words: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier run as a reference is held against it."""

    run_id: RunId
    begun: datetime
    brief: Brief


def reference_in(request: str, today: date) -> Reference | None:
    """The first reference to earlier work in a request, if there is one. Quoted wording is none."""
    shown = re.sub(r"\"[^\"\n]*\"|“[^”\n]*”", lambda quoted: "\0" * len(quoted[0]), request)
    for pattern in _COMPILED:
        match = pattern.search(shown)
        if match is None:
            continue
        said = request[match.start() : match.end()].strip()
        groups = match.groupdict()
        found = re.findall(r"[^\W\d_]+", (groups.get("words") or "").lower())
        words = tuple(word for word in found if word not in _ORDER_WORDS)
        since, until = _span(groups.get("when") or "", today)
        return Reference(said, _rest(request, match.start(), match.end()), groups.get("run"), words, since, until)
    return None


def _rest(request: str, start: int, end: int) -> str:
    """The request without the reference, and without the "but" that turns from it."""
    before, after = request[:start].rstrip(" ,;"), _LEADING.sub("", request[end:])
    return f"{before}, {after}" if before and after else before or after


def _span(said: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of "yesterday", "last week", "last summer"."""
    word = said.lower().split()[-1] if said else ""
    if word in {"today", "yesterday"}:
        day = today - timedelta(days=word == "yesterday")
        return day, day
    if word == "week":
        monday = today - timedelta(days=today.weekday() + 7)
        return monday, monday + timedelta(days=6)
    if word == "month":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if word == "year":
        return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    if word in _SEASON_MONTHS:
        begins = date(today.year, _SEASON_MONTHS[word], 1)
        while begins + timedelta(days=92) > today:
            begins = begins.replace(year=begins.year - 1)
        return begins, begins + timedelta(days=91)
    return None, None


def find_earlier(reference: Reference, past: Iterable[Past]) -> Earlier:
    """The run a reference means among a brand's runs, newest first; or the reason why there is none.

    A run is meant when it is the one named, or the newest within the time and with all the words that are said of it.
    """
    seen = False
    for run in past:
        seen = True
        if reference.run_id is not None and run.run_id != reference.run_id:
            continue
        day = run.begun.date()
        if reference.since and reference.until and not reference.since <= day <= reference.until:
            continue
        if not set(map(key, reference.words)) <= _words_of(run.brief):
            continue
        return Earlier(said=reference.said, rest=reference.rest, run_id=run.run_id, begun=run.begun, brief=run.brief)
    return Earlier(said=reference.said, rest=reference.rest, reason=_why_none(reference, any_at_all=seen))


def _why_none(reference: Reference, *, any_at_all: bool) -> str:
    if reference.run_id is not None:
        return f"there is no run {reference.run_id} to take it from"
    if not any_at_all:
        return "there is no earlier work of this brand yet"
    about = f" with {' '.join(reference.words)}" if reference.words else ""
    when = f" between {reference.since} and {reference.until}" if reference.since else ""
    return f"no earlier work{about}{when} was found"


def _words_of(brief: Brief) -> set[str]:
    """What a brief is about, as dictionary forms."""
    texts = [brief.request]
    for _, value in brief:
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            if isinstance(part, Part):
                texts.append(getattr(part.value, "text", None) or str(part.value))
    return {key(word) for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())}
