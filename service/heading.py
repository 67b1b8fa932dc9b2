"""The head of a run's trace: what made it, so that a replay can be held against it and two runs told apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from domain.models import ModelRole
from domain.remembered import Remembered
from mcp_servers.workshop import Workshop
from memory.runs import RunRow
from service.settings import Settings
from tools.judges.looking import roles_that_look
from tools.prompts import parse_prompt

CODE_VERSION = "0.1.0"

DECIDING = ("grid", "parallel", "sentence_model")
"""Settings that change what a run decides; the others say where things are kept."""

SOURCES = ("domain", "tools", "memory", "mcp_servers", "agents", "graphs", "service")
READ = {".py", ".yaml", ".md"}

MANY_TITLES = 300
"""A library with more products than this puts those into the head that could matter to the request."""


@lru_cache(maxsize=1)
def code_version() -> str:
    """The version, and the first half of a SHA-256 of every source and data text of the program: "0.1.0+3f2a…"."""
    root = Path(__file__).resolve().parents[1]
    whole = hashlib.sha256()
    for package in SOURCES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in READ:
                whole.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{CODE_VERSION}+{whole.hexdigest()[:32]}"


def settings_digest(settings: Settings) -> str:
    """SHA-256 of the settings that decide."""
    return hashlib.sha256(settings.model_dump_json(include=set(DECIDING)).encode()).hexdigest()


def heading(
    row: RunRow, settings: Settings, workshop: Workshop, titles: Sequence[str], remembered: Sequence[Remembered] = ()
) -> dict[str, Any]:
    """The fields of a trace's header. Reads the rulebook; `titles` are the brand's product titles, `remembered` the
    defaults that hold for who asks.
    """
    generators = {name: generator.capability().version for name, generator in sorted(workshop.generators.items())}
    return {
        "run_id": row.run_id,
        "brand": row.brand,
        "code": code_version(),
        "request": row.request.model_dump(mode="json"),
        "context": {
            "grid": settings.grid,
            "parallel": settings.parallel,
            "generators": sorted(generators),
            "looking": sorted(roles_that_look(workshop.models)),
        },
        "settings": settings_digest(settings),
        "books": books(row.brand, workshop),
        "generators": generators,
        "models": {role.value: str(spec) for role in ModelRole if (spec := workshop.models.serves(role))},
        "prompts": prompts() if any(workshop.models.serves(role) for role in ModelRole) else {},
        "remembered": [row.model_dump(mode="json") for row in remembered],
        "titles": titles_for(row.request.request, titles),
    }


@lru_cache(maxsize=1)
def prompts() -> dict[str, str]:
    """Version and digest of every shipped prompt, by name."""
    root = Path(__file__).resolve().parents[1]
    files = {path.stem: path for path in sorted((root / "tools").rglob("prompts/*.md"))}
    held = {name: (parse_prompt(path.read_text(encoding="utf-8"), str(path)), path) for name, path in files.items()}
    return {
        name: f"{file.prompt.version} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
        for name, (file, path) in held.items()
    }


def books(brand: str, workshop: Workshop) -> dict[str, str]:
    """Versions of the brand book, every market pack and the book of checks."""
    packs = {f"market {pack.market}": f"{pack.version} of {pack.dated}" for pack in workshop.rulebook.markets()}
    book = workshop.rulebook.brand(brand)
    return {"brand": f"{book.version} of {book.dated}", "checks": str(workshop.checks.version), **packs}


def titles_for(request: str, titles: Sequence[str]) -> list[str]:
    """The titles that can matter to reading a request: all of few; of many, those with a word like one of its words."""
    if len(titles) <= MANY_TITLES:
        return list(titles)
    asked = _words(request)
    return [title for title in titles if any(_alike(word, one) for word in _words(title) for one in asked)]


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{2,}", text)}


def _alike(one: str, other: str) -> bool:
    """Whether a reader could take one word for another; wider than its spelling, which changes two letters at most."""
    return abs(len(one) - len(other)) <= 2 and len(set(one) ^ set(other)) <= 4
