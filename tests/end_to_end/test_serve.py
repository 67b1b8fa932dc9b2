"""`onbrand serve` as processes: told to stop, killed, and two of them sharing one database."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from domain.access import Role
from domain.run import RunStatus
from memory.database import Database, open_database
from memory.home import Home
from memory.keys import Keys
from memory.runs import RunTable
from memory.tables import assets
from tests.collector import Collector
from tests.commands import ONBRAND, environment
from tests.end_to_end.test_resume import drawings
from tests.postgres import postgres_database
from tests.serving import serving

pytestmark = pytest.mark.timeout(400)

WHOLE = {"request": "our blood-orange can on a sunlit terrace, for Sweden, Instagram", "assume": True}
QUICK = [
    WHOLE | {"option": "quick"},
    {"request": "our lemon can on a marble counter, for Sweden", "assume": True, "option": "quick"},
    {"request": "our blood-orange can in a kitchen, for Sweden", "assume": True, "option": "quick"},
]
PATIENCE_S = 120.0
DRAINED_WITHIN_S = 25.0


@dataclass
class Server:
    """`onbrand serve` in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    def client(self, key: str) -> httpx2.Client:
        """Somebody who calls it."""
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; returns how it ended."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def counted(self, name: str) -> float:
        """One number of its metrics."""
        page = httpx2.get(f"{self.url}/metrics").text
        return float(next(line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"{name} ")))

    def events(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(home: Path, name: str, **settings: str) -> Iterator[Server]:
    """A server over a home until the end of the block."""
    log = home.parent / f"{name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*ONBRAND, "serve", "--port", "0", "--json"],
            env=environment(home) | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield Server(process, json.loads(line)["url"], log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def key(database: Database, name: str, *roles: Role) -> str:
    """The secret of a new key for the demo brand."""
    secret, _ = Keys(database).create(name, {"demo": frozenset(roles)}, "a test")
    return secret


@contextmanager
def opened(where: str | Home) -> Iterator[Database]:
    """A database, for a moment."""
    database = open_database(where)
    try:
        yield database
    finally:
        database.close()


def until(what: Callable[[], bool]) -> None:
    """Wait for something another process does."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def settled(client: httpx2.Client, run_id: str) -> dict[str, Any]:
    """The run once nobody works on it any more."""
    found: dict[str, Any] = {}

    def stands() -> bool:
        found.update(client.get(f"/v1/runs/{run_id}").json())
        return bool(found["status"] != "working")

    until(stands)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["drained", "killed"])
def test_a_run_is_finished_by_the_next_server_and_nothing_is_drawn_twice(home: Path, number: signal.Signals) -> None:
    with opened(Home(home)) as database:
        creator = key(database, "ada", Role.CREATOR)
    with served(home, "first", ONBRAND_GRID="18") as first, first.client(creator) as client:
        run_id = client.post("/v1/runs", json=WHOLE).json()["run_id"]
        with client.stream("GET", f"/v1/runs/{run_id}/events") as stream:
            until(lambda: len(drawings(home)) >= 2)
            began = time.monotonic()
            code = first.end(number)
            if number is signal.SIGTERM:
                assert code == 0
                assert time.monotonic() - began < DRAINED_WITHIN_S
                told = [line for line in stream.iter_lines() if line.startswith("event:")]
                assert "event: run.started" in told
                assert "event: run.ended" not in told
                assert "draining" in [line["event"] for line in first.events()]
    with opened(Home(home)) as database:
        assert RunTable(database).get("demo", run_id).status is RunStatus.WORKING
    before = drawings(home)
    collector = Collector()
    with (
        serving(collector.app) as endpoint,
        served(home, "second", ONBRAND_TELEMETRY__ENDPOINT=endpoint) as second,
        second.client(creator) as client,
    ):
        run = settled(client, run_id)
        assert second.end(signal.SIGTERM) == 0
    assert run["status"] == "review", run["failure"]
    assert len(run["pictures"]) == 3
    after = drawings(home)
    assert {name: after[name] for name in before} == before, "a finished drawing was made again"
    assert {"GET /v1/runs/{run_id}", "invoke_workflow campaign", "invoke_agent critique"} <= set(collector.spans)
    # Told to stop, a server ends the step it is in, which may be the whole of the drawing.
    assert number is signal.SIGTERM or len(after) > len(before), "it was not killed in the middle"


@pytest.fixture
def postgres() -> Iterator[str]:
    """A database that no other test has written to."""
    with postgres_database() as url:
        yield url


def test_two_servers_share_work_survive_each_other_and_publish_once(home: Path, postgres: str) -> None:
    with opened(Home(home)) as own, opened(postgres) as shared:
        with own.read() as rows, shared.begin() as connection:
            connection.execute(insert(assets), [dict(row._mapping) for row in rows.execute(select(assets))])
        creator = key(shared, "ada", Role.CREATOR, Role.VIEWER)
        approvers = [key(shared, name, Role.APPROVER) for name in ("ben", "cleo")]
    start = partial(served, home, ONBRAND_DATABASE_URL=postgres, ONBRAND_SERVE__WORK_AT_ONCE="1")
    kept: dict[str, float] = {}
    with start("a") as a, start("b") as b:
        runs = [begun(server, creator, asked) for server, asked in zip((a, b, a), QUICK, strict=True)]
        until(lambda: a.counted("onbrand_runs_started_total") >= 1 and b.counted("onbrand_runs_started_total") >= 1)
        until(lambda: bool(drawings(home)))
        kept |= drawings(home)
        a.end(signal.SIGKILL)
        with start("c") as c:
            until(lambda: c.counted("onbrand_runs_working") >= 1 or b.counted("onbrand_runs_working") < 1)
            kept |= drawings(home)
            b.end(signal.SIGKILL)
            with c.client(creator) as client:
                stand = [settled(client, run_id) for run_id in runs]
                assert {row["run_id"] for row in client.get("/v1/runs").json()["items"]} == set(runs)
            assert [run["status"] for run in stand] == ["review"] * 3, [run["failure"] for run in stand]
            after = drawings(home)
            assert {name: after[name] for name in kept} == kept, "a finished drawing was made again"
            with start("d") as d, c.client(approvers[0]) as ben, d.client(approvers[1]) as cleo:
                published_once(home, ben, cleo, runs[0])


def begun(server: Server, secret: str, asked: dict[str, Any]) -> str:
    """A new run, posted to this server."""
    with server.client(secret) as client:
        answer = client.post("/v1/runs", json=asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])


def published_once(home: Path, ben: httpx2.Client, cleo: httpx2.Client, run_id: str) -> None:
    """Two people say yes to one run at the same moment, each to another server, each twice."""
    yes = ben.get(f"/v1/runs/{run_id}/approval").json()["yes"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda who: who.post(f"/v1/runs/{run_id}/approve", json=yes), [ben, cleo] * 2))
    codes = {answer.status_code for answer in answers}
    assert 200 in codes and codes <= {200, 409}, [answer.text for answer in answers]
    run: dict[str, Any] = {}

    def out() -> bool:
        run.update(cleo.get(f"/v1/runs/{run_id}").json())
        return bool(run["status"] == "published")

    until(out)
    keys = [publication["key"] for publication in run["publications"]]
    assert len(keys) == len(set(keys)) == len(yes["digests"]) * len(yes["markets"])
    assert {folder.name for folder in (home / "published").iterdir()} == set(keys)
