"""Captions a model writes over the built-in's drafts, held to the rules that every caption keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.assets import Asset
from domain.brief import Brief, Part
from domain.composition import Caption, Scene
from domain.values import Model
from tools.language.tokens import key
from tools.language.writer import described, within

WRITTEN = ("subject", "reference", "environment", "pose", "style")
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
    wanted = {name: part.value for name in WANTED if isinstance(part := getattr(brief, name), Part)}
    if brief.props:
        wanted["props"] = ", ".join(part.value for part in brief.props)
    return {
        "product": product.title,
        "wanted": wanted,
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


def captions_from(
    written: WrittenCaptions, drafts: Sequence[Caption], brief: Brief, limit: int
) -> tuple[tuple[Caption, ...], int]:
    """A caption for each draft, and how many scenes kept their draft because the model's was of no use."""
    by_number: Mapping[int, WrittenCaption] = {caption.number: caption for caption in written.captions}
    avoided = {key(word) for part in brief.avoid for word in part.value.split()}
    captions = [
        checked(by_number[number], draft, avoided, limit) if number in by_number else draft
        for number, draft in enumerate(drafts, start=1)
    ]
    return tuple(captions), sum(caption == draft for caption, draft in zip(captions, drafts, strict=True))


def checked(written: WrittenCaption, draft: Caption, avoided: set[str], limit: int) -> Caption:
    """A written caption element by element: one that breaks a rule gives way to the draft's.

    Instructions and negations are left out; the product's own noun must be the subject; what is to be avoided is not
    named; and all of it fits the generator's limit.
    """
    elements = draft.model_dump()
    for name in WRITTEN:
        said = described(getattr(written, name))
        words = {key(word) for word in said.replace(",", " ").split()}
        if said and not words & avoided:
            elements[name] = said
    nouns = {key(word) for word in draft.subject.replace(",", " ").split()[-1:]}
    if not nouns <= {key(word) for word in elements["subject"].replace(",", " ").split()}:
        elements["subject"] = draft.subject
    return within(elements, limit)
