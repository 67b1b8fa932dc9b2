"""What is remembered enters a brief: earlier work first, then a brand's remembered defaults; what was said stays."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from agents.services import Services
from domain.brief import Brief, Part, Question
from domain.errors import BadInput
from domain.remembered import GROWING_FIELDS, LIST_FIELDS, REMEMBERED_FIELDS, Earlier, Remembered
from domain.run import RunRequest
from domain.values import Origin, Size

TOGETHER = (
    ("light", "time_of_day"),
    ("background", "surface"),
    ("season", "weather"),
    ("size", "channels"),
)
"""Fields that speak of the same thing: where one is said, the other is not taken over from memory."""

TAKEN_OVER = (*(name for name in REMEMBERED_FIELDS if name not in GROWING_FIELDS), "products", "props", "text")
"""What "as last time" takes over where the new request is silent."""


class Recollection(NamedTuple):
    """What memory did to a brief."""

    brief: Brief
    earlier: Earlier | None
    used: tuple[Remembered, ...]
    learned: tuple[Remembered, ...]


async def read_with_memory(request: RunRequest, run_id: str, services: Services) -> tuple[Brief, Earlier | None]:
    """The request as a Brief, read without the words that refer to earlier work.

    Raises BadInput for a request without words.
    """
    earlier = None
    if services.memory is not None:
        earlier = await asyncio.to_thread(
            services.memory.earlier, services.brand, services.by, run_id, request.request
        )
    words = earlier.rest if earlier and earlier.brief else request.request
    try:
        brief = await asyncio.to_thread(services.language.read, words, services.brand)
    except BadInput:
        if words == request.request:
            raise
        brief = Brief(request=request.request, brand=services.brand)  # "as last time", and nothing else
    return brief.model_copy(update={"request": request.request}), earlier


async def recollect(brief: Brief, earlier: Earlier | None, run_id: str, services: Services) -> Recollection:
    """The brief with what is remembered, and what this request's own rules added to memory."""
    if earlier is not None:
        brief = with_earlier(brief, earlier)
    if services.memory is None:
        return Recollection(brief, earlier, (), ())
    learned = await asyncio.to_thread(services.memory.learn, services.brand, services.by, run_id, brief.request)
    known = await asyncio.to_thread(services.memory.recall, services.brand, services.by)
    brief, used = with_defaults_remembered(brief, tuple(known))
    if learned:
        told = ", ".join(f"{rule.field.replace('_', ' ')}: {rule.value}" for rule in learned)
        note = f"remembered from now on: {told} (`onbrand memory list`)"
        brief = brief.model_copy(update={"notes": (*brief.notes, note)})
    return Recollection(brief, earlier, used, tuple(learned))


async def learn_choices(
    questions: tuple[Question, ...], answers: dict[str, str], run_id: str, services: Services
) -> None:
    """Count a person's answers towards what they keep choosing. Taking the default is no choice."""
    if services.memory is None:
        return
    for question in questions:
        answer = answers.get(question.id)
        if answer is None or answer == question.default or question.field not in REMEMBERED_FIELDS:
            continue
        await asyncio.to_thread(services.memory.chose, services.brand, services.by, run_id, question.field, answer)


def with_earlier(brief: Brief, earlier: Earlier) -> Brief:
    """The brief with everything of earlier work that the new request does not speak of, and a note that says so."""
    if earlier.brief is None:
        note = f"“{earlier.said}”: {earlier.reason}"
        return brief.model_copy(update={"notes": (*brief.notes, note)})
    changes: dict[str, object] = {}
    for name in TAKEN_OVER:
        old = getattr(earlier.brief, name)
        if old is None or old == () or not is_open(brief, name):
            continue
        parts = old if isinstance(old, tuple) else (old,)
        taken = tuple(part.model_copy(update={"origin": Origin.REMEMBERED, "said": earlier.said}) for part in parts)
        changes[name] = taken if isinstance(old, tuple) else taken[0]
    if "products" in changes and not brief.relations:
        changes["relations"] = earlier.brief.relations
    unwanted = {part.value for part in brief.avoid}
    kept = tuple(
        part.model_copy(update={"origin": Origin.REMEMBERED, "said": earlier.said})
        for part in earlier.brief.avoid
        if part.value not in unwanted and not asked_for(part.value, brief)
    )
    changes["avoid"] = (*brief.avoid, *kept)
    when = f" of {earlier.begun:%Y-%m-%d}" if earlier.begun else ""
    note = f"“{earlier.said}”: taken from {earlier.run_id}{when}, “{shortened(earlier.brief.request)}”"
    changes["notes"] = (*brief.notes, note)
    return brief.model_copy(update=changes)


def with_defaults_remembered(brief: Brief, known: tuple[Remembered, ...]) -> tuple[Brief, tuple[Remembered, ...]]:
    """The brief with the remembered defaults it is silent about, and those that were used.

    What the request asks for is not avoided, whatever is remembered: a note says so.
    """
    used: list[Remembered] = []
    silent = {name for name in REMEMBERED_FIELDS if name not in GROWING_FIELDS and is_open(brief, name)}
    for row in known:
        if row.field in GROWING_FIELDS:
            if row.value in {part.value for part in brief.avoid}:
                continue
            if asked_for(row.value, brief):
                note = f"“{row.value}” is asked for, though it is remembered as something to avoid ({row.id})"
                brief = brief.model_copy(update={"notes": (*brief.notes, note)})
                continue
            brief = brief.model_copy(update={"avoid": (*brief.avoid, remembered_part(row))})
        elif row.field in LIST_FIELDS and row.field in silent:
            before = getattr(brief, row.field) if any(one.field == row.field for one in used) else ()
            brief = brief.model_copy(update={row.field: (*before, remembered_part(row))})
        elif row.field in silent:
            brief = brief.model_copy(update={row.field: remembered_part(row)})
        else:
            continue
        used.append(row)
    return brief, tuple(used)


def is_open(brief: Brief, name: str) -> bool:
    """Whether a brief is silent about a field and about what goes with it; an assumption is silence."""
    names = {name}.union(*(group for group in TOGETHER if name in group))
    return not any(is_said(getattr(brief, one)) for one in names)


def is_said(value: object) -> bool:
    """Whether a field holds something that is more than an assumption."""
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(part, Part) and part.origin is not Origin.ASSUMED for part in parts)


def asked_for(thing: str, brief: Brief) -> bool:
    """Whether the request wants to see a thing: as prop, place, surface, season or weather."""
    wanted = [part.value for part in brief.props]
    single = (brief.background, brief.surface, brief.season, brief.weather, brief.theme)
    wanted += [part.value for part in single if part and part.origin in {Origin.STATED, Origin.ANSWERED}]
    words = set(thing.lower().split())
    return any(words <= set(value.lower().split()) for value in wanted)


def remembered_part(row: Remembered) -> Part[object]:
    """A remembered default as a part of a brief."""
    value: object = row.value
    if row.field == "count":
        value = int(row.value)
    elif row.field == "size":
        value = Size.parse(row.value)
    return Part[object](value=value, origin=Origin.REMEMBERED, said=row.said)


def shortened(text: str, most: int = 80) -> str:
    """The beginning of a text."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"
