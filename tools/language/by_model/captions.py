"""Captions a model writes over the built-in's drafts, held to the rules that every caption keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from domain.assets import Asset
from domain.brief import Brief, Part
from domain.composition import Caption, Scene
from domain.values import Model
from tools.language.lexicon import Kind, load_lexicon
from tools.language.tokens import key
from tools.language.writer import described, within

WRITTEN = ("subject", "reference", "environment", "pose", "style")
_BESIDE = {Kind.ADJECTIVE, Kind.AUDIENCE}
WANTED = ("theme", "mood", "style", "season", "weather", "time_of_day", "background", "surface")


class WrittenCaption(Model):
    """One scene's caption, without light and camera: those are on record."""

    number: int
    subject: str
    reference: str = ""
    environment: str = ""
    pose: str = ""
    style: str = ""


class WrittenCaptions(Model):
    """What a model answers as caption writer."""

    captions: tuple[WrittenCaption, ...]


def to_write(
    brief: Brief, scenes: Sequence[Scene], drafts: Sequence[Caption], product: Asset, limit: int
) -> dict[str, Any]:
    """What the model is given."""
    return {
        "product": product.title,
        "wanted": wanted_of(brief),
        "avoid": [part.value for part in brief.avoid],
        "longest": limit,
        "scenes": [
            {
                "number": number,
                "about": ", ".join((scene.title, *scene.tags)),
                "draft": draft.model_dump(include=set(WRITTEN)),
            }
            for number, (scene, draft) in enumerate(zip(scenes, drafts, strict=True), start=1)
        ],
    }


def wanted_of(brief: Brief) -> dict[str, str]:
    """What the picture is to show, by name."""
    wanted = {name: part.value for name in WANTED if isinstance(part := getattr(brief, name), Part)}
    if brief.props:
        wanted["props"] = ", ".join(part.value for part in brief.props)
    return wanted


def captions_from(
    written: WrittenCaptions, drafts: Sequence[Caption], brief: Brief, limit: int
) -> tuple[tuple[Caption, ...], int]:
    """A caption for each draft, and how many scenes kept their draft because the model's was of no use."""
    by_number: Mapping[int, WrittenCaption] = {caption.number: caption for caption in written.captions}
    avoided, known = words_of(part.value for part in brief.avoid), words_of([brief.request])
    captions = [
        checked(by_number[number].model_dump(include=set(WRITTEN)), draft, avoided, invented(known), limit)
        if number in by_number
        else draft
        for number, draft in enumerate(drafts, start=1)
    ]
    return tuple(captions), sum(caption == draft for caption, draft in zip(captions, drafts, strict=True))


Invented = Callable[[set[str], set[str]], bool]
"""Whether words (their keys) name something nobody asked for, given those of the draft."""


def invented(known: set[str], kinds: Collection[Kind] = (Kind.PERSON, Kind.TRADEMARK)) -> Invented:
    """Things of these kinds that stand neither in `known` nor in the draft: people and other brands at least.

    A word that can be something else, too, is given the benefit of the doubt.
    """
    phrases, things = load_lexicon().phrases, set(kinds)

    def names_what_is_new(words: set[str], draft: set[str]) -> bool:
        new = (set(phrases.get((word,), {})) for word in words - known - draft)
        return any(senses & things and senses <= things | _BESIDE for senses in new)

    return names_what_is_new


def checked(
    written: Mapping[str, str], draft: Caption, avoided: set[str], is_invented: Invented, limit: int
) -> Caption:
    """A written caption element by element: one that breaks a rule gives way to the draft's.

    Instructions and negations are left out; the product's own noun must be the subject; nothing is named that is to be
    avoided or that was invented; and all of it fits the generator's limit.
    """
    elements = draft.model_dump()
    drafted = words_of(elements.values())
    for name, text in written.items():
        said = described(text)
        words = words_of([said])
        if said and not words & avoided and not is_invented(words, drafted):
            elements[name] = said
    nouns = words_of(draft.subject.replace(",", " ").split()[-1:])
    if not nouns <= words_of([elements["subject"]]):
        elements["subject"] = draft.subject
    return within(elements, limit)


def words_of(texts: Iterable[str]) -> set[str]:
    """The keys of all words."""
    return {key(word) for text in texts for word in re.findall(r"[\w'’-]+", text.lower())}
