"""Settings: environment (`ONBRAND_*`) over one TOML file (`onbrand.toml` in the home folder) over defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from domain.errors import Misconfigured

FILE_NAME = "onbrand.toml"


class Settings(BaseSettings):
    """Everything that can be set. Read once, at start."""

    model_config = SettingsConfigDict(env_prefix="ONBRAND_", extra="forbid")

    home: Path = Field(default=Path("~/.onbrand"), description="state: database, artifacts, traces, indexes")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; SQLite in the home folder when unset")
    sentence_model: Path | None = Field(default=None, description="folder of a full sentence model; static when unset")
    destination: Path | None = Field(default=None, description="folder publications go to; <home>/published when unset")
    grid: int = Field(default=9, ge=1, le=27, description="candidates in the standard option")
    parallel: int = Field(default=2, ge=1, le=64, description="scene groups drawn or judged at the same time")

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
            where=f"ONBRAND_{name.upper()} or {FILE_NAME}",
            hint="`onbrand doctor` lists every setting and where it comes from",
        ) from error
    except ValueError as error:  # the TOML file itself cannot be parsed
        raise Misconfigured(
            f"{FILE_NAME} cannot be read: {error}", where=FILE_NAME, hint="mend it, or remove it"
        ) from error
    return settings.model_copy(update={"home": settings.home.expanduser()})
