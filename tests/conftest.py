"""What every test has: no network but loopback, a home of its own, and a run that fails on skips under CI."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests import object_store
from tests.commands import call
from tests.postgres import postgres_database

if TYPE_CHECKING:
    from memory.bucket import Bucket, Connection

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")


_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _refuse_outside(sock: socket.socket, address: object) -> None:
    if sock.family == socket.AF_UNIX:
        return
    host = str(address[0]) if isinstance(address, tuple) else ""
    if host == "localhost":
        return
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise RuntimeError(f"a test tried to reach {address!r}: tests talk to loopback only")


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves the machine is an error, in threads too; tests marked live are there to make one."""
    if request.node.get_closest_marker("live"):
        return

    def connect(sock: socket.socket, address: object) -> None:
        _refuse_outside(sock, address)
        _connect(sock, address)

    def connect_ex(sock: socket.socket, address: object) -> int:
        _refuse_outside(sock, address)
        return _connect_ex(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """ONBRAND_HOME in the test's own folder, and no setting of the person's leaking in."""
    for name in [name for name in os.environ if name.startswith("ONBRAND_") and name != "ONBRAND_TEST_HOME"]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("ONBRAND_HOME", str(home))
    yield home


@pytest.fixture(scope="session")
def object_service() -> Iterator[object_store.ObjectService]:
    """An S3 endpoint on loopback."""
    with object_store.object_service() as service:
        yield service


@pytest.fixture(scope="session")
def connection(object_service: object_store.ObjectService) -> Connection:
    """The program's own way to that endpoint."""
    from memory.bucket import Connection

    made = Connection()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in object_service.environment.items():
            patch.setenv(name, value)
        assert made.client
    return made


@pytest.fixture
def bucket(object_service: object_store.ObjectService, connection: Connection) -> Bucket:
    """A prefix of an empty bucket of the test's own."""
    from domain.values import BucketAddress
    from memory.bucket import Bucket

    return Bucket(BucketAddress(bucket=object_service.new_bucket(), prefix="onbrand"), connection)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A fresh Postgres database for the session; skips where there is no server."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo library, made once by the command itself; test processes side by side each get a copy."""
    own = tmp_path_factory.mktemp("demo") / "home"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make_demo(own)
        return own
    shared = tmp_path_factory.getbasetemp().parent / "demo-library"
    with FileLock(f"{shared}.lock"):
        if not shared.is_dir():
            made = shared.with_name("demo-library-in-the-making")
            make_demo(made)
            made.rename(shared)
    shutil.copytree(shared, own)
    return own


def make_demo(home: Path) -> None:
    """The demo library, rendered by the command."""
    made = call(home, "assets", "list", "--json")
    assert made.code == 0, made.err


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores: whole runs are other processes, for which their test only waits."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI everything is provided, so a skip means that something is missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
