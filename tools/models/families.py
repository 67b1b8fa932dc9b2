"""Families of models as InvokeModel speaks to them: there each maker has a body of its own.

Only those are listed whose answers LangChain's adapter reads whole. Amazon's Nova is not: it is Converse's there.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Misconfigured
from domain.models import Abilities, ModelSpec

GEOGRAPHIES = ("us", "eu", "apac", "jp", "au", "ca", "us-gov", "global")


@dataclass(frozen=True)
class Family:
    """What a maker's body has room for. `marks` says that turns are marked in the text itself, as in a prompt."""

    name: str
    tools: bool = False
    images: bool = False
    cache: bool = False
    streams: bool = True
    marks: bool = False


FAMILIES = {
    family.name: family
    for family in (
        Family("anthropic", tools=True, images=True, cache=True),
        Family("meta", marks=True),
        Family("mistral", marks=True),
        # The adapter ends a stream at "stop" or "length" alone, and trips over the usage that follows any other end.
        Family("openai", images=True, streams=False),
        Family("qwen", images=True, streams=False),
    )
}


def family_of(model: str) -> Family | None:
    """The family of a foundation model by its id; None for another maker's, and for what is no such id."""
    plain = without_geography(model.rpartition("/")[2])
    return FAMILIES.get(plain.partition(".")[0])


def without_geography(model: str) -> str:
    """A model's id without the geography of an inference profile before it."""
    return split_geography(model)[1]


def split_geography(model: str) -> tuple[str, str]:
    """The geography an inference profile's id begins with ("" for none), and the model's own id."""
    first, dot, rest = model.partition(".")
    return (first, rest) if dot and "." in rest and first in GEOGRAPHIES else ("", model)


def invoked(abilities: Abilities, spec: ModelSpec, base_model: str) -> Abilities:
    """What a model can do when it is reached through InvokeModel. Raises Misconfigured where it cannot be."""
    family = family_of(base_model or spec.model)
    if family is None:
        raise Misconfigured(
            f"how to speak to {spec} is not known: its base model is of none of {', '.join(sorted(FAMILIES))}",
            where="models.known",
            hint="name the model it was made from (base_model) in its [[models.known]] row; what Converse serves, "
            "Amazon's own among it, is bedrock_converse:MODEL",
        )
    return abilities.model_copy(
        update={
            "schema_output": False,
            "forced_tools": abilities.forced_tools and family.tools,
            "images": abilities.images and family.images,
            "cache": abilities.cache and family.cache,
            "streams": abilities.streams and family.streams,
        }
    )
