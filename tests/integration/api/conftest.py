"""An application over real keys, real replays and a real database, behind real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.access import Role
from memory import Database, open_database
from memory.idempotency import Idempotency
from memory.keys import Keys
from service.api import build
from service.auth import SignIn
from service.settings import Serving
from tests.integration.api.acting import ActingStudio
from tests.serving import serving

V, C, A, X = Role.VIEWER, Role.CREATOR, Role.APPROVER, Role.ADMIN


@dataclass
class Bench:
    """The parts of one application and clients for it. `secrets` are API keys by who holds them."""

    studio: ActingStudio
    database: Database
    keys: Keys
    sign_in: SignIn
    secrets: dict[str, str]
    ids: dict[str, str]

    def app(self, settings: Serving | None = None, **more: Any) -> Any:
        return build(self.studio, self.sign_in, Idempotency(self.database), settings or Serving(), **more)

    def key(self, holder: str, **grants: set[Role]) -> str:
        secret, key = self.keys.create(holder, grants, "test")
        self.secrets[holder] = secret
        self.ids[holder] = f"key:{key.id}"
        return secret

    def client(self, url: str, holder: str | None = "maker", **headers: str) -> httpx2.Client:
        signed = {"Authorization": f"Bearer {self.secrets[holder]}"} if holder else {}
        return httpx2.Client(base_url=url, headers={**signed, **headers}, timeout=20, trust_env=False)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Holders: maker, viewer, approver and admin of "demo", both of "demo" and "other", stranger of "other"."""
    database = open_database(f"sqlite:///{tmp_path}/onbrand.sqlite")
    keys = Keys(database)
    made = Bench(ActingStudio(), database, keys, SignIn(keys), {}, {})
    made.key("maker", demo={C, V})
    made.key("viewer", demo={V})
    made.key("creator", demo={C})
    made.key("approver", demo={A})
    made.key("admin", demo={X})
    made.key("both", demo={C, V}, other={C, V})
    made.key("stranger", other={C, V, A, X})
    yield made
    database.close()


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    """The address of the application with the settings that come by default."""
    with serving(bench.app()) as address:
        yield address


@pytest.fixture
def maker(bench: Bench, url: str) -> Iterator[httpx2.Client]:
    """A client that creates and looks in "demo"."""
    with bench.client(url) as client:
        yield client
