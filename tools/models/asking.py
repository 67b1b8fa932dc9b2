"""An ask as a request that suits the model: what it lacks is done without, or the ask is refused with the reason."""

from __future__ import annotations

import json
import math

from domain.errors import ModelCannot
from domain.models import Abilities, AnswerT, Ask, ImagePart
from tools.models.catalogue import Card
from tools.models.exchange import Form, Request
from tools.models.reading import Unusable, Wrong
from tools.models.schema import schema_of

CHARACTERS_A_TOKEN = 3.0
"""Fewer than most tokenizers give English, so that what is reserved is rather too much."""

PIXELS_A_TOKEN = 750.0
MOST_TOKENS_AN_IMAGE = 2_500
"""Anthropic's published rule for images, and a bound above what other providers count."""

MOST_REPAIRS = 2


def refuse_impossible(ask: Ask, card: Card) -> None:
    """Raises ModelCannot for what this model cannot be asked."""
    abilities = card.abilities
    if ask.images and not abilities.images:
        raise ModelCannot(
            f"{card.spec.model} does not look at images",
            where=f"models.{ask.role.value}",
            hint="set a model that does for this role, or say so in a [[models.known]] row (abilities.images = true)",
        )
    needed = tokens_of(ask) + ask.longest
    if needed > abilities.context:
        raise ModelCannot(
            f"the question takes about {needed} tokens; {card.spec.model} holds {abilities.context}",
            where=f"models.{ask.role.value}",
            hint="ask about fewer or smaller things, or set a model with more room",
        )


def form_for(abilities: Abilities) -> Form:
    """How this model is made to answer in a type: by schema, else by a forced tool, else in plain words."""
    if abilities.schema_output:
        return Form.SCHEMA
    return Form.TOOL if abilities.forced_tools else Form.PLAIN


def request_for(ask: Ask, card: Card, answer: type[AnswerT], faults: list[Unusable]) -> Request:
    """The request of one attempt. `faults` are those of the answers so far: the model is told, and the last repair
    asks for plain text, since a model that twice failed at a tool or schema may still write the object down.
    """
    abilities = card.abilities
    form = form_for(abilities) if len(faults) < MOST_REPAIRS else Form.PLAIN
    longest = ask.longest * (2 if any(fault.wrong is Wrong.CUT_OFF for fault in faults) else 1)
    schema = schema_of(answer)
    more = []
    if form is Form.PLAIN:
        more.append(
            "Answer with one JSON object and nothing else. It must fit this JSON schema:\n"
            + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
        )
    if faults:
        more.append(f"Your last answer could not be used: {faults[-1].why}. Answer again.")
    return Request(
        ask=ask,
        model=card.spec.model,
        base_model=card.base_model,
        form=form,
        name=answer.__name__,
        schema=schema,
        longest=min(longest, abilities.longest),
        temperature=ask.temperature if abilities.sampling else None,
        cache=abilities.cache,
        stream=abilities.streams,
        more="\n\n".join(more),
    )


def tokens_of(ask: Ask, extra: int = 0) -> int:
    """About how many tokens an ask takes, rather too many; `extra` characters are sent beside its own."""
    characters = len(ask.system) + extra
    images = 0
    for part in ask.parts:
        if isinstance(part, ImagePart):
            images += min(MOST_TOKENS_AN_IMAGE, math.ceil(part.pixels / PIXELS_A_TOKEN))
        else:
            characters += len(part.text)
    return math.ceil(characters / CHARACTERS_A_TOKEN) + images
