"""One ask of a judge that looks: pictures without metadata, questions as data, and answers that are known already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from pydantic import ValidationError

from domain.errors import ModelCannot, ModelMustAct, ModelUnavailable, OverBudget
from domain.looking import Spent
from domain.models import AnswerT, Ask, AskPart, ImagePart, ModelRole, Payer, TextPart
from domain.ports import Image, KnownAnswers, Models
from domain.values import BrandId, Digest
from tools.imaging.decode import encode_webp_preview
from tools.prompts import prompt_file

JUDGES = (ModelRole.GATE_JUDGE, ModelRole.COMPONENT_JUDGE, ModelRole.SET_JUDGE)

PICTURE_SIDE = 1024
"""Longest side of a judged picture as the model gets it, pixels."""

REFERENCE_SIDE = 512
PICTURE_BYTES = 400_000
LONGEST_DATUM = 240
"""Characters of one foreign text (a request's words, a guideline's) that go into a question."""


def roles_that_look(models: Models) -> frozenset[ModelRole]:
    """The judge's roles that a model which looks at pictures serves."""
    return frozenset(role for role in JUDGES if (able := models.abilities(role)) is not None and able.images)


class Forgetful:
    """Implements `domain.ports.KnownAnswers` where nothing is kept."""

    def find(self, brand: BrandId, key: Digest) -> Mapping[str, Any] | None:
        """Nothing is known."""
        return None

    def keep(self, brand: BrandId, key: Digest, answer: Mapping[str, Any]) -> None:
        """Let it go."""


@dataclass(frozen=True)
class Bench:
    """What a judge that looks works with: models, what is known already, and who pays."""

    models: Models
    payer: Payer
    known: KnownAnswers = field(default_factory=Forgetful)

    def looks(self, role: ModelRole) -> bool:
        """Whether a model that looks at pictures serves the role."""
        abilities = self.models.abilities(role)
        return abilities is not None and abilities.images


@dataclass(frozen=True)
class Told(Generic[AnswerT]):
    """A model's answer and what it took, or the reason why there is none.

    `nobody` says that no place answers, or that there is no money left: asking otherwise is of no use.
    """

    value: AnswerT | None
    spent: Spent
    why_not: str = ""
    nobody: bool = False


def shown(image: Image, side: int = PICTURE_SIDE) -> ImagePart:
    """A picture as a model gets it: pixels alone. Metadata and file names, where lies could stand, do not travel."""
    data = encode_webp_preview(image[..., :3], max_bytes=PICTURE_BYTES, side=side)
    height, width = image.shape[:2]
    factor = min(1.0, side / max(height, width))
    return ImagePart.of(data, "image/webp", pixels=max(1, round(width * factor) * round(height * factor)))


def data_block(**fields: object) -> TextPart:
    """Questions and foreign words as one fenced JSON document: no text in it can end it or speak outside it."""
    document = json.dumps(fields, ensure_ascii=True, separators=(",", ":"), default=str)
    return TextPart(text=f"DATA {document} END OF DATA")


def datum(text: str) -> str:
    """Foreign words for the inside of a question: one line, without control characters, cut to a bounded length."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= LONGEST_DATUM else plain[: LONGEST_DATUM - 1] + "…"


def ask(
    bench: Bench, role: ModelRole, prompt_name: str, parts: Sequence[AskPart], answer: type[AnswerT], longest: int
) -> Told[AnswerT]:
    """Ask once; what was asked of this model about these very bytes before is not asked again.

    A model that gives no usable answer, may not see this work or would go beyond the budget gives a reason instead:
    the caller abstains, it never passes.
    """
    file = prompt_file(__package__, prompt_name)
    asked = Ask(
        role=role, prompt=file.prompt, system=file.text, parts=tuple(parts), payer=bench.payer, longest=longest
    )
    spec = bench.models.serves(role)
    if not bench.looks(role) or spec is None:
        return Told(None, Spent(), f"no model that looks at pictures serves as {role.value}")
    key = hashlib.sha256(f"{asked.digest} {spec} {answer.__name__}".encode()).hexdigest()
    kept = bench.known.find(bench.payer.brand, key)
    if kept is not None:
        try:
            return Told(answer.model_validate(kept), Spent(known=1))
        except ValidationError:
            kept = None  # written by another version: ask anew
    try:
        answered = bench.models.ask(asked, answer)
    except (ModelCannot, OverBudget) as error:
        return Told(None, Spent(notes=(error.message,)), error.message, nobody=isinstance(error, OverBudget))
    except ModelMustAct as error:
        gone = isinstance(error, ModelUnavailable)
        return Told(None, Spent(calls=1, notes=(error.message,)), error.message, nobody=gone)
    bench.known.keep(bench.payer.brand, key, answered.value.model_dump(mode="json"))
    return Told(answered.value, Spent(calls=answered.attempts, used=answered.used, notes=answered.notes))
