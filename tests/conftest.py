"""What every test has: no network but loopback, a home of its own, and a run that fails on skips under CI."""

from __future__ import annotations

import ipaddress
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

SERVER = os.environ.get("ONBRAND_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")

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
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves the machine is an error, in threads too."""

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
def postgres() -> Iterator[str]:
    """A fresh Postgres database for the session; skips where there is no server."""
    psycopg = pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no Postgres at {SERVER}: {error}")
    name = f"onbrand_test_{uuid.uuid4().hex[:12]}"
    with server:
        server.execute(f"CREATE DATABASE {name}")
        yield SERVER.rpartition("/")[0] + f"/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI everything is provided, so a skip means that something is missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
