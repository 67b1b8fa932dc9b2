"""Settings: environment (`ONBRAND_*`) over one TOML file (`onbrand.toml` in the home folder) over defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from domain.errors import Misconfigured
from mcp_servers.endpoint import SHORTEST_TOKEN, Endpoint, is_loopback, is_token

FILE_NAME = "onbrand.toml"
NESTED = "__"
"""Between the parts of a nested setting in the environment: ONBRAND_TOOLS__JUDGES__URL is tools.judges.url."""


class ToolServer(BaseModel):
    """One tool server that another process serves (`onbrand tools serve`); in this process when `url` is unset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(default=None, description="where it listens, such as https://judges.example/mcp")
    token: SecretStr | None = Field(default=None, description="the bearer token it wants")
    timeout_s: float = Field(default=300.0, gt=0, le=3600, description="longest wait for one answer, seconds")

    @field_validator("url")
    @classmethod
    def safe(cls, url: str | None) -> str | None:
        """A token goes over TLS, or nowhere beyond this machine."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("give a URL such as http://127.0.0.1:8713/mcp")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the URL must not carry a user, a password, a query or a fragment")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("only a loopback address may be reached without https")
        return url

    @model_validator(mode="after")
    def whole(self) -> Self:
        """An address without its token would be refused at every call."""
        if self.url is not None and self.token is None:
            raise ValueError("a url needs a token beside it")
        if self.token is not None and not is_token(self.token.get_secret_value()):
            raise ValueError(f"a token is at least {SHORTEST_TOKEN} visible ASCII characters")
        return self

    def endpoint(self) -> Endpoint | None:
        """Where to call; None for a server of this process."""
        if self.url is None or self.token is None:
            return None
        return Endpoint(self.url, self.token.get_secret_value(), self.timeout_s)


class ToolServers(BaseModel):
    """The four tool servers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assets: ToolServer = ToolServer()
    diffusion: ToolServer = ToolServer()
    judges: ToolServer = ToolServer()
    publish: ToolServer = ToolServer()

    def elsewhere(self) -> dict[str, Endpoint]:
        """Those that another process serves."""
        found = {name: getattr(self, name).endpoint() for name in type(self).model_fields}
        return {name: endpoint for name, endpoint in found.items() if endpoint is not None}


class TelemetrySettings(BaseModel):
    """What a server tells of itself, beside its log and /metrics."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str | None = Field(
        default=None, description="base URL of an OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318"
    )

    @field_validator("endpoint")
    @classmethod
    def address(cls, endpoint: str | None) -> str | None:
        """A base URL without secrets in it: a collector's token goes into OTEL_EXPORTER_OTLP_HEADERS."""
        parts = urlsplit(endpoint or "http://unset")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("give a URL such as http://127.0.0.1:4318")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the URL must not carry a user, a password, a query or a fragment")
        return endpoint


class Settings(BaseSettings):
    """Everything that can be set. Read once, at start."""

    model_config = SettingsConfigDict(env_prefix="ONBRAND_", env_nested_delimiter=NESTED, extra="forbid")

    home: Path = Field(default=Path("~/.onbrand"), description="state: database, artifacts, traces, indexes")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; SQLite in the home folder when unset")
    sentence_model: Path | None = Field(default=None, description="folder of a full sentence model; static when unset")
    destination: Path | None = Field(default=None, description="folder publications go to; <home>/published when unset")
    grid: int = Field(default=9, ge=1, le=27, description="candidates in the standard option")
    parallel: int = Field(default=2, ge=1, le=64, description="scene groups drawn or judged at the same time")

    tools: ToolServers = Field(default=ToolServers(), description="tool servers that other processes serve")
    telemetry: TelemetrySettings = Field(default=TelemetrySettings(), description="where a server's spans go")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file."""
        file = Path(os.environ.get("ONBRAND_HOME", "~/.onbrand")).expanduser() / FILE_NAME
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; raises Misconfigured naming the first wrong one."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(
            f"the setting {name!r} is wrong: {first['msg']}",
            where=f"ONBRAND_{name.upper().replace('.', NESTED)} or {FILE_NAME}",
            hint="`onbrand doctor` lists every setting and where it comes from",
        ) from error
    except ValueError as error:  # the TOML file itself cannot be parsed
        raise Misconfigured(
            f"{FILE_NAME} cannot be read: {error}", where=FILE_NAME, hint="mend it, or remove it"
        ) from error
    return settings.model_copy(update={"home": settings.home.expanduser()})
