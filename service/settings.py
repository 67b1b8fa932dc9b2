"""Settings: environment (`ONBRAND_*`) over one TOML file (`onbrand.toml` in the home folder) over defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from domain.errors import Misconfigured
from domain.values import BUCKET_SCHEME, BucketAddress
from mcp_servers.endpoint import SHORTEST_TOKEN, Endpoint, is_loopback, is_token
from service.model_settings import ModelSettings

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


SIGNED_BY_PAIRS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
SIGNED_BY_SECRET = frozenset({"HS256", "HS384", "HS512"})


class Tokens(BaseModel):
    """Whose JSON Web Tokens are believed, and what in them grants roles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1, description="the token's `iss`, letter by letter")
    audience: str = Field(min_length=1, description="what the token's `aud` must name: this service")
    algorithms: tuple[str, ...] = Field(default=("RS256", "ES256", "EdDSA"), min_length=1, description="allowed `alg`")
    keys_file: Path | None = Field(default=None, description="PEM file of a public key, or a JWKS file")
    jwks_url: str | None = Field(default=None, description="where the issuer publishes its keys; https")
    claim: str = Field(default="onbrand", min_length=1, description='claim that grants: {"BRAND": ["ROLE", ...]}')
    leeway_s: int = Field(default=30, ge=0, le=300, description="how far the issuer's clock may be off, seconds")

    @field_validator("algorithms")
    @classmethod
    def signed(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        """Signatures only, of one family: a public key must never be taken for a shared secret."""
        unknown = set(algorithms) - SIGNED_BY_PAIRS - SIGNED_BY_SECRET
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))} is not allowed; choose of RS256, ES256, EdDSA, HS256, ...")
        if set(algorithms) & SIGNED_BY_PAIRS and set(algorithms) & SIGNED_BY_SECRET:
            raise ValueError("either algorithms with key pairs or with a shared secret (HS...), not both")
        return algorithms

    @field_validator("jwks_url")
    @classmethod
    def over_tls(cls, url: str | None) -> str | None:
        """Keys that came in the clear could be anybody's."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return url
        if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
            return url
        raise ValueError("give an https URL, such as https://issuer.example/.well-known/jwks.json")

    @model_validator(mode="after")
    def one_source(self) -> Self:
        """Keys come from one place."""
        if (self.keys_file is None) == (self.jwks_url is None):
            raise ValueError("give keys_file or jwks_url, one of them")
        return self


def bucket_address(text: str) -> str:
    """An s3:// address in its plain form. Raises ValueError saying what is wrong with it."""
    return str(BucketAddress.parse(text))


def folder_or_bucket(value: Any) -> Any:
    """Text that begins with s3:// is a bucket's address; other text is the path of a folder."""
    if not isinstance(value, str):
        return value
    return bucket_address(value) if value.startswith(BUCKET_SCHEME) else Path(value)


class Auth(BaseModel):
    """How callers show who they are, beside the API keys of `onbrand keys`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jwt: Tokens | None = Field(default=None, description="tokens of an identity provider; none are believed when unset")


class Serving(BaseModel):
    """What `onbrand serve` lets in, and how much of it. Shares are per principal and per process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: str | None = Field(default=None, description="how clients reach it: https://onbrand.example")
    allowed_hosts: tuple[str, ...] = Field(default=(), description="host names beside loopback and public_url's")
    allowed_origins: tuple[str, ...] = Field(default=(), description="origins of web pages that may call the API")
    rate_per_minute: int = Field(default=600, ge=1, description="requests of one principal in a minute")
    runs_at_once: int = Field(default=8, ge=1, description="runs of one principal at work at the same time")
    work_at_once: int = Field(default=2, ge=1, le=64, description="runs this process works on at once")
    streams_at_once: int = Field(default=256, ge=1, description="event streams of one principal")
    heavy_at_once: int = Field(default=2, ge=1, description="uploads, checks and offers of one principal in progress")
    max_upload_mb: int = Field(default=64, ge=1, le=64, description="largest upload, MiB")
    metrics_token: SecretStr | None = Field(default=None, description="bearer token of /metrics; loopback if unset")

    @field_validator("public_url")
    @classmethod
    def an_origin(cls, url: str | None) -> str | None:
        """Scheme, host and port, nothing else: paths are the service's own."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("give scheme and host, such as https://onbrand.example")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the URL must not carry a user, a password, a query or a fragment")
        return url.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Each as browsers send it."""
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(f"{origin!r} is no origin; give https://studio.example, without a path")
        return origins

    @field_validator("metrics_token")
    @classmethod
    def hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        """A token, not a word."""
        if token is not None and not is_token(token.get_secret_value()):
            raise ValueError(f"a token is at least {SHORTEST_TOKEN} visible ASCII characters")
        return token


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
    dinov2_model: Path | None = Field(
        default=None, description="folder of DINOv2 weights, for `onbrand evals run fidelity`; not measured when unset"
    )
    artifacts: Annotated[str, AfterValidator(bucket_address)] | None = Field(
        default=None, description="bucket that keeps pictures, as s3://bucket/prefix; the home folder when unset"
    )
    artifacts_endpoint: str | None = Field(
        default=None, description="URL of that bucket's S3-compatible service; AWS_ENDPOINT_URL, or Amazon, when unset"
    )
    destination: Annotated[Path | str, BeforeValidator(folder_or_bucket)] | None = Field(
        default=None, description="folder or s3://bucket/prefix publications go to; <home>/published when unset"
    )
    grid: int = Field(default=9, ge=1, le=27, description="candidates in the standard option")
    parallel: int = Field(default=2, ge=1, le=64, description="scene groups drawn or judged at the same time")

    models: ModelSettings = Field(default=ModelSettings(), description="language and vision models by role")
    tools: ToolServers = Field(default=ToolServers(), description="tool servers that other processes serve")
    auth: Auth = Field(default=Auth(), description="how callers sign in to `onbrand serve`")
    serve: Serving = Field(default=Serving(), description="what `onbrand serve` lets in")
    telemetry: TelemetrySettings = Field(default=TelemetrySettings(), description="where a server's spans go")

    @field_validator("artifacts_endpoint")
    @classmethod
    def private(cls, url: str | None) -> str | None:
        """Pictures go over TLS, or nowhere beyond this machine."""
        parts = urlsplit(url or "https://unset")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("give a URL such as https://objects.example, without user or query")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("only a loopback address may be reached without https")
        return url

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
