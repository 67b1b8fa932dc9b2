"""Language and vision models as everything else sees them: roles, what is asked, who pays, and what comes back.

`domain.ports.Models` is the port; the model gateway stands behind it. A role that no model serves is the built-in's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from domain.values import BrandId, Digest, Model, Money, RunId, Seconds

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=Model)


class ModelRole(StrEnum):
    """What a model is asked to be. Settings map each to a model; small and cheap where the task is narrow."""

    READER = "reader"
    PLANNER = "planner"
    CAPTION_WRITER = "caption_writer"
    REVISER = "reviser"
    FEEDBACK_ROUTER = "feedback_router"
    GUIDELINE_COMPILER = "guideline_compiler"
    GATE_JUDGE = "gate_judge"
    COMPONENT_JUDGE = "component_judge"
    SET_JUDGE = "set_judge"


class Provider(StrEnum):
    """How a model is reached."""

    BUILTIN = "builtin"
    BEDROCK_CONVERSE = "bedrock_converse"
    BEDROCK_INVOKE = "bedrock_invoke"    # for what Converse does not serve: imported, custom, provisioned, endpoints
    OPENAI = "openai"                    # anything that speaks chat completions: LiteLLM proxy, vLLM, Ollama

    @property
    def bedrock(self) -> bool:
        """Whether it is one of Bedrock's, which are reached with AWS credentials in an account and region."""
        return self in {Provider.BEDROCK_CONVERSE, Provider.BEDROCK_INVOKE}


class ModelSpec(Model):
    """One model: "builtin", "bedrock_converse:eu.amazon.nova-2-lite-v1:0", "bedrock_invoke:" with an id or ARN, or
    "openai:qwen2.5-vl@http://127.0.0.1:8000/v1".
    """

    provider: Provider
    model: str = ""
    url: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the forms above; raises ValueError saying what is wrong with any other."""
        provider, _, rest = text.strip().partition(":")
        if provider == Provider.BUILTIN and not rest:
            return cls(provider=Provider.BUILTIN)
        if provider in {Provider.BEDROCK_CONVERSE, Provider.BEDROCK_INVOKE} and rest:
            return cls(provider=Provider(provider), model=rest)
        if provider == Provider.OPENAI:
            model, at, url = rest.rpartition("@")
            if model and at and url.startswith(("http://", "https://")):
                return cls(provider=Provider.OPENAI, model=model, url=url.rstrip("/"))
        raise ValueError('give "builtin", "bedrock_converse:MODEL", "bedrock_invoke:MODEL" or "openai:MODEL@URL"')

    @property
    def region(self) -> str:
        """The AWS region of a model that is named by its ARN; "" for any other."""
        parts = self.model.split(":", 5)
        return parts[3] if self.provider.bedrock and parts[0] == "arn" and len(parts) == 6 else ""

    def __str__(self) -> str:
        if self.provider is Provider.BUILTIN:
            return "builtin"
        return f"{self.provider}:{self.model}" + (f"@{self.url}" if self.url else "")


BUILTIN = ModelSpec(provider=Provider.BUILTIN)


class Abilities(Model):
    """What a model can do. The request is made to suit: a model that lacks one is asked otherwise, or not at all.

    `schema_output`: answers to a JSON schema. `forced_tools`: must call the tool it is told to. `sampling`: takes a
    temperature. `cache`: keeps the prompt's beginning between calls. `streams`: sends its answer as it is made.
    `context` and `longest` are tokens, of everything and of one answer.
    """

    images: bool = False
    schema_output: bool = False
    forced_tools: bool = False
    sampling: bool = True
    cache: bool = False
    streams: bool = False
    context: int = Field(default=32_000, gt=0)
    longest: int = Field(default=4_096, gt=0)


class Prompt(Model):
    """Which prompt file an ask was rendered from; the version changes whenever the file's words do."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class TextPart(Model):
    """Words for a model."""

    kind: Literal["text"] = "text"
    text: str


class ImagePart(Model):
    """An encoded image for a model. Its bytes never leave the process but to the model: only the digest is recorded."""

    kind: Literal["image"] = "image"
    digest: Digest
    media_type: Literal["image/png", "image/jpeg", "image/webp", "image/gif"]
    data: bytes = Field(repr=False, exclude=True)
    pixels: int = Field(default=1024 * 1024, gt=0, description="width x height, for the estimate of tokens")

    @classmethod
    def of(cls, data: bytes, media_type: str, pixels: int = 1024 * 1024) -> Self:
        """The part for these bytes, under their SHA-256."""
        return cls.model_validate(
            {"digest": hashlib.sha256(data).hexdigest(), "media_type": media_type, "data": data, "pixels": pixels}
        )

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        if hashlib.sha256(self.data).hexdigest() != self.digest:
            raise ValueError("the digest is not that of the bytes")
        return self


AskPart = Annotated[TextPart | ImagePart, Field(discriminator="kind")]


class Payer(Model):
    """Who an ask is for: what its ledger row says, whose budgets and limits hold, where it may go.

    `stage` is the graph's node, or the command. Without a run (`onbrand doctor`, importing a brand book) only the
    budgets of brand and team hold. `budget` is the run's, in US dollars. `confidential` work goes only to places
    cleared for it.
    """

    brand: BrandId
    run_id: RunId | None = None
    stage: str
    market: str = ""
    confidential: bool = False
    budget: Money | None = None


class Ask(Model):
    """One question to one role. Images stand among the words in the order given.

    `longest` is the answer's length in tokens; `temperature` is dropped for a model that takes none.
    """

    role: ModelRole
    prompt: Prompt
    system: str
    parts: tuple[AskPart, ...]
    payer: Payer
    longest: int = Field(default=1_024, ge=16)
    temperature: float | None = Field(default=0.0, ge=0, le=2)

    @cached_property
    def digest(self) -> Digest:
        """What was asked, whoever pays: equal for equal role, prompt, words and image digests."""
        said = self.model_dump(mode="json", include={"role", "prompt", "system", "parts"})
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The images among the parts."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    def transcript(self) -> dict[str, Any]:
        """The ask as traces and chat logs carry it: words, and digests in the place of images."""
        said = [{"image": part.digest} if isinstance(part, ImagePart) else {"text": part.text} for part in self.parts]
        return {"digest": self.digest, "prompt": str(self.prompt), "system": self.system, "parts": said}


class Used(Model):
    """What one or more attempts used. `cached` tokens are part of `tokens_in` and were read from the model's cache."""

    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    images: int = 0
    cost: Money = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(**{name: getattr(self, name) + getattr(other, name) for name in Used.model_fields})


NOTHING_USED = Used()


@dataclass(frozen=True)
class Answered(Generic[T]):
    """A model's answer, checked against its type, and what it took.

    `attempts` counts calls on the wire, `repairs` how often the model was asked again because its answer was unusable.
    `notes` say in words what was done otherwise than planned (another place, a repair): they belong in the report.
    """

    value: T
    model: ModelSpec
    place: str = ""
    used: Used = NOTHING_USED
    seconds: Seconds = 0.0
    attempts: int = 1
    repairs: int = 0
    notes: tuple[str, ...] = ()
