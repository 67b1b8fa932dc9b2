"""A gateway over an endpoint, with a real ledger; and a clock on which a minute takes a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from domain.model_calls import Allowance, Attempted, Observer
from domain.models import Ask, ImagePart, ModelRole, ModelSpec, Payer, Prompt, Provider, TextPart
from domain.values import Model
from evals.endpoints.endpoint import ModelEndpoint
from memory import Database, Ledger, Metering, open_database
from tools.models.catalogue import Known
from tools.models.clock import Clock
from tools.models.gateway import Gateway
from tools.models.places import Place
from tools.models.seats import seats_for
from tools.models.transports import transports

MODEL = "amazon.nova-2-lite-v1:0"
CLAUDE = "anthropic.claude-haiku-4-5-20251001-v1:0"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"


class Verdict(Model):
    """An answer for tests."""

    passed: bool
    why: str = ""
    score: int = Field(default=3, ge=1, le=5)


GOOD = {"passed": True, "why": "the sign is readable", "score": 4}


Open = Callable[..., Gateway]


class FastClock:
    """Time that runs `factor` times as fast, for the gateway and for who waits on it."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._zero = time.monotonic()

    def now(self) -> float:
        """Seconds, as fast as it runs."""
        return (time.monotonic() - self._zero) * self.factor

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait for as long as its seconds take."""
        condition.wait(max(0.0, seconds / self.factor))


def bedrock_place(endpoint: ModelEndpoint, name: str = "main", **more: Any) -> Place:
    """The endpoint as a place of Bedrock's."""
    return Place(name=name, region="eu-central-1", url=endpoint.url, **more)


def invoke_place(endpoint: ModelEndpoint, name: str = "main", **more: Any) -> Place:
    """The endpoint as a place of Bedrock's that is reached by InvokeModel."""
    return bedrock_place(endpoint, name, provider=Provider.BEDROCK_INVOKE, **more)


def openai_place(endpoint: ModelEndpoint, name: str = "main", **more: Any) -> Place:
    """The endpoint as a place that speaks chat completions."""
    return Place(name=name, provider=Provider.OPENAI, url=endpoint.openai, **more)


PROTOCOLS = {"converse": bedrock_place, "invoke": invoke_place, "chat": openai_place}
"""How models are reached, with the place for it."""


def gateway(
    database: Database,
    places: Sequence[Place],
    *,
    models: Sequence[str] = (),
    roles: Sequence[ModelRole] = (ModelRole.GATE_JUDGE,),
    known: Sequence[Known] = (),
    allowances: Sequence[Allowance] = (),
    team: str = "",
    clock: Clock | None = None,
    patience: float = 20.0,
    seen: list[Attempted] | None = None,
    observer: Observer | None = None,
    chats: Any = None,
) -> Gateway:
    """A gateway whose roles all have the same models at these places, each in the protocol of the place."""
    texts = [
        f"{place.provider}:{model}" + (f"@{place.url}" if place.provider is Provider.OPENAI else "")
        for place in places
        for model in models or [CLAUDE if place.provider is Provider.BEDROCK_INVOKE else MODEL]
    ]

    def noted(attempt: Attempted) -> None:
        if seen is not None:
            seen.append(attempt)

    seats = seats_for([ModelSpec.parse(text) for text in dict.fromkeys(texts)], places, known)
    return Gateway(
        dict.fromkeys(roles, seats),
        transports(),
        Metering(Ledger(database, allowances, lambda brand: team)),
        observer=observer or noted,
        clock=clock,
        patience=patience,
        chats=chats,
    )


def question(
    *parts: TextPart | ImagePart, role: ModelRole = ModelRole.GATE_JUDGE, brand: str = "demo", **payer: Any
) -> Ask:
    """An ask for tests."""
    return Ask(
        role=role,
        prompt=Prompt(name="gates", version=1),
        system="You judge pictures.",
        parts=parts or (TextPart(text="Is the sign readable?"),),
        payer=Payer(brand=brand, stage="critique", **payer),
        longest=256,
    )


def sqlite(folder: Path) -> Database:
    """A database file in the folder."""
    return open_database(f"sqlite:///{folder}/onbrand.sqlite")
