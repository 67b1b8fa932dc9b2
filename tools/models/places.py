"""Places that serve models: accounts, regions and endpoints in the order they are tried, and what may go where."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from domain.errors import Misconfigured, ModelCannot
from domain.models import ModelRole, ModelSpec, Provider
from domain.values import Seconds


class Retention(StrEnum):
    """What a place keeps of what it is sent. Unset means not known, the weakest."""

    NONE = "none"
    FLAGGED = "flagged"                  # what its abuse checks caught
    ALL = "all"
    UNKNOWN = "unknown"

    @property
    def weakness(self) -> int:
        """0 keeps nothing; higher is worse."""
        return list(Retention).index(self)


class Place(BaseModel):
    """One account and region of Bedrock, whichever of its protocols a model takes, or one OpenAI-compatible endpoint.

    `residency` is a word for where data stays ("eu"); confidential work never fails over to another. `confidential`
    says that the place is cleared for it, which takes `retention = "none"`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    provider: Provider = Provider.BEDROCK_CONVERSE
    region: str = Field(default="", description="Bedrock: AWS region; the environment's when unset")
    role_arn: str = Field(default="", description="Bedrock: role to assume in that account")
    external_id: SecretStr | None = Field(default=None, description="Bedrock: external id for assuming the role")
    url: str = Field(default="", description="OpenAI: base address ending in /v1. Bedrock: another endpoint address")
    api_key: SecretStr | None = Field(default=None, description="OpenAI: sent as bearer token")
    api_key_env: str = Field(default="", description="OpenAI: name of the environment variable that holds the key")
    guardrail: str = Field(default="", pattern=r"^$|^[^:\s]+:[^:\s]+$", description="Bedrock: guardrail ID:VERSION")
    retention: Retention = Retention.UNKNOWN
    residency: str = ""
    confidential: bool = False
    at_once: int = Field(default=8, ge=1, le=512, description="calls at the same time from one process")
    timeout_s: Seconds = Field(default=60.0, gt=0, le=900, description="longest wait for one answer")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.confidential and self.retention is not Retention.NONE:
            raise ValueError('a place cleared for confidential work needs retention = "none"')
        if self.provider is Provider.OPENAI and not self.url:
            raise ValueError("an openai place needs its url")
        if self.provider is Provider.BUILTIN:
            raise ValueError("the built-in needs no place")
        if self.url:
            parts = urlsplit(self.url)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
                raise ValueError("give a url such as https://gateway.example/v1, without user or query")
            if parts.scheme == "http" and (self.api_key or self.api_key_env) and not on_this_machine(self.url):
                raise ValueError("a key goes over https, or nowhere beyond this machine")
        return self

    def key(self) -> str | None:
        """The API key, if there is one. Raises Misconfigured when the variable that should hold it is not set."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if not self.api_key_env:
            return None
        if not (found := os.environ.get(self.api_key_env)):
            raise Misconfigured(
                f"the key of the place {self.name!r} is not there",
                where=self.api_key_env,
                hint=f"set the environment variable {self.api_key_env}",
            )
        return found

    def serves(self, spec: ModelSpec) -> bool:
        """Whether this place is one for that model. One named by its ARN is served in the ARN's region alone."""
        if self.provider.bedrock:
            return spec.provider.bedrock and (not spec.region or self.region in {"", spec.region})
        return self.provider is spec.provider and self.url.rstrip("/") == spec.url


def on_this_machine(url: str) -> bool:
    """Whether an address is a loopback one."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def places_for(spec: ModelSpec, places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that serve a model, in order; one of the environment's own when none is configured."""
    found = tuple(place for place in places if place.serves(spec))
    if found:
        return found
    if spec.provider is Provider.OPENAI:
        return (Place(name=_host(spec.url), provider=spec.provider, url=spec.url),)
    return (Place(name="aws", region=spec.region),)


def cleared(places: Sequence[Place], role: ModelRole, *, confidential: bool) -> tuple[Place, ...]:
    """The places this work may go to, in order.

    Confidential work goes to places cleared for it, and from the first of them never to one that keeps more or lies
    elsewhere. Raises ModelCannot when there is none.
    """
    if not confidential:
        return tuple(places)
    fit = [place for place in places if place.confidential]
    if not fit:
        raise ModelCannot(
            f"no place that serves the {role.value} is cleared for confidential work",
            where=f"models.{role.value}",
            hint='clear one: confidential = true, retention = "none" at its [[models.places]]',
        )
    first = fit[0]
    return tuple(
        place
        for place in fit
        if place.retention.weakness <= first.retention.weakness and place.residency == first.residency
    )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.hostname or "endpoint").replace(":", ".").lower()[:60]
