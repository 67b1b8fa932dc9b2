"""Credentials that are none, and a database: Bedrock's client wants to sign even on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.models import ModelRole, Payer
from evals.endpoints import ModelEndpoint, Reply, Seen, gateways
from evals.endpoints.gateways import PROTOCOLS, Open, bedrock_place, sqlite
from memory import Database, RunTable, new_run_id
from service.wiring import BuiltinLanguage
from tools.language.by_model import ModelLanguage
from tools.models import Place
from tools.models.gateway import Gateway

Speak = Callable[..., tuple[ModelLanguage, ModelEndpoint, list[str]]]


@pytest.fixture(params=list(PROTOCOLS))
def speaks(request: pytest.FixtureRequest) -> str:
    """Each protocol: what holds of answers and failures holds of all."""
    return str(request.param)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own AWS settings."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file whose tables are up to date: copying it takes no time, migrating does."""
    folder = tmp_path_factory.mktemp("migrated")
    sqlite(folder).close()
    return folder / "onbrand.sqlite"


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "onbrand.sqlite")
    database = sqlite(tmp_path)
    yield database
    database.close()


@pytest.fixture
def gateway(database: Database) -> Iterator[Open]:
    """Opens gateways over the test's database, and closes them."""
    opened: list[Gateway] = []

    def open_one(places: Sequence[Place], **how: Any) -> Gateway:
        opened.append(gateways.gateway(database, places, **how))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def run_id(database: Database) -> str:
    """A working run of the brand "demo"."""
    from domain.run import RunRequest

    return RunTable(database).create(RunRequest(request="our can on a terrace"), new_run_id()).run_id


@pytest.fixture
def speak(gateway: Open, run_id: str, request: pytest.FixtureRequest) -> Speak:
    """A language over an endpoint that answers as a script says; with what it notes."""

    def open_one(script: Callable[[Seen], Reply]) -> tuple[ModelLanguage, ModelEndpoint, list[str]]:
        endpoint = ModelEndpoint(script)
        endpoint.__enter__()
        request.addfinalizer(lambda: endpoint.__exit__(None, None, None))
        notes: list[str] = []

        def payer(stage: str, text: str, assets: Any) -> Payer:
            return Payer(brand="demo", run_id=run_id, stage=stage, budget=100.0)

        models = gateway([bedrock_place(endpoint)], roles=list(ModelRole))
        channels = ["instagram", "linkedin"]
        return ModelLanguage(models, BuiltinLanguage(), payer, notes.append, lambda: channels), endpoint, notes

    return open_one
